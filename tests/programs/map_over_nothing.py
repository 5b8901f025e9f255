"""A map over no items gives an empty list and runs nothing."""

import typing

from flytekit import map_task, task, workflow


@task
def double(a: int) -> int:
    return 2 * a


@task
def count(parts: typing.List[int]) -> int:
    return len(parts)


@workflow
def main(a: typing.List[int]) -> typing.Tuple[typing.List[int], int]:
    doubled = map_task(double)(a=a)
    return doubled, count(parts=doubled)


EXPECT = [{"inputs": {"a": []}, "outputs": {"o0": [], "o1": 0}}]
