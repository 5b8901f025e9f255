"""A workflow that puts nothing out, with an order that no data makes."""

from flytekit import task, workflow


@task
def first() -> None:
    pass


@task
def second() -> None:
    pass


@workflow
def main() -> None:
    one, two = first(), second()
    one >> two


EXPECT = [{"outputs": {}, "nodes": {"n1": {"phase": "SUCCEEDED", "attempts": 1}}}]
