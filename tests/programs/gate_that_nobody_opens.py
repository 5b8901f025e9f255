"""A gate waits as long as it says, and fails then."""

from datetime import timedelta

from flytekit import task, wait_for_input, workflow


@task
def double(a: int) -> int:
    return 2 * a


@workflow
def main() -> int:
    return double(a=wait_for_input("number", timeout=timedelta(seconds=2), expected_type=int))


EXPECT = [
    {
        "error": {"code": "RetriesExhausted|TimeoutExpired", "message": ["timeout [2s] expired"]},
        "nodes": {"n0": {"phase": "FAILED"}},
    }
]
