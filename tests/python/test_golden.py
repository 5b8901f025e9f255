"""The same programs give the same answers here as they gave on Flyte v1.16.8."""

import difflib
import json
import re
from pathlib import Path

import programs
import pytest
from flyteidl.admin import common_pb2, execution_pb2, node_execution_pb2, task_execution_pb2
from google.protobuf.json_format import MessageToDict

from server import wait_for

GOLDEN = Path(programs.__file__).parent
RECORDED = GOLDEN / "flyte-1.16.8"

# Fields that are left out on both sides, by name, each with its reason.
IGNORED = {
    "logs": "links to the log viewer of a Kubernetes cluster there, to this server here",
    "reason": "what Kubernetes said about the pod",
    "reasons": "what Kubernetes said about the pod, and when",
}

# Values that differ in every run, by field name: whether they are there is compared, what they are is not.
VARYING = {
    "createdAt": "time",
    "updatedAt": "time",
    "startedAt": "time",
    "occurredAt": "time",
    "timestamp": "time",
    "duration": "time",
    "version": "hash of the program's archive and its settings",
    "artifactId": "uuid of the entry in the cache",
}

# Parts of texts that differ between runs or machines, each with what stands for it.
REWRITTEN = [
    # The object store: a bucket there, a folder here.
    (re.compile(r"s3://flyte/|/[^\s\"]*?/objects/"), "STORE/"),
    # Whose they are, here alone, and two letters that come from the execution's name.
    (re.compile(r"STORE/data/(?:flytesnacks/development/[^/]+/)?[a-z0-9]{2}/"), "STORE/data/SHARD/"),
    # A child execution's name is a hash of its parent's.
    (re.compile(r"^f[a-z1-6]{13}$"), "CHILD"),
    # The folder of an upload comes from the archive's md5.
    (re.compile(r"[A-Z2-7]{26}======"), "MD5"),
    # The version of a workflow that a task made is made up there, and follows from the attempt here.
    (re.compile(r"(dynamic_n0_)[a-z0-9]{10}"), r"\1VERSION"),
    # flytekit packs its settings, with paths of the machine and the archive's hash.
    (re.compile(r"^H4sI[A-Za-z0-9+/=]+$"), "SETTINGS"),
    # flytekit names raw outputs at random.
    (re.compile(r"/[0-9a-f]{32}/"), "/RANDOM/"),
    # Where flytekit and the program lie, and where in the program we are; lists cut messages short.
    (re.compile(r'File "[^"]*?([^/"]+\.py)", line \d+'), r'File "\1", line N'),
    (re.compile(r'File "[^"]*$'), 'File "CUT'),
]


@pytest.fixture(scope="module")
def runs(remote, images):
    """All programs, launched at once; each with the workflow that was registered for it."""
    started = {}
    for name, inputs in programs.INPUTS.items():
        workflow = remote.register_script(
            getattr(programs, name), image_config=images, source_path=str(GOLDEN), module_name="programs"
        )
        started[name] = (workflow, remote.execute(workflow, inputs=inputs))
    for signal, value in programs.SIGNALS.items():
        set_signal(remote, started["waiting"][1], signal, value)
    return {name: (workflow, remote.wait(run, poll_interval=1)) for name, (workflow, run) in started.items()}


def set_signal(remote, run, signal, value):
    """Sets a signal once its gate has asked for it."""
    wait_for(f"signal {signal}", lambda: signal in {s.id.signal_id for s in remote.list_signals(run.id.name)}, 60.0)
    remote.set_signal(signal, run.id.name, value)


@pytest.fixture(params=sorted(programs.INPUTS))
def run(request, runs):
    workflow, execution = runs[request.param]
    return request.param, workflow, execution


def test_the_compiled_workflow_is_the_same(run, wire):
    name, workflow, execution = run
    answer = wire.admin.GetWorkflow(common_pb2.ObjectGetRequest(id=workflow.id.to_flyte_idl()))
    compare(name, "workflow", answer, execution)


