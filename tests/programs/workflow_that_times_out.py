"""A nested workflow that takes too long ends with all that it runs; its neighbour is not tried again."""

import time
from datetime import timedelta

from flytekit import task, workflow


@task
def hangs(a: int) -> int:
    time.sleep(600)
    return a


@workflow
def inner(a: int) -> int:
    return hangs(a=a)


@workflow
def main(a: int) -> int:
    return inner(a=a).with_overrides(timeout=timedelta(seconds=4))


EXPECT = [
    {
        "inputs": {"a": 1},
        "error": {"code": "TimeoutExpired", "message": ["timeout [4s] expired"]},
        "nodes": {"n0": {"phase": "FAILED"}, "n0-0-n0": {"phase": "ABORTED"}},
    }
]
