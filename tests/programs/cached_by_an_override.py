"""A node may use the cache though its task does not ask for it."""

from flytekit import task, workflow


@task
def square(a: int) -> int:
    return a * a


@workflow
def main(a: int) -> int:
    return square(a=a).with_overrides(cache=True, cache_version="of the node")


EXPECT = [
    {"inputs": {"a": 5}, "outputs": {"o0": 25}, "nodes": {"n0": {"phase": "SUCCEEDED", "attempts": 1}}},
    {"inputs": {"a": 5}, "outputs": {"o0": 25}, "nodes": {"n0": {"phase": "SUCCEEDED", "attempts": 0}}},
]
