"""An attempt that runs too long is ended, tried again while there are retries, and told as expired."""

import time
from datetime import timedelta

from flytekit import task, workflow


@task(timeout=timedelta(seconds=3), retries=1)
def hangs(a: int) -> int:
    time.sleep(600)
    return a


@workflow
def main(a: int) -> int:
    return hangs(a=a)


EXPECT = [
    {
        "inputs": {"a": 1},
        "error": {"code": "RetriesExhausted|TimeoutExpired", "message": ["[2/2]", "task execution timeout [3s] expired"]},
        "nodes": {"n0": {"phase": "FAILED", "attempts": 2}},
    }
]
