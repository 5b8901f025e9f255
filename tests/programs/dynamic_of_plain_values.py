"""A dynamic task may make no task at all: what it returns are values then."""

import typing

from flytekit import dynamic, workflow


@dynamic
def values(n: int) -> typing.Tuple[int, typing.List[str]]:
    return n + 1, ["x"] * n


@workflow
def main(n: int) -> typing.Tuple[int, typing.List[str]]:
    return values(n=n)


EXPECT = [{"inputs": {"n": 2}, "outputs": {"o0": 3, "o1": ["x", "x"]}}]
