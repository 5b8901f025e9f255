"""The failure node of a nested workflow runs before the failure goes on to what is around it."""

from flytekit import task, workflow
from flytekit.types.error.error import FlyteError
import typing


@task
def breaks(a: int) -> int:
    if a > 1:
        raise ValueError("too many")
    return a


@task
def clean_up(a: int, err: typing.Optional[FlyteError] = None):
    print("cleaning up after", err)


@workflow(on_failure=clean_up)
def inner(a: int) -> int:
    return breaks(a=a)


@workflow
def main(a: int) -> int:
    return inner(a=a)


EXPECT = [
    {"inputs": {"a": 1}, "outputs": {"o0": 1}},
    {
        "inputs": {"a": 2},
        "error": {"code": "USER:RuntimeError", "message": ["too many"]},
        "nodes": {"n0": {"phase": "FAILED"}, "n0-0-fn0": {"phase": "SUCCEEDED"}},
    },
]
