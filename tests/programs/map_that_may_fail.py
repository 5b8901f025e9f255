"""Some items may fail: theirs is nothing in the list of results. If too many do, the map fails."""

import typing

from flytekit import map_task, task, workflow


@task
def half(a: int) -> int:
    if a % 2:
        raise ValueError(f"{a} is odd")
    return a // 2


@task
def known(parts: typing.List[typing.Optional[int]]) -> int:
    return sum(part for part in parts if part is not None)


@workflow
def main(a: typing.List[int]) -> typing.Tuple[typing.List[typing.Optional[int]], int]:
    halves = map_task(half, min_success_ratio=0.5)(a=a)
    return halves, known(parts=halves)


EXPECT = [
    {"inputs": {"a": [2, 3, 8]}, "outputs": {"o0": [1, None, 4], "o1": 5}},
    {"inputs": {"a": [1, 2, 3]}, "error": {"code": "USER:RuntimeError", "message": ["is odd", "2 of 3 items failed"]}},
]
