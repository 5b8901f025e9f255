"""A dynamic task launches executions of their own."""

import typing

from flytekit import LaunchPlan, dynamic, task, workflow


@task
def double(a: int) -> int:
    return 2 * a


@workflow
def inner(a: int) -> int:
    return double(a=a)


plan = LaunchPlan.get_or_create(inner, name="programs.double")


@dynamic
def many(n: int) -> typing.List[int]:
    return [plan(a=a) for a in range(n)]


@workflow
def main(n: int) -> typing.Tuple[typing.List[int], int]:
    return many(n=n), plan(a=n)


EXPECT = [{"inputs": {"n": 2}, "outputs": {"o0": [0, 2], "o1": 4}}]
