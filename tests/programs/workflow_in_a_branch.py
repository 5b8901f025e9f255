"""A branch runs a whole workflow, which has a branch of its own."""

from flytekit import conditional, task, workflow


@task
def double(a: int) -> int:
    return 2 * a


@workflow
def inner(a: int) -> int:
    return conditional("small").if_(a < 10).then(double(a=a)).else_().fail("too large inside")


@workflow
def main(a: int) -> int:
    return conditional("positive").if_(a > 0).then(inner(a=a)).else_().then(double(a=a))


EXPECT = [
    {"inputs": {"a": 4}, "outputs": {"o0": 8}, "nodes": {"n0": {"phase": "SUCCEEDED", "attempts": 0}}},
    {"inputs": {"a": -3}, "outputs": {"o0": -6}},
    {"inputs": {"a": 11}, "error": {"code": "UserProvidedError", "message": ["too large inside"]}},
]
