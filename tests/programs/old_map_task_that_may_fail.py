"""An old map task with a share of items that must succeed, retries of each, and one input given whole."""

import functools
import typing

from flytekit import TaskMetadata, current_context, task, workflow
from flytekit.core.legacy_map_task import map_task
from flytekit.exceptions.user import FlyteRecoverableException


@task
def half(a: int, by: int) -> int:
    if a % by:
        raise ValueError(f"{a} leaves a rest")
    if a == 4 and current_context().execution_id and "attempt 0" in attempt():
        raise FlyteRecoverableException("once more")
    return a // by


def attempt() -> str:
    import os

    return f"attempt {os.environ['FLYTE_ATTEMPT_NUMBER']}"


@workflow
def main(a: typing.List[int]) -> typing.List[typing.Optional[int]]:
    mapped = map_task(functools.partial(half, by=2), min_success_ratio=0.5, metadata=TaskMetadata(retries=1))
    return mapped(a=a)


EXPECT = [
    {"inputs": {"a": [2, 3, 4]}, "outputs": {"o0": [1, None, 2]}},
    {"inputs": {"a": [1, 2, 3]}, "error": {"code": "USER:RuntimeError", "message": ["leaves a rest"]}},
]
