"""Dynamic tasks make dynamic tasks, and a sub-workflow and a map beside them."""

import typing

from flytekit import dynamic, map_task, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def total(parts: typing.List[int]) -> int:
    return sum(parts)


@workflow
def twice(a: int) -> int:
    return inc(a=inc(a=a))


@dynamic
def inner(n: int) -> int:
    return total(parts=map_task(inc)(a=list(range(n))))


@dynamic
def outer(n: int) -> typing.List[int]:
    return [inner(n=n), twice(a=n)]


@workflow
def main(n: int) -> typing.List[int]:
    return outer(n=n)


EXPECT = [{"inputs": {"n": 3}, "outputs": {"o0": [6, 5]}}]
