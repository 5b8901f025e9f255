"""Workflows of tasks that need packages of their own."""

import os

from flytekit import task, workflow
from flytekitplugins.dask import Dask, WorkerGroup
from flytekitplugins.ray import RayJobConfig, WorkerNodeConfig
from flytekitplugins.snowflake import SnowflakeConfig, SnowflakeTask

PACKAGES = {"PYTHONPATH": os.environ.get("PLUGIN_PACKAGES", "")}
# Ray keeps what it says between processes there, and else in the user's own folder.
RAY = {"RAY_TMPDIR": os.environ.get("PLUGIN_RAY", ""), "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}


@task(task_config=Dask(workers=WorkerGroup(number_of_workers=2)), environment=PACKAGES)
def squares(n: int) -> int:
    from distributed import Client

    # Without an address it begins workers of its own, which end with it.
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        return client.submit(sum, client.map(lambda x: x * x, range(n))).result()


@task(
    task_config=RayJobConfig(worker_node_config=[WorkerNodeConfig(group_name="group", replicas=1)]),
    environment=PACKAGES | RAY,
)
def cubes(n: int) -> int:
    import ray

    # flytekit's plugin has begun a Ray of this machine, which ends with the task.
    cube = ray.remote(lambda x: x * x * x)
    return sum(ray.get([cube.remote(x) for x in range(n)]))


@task(task_config=RayJobConfig(worker_node_config=[]))
def bare() -> int:
    return 0


config = SnowflakeConfig(user="u", account="emulated", database="db", schema="s", warehouse="w")


def query(name, statement, **inputs):
    return SnowflakeTask(name=name, inputs=inputs, query_template=statement, task_config=config)


create = query("create", "CREATE TABLE numbers AS SELECT 42 AS a")
insert = query("insert", "INSERT INTO numbers VALUES (%(a)s)", a=int)
wrong = query("wrong", "SELECT * FROM nowhere")


@workflow
def computed(n: int) -> int:
    return squares(n=n)


@workflow
def raised(n: int) -> int:
    return cubes(n=n)


@workflow
def unprepared() -> int:
    return bare()


@workflow
def queried(a: int):
    create() >> insert(a=a)


@workflow
def mistaken():
    wrong()
