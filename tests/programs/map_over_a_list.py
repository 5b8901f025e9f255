"""A task runs for each item of a list, and another for the list of results."""

import typing

from flytekit import map_task, task, workflow


@task
def square(a: int) -> int:
    return a * a


@task
def total(parts: typing.List[int]) -> int:
    return sum(parts)


@workflow
def main(a: typing.List[int]) -> typing.Tuple[typing.List[int], int]:
    squares = map_task(square)(a=a)
    return squares, total(parts=squares)


EXPECT = [
    {
        "inputs": {"a": [3, 1, 2]},
        "outputs": {"o0": [9, 1, 4], "o1": 14},
        "nodes": {"n0": {"phase": "SUCCEEDED", "attempts": 1}},
    },
    # A map over nothing.
    {"inputs": {"a": []}, "outputs": {"o0": [], "o1": 0}},
]
