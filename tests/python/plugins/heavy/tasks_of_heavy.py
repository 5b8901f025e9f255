"""Tasks of Spark, which begin one of the machine they run on, and of PyTorch."""

import os

import flytekit
from flytekit import task, workflow
from flytekitplugins.kfpytorch import PyTorch, Worker
from flytekitplugins.spark import Spark

PACKAGES = {"PYTHONPATH": os.environ.get("HEAVY_PACKAGES", "")}
SETTINGS = Spark(
    spark_conf={"spark.ui.enabled": "false", "spark.told": "two words"}, hadoop_conf={"told": "it's said"}
)


@task(task_config=SETTINGS, environment=PACKAGES)
def squares(n: int) -> int:
    spark = flytekit.current_context().spark_session
    return spark.sparkContext.parallelize(range(n), 2).map(lambda x: x * x).sum()


@task(task_config=SETTINGS, environment=PACKAGES)
def settings() -> list[str]:
    conf = flytekit.current_context().spark_session.sparkContext.getConf()
    return [conf.get(name) for name in ["spark.master", "spark.told", "spark.hadoop.told"]]


@task(task_config=SETTINGS, environment=PACKAGES | {"JAVA_HOME": "/nowhere"})
def lacking() -> int:
    return flytekit.current_context().spark_session.sparkContext.defaultParallelism


@task(task_config=PyTorch(worker=Worker(replicas=2)), environment=PACKAGES)
def product(n: int) -> int:
    from math import prod

    return prod(range(1, n + 1))


@task(task_config=PyTorch(worker=Worker(replicas=2)), environment=PACKAGES)
def torn() -> str:
    import torch

    return torch.__version__


@workflow
def summed(n: int) -> int:
    return squares(n=n)


@workflow
def told() -> list[str]:
    return settings()


@workflow
def without_java() -> int:
    return lacking()


@workflow
def trained(n: int) -> int:
    return product(n=n)


@workflow
def without_torch() -> str:
    return torn()
