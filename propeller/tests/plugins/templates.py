"""Writes the tasks that the plugins' tests read: what flytekit's own packages make of programs like these.

In an environment of flytekit 1.16.31 with flytekitplugins-{dask,ray,kfpytorch,kftensorflow,kfmpi,spark} of that version
and the Python client of Kubernetes: `python propeller/tests/plugins/templates.py [dask ray pytorch tensorflow mpi spark]`.
The packages import what they run on only when a task runs, but for Spark's, which wants pyspark.
"""

import sys
from pathlib import Path

from flytekit import PodTemplate, Resources, task
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.tools.translator import get_serializable
from google.protobuf.json_format import MessageToJson
from kubernetes.client import V1Container, V1PodSpec, V1Toleration

HERE = Path(__file__).parent
IMAGE = Image(name="default", fqn="registry.local/task", tag="1")
SETTINGS = SerializationSettings(
    image_config=ImageConfig(default_image=IMAGE, images=[IMAGE]),
    project="flytesnacks",
    domain="development",
    version="v1",
    env={"SETTING": "of-registration"},
)
SMALL = Resources(cpu="1", mem="1Gi")
LARGE = Resources(cpu="2", mem="4Gi", gpu="1")


def pod(name: str) -> PodTemplate:
    spec = V1PodSpec(
        containers=[V1Container(name=name)],
        node_selector={"pool": "large"},
        tolerations=[V1Toleration(key="large", operator="Exists")],
    )
    return PodTemplate(primary_container_name=name, pod_spec=spec, labels={"team": "a"}, annotations={"note": "b"})


def work(a: int) -> int:
    return a


def dask():
    from flytekitplugins.dask import Dask, Scheduler, WorkerGroup

    yield "plain", task(task_config=Dask(), requests=SMALL)(work)
    config = Dask(
        scheduler=Scheduler(image="registry.local/scheduler:2", requests=Resources(cpu="500m"), limits=SMALL),
        workers=WorkerGroup(number_of_workers=4, image="registry.local/worker:2", limits=LARGE),
    )
    yield "each_its_own", task(task_config=config, requests=SMALL, environment={"A": "b"}, interruptible=True)(work)


def ray():
    from flytekitplugins.ray import HeadNodeConfig, RayJobConfig, WorkerNodeConfig

    workers = [WorkerNodeConfig(group_name="group", replicas=2)]
    yield "plain", task(task_config=RayJobConfig(worker_node_config=workers), requests=SMALL)(work)
    config = RayJobConfig(
        head_node_config=HeadNodeConfig(ray_start_params={"log-color": "True"}, requests=SMALL, limits=SMALL),
        worker_node_config=[
            WorkerNodeConfig("cpus", 2, 1, 5, ray_start_params={"num-cpus": "1"}, requests=SMALL),
            WorkerNodeConfig("gpus", 1, pod_template=pod("ray-worker")),
        ],
        enable_autoscaling=True,
        runtime_env={"pip": ["numpy"], "env_vars": {"X": "y z"}},
        shutdown_after_job_finishes=True,
        ttl_seconds_after_finished=120,
    )
    yield "groups", task(task_config=config, requests=SMALL, limits=LARGE)(work)


def pytorch():
    from flytekitplugins.kfpytorch import CleanPodPolicy, Master, PyTorch, RestartPolicy, RunPolicy, Worker

    yield "plain", task(task_config=PyTorch(worker=Worker(replicas=2)), requests=SMALL)(work)
    config = PyTorch(
        master=Master(image="registry.local/master:2", requests=SMALL, limits=SMALL, restart_policy=RestartPolicy.NEVER),
        worker=Worker(image="registry.local/worker:2", replicas=3, limits=LARGE, restart_policy=RestartPolicy.FAILURE),
        run_policy=RunPolicy(
            clean_pod_policy=CleanPodPolicy.RUNNING,
            ttl_seconds_after_finished=60,
            active_deadline_seconds=3600,
            backoff_limit=2,
        ),
    )
    yield "each_its_own", task(task_config=config, requests=SMALL, interruptible=True)(work)


def tensorflow():
    from flytekitplugins.kftensorflow import PS, Chief, Evaluator, RestartPolicy, TfJob, Worker

    plain = TfJob(chief=Chief(replicas=1), ps=PS(replicas=1), worker=Worker(replicas=2))
    yield "plain", task(task_config=plain, requests=SMALL)(work)
    config = TfJob(
        chief=Chief(replicas=1, requests=SMALL),
        ps=PS(replicas=2, image="registry.local/ps:2", limits=SMALL),
        worker=Worker(replicas=2, limits=LARGE, restart_policy=RestartPolicy.FAILURE),
        evaluator=Evaluator(replicas=1),
    )
    yield "every_role", task(task_config=config, requests=SMALL, environment={"A": "b"})(work)


def mpi():
    from flytekitplugins.kfmpi import HorovodJob, Launcher, MPIJob, RestartPolicy, Worker

    plain = MPIJob(launcher=Launcher(replicas=1), worker=Worker(replicas=2), slots=2)
    yield "plain", task(task_config=plain, requests=SMALL)(work)
    config = HorovodJob(
        worker=Worker(replicas=2, limits=LARGE, restart_policy=RestartPolicy.NEVER, command=["/usr/sbin/sshd", "-De"]),
        launcher=Launcher(replicas=1, requests=SMALL),
        slots=2,
        log_level="INFO",
    )
    yield "horovod", task(task_config=config, requests=SMALL)(work)


def spark():
    from flytekitplugins.spark import Spark

    conf = {"spark.executor.instances": "2", "spark.driver.memory": "1000M", "spark.executor.cores": "1"}
    yield "plain", task(task_config=Spark(spark_conf=conf))(work)
    config = Spark(
        spark_conf={**conf, "spark.kubernetes.executor.limit.cores": "2", "spark.driver.cores": "1"},
        hadoop_conf={"fs.s3a.endpoint": "http://objects"},
        executor_path="/opt/venv/bin/python3",
        driver_pod=pod("driver"),
        executor_pod=pod("executor"),
    )
    yield "pods", task(task_config=config, container_image="registry.local/spark:2", interruptible=True)(work)


def main(plugins):
    for plugin in plugins:
        for case, made in globals()[plugin]():
            template = get_serializable({}, SETTINGS, made).template.to_flyte_idl()
            file = HERE / plugin / f"{case}.task.json"
            file.parent.mkdir(exist_ok=True)
            file.write_text(MessageToJson(template, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:] or ["dask", "ray", "pytorch", "tensorflow", "mpi", "spark"])
