"""Of three nodes that would compute the same at once, one does."""

import typing

from flytekit import task, workflow


@task(cache=True, cache_version="1", cache_serialize=True)
def slow(a: int) -> int:
    return a + 1


@task
def total(parts: typing.List[int]) -> int:
    return sum(parts)


@workflow
def main(a: int) -> int:
    return total(parts=[slow(a=a), slow(a=a), slow(a=a)])


EXPECT = [{"inputs": {"a": 1}, "outputs": {"o0": 6}}]
