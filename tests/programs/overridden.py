"""A node's own retries, name, resources and image go before its task's."""

import os

from flytekit import Resources, task, workflow
from flytekit.exceptions.user import FlyteRecoverableException


@task(retries=0, requests=Resources(cpu="100m", mem="100Mi"))
def third_time(a: int) -> int:
    if int(os.environ["FLYTE_ATTEMPT_NUMBER"]) < 2:
        raise FlyteRecoverableException("not yet")
    return a + 1


@workflow
def main(a: int) -> int:
    return third_time(a=a).with_overrides(
        retries=2,
        node_name="lucky",
        requests=Resources(cpu="200m", mem="200Mi"),
        limits=Resources(cpu="1", mem="1Gi"),
        container_image="registry.example/other:1",
    )


EXPECT = [
    {
        "inputs": {"a": 1},
        "outputs": {"o0": 2},
        "nodes": {"lucky": {"phase": "SUCCEEDED", "attempts": 3}},
    }
]
