"""Tasks of flytekit's AWS Batch package, by moto's server of its API. Its jobs succeed at once and run nothing: phases,
failures and lost answers are in `propeller/tests`."""

import os
import sys
from functools import partial
from pathlib import Path

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

HERE = Path(__file__).parent / "batch"
sys.path.insert(0, str(HERE))

from server import Server  # noqa: E402
import tasks_of_batch as tasks  # noqa: E402
from wire import PHASE  # noqa: E402

KEYS = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK"}
REGION = "eu-west-1"
SETTINGS = """
endpoint: {endpoint}
jobQueue: queue
firstLook: 50ms
longestLook: 200ms
"""


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    httpx.post(f"{endpoint}/moto-api/config", json={"batch": {"use_docker": False}}).raise_for_status()
    yield endpoint
    server.stop()


@pytest.fixture(scope="module")
def batch(moto):
    """A client of an account with a queue."""

    def client(service):
        return boto3.client(
            service, REGION, endpoint_url=moto, aws_access_key_id="AK", aws_secret_access_key="SK"
        )

    role = client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    batch = client("batch")
    environment = batch.create_compute_environment(
        computeEnvironmentName="machines", type="UNMANAGED", state="ENABLED", serviceRole=role
    )["computeEnvironmentArn"]
    order = [{"order": 1, "computeEnvironment": environment}]
    batch.create_job_queue(jobQueueName="queue", state="ENABLED", priority=1, computeEnvironmentOrder=order)
    return batch


@pytest.fixture(scope="module")
def server(tmp_path_factory, moto, batch):
    folder = tmp_path_factory.mktemp("server")
    settings = folder / "batch.yaml"
    settings.write_text(SETTINGS.format(endpoint=moto))
    before = dict(os.environ)
    os.environ |= KEYS | {"AWS_REGION": REGION}
    server = Server(folder / "data", options=["--aws-batch", str(settings)]).start()
    os.environ.clear()
    os.environ |= before
    yield server
    server.stop()


@pytest.fixture
def end(run_script):
    return partial(run_script, HERE, "tasks_of_batch")


def jobs(batch, id):
    """The jobs of an execution, as Batch describes them."""
    listed = [job for job in batch.list_jobs(jobQueue="queue", jobStatus="SUCCEEDED")["jobSummaryList"]]
    ids = [job["jobId"] for job in listed if job["jobName"].startswith(f"{id.name}-")]
    return batch.describe_jobs(jobs=ids)["jobs"]


def test_a_task_of_flytekits_package_is_a_job(end, batch, wire):
    id, closure = end(tasks.batched, a=1)
    assert closure.phase == PHASE.SUCCEEDED, closure
    (job,) = jobs(batch, id)
    command = job["container"]["command"]
    prefix = command[command.index("--output-prefix") + 1]
    assert prefix.endswith("/n0/data/0"), command
    environment = {pair["name"]: pair["value"] for pair in job["container"]["environment"]}
    assert environment["FLYTE_INTERNAL_EXECUTION_ID"] == id.name and environment["FLYTE_FAIL_ON_ERROR"] == "true"
    (attempt,) = wire.attempts(id, "n0")
    assert attempt.closure.metadata.plugin_identifier == "aws-batch"
    assert attempt.closure.custom_info["jobId"] == job["jobId"]
    assert any(job["jobId"] in log.uri for log in attempt.closure.logs if log.name == "AWS Batch Job")


def test_executions_share_a_definition_and_each_item_of_a_map_is_a_job(end, batch):
    first, _ = end(tasks.batched, a=2)
    second, closure = end(tasks.mapped, a=[1, 2, 3])
    assert closure.phase == PHASE.SUCCEEDED, closure
    both = jobs(batch, first) + jobs(batch, second)
    assert len(both) == 4
    assert len({job["jobDefinition"] for job in both}) == 1
    indices = [
        pair["value"]
        for job in jobs(batch, second)
        for pair in job["container"]["environment"]
        if pair["name"] == "FLYTE_K8S_ARRAY_INDEX"
    ]
    assert sorted(indices) == ["0", "1", "2"]
