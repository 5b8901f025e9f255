"""A launch plan runs for each item: each is an execution of its own."""

import typing

from flytekit import LaunchPlan, map_task, task, workflow


@task
def inc(a: int) -> int:
    if a > 100:
        raise ValueError("too large")
    return a + 1


@workflow
def inner(a: int) -> int:
    return inc(a=a)


plan = LaunchPlan.get_or_create(inner, name="programs.inner")


@workflow
def main(a: typing.List[int]) -> typing.List[int]:
    return map_task(plan, concurrency=2)(a=a)


EXPECT = [
    {"inputs": {"a": [1, 2]}, "outputs": {"o0": [2, 3]}, "nodes": {"n0-0-n1": {"phase": "SUCCEEDED"}}},
    {"inputs": {"a": [1, 101]}, "error": {"code": "USER:RuntimeError", "message": ["[1]: ", "too large"]}},
]
