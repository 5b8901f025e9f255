"""What is not approved fails the node that asked, and says which question it was."""

from datetime import timedelta

from flytekit import approve, task, workflow


@task
def double(a: int) -> int:
    return 2 * a


@workflow
def main(a: int) -> int:
    return double(a=approve(double(a=a), "good", timeout=timedelta(hours=1)))


EXPECT = [
    {"inputs": {"a": 3}, "signals": {"good": True}, "outputs": {"o0": 12}},
    {"inputs": {"a": 3}, "signals": {"good": False}, "error": {"code": "ReceivedRejectSignal", "message": ["good"]}},
]
