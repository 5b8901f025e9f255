"""A branch of which no condition holds fails with the words of its author."""

from flytekit import conditional, task, workflow


@task
def small(a: int) -> int:
    return a


@workflow
def main(a: int) -> int:
    return conditional("size").if_(a < 10).then(small(a=a)).else_().fail("numbers from ten on are too large")


EXPECT = [
    {"inputs": {"a": 3}, "outputs": {"o0": 3}},
    {
        "inputs": {"a": 30},
        "error": {"code": "UserProvidedError", "message": ["numbers from ten on are too large"]},
        "nodes": {"n0": {"phase": "FAILED"}},
    },
]
