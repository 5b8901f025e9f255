"""Retries that do not help end with the last error and say how many there were."""

from flytekit import task, workflow
from flytekit.exceptions.user import FlyteRecoverableException


@task(retries=1)
def never(a: int) -> int:
    if a > 0:
        raise FlyteRecoverableException("not this time either")
    return a


@workflow
def main(a: int) -> int:
    return never(a=a)


EXPECT = [
    {
        "inputs": {"a": 1},
        "error": {"code": "RetriesExhausted|USER:Recoverable", "message": ["[2/2] currentAttempt done", "not this time either"]},
        "nodes": {"n0": {"phase": "FAILED", "attempts": 2}},
    }
]
