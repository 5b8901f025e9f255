"""A map task as flytekit made it before there were array nodes: a task of type container_array."""

import typing

from flytekit import task, workflow
from flytekit.core.legacy_map_task import map_task


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def total(parts: typing.List[int]) -> int:
    return sum(parts)


@workflow
def main(a: typing.List[int], b: typing.List[int]) -> typing.Tuple[typing.List[int], int]:
    sums = map_task(add, concurrency=2)(a=a, b=b)
    return sums, total(parts=sums)


EXPECT = [
    {
        "inputs": {"a": [1, 2, 3, 4, 5], "b": [10, 20, 30, 40, 50]},
        "outputs": {"o0": [11, 22, 33, 44, 55], "o1": 165},
        "nodes": {"n0": {"phase": "SUCCEEDED", "attempts": 1}},
    },
    {"inputs": {"a": [], "b": []}, "outputs": {"o0": [], "o1": 0}},
]
