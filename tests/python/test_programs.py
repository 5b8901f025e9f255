"""Every program of tests/programs does here what it says of itself; see the README there."""

import importlib
import sys
from pathlib import Path

import pytest

from flyteidl.event.event_pb2 import TaskExecutionMetadata

from server import wait_for
from wire import NODE, PHASE

PROGRAMS = Path(__file__).parents[1] / "programs"
sys.path.insert(0, str(PROGRAMS))
MODULES = {path.stem: importlib.import_module(path.stem) for path in sorted(PROGRAMS.glob("*.py"))}
# Seconds until the last run must have ended: each task is an interpreter of its own, on any machine.
LIMIT = 600.0
InstanceClass = TaskExecutionMetadata.InstanceClass
TEST = "test_it_does_what_it_says"
RUNS = [(name, nth) for name, module in MODULES.items() for nth in range(len(module.EXPECT))]


@pytest.fixture(scope="module")
def ended(request, remote, wire, images):
    """Each run as it ended: the first runs of the programs asked for side by side, then the second ones, ..."""
    asked = {item.callspec.params["name"] for item in request.session.items if item.originalname == TEST}
    registered = {name: register(remote, images, name, MODULES[name].main) for name in sorted(asked)}
    ends = {}
    for nth in range(1 + max(nth for _, nth in RUNS)):
        expected = {name: MODULES[name].EXPECT[nth] for name, n in RUNS if n == nth and name in asked}
        started = {
            name: launch(remote, registered[name], run).id.to_flyte_idl()
            for name, run in expected.items()
        }
        for name, run in expected.items():
            for signal, value in run.get("signals", {}).items():
                set_signal(remote, started[name], signal, value)
        for name, id in started.items():
            ends[name, nth] = wire.end(id, LIMIT)
    return ends


def register(remote, images, name, workflow):
    return remote.register_script(workflow, image_config=images, source_path=str(PROGRAMS), module_name=name)


def launch(remote, workflow, run):
    return remote.execute(workflow, inputs=run.get("inputs", {}), **run.get("launch", {}))


def set_signal(remote, id, signal, value):
    """Sets a signal once its gate has asked for it."""
    wait_for(f"signal {signal}", lambda: signal in {s.id.signal_id for s in remote.list_signals(id.name)})
    remote.set_signal(signal, id.name, value)


@pytest.mark.parametrize(("name", "nth"), RUNS)
def test_it_does_what_it_says(name, nth, ended, wire):
    expected, execution = MODULES[name].EXPECT[nth], ended[name, nth]
    if "error" in expected:
        refused(execution.closure, expected["error"])
    else:
        assert execution.closure.phase == PHASE.SUCCEEDED, execution.closure.error.message
        values = wire.outputs(execution.id)
        assert {name: plain(literal) for name, literal in values.items()} == expected["outputs"]
    nodes = wire.all_nodes(execution.id) if expected.get("nodes") else {}
    for id, node in expected.get("nodes", {}).items():
        assert {key: told(wire, nodes[id], key) for key in node} == node, id


def refused(closure, error):
    assert closure.phase == PHASE.FAILED, PHASE.Name(closure.phase)
    assert closure.error.code == error["code"], closure.error.message
    missing = [part for part in error["message"] if part not in closure.error.message]
    assert not missing, f"{missing} not in: {closure.error.message}"


def told(wire, node, key):
    match key:
        case "phase":
            return NODE.Name(node.closure.phase)
        case "attempts":
            return len(wire.attempts(node.id.execution_id, node.id.node_id))
        case "deck":
            return bool(node.closure.deck_uri)
        case "interruptible":
            attempts = wire.attempts(node.id.execution_id, node.id.node_id)
            return attempts[-1].closure.metadata.instance_class == InstanceClass.INTERRUPTIBLE


def plain(literal):
    """A literal as plain data."""
    match literal.WhichOneof("value"):
        case "collection":
            return [plain(item) for item in literal.collection.literals]
        case "map":
            return {key: plain(item) for key, item in literal.map.literals.items()}
        case "scalar":
            return scalar(literal.scalar)
    raise AssertionError(f"no plain form: {literal}")


def scalar(value):
    match value.WhichOneof("value"):
        case "primitive":
            return getattr(value.primitive, value.primitive.WhichOneof("value"))
        case "union":
            return plain(value.union.value)
        case "none_type":
            return None
    raise AssertionError(f"no plain form: {value}")
