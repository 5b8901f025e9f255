"""A node may give its task less time than the task has."""

import time
from datetime import timedelta

from flytekit import task, workflow


@task(timeout=timedelta(hours=1))
def hangs(a: int) -> int:
    time.sleep(600)
    return a


@workflow
def main(a: int) -> int:
    return hangs(a=a).with_overrides(timeout=timedelta(seconds=3))


EXPECT = [
    {
        "inputs": {"a": 1},
        "error": {"code": "RetriesExhausted|TimeoutExpired", "message": ["task execution timeout [3s] expired"]},
        "nodes": {"n0": {"phase": "FAILED", "attempts": 1}},
    }
]
