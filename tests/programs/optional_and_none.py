"""A value that may be missing, given and not."""

import typing

from flytekit import task, workflow


@task
def describe(a: typing.Optional[int]) -> str:
    return "nothing" if a is None else str(a)


@workflow
def main(a: typing.Optional[int] = None) -> str:
    return describe(a=a)


EXPECT = [{"inputs": {"a": 7}, "outputs": {"o0": "7"}}, {"outputs": {"o0": "nothing"}}]
