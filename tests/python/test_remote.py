"""FlyteRemote, in every method that talks to a server: each is called here, and the last test counts them."""

import sys
from datetime import datetime
from pathlib import Path

import pytest
from flytekit import reference_launch_plan, reference_task, reference_workflow
from flytekit.models import literals
from flytekit.models.core import types
from flytekit.configuration import Config, SerializationSettings
from flytekit.remote import FlyteRemote

from server import wait_for
from wire import DOMAIN, PROJECT

PROGRAMS = Path(__file__).parent / "programs"
sys.path.insert(0, str(PROGRAMS))

import gated as program  # noqa: E402

VERSION = "v1"
# What speaks to another server than ours, or to none: other ways to construct one, and steps inside of others.
LEFT_OUT = {
    "auto",
    "for_sandbox",
    "find_launch_plan",
    "find_launch_plan_for_node",
    "get_extra_headers_for_protocol",
    "remote_context",
}


class Counting(FlyteRemote):
    """Notes which of its methods are used, by us or by each other."""

    called = set()

    def __getattribute__(self, name):
        if not name.startswith("_"):
            Counting.called.add(name)
        return super().__getattribute__(name)


def methods():
    public = {name: value for name, value in vars(FlyteRemote).items() if not name.startswith("_")}
    return {name for name, value in public.items() if not isinstance(value, property)}


@pytest.fixture(scope="module")
def remote(server):
    Counting.called.add("for_endpoint")
    remote = Counting.for_endpoint(server.endpoint, insecure=True, default_project=PROJECT, default_domain=DOMAIN)
    assert isinstance(remote, FlyteRemote)
    return Counting(Config.for_endpoint(server.endpoint, insecure=True), PROJECT, DOMAIN)


@pytest.fixture(scope="module")
def settings(images):
    return SerializationSettings(images, project=PROJECT, domain=DOMAIN, version=VERSION)


@pytest.fixture(scope="module")
def registered(remote, images):
    script = {"source_path": str(PROGRAMS), "module_name": "gated", "image_config": images}
    return remote.register_script(program.gated, version=VERSION, **script)


def test_what_is_registered_is_fetched(remote, registered, settings):
    assert remote.fetch_workflow(name=registered.id.name, version=VERSION).id == registered.id
    assert remote.fetch_workflow_lazy(name=registered.id.name).entity.id == registered.id
    task = remote.fetch_task(name="gated.double", version=VERSION)
    assert remote.fetch_task_lazy(name="gated.double", version=VERSION).entity.id == task.id
    assert [task.id.name for task in remote.list_tasks_by_version(VERSION)] == ["gated.double"]
    assert remote.register_task(program.double, settings, "v2").id.version == "v2"
    assert remote.register_workflow(program.gated, settings, "v2").id.version == "v2"
    assert remote.fast_register_workflow(program.gated, settings, "v3").id.version == "v3"


def test_a_launch_plan_is_activated_and_deactivated(remote, registered, settings):
    plan = remote.register_launch_plan(program.daily, VERSION, serialization_settings=settings)
    remote.activate_launchplan(plan.id)
    assert remote.fetch_active_launchplan(name=plan.id.name).id == plan.id
    remote.deactivate_launchplan(plan.id)
    assert remote.fetch_active_launchplan(name=plan.id.name) is None
    assert remote.fetch_launch_plan(name=plan.id.name).id == plan.id


def test_gates_open_when_somebody_says_so(remote, registered, capsys):
    execution = remote.execute(registered, inputs={"a": 4}, execution_name_prefix="gated")
    name = execution.id.name
    assert name.startswith("gated-")
    signals = wait_for("the first gate", lambda: remote.list_signals(name))
    assert [signal.id.signal_id for signal in signals] == ["approval"]
    remote.approve("approval", name)
    wait_for("the second gate", lambda: len(remote.list_signals(name)) == 2)
    remote.set_input("more", name, 5)
    execution = remote.wait(execution, poll_interval=1)
    assert execution.outputs["o0"] == 5
    check_what_is_told_of_an_ended_run(remote, execution, capsys)


