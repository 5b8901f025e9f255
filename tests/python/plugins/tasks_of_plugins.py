"""Workflows of tasks that need packages of their own."""

import os

from flytekit import task, workflow
from flytekitplugins.dask import Dask, WorkerGroup
from flytekitplugins.snowflake import SnowflakeConfig, SnowflakeTask

PACKAGES = {"PYTHONPATH": os.environ.get("PLUGIN_PACKAGES", "")}


@task(task_config=Dask(workers=WorkerGroup(number_of_workers=2)), environment=PACKAGES)
def squares(n: int) -> int:
    from distributed import Client

    # Without an address it begins workers of its own, which end with it.
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        return client.submit(sum, client.map(lambda x: x * x, range(n))).result()


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
def queried(a: int):
    create() >> insert(a=a)


@workflow
def mistaken():
    wrong()
