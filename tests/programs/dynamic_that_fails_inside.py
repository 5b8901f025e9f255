"""A task inside of a dynamic one fails: the dynamic one fails with its error, and is not made again."""

from flytekit import dynamic, task, workflow


@task
def breaks(a: int) -> int:
    if a == 0:
        raise ValueError("nothing to divide by")
    return 10 // a


@dynamic(retries=2)
def outer(a: int) -> int:
    return breaks(a=a)


@workflow
def main(a: int) -> int:
    return outer(a=a)


EXPECT = [
    {"inputs": {"a": 5}, "outputs": {"o0": 2}},
    {
        "inputs": {"a": 0},
        "error": {"code": "USER:RuntimeError", "message": ["nothing to divide by"]},
        "nodes": {"n0": {"phase": "FAILED", "attempts": 1}},
    },
]
