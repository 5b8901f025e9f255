"""A failure is not kept: the next run tries again."""

from flytekit import task, workflow


@task(cache=True, cache_version="1", cache_serialize=True)
def breaks(a: int) -> int:
    if a > 0:
        raise ValueError(f"no {a} today")
    return a


@workflow
def main(a: int) -> int:
    return breaks(a=a)


EXPECT = [
    {"inputs": {"a": 1}, "error": {"code": "USER:RuntimeError", "message": ["no 1 today"]}, "nodes": {"n0": {"phase": "FAILED", "attempts": 1}}},
    {"inputs": {"a": 1}, "error": {"code": "USER:RuntimeError", "message": ["no 1 today"]}, "nodes": {"n0": {"phase": "FAILED", "attempts": 1}}},
]
