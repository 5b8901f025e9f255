"""Each item has the retries of its task, and takes them alone."""

import os
import typing

from flytekit import map_task, task, workflow
from flytekit.exceptions.user import FlyteRecoverableException


@task(retries=1)
def second_time(a: int) -> int:
    if a == 2 and os.environ["FLYTE_ATTEMPT_NUMBER"] == "0":
        raise FlyteRecoverableException("not yet")
    return a


@workflow
def main(a: typing.List[int]) -> typing.List[int]:
    return map_task(second_time)(a=a)


EXPECT = [{"inputs": {"a": [1, 2, 3]}, "outputs": {"o0": [1, 2, 3]}}]
