"""An execution that recovers another takes over what succeeded there, and runs the rest."""

import grpc
import pytest
from flyteidl.admin import execution_pb2, node_execution_pb2

from wire import NODE, PHASE, execution_id


@pytest.fixture
def marks(tmp_path):
    return tmp_path


def recover(wire, id, name=""):
    answer = wire.admin.RecoverExecution(execution_pb2.ExecutionRecoverRequest(id=id, name=name))
    return answer.id


def phases(wire, id):
    nodes = wire.all_nodes(id).values()
    return {node.id.node_id: NODE.Name(node.closure.phase) for node in nodes}


def runs(marks, step):
    file = marks / step
    return file.read_text().count("ran") if file.exists() else 0


def steps(marks):
    """Three steps that note that they ran; the second one fails until the file `mended` is there."""
    note = [f"echo ran >> {marks}/{step}" for step in "abc"]
    return note[0], f"{note[1]}; test -e {marks}/mended", note[2]


def test_what_succeeded_is_taken_over_and_the_rest_runs(wire, marks):
    first = wire.launch(wire.chain(*steps(marks)))
    assert wire.end(first).closure.phase == PHASE.FAILED
    (marks / "mended").touch()
    second = recover(wire, first)
    execution = wire.end(second)
    assert execution.closure.phase == PHASE.SUCCEEDED
    assert execution.spec.metadata.mode == execution_pb2.ExecutionMetadata.RECOVERED
    assert execution.spec.metadata.reference_execution == first
    assert [runs(marks, step) for step in "abc"] == [1, 2, 1]
    known = phases(wire, second)
    assert (known["n0"], known["n1"], known["n2"]) == ("RECOVERED", "SUCCEEDED", "SUCCEEDED")
    assert len(wire.attempts(second, "n0")) == 0


def test_what_was_recovered_is_recovered_again(wire, marks):
    first = wire.launch(wire.chain(*steps(marks)))
    wire.end(first)
    second = recover(wire, first)
    assert wire.end(second).closure.phase == PHASE.FAILED
    (marks / "mended").touch()
    third = recover(wire, second, "third-of-three")
    assert wire.end(third).closure.phase == PHASE.SUCCEEDED
    assert third.name == "third-of-three"
    assert [runs(marks, step) for step in "abc"] == [1, 3, 1]
    assert phases(wire, third)["n0"] == "RECOVERED"


def test_a_recovered_node_shows_the_data_of_the_other(wire, marks):
    first = wire.launch(wire.chain(*steps(marks)))
    wire.end(first)
    second = recover(wire, first)
    wire.end(second)

    def data(execution):
        id = next(node.id for node in wire.all_nodes(execution).values() if node.id.node_id == "n0")
        return wire.admin.GetNodeExecutionData(node_execution_pb2.NodeExecutionGetDataRequest(id=id))

    mine, theirs = data(second), data(first)
    assert (mine.full_inputs, mine.full_outputs) == (theirs.full_inputs, theirs.full_outputs)


def test_an_execution_that_is_not_there_cannot_be_recovered(wire):
    with pytest.raises(grpc.RpcError) as refused:
        recover(wire, execution_id("never-launched"))
    assert refused.value.code() == grpc.StatusCode.NOT_FOUND