def test_the_launch_plan_is_the_same(run, wire):
    name, _, execution = run
    plan = execution.spec.launch_plan.to_flyte_idl()
    compare(name, "launch-plan", wire.admin.GetLaunchPlan(common_pb2.ObjectGetRequest(id=plan)), execution)


def test_the_execution_is_the_same(run, wire):
    name, _, execution = run
    compare(name, "execution", wire.execution(execution.id.to_flyte_idl()), execution)


def test_inputs_and_outputs_are_the_same(run, wire):
    name, _, execution = run
    request = execution_pb2.WorkflowExecutionGetDataRequest(id=execution.id.to_flyte_idl())
    compare(name, "execution-data", wire.admin.GetExecutionData(request), execution)


def test_nodes_and_attempts_are_the_same(run, wire):
    name, _, execution = run
    found = [node_record(wire, node) for node in wire.all_nodes(execution.id.to_flyte_idl()).values()]
    ours = by_id([normal(record, execution.id.name) for record in found])
    recorded = json.loads((RECORDED / name / "nodes.json").read_text())
    theirs = by_id([normal(record, execution_name(record["node"])) for record in recorded])
    same(ours, theirs)


# Objects that are there and not here, each with its reason.
NOT_KEPT = {
    "futures_compiled.pb": "an inner form of the workflow that a task made, which nobody else reads",
}


def test_the_same_objects_are_stored(run, server):
    name, _, execution = run
    files = [path for path in server.objects.rglob("*") if path.is_file() and execution.id.name in str(path)]
    ours = {text(str(path), execution.id.name) for path in files}
    lines = (RECORDED / name / "objects.txt").read_text().splitlines()
    theirs = {text(line, "EXECUTION") for line in lines if line.rsplit("/", 1)[1] not in NOT_KEPT}
    same(sorted(ours), sorted(theirs))


def compare(name, file, answer, execution):
    recorded = json.loads((RECORDED / name / f"{file}.json").read_text())
    theirs = normal(recorded, execution_name(recorded) if file == "execution" else "EXECUTION")
    same(normal(MessageToDict(answer), execution.id.name), theirs)


def same(ours, theirs):
    """Shows what differs line by line, `-` recorded and `+` here."""
    lines = [json.dumps(value, indent=1, sort_keys=True).splitlines() for value in (theirs, ours)]
    difference = "\n".join(difflib.unified_diff(*lines, "recorded", "here", lineterm="", n=4))
    assert not difference, f"not what Flyte answered:\n{difference}"


def node_record(wire, node):
    """A node in the form of nodes.json."""
    data = wire.admin.GetNodeExecutionData(node_execution_pb2.NodeExecutionGetDataRequest(id=node.id))
    attempts = [
        {
            "task": MessageToDict(attempt),
            "data": MessageToDict(
                wire.admin.GetTaskExecutionData(task_execution_pb2.TaskExecutionGetDataRequest(id=attempt.id))
            ),
        }
        for attempt in wire.attempts(node.id.execution_id, node.id.node_id)
    ]
    return {"node": MessageToDict(node), "data": MessageToDict(data), "tasks": attempts}


def execution_name(record):
    id = record.get("id", {})
    return id.get("executionId", id).get("name", "EXECUTION")


def by_id(records):
    return {record["node"]["id"]["nodeId"]: record for record in records}


def normal(value, execution, field=""):
    """The value without what differs in every run."""
    if field in VARYING and isinstance(value, str):
        return VARYING[field].split()[0].upper()
    if isinstance(value, dict):
        return {key: normal(inner, execution, key) for key, inner in value.items() if key not in IGNORED}
    if isinstance(value, list):
        return [normal(inner, execution) for inner in value]
    return text(value, execution) if isinstance(value, str) else value


def text(value, execution):
    value = value.replace(execution, "EXECUTION")
    for pattern, stand_in in REWRITTEN:
        value = pattern.sub(stand_in, value)
    return value
