"""A dynamic task fails before it has made anything, and is tried again."""

import os

from flytekit import dynamic, task, workflow
from flytekit.exceptions.user import FlyteRecoverableException


@task
def inc(a: int) -> int:
    return a + 1


@dynamic(retries=1)
def later(a: int) -> int:
    if os.environ["FLYTE_ATTEMPT_NUMBER"] == "0":
        raise FlyteRecoverableException("not yet")
    return inc(a=a)


@workflow
def main(a: int) -> int:
    return later(a=a)


EXPECT = [
    {
        "inputs": {"a": 1},
        "outputs": {"o0": 2},
        "nodes": {"n0": {"attempts": 2}, "n0-1-dn0": {"phase": "SUCCEEDED", "attempts": 1}},
    },
]
