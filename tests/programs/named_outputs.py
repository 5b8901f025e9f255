"""Outputs have the names that their author gave them."""

import typing

from flytekit import task, workflow


class Parts(typing.NamedTuple):
    whole: int
    rest: int


@task
def divide(a: int, b: int) -> Parts:
    return Parts(a // b, a % b)


@workflow
def main(a: int, b: int) -> Parts:
    parts = divide(a=a, b=b)
    return Parts(parts.whole, parts.rest)


EXPECT = [{"inputs": {"a": 17, "b": 5}, "outputs": {"whole": 3, "rest": 2}}]
