"""Workflows of tasks that AWS Batch runs."""

from flytekit import Resources, map_task, task, workflow
from flytekitplugins.awsbatch import AWSBatchConfig


@task(task_config=AWSBatchConfig(tags={"team": "data"}), requests=Resources(cpu="1", mem="2Gi"))
def nothing(a: int): ...


@workflow
def batched(a: int):
    nothing(a=a)


@workflow
def mapped(a: list[int]):
    map_task(nothing)(a=a)
