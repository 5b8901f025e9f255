"""With the policy to finish what can be, a failure does not cut off its neighbours."""

from flytekit import WorkflowFailurePolicy, task, workflow


@task
def breaks(a: int) -> int:
    if a > 0:
        raise ValueError("broken as asked")
    return a


@task
def works(a: int) -> int:
    return a


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def main(a: int) -> int:
    breaks(a=a)
    return works(a=works(a=works(a=a)))


EXPECT = [
    {
        "inputs": {"a": 1},
        "error": {"code": "USER:RuntimeError", "message": ["broken as asked"]},
        "nodes": {"n0": {"phase": "FAILED"}, "n3": {"phase": "SUCCEEDED"}},
    }
]
