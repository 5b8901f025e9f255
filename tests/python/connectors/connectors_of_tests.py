"""Connectors that `pyflyte serve connector --modules connectors_of_tests` serves: jobs that go as their inputs say.

Every job is a line in the file that CONNECTOR_JOURNAL names: `create NAME`, `get NAME`, `delete NAME`.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from flyteidl.core.execution_pb2 import TaskExecution, TaskLog
from flytekit import FlyteContextManager
from flytekit.core.type_engine import TypeEngine
from flytekit.extend.backend.base_connector import (
    AsyncConnectorBase,
    ConnectorRegistry,
    Resource,
    ResourceMeta,
    SyncConnectorBase,
)

JOURNAL = Path(os.environ.get("CONNECTOR_JOURNAL", os.devnull))


def note(line):
    with JOURNAL.open("a") as file:
        file.write(f"{line}\n")


@dataclass
class Job(ResourceMeta):
    name: str
    how: str
    a: int
    begun: float
    prefix: str


def natives(template, inputs):
    """The inputs as Python's values."""
    context = FlyteContextManager.current_context()
    types = {name: variable.type for name, variable in template.interface.inputs.items()}
    guessed = TypeEngine.guess_python_types(template.interface.inputs)
    return {name: TypeEngine.to_python_value(context, inputs.literals[name], guessed[name]) for name in types}


class Played(AsyncConnectorBase):
    """How a job goes is one of its inputs."""

    name = "Played Connector"

    def __init__(self, version=0):
        super().__init__(task_type_name="played", task_type_version=version, metadata_type=Job)
        self.version = version

    def create(self, task_template, output_prefix, inputs=None, task_execution_metadata=None, **kwargs):
        values = natives(task_template, inputs)
        execution = task_execution_metadata.task_execution_id.node_execution_id.execution_id.name
        attempt = task_execution_metadata.task_execution_id.retry_attempt
        note(f"create {execution} {attempt} v{self.version}")
        if values["how"] == "refuse":
            raise ValueError("this job is not taken")
        return Job(execution, values["how"], values["a"], time.time(), output_prefix)

    def get(self, resource_meta, **kwargs):
        job = resource_meta
        note(f"get {job.name}")
        age = time.time() - job.begun
        link = TaskLog(name="The job", uri=f"http://jobs.example.org/{job.name}")
        told = {"log_links": [link], "custom_info": {"age": 1, "version": self.version}}
        if job.how == "succeed" and age < 0.3:
            return Resource(phase=TaskExecution.QUEUED, message="in a queue", **told)
        if job.how == "succeed" and age < 0.8:
            return Resource(phase=TaskExecution.RUNNING, **told)
        if job.how in ("succeed", "at once"):
            return Resource(phase=TaskExecution.SUCCEEDED, outputs={"o0": job.a + self.version}, **told)
        if job.how == "last":
            running = age < 6
            return Resource(
                phase=TaskExecution.RUNNING if running else TaskExecution.SUCCEEDED,
                outputs=None if running else {"o0": job.a},
                **told,
            )
        if job.how == "fail":
            return Resource(phase=TaskExecution.FAILED, message="the job failed", **told)
        if job.how == "fail and again":
            return Resource(phase=TaskExecution.RETRYABLE_FAILED, message="the job failed, this time", **told)
        if job.how == "wrong outputs":
            return Resource(phase=TaskExecution.SUCCEEDED, outputs={"o0": "a text"}, **told)
        if job.how == "no outputs":
            return Resource(phase=TaskExecution.SUCCEEDED, **told)
        if job.how == "nonsense":
            return Resource(phase=TaskExecution.UNDEFINED)
        if job.how == "raise":
            raise RuntimeError("asking after the job does not work")
        if job.how == "hang":
            time.sleep(600)
        return Resource(phase=TaskExecution.RUNNING, message="for ever", **told)

    def delete(self, resource_meta, **kwargs):
        note(f"delete {resource_meta.name}")


class AtOnce(SyncConnectorBase):
    """Does its work within the call."""

    name = "At Once Connector"

    def __init__(self):
        super().__init__(task_type_name="at_once")

    def do(self, task_template, output_prefix, inputs=None, **kwargs):
        values = natives(task_template, inputs)
        note("do")
        if values["how"] == "fail":
            return Resource(phase=TaskExecution.FAILED, message="it did not work")
        if values["how"] == "raise":
            raise RuntimeError("it went wrong inside")
        if values["how"] == "not done":
            return Resource(phase=TaskExecution.RUNNING)
        if values["how"] == "hang":
            time.sleep(8)
        return Resource(phase=TaskExecution.SUCCEEDED, outputs={"o0": 2 * values["a"]})


ConnectorRegistry.register(Played())
ConnectorRegistry.register(Played(version=2))
ConnectorRegistry.register(AtOnce())