def check_what_is_told_of_an_ended_run(remote, execution, capsys):
    name = execution.id.name
    synced = remote.sync(remote.fetch_execution(name=name), sync_nodes=True)
    double = synced.node_executions["n0"]
    assert double.inputs == {"a": 4} and double.outputs == {"o0": 8}
    assert remote.sync_task_execution(double.task_executions[0]).outputs == {"o0": 8}
    outputs = remote.get(f"flyte://v1/{PROJECT}/{DOMAIN}/{name}/n0/o")
    assert outputs.get("o0", int) == 8
    remote.get_execution_metrics(execution.id).explain()
    assert "node/n0" in capsys.readouterr().out
    assert remote.generate_console_url(execution).endswith(f"/executions/{name}")


def test_a_rejected_gate_fails_the_run(remote, registered, wire):
    execution = remote.execute(registered, inputs={"a": 4}, execution_name="rejected")
    wait_for("the gate", lambda: remote.list_signals("rejected"))
    # What approve and reject are made of, under its older name.
    remote.set_signal("approval", "rejected", True)
    wait_for("the second gate", lambda: len(remote.list_signals("rejected")) == 2)
    remote.terminate(execution, "not this one")

    execution = remote.execute(registered, inputs={"a": 4}, execution_name="refused")
    wait_for("the gate", lambda: remote.list_signals("refused"))
    remote.reject("approval", "refused")
    ended = remote.wait(execution, poll_interval=1, timeout=60)
    assert ended.error is not None and ended.closure.phase != 4
    assert "refused" in [found.id.name for found in remote.recent_executions(limit=5)]


def test_every_kind_of_entity_is_launched(remote, registered, images):
    id = {"project": PROJECT, "domain": DOMAIN, "name": "gated.double", "version": VERSION}

    @reference_task(**id)
    def double(a: int) -> int:
        return a

    @reference_workflow(**id | {"name": "gated.gated"})
    def workflow(a: int) -> int:
        return a

    @reference_launch_plan(**id | {"name": "gated.gated"})
    def plan(a: int) -> int:
        return a

    remote_task = remote.fetch_task(name="gated.double", version=VERSION)
    entities = [double, workflow, plan, remote_task, program.double, program.gated, program.daily]
    for entity in entities:
        execution = remote.execute(entity, inputs={"a": 1}, version="v4", image_config=images)
        remote.terminate(execution, "it was accepted")


def test_a_backfill_is_made_of_a_schedule(remote, registered, settings):
    remote.register_launch_plan(program.daily, VERSION, serialization_settings=settings)
    days = {"from_date": datetime(2030, 1, 1), "to_date": datetime(2030, 1, 5)}
    plan = {"launchplan": "gated.daily", "launchplan_version": VERSION}
    made = remote.launch_backfill(PROJECT, DOMAIN, execute=False, version="b1", **plan, **days)
    assert made.id.version == "b1" and len(made.flyte_nodes) >= 2


def test_files_are_carried_both_ways(remote, registered, tmp_path):
    file = tmp_path / "some.txt"
    file.write_text("some")
    _, uri = remote.upload_file(file)
    kind = literals.BlobMetadata(types.BlobType("", types.BlobType.BlobDimensionality.SINGLE))
    remote.download(literals.Literal(literals.Scalar(blob=literals.Blob(kind, uri))), str(tmp_path / "back"))
    assert [found.read_text() for found in (tmp_path / "back").rglob("*") if found.is_file()] == ["some"]
    _, archive = remote.fast_package(PROGRAMS, output=str(tmp_path))
    assert archive
    assert remote.generate_console_http_domain().startswith("http")


def test_projects_and_domains_are_told(remote):
    assert PROJECT in [project.id for project in remote.list_projects()]
    assert DOMAIN in [domain.id for domain in remote.get_domains()]


def test_every_method_was_called():
    assert methods() - Counting.called <= LEFT_OUT
