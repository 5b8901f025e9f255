"""flytekit's own clients work unchanged, and know nothing but the endpoint."""

import re
import subprocess

import pytest
from flytekit.models.core.execution import WorkflowExecutionPhase
from flytekit.models.filters import Equal

from server import BINARY, ROOT, VENV_BIN, alive, wait_for
from wire import PHASE

SUMS = "tests/python/programs/sums.py"


@pytest.fixture(scope="module")
def registered(pyflyte):
    """The program, registered once by `pyflyte register`."""
    result = pyflyte("register", "--version", "v1", SUMS)
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def test_run_registers_launches_and_waits(pyflyte, remote, server):
    result = pyflyte("run", "--remote", "--wait", "--poll-interval", "1", SUMS, "twice", "--a", "5")
    assert result.returncode == 0, result.stdout + result.stderr
    address = re.search(r"http://\S+/console/projects/flytesnacks/domains/development/executions/(\S+)", result.stdout)
    assert address and address.group(0).startswith(server.address), result.stdout
    execution = remote.fetch_execution(name=address.group(1))
    assert execution.outputs["o0"] == 16


def test_registering_again_is_fine(pyflyte, registered):
    result = pyflyte("register", "--version", "v1", SUMS)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "twice" in result.stdout


def test_a_package_is_registered_by_the_binary(server, remote, tmp_path):
    package = tmp_path / "sums.tgz"
    words = ["--image", "registry.local/flytekit:1", "--output", package, "--fast", "-d", "."]
    pyflyte = [VENV_BIN / "pyflyte", "--pkgs", "programs.sums", "package", "--source", ".", *words]
    subprocess.run(pyflyte, cwd=ROOT / "tests/python", check=True, capture_output=True)

    def aileron(*words):
        command = [BINARY, *words, "--endpoint", server.endpoint]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    for outcome in ("new", "unchanged"):
        rows = aileron("register", package, "--version", "packaged").splitlines()[1:]
        assert len(rows) == 3 and all(row.endswith(outcome) for row in rows), rows
    aileron("launch", "programs.sums.twice", "--input", "a=5", "--name", "packaged", "--watch")
    execution = remote.wait(remote.fetch_execution(name="packaged"), poll_interval=1)
    assert execution.outputs["o0"] == 16


def test_a_name_given_twice_gives_the_first_execution(pyflyte, registered, remote):
    first = pyflyte("run", "--remote", "--name", "given-twice", SUMS, "twice")
    again = pyflyte("run", "--remote", "--name", "given-twice", SUMS, "twice", "--a", "9")
    assert first.returncode == again.returncode == 0, again.stdout + again.stderr
    execution = remote.wait(remote.fetch_execution(name="given-twice"), poll_interval=1)
    assert execution.inputs["a"] == 3, "the second launch replaced the first"


def test_fetched_entities_are_executed_and_synced(remote, registered):
    workflow = remote.fetch_workflow(name=workflow_name(remote, registered), version="v1")
    plan = remote.fetch_launch_plan(name=workflow.id.name, version="v1")
    assert list(plan.interface.inputs) == ["a"] and list(plan.interface.outputs) == ["o0"]
    execution = remote.wait(remote.execute(plan, inputs={"a": 1}), poll_interval=1)
    assert execution.outputs["o0"] == 12
    nodes = execution.node_executions
    assert {"n0", "n1"} <= set(nodes)
    assert nodes["n1"].inputs == {"a": 2, "b": 10} and nodes["n1"].outputs == {"o0": 12}
    assert len(nodes["n0"].task_executions) == 1


def test_the_newest_version_is_fetched_without_naming_it(remote, registered):
    name = workflow_name(remote, registered)
    assert remote.fetch_workflow(name=name).id.name == name
    assert remote.fetch_launch_plan(name=name).id.name == name


def test_a_single_task_is_executed(remote, registered):
    name = workflow_name(remote, registered).replace("twice", "add")
    task = remote.fetch_task(name=name, version="v1")
    execution = remote.wait(remote.execute(task, inputs={"a": 40, "b": 2}), poll_interval=1)
    assert execution.outputs["o0"] == 42


def test_terminating_ends_the_execution_and_its_processes(remote, wire, tmp_path):
    pid = tmp_path / "pid"
    id = wire.launch(wire.chain(f"echo $$ > {pid}; exec sleep 300"))
    wait_for("the task runs", pid.exists)
    execution = remote.fetch_execution(name=id.name)
    remote.terminate(execution, "not needed any more")
    closure = wire.end(id).closure
    assert closure.phase == PHASE.ABORTED
    assert closure.abort_metadata.cause == "not needed any more"
    number = pid.read_text().strip()
    wait_for("the task's process is gone", lambda: not alive(number), 10)


def test_recent_executions_are_listed_newest_first(remote, wire):
    plan = wire.chain("true")
    launched = [wire.launch(plan).name for _ in range(3)]
    listed = [execution.id.name for execution in remote.recent_executions(limit=3)]
    assert listed == launched[::-1]


def test_executions_are_filtered_by_phase(remote, wire):
    failed = wire.launch(wire.chain("exit 3"))
    wire.end(failed)
    found = remote.recent_executions(filters=[Equal("phase", "FAILED")])
    assert failed.name in [execution.id.name for execution in found]
    assert {execution.closure.phase for execution in found} == {WorkflowExecutionPhase.FAILED}


def workflow_name(remote, registered):
    """pyflyte names modules from the folder above the first one without `__init__.py`."""
    found = re.search(r"(\S*sums\.twice)", registered.stdout)
    assert found, registered.stdout
    return found.group(1)
