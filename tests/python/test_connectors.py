"""Tasks that connectors run, by the real `pyflyte serve connector` with connectors of ours."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest

HERE = Path(__file__).parent / "connectors"
sys.path.insert(0, str(HERE))

from server import VENV_BIN, Server, free_port, wait_for  # noqa: E402
import tasks_of_connectors as tasks  # noqa: E402
from wire import PHASE, TASK, Wire  # noqa: E402

SETTINGS = """
defaultConnector:
  endpoint: dns:///127.0.0.1:{port}
  defaultTimeout: 2s
  timeouts: {{ExecuteTaskSync: 3s}}
pollInterval: 500ms
firstLook: 50ms
longestLook: 200ms
patience: 12s
"""


class Connector:
    """`pyflyte serve connector`, which may be killed and started again where it was."""

    def __init__(self, folder):
        self.port, self.prometheus = free_port(), free_port()
        self.journal, self.log = folder / "journal", folder / "connector.log"
        self.journal.touch()
        self.process = None

    def start(self, modules="connectors_of_tests"):
        command = [VENV_BIN / "pyflyte", "serve", "connector", "--port", str(self.port)]
        command += ["--prometheus_port", str(self.prometheus), "--modules", modules]
        environment = os.environ | {"CONNECTOR_JOURNAL": str(self.journal), "PYTHONPATH": str(HERE)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=60)
        return self

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def lines(self, word, name=""):
        return [line for line in self.journal.read_text().splitlines() if line.startswith(f"{word} {name}".strip())]


@pytest.fixture(scope="module")
def connector(tmp_path_factory):
    connector = Connector(tmp_path_factory.mktemp("connector")).start()
    yield connector
    connector.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory, connector):
    folder = tmp_path_factory.mktemp("server")
    settings = folder / "connectors.yaml"
    settings.write_text(SETTINGS.format(port=connector.port))
    server = Server(folder / "data", options=["--connectors", str(settings)]).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def launch(remote, images, server):
    """Launches a workflow, which is registered when it is first launched."""
    registered = {}

    def run(workflow, **inputs):
        if workflow.name not in registered:
            registered[workflow.name] = remote.register_script(
                workflow, image_config=images, source_path=str(HERE), module_name="tasks_of_connectors"
            )
        return remote.execute(registered[workflow.name], inputs=inputs).id.to_flyte_idl()

    return run


@pytest.fixture
def end(launch, wire):
    def run(workflow, **inputs):
        id = launch(workflow, **inputs)
        return id, wire.end(id).closure

    return run


def attempts(wire, id):
    """The attempts of the only task, first to last."""
    return wire.attempts(id, "n0")


def test_a_job_runs_and_gives_its_outputs(end, wire):
    id, closure = end(tasks.played, how="succeed", a=7)
    assert closure.phase == PHASE.SUCCEEDED, closure
    assert wire.outputs(id)["o0"].scalar.primitive.integer == 7
    (attempt,) = attempts(wire, id)
    assert attempt.closure.metadata.plugin_identifier == "connector-service"
    assert [log.uri for log in attempt.closure.logs if log.name == "The job"] == [f"http://jobs.example.org/{id.name}"]
    assert attempt.closure.custom_info["version"] == 0
    assert any(reason.message == "in a queue" for reason in attempt.closure.reasons)


def test_a_version_of_a_type_goes_to_its_connector(end, wire, connector):
    id, closure = end(tasks.second, how="at once", a=7)
    assert closure.phase == PHASE.SUCCEEDED, closure
    assert wire.outputs(id)["o0"].scalar.primitive.integer == 9
    assert connector.lines("create", id.name) == [f"create {id.name} 0 v2"]


def test_work_within_one_call(end, wire):
    id, closure = end(tasks.at_once, how="succeed", a=21)
    assert closure.phase == PHASE.SUCCEEDED, closure
    assert wire.outputs(id)["o0"].scalar.primitive.integer == 42


def test_tasks_of_both_kinds_follow_each_other(end, wire):
    id, closure = end(tasks.both, a=4)
    assert closure.phase == PHASE.SUCCEEDED, closure
    assert wire.outputs(id)["o0"].scalar.primitive.integer == 8


def test_a_sensor_waits_for_its_file(launch, wire, tmp_path):
    file = tmp_path / "it"
    id = launch(tasks.sensed, path=str(file))
    wait_for("the sensor looks", lambda: attempts(wire, id) and attempts(wire, id)[0].closure.phase == TASK.RUNNING)
    file.touch()
    assert wire.end(id).closure.phase == PHASE.SUCCEEDED


def test_an_echo_gives_what_it_is_given(end, wire):
    id, closure = end(tasks.echoed, a=3, b="text")
    assert closure.phase == PHASE.SUCCEEDED, closure
    outputs = wire.outputs(id)
    assert outputs["o0"].scalar.primitive.integer == 3 and outputs["o1"].scalar.primitive.string_value == "text"


@pytest.mark.parametrize(
    "workflow, how, kind, code, words",
    [
        (tasks.played, "fail", 1, "TaskFailedWithError", "the job failed"),
        (tasks.played, "refuse", 1, "TaskFailedWithError", "this job is not taken"),
        (tasks.played, "raise", 1, "TaskFailedWithError", "asking after the job does not work"),
        (tasks.played, "wrong outputs", 1, None, "o0"),
        (tasks.played, "no outputs", None, "OutputsNotFound", "left no outputs"),
        (tasks.played, "nonsense", 2, "ConnectorProtocolError", "another version of the protocol"),
        (tasks.at_once, "fail", 1, "TaskFailedWithError", "it did not work"),
        (tasks.at_once, "raise", 1, "TaskFailedWithError", "it went wrong inside"),
        (tasks.at_once, "not done", 2, "ConnectorProtocolError", "while the work is not done"),
        (tasks.at_once, "hang", 2, "ServiceTooSlow", "more time"),
    ],
)
def test_what_goes_wrong_is_a_failure_with_its_reason(end, workflow, how, kind, code, words):
    _, closure = end(workflow, how=how, a=1)
    assert closure.phase == PHASE.FAILED, closure
    error = closure.error
    assert kind is None or error.kind == kind, error
    # With its tries used up, a failure that may pass says so before its code.
    assert code is None or error.code.removeprefix("RetriesExhausted|") == code, error
    assert words in error.message, error


def test_a_failure_that_may_pass_is_tried_again_and_a_job_made_for_each(end, wire, connector):
    id, closure = end(tasks.again, how="fail and again", a=1)
    assert closure.phase == PHASE.FAILED, closure
    assert connector.lines("create", id.name) == [f"create {id.name} {attempt} v0" for attempt in range(3)]


def test_a_job_ends_with_its_execution(launch, wire, connector):
    id = launch(tasks.played, how="for ever", a=1)
    wait_for("the job is looked at", lambda: connector.lines("get", id.name))
    wire.abort(id)
    assert wire.end(id).closure.phase == PHASE.ABORTED
    wait_for("the job is ended", lambda: connector.lines("delete", id.name))


def test_a_job_ends_with_the_time_of_its_task(end, connector):
    id, closure = end(tasks.hasty, how="for ever", a=1)
    assert closure.phase in (PHASE.FAILED, PHASE.TIMED_OUT), closure
    wait_for("the job is ended", lambda: connector.lines("delete", id.name))


def test_a_type_that_nobody_runs_fails_and_says_where_to_look(end):
    _, closure = end(tasks.nobody, how="succeed", a=1)
    assert closure.phase == PHASE.FAILED, closure
    assert closure.error.code == "ConnectorNotFound" and closure.error.kind == 2, closure.error
    assert "no connector runs tasks of type `of_nobody`" in closure.error.message


def test_a_job_survives_its_server_and_is_not_made_twice(launch, wire, server, connector):
    id = launch(tasks.played, how="last", a=5)
    wait_for("the job is looked at", lambda: connector.lines("get", id.name))
    server.kill()
    server.start()
    with grpc.insecure_channel(server.endpoint) as channel:
        again = Wire(channel)
        assert again.end(id).closure.phase == PHASE.SUCCEEDED
        assert again.outputs(id)["o0"].scalar.primitive.integer == 5
    assert len(connector.lines("create", id.name)) == 1


def test_a_job_survives_a_connector_that_is_away_for_a_while(launch, wire, connector):
    id = launch(tasks.played, how="last", a=6)
    wait_for("the job is looked at", lambda: connector.lines("get", id.name))
    connector.kill()
    connector.start()
    assert wire.end(id).closure.phase == PHASE.SUCCEEDED
    assert len(connector.lines("create", id.name)) == 1


def test_many_jobs_at_once(launch, wire, connector):
    ids = [launch(tasks.played, how="at once", a=a) for a in range(60)]
    for a, id in enumerate(ids):
        assert wire.end(id).closure.phase == PHASE.SUCCEEDED
        assert wire.outputs(id)["o0"].scalar.primitive.integer == a
        assert len(connector.lines("create", id.name)) == 1


def test_a_connector_that_hangs_or_is_gone_fails_what_waits_for_it(launch, wire, connector):
    id = launch(tasks.played, how="for ever", a=1)
    wait_for("the job is looked at", lambda: connector.lines("get", id.name))
    os.killpg(connector.process.pid, signal.SIGSTOP)
    begun = time.monotonic()
    closure = wire.end(id).closure
    os.killpg(connector.process.pid, signal.SIGCONT)
    assert closure.phase == PHASE.FAILED, closure
    assert closure.error.code == "ServiceUnreachable" and closure.error.kind == 2, closure.error
    assert "see whether it runs there" in closure.error.message
    assert time.monotonic() - begun >= 12
