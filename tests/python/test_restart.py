"""Whatever ends the server, what it has accepted ends as it would have."""

import os
import random
import signal
import time

import grpc
import pytest

from server import Server, alive, wait_for
from wire import NODE, PHASE, TASK, Wire, execution_id


@pytest.fixture
def own(tmp_path):
    """A server that this test alone may kill."""
    server = Server(tmp_path / "data").start()
    yield server
    server.stop()


@pytest.fixture
def stub(own):
    with grpc.insecure_channel(own.endpoint, options=[("grpc.max_reconnect_backoff_ms", 100)]) as channel:
        yield Wire(channel)


def restart(server, stub):
    server.start()
    stub.reconnect()


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_moment_every_execution_ends_as_it_would_have(own, stub, tmp_path, seed):
    # The moment is meant to be arbitrary: the seed only makes a failure show again.
    moments = random.Random(seed)
    good = stub.chain(*["sleep 0.1"] * 5)
    bad = stub.chain("true", "sleep 0.2; exit 3", "true")
    flaky = stub.chain(f'mkdir {tmp_path}/once-$FLYTE_INTERNAL_EXECUTION_ID || exit 0; exit 1', retries=1)
    accepted = {}
    for _ in range(3):
        for _ in range(3):
            for plan, phase in ((good, PHASE.SUCCEEDED), (bad, PHASE.FAILED), (flaky, PHASE.SUCCEEDED)):
                accepted[stub.launch(plan).name] = phase
        time.sleep(moments.uniform(0.0, 0.8))
        own.kill()
        restart(own, stub)
    ended = {name: stub.end(execution_id(name)).closure.phase for name in accepted}
    assert {name: PHASE.Name(phase) for name, phase in ended.items()} == {
        name: PHASE.Name(phase) for name, phase in accepted.items()
    }


def test_a_running_task_is_adopted_and_not_run_twice(own, stub, tmp_path):
    runs = tmp_path / "runs"
    id = stub.launch(stub.chain(f"echo started >> {runs}; sleep 2; echo ended >> {runs}"))
    wait_for("the task runs", runs.exists)
    own.kill()
    restart(own, stub)
    stub.succeed(id)
    assert runs.read_text() == "started\nended\n"
    assert len(stub.attempts(id)) == 1


def test_a_task_that_ended_meanwhile_is_not_run_again(own, stub, tmp_path):
    runs = tmp_path / "runs"
    id = stub.launch(stub.chain(f"echo started >> {runs}; sleep 0.5; echo ended >> {runs}", "true"))
    wait_for("the task runs", runs.exists)
    own.kill()
    wait_for("the task ends by itself", lambda: "ended" in runs.read_text())
    restart(own, stub)
    stub.succeed(id)
    assert runs.read_text() == "started\nended\n"


def test_a_task_that_died_with_the_server_is_tried_again_at_no_cost(own, stub, tmp_path):
    runs = tmp_path / "runs"
    id = stub.launch(stub.chain(f"echo $$ >> {runs}; sleep 1", retries=0))
    wait_for("the task runs", lambda: runs.exists() and runs.read_text().strip())
    own.kill()
    os.killpg(os.getpgid(int(runs.read_text())), signal.SIGKILL)
    restart(own, stub)
    stub.succeed(id)
    attempts = stub.attempts(id)
    assert [TASK.Name(attempt.closure.phase) for attempt in attempts][-1] == "SUCCEEDED"
    assert len(runs.read_text().split()) == 2


def test_sigterm_ends_within_ten_seconds_and_leaves_no_task(own, stub, tmp_path):
    pids = tmp_path / "pids"
    script = f"echo $$ >> {pids}; sleep 300 & echo $! >> {pids}; wait"
    id = stub.launch(stub.chain(script))
    wait_for("the task and its child run", lambda: pids.exists() and len(pids.read_text().split()) == 2)
    assert own.terminate(timeout=10) == 0
    wait_for("no task is left", lambda: not any(map(alive, pids.read_text().split())), 2)
    restart(own, stub)
    assert stub.phase(id) in (PHASE.QUEUED, PHASE.RUNNING)
    stub.abort(id)
    assert stub.end(id).closure.phase == PHASE.ABORTED


def test_a_stopped_server_goes_on_where_it_was(own, stub, tmp_path):
    gate = tmp_path / "gate"
    script = f"while [ ! -e {gate} ]; do sleep 0.05; done"
    id = stub.launch(stub.chain("true", script, "true", retries=0))
    wait_for("the second task runs", lambda: phase_of(stub, id, "n1") == NODE.RUNNING)
    assert own.terminate(timeout=10) == 0
    gate.touch()
    restart(own, stub)
    stub.succeed(id)
    assert len(stub.attempts(id, "n0")) == 1, "a finished task ran again"


def phase_of(stub, id, node):
    found = stub.nodes(id).get(node)
    return found.closure.phase if found else None
