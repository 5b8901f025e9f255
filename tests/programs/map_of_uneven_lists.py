"""Two lists of different lengths cannot be mapped together."""

import typing

from flytekit import map_task, task, workflow


@task
def add(a: int, b: int) -> int:
    return a + b


@workflow
def main(a: typing.List[int], b: typing.List[int]) -> typing.List[int]:
    return map_task(add)(a=a, b=b)


EXPECT = [
    {"inputs": {"a": [1, 2], "b": [10, 20]}, "outputs": {"o0": [11, 22]}},
    {
        "inputs": {"a": [1, 2], "b": [10, 20, 30]},
        "error": {"code": "InvalidArrayLength", "message": ["`b`", "3 items", "`a`", "2"]},
    },
]
