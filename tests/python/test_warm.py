"""Warm workers: every program does what it does without them, and nothing of one attempt is left for the next."""

import json
import os
import re
import signal
from pathlib import Path

import grpc
import pytest
from flytekit.configuration import Config, ImageConfig
from flytekit.remote import FlyteRemote

import staining
from server import Server, alive, wait_for
from test_programs import ended, test_it_does_what_it_says  # noqa: F401 all programs, by the server below
from wire import DOMAIN, PHASE, PROJECT, TASK, Wire, string

OPTIONS = ("--warm-workers", "3")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("warm") / "data", options=OPTIONS).start()
    yield server
    server.stop()


@pytest.fixture
def launch(remote, images, server):
    """Registers a workflow of the staining program, and launches it."""

    def run(workflow, **inputs):
        registered = remote.register_script(
            workflow, image_config=images, source_path=str(Path(__file__).parent), module_name="staining"
        )
        return remote.execute(registered, inputs=inputs).id.to_flyte_idl()

    return run


@pytest.fixture
def told(launch, wire):
    """What a task of the staining program tells."""

    def run(workflow, **inputs):
        id = launch(workflow, **inputs)
        assert wire.end(id).closure.phase == PHASE.SUCCEEDED
        return id, json.loads(wire.outputs(id)["o0"].scalar.primitive.string_value)

    return run


def is_warm(answer, server):
    """Whether a worker has forked the process that told this."""
    return str(server.data / "warm") in Path(f"/proc/{answer['parent']}/cmdline").read_text()


def test_nothing_of_an_attempt_is_left_for_the_next(told, server):
    answers = [told(staining.leaving, a=a)[1] for a in range(3)]
    assert [answer["found"] for answer in answers] == [[], [], []]
    assert len({answer["parent"] for answer in answers}) == 1 and is_warm(answers[0], server)
    for different in ("pid", "random", "uuid", "flytekit", "temporary", "sandbox", "cwd", "tmpdir"):
        assert len({answer[different] for answer in answers}) == 3, different
    for answer in answers:
        assert answer["temporary"].startswith(answer["tmpdir"]) and answer["sandbox"].startswith(answer["tmpdir"])
        assert answer["argument"].endswith("/pyflyte-execute")
        assert (answer["attempt"], answer["standard input"]) == ("0", "")


# What differs between any two interpreters, or is a cache, by the name of what holds it.
DIFFERENT = {
    r"_?ctypes\._\w+_addr": "an address",
    r"logging\._startTime": "a time",
    r".+\._pid|sys\.orig_argv|threading\._shutdown_locks": "what a process is",
    r".+\.__(un)?pack_union_\w+": "a name that is drawn",
    r"tokenize\.\w+|pydantic\._internal\._known_annotated_metadata\.c": "the order of a set, by the seed of hash()",
    r"gc\..+|sys\.modules": "a module that the worker has imported, built in",
    r"linecache\.cache|re\._cache": "a cache",
    r"posix\.environ": "compared by the names of the variables",
    r"fsspec\.asyn\.lock": "made anew after any fork",
    r"rich\._IMPORT_CWD": "where flytekit was imported",
}
# The same of lists: what may be in one and not in the other.
MAY_BE_THERE = {"modules": {"gc"}, "importers": {"zygote.py", "pyflyte-execute"}, "variables": {"AILERON_WARM"}}


def test_a_warm_interpreter_holds_what_a_fresh_one_does(launch, wire, tmp_path):
    """A worker rehearses a task of its own, of which nothing may be left but caches."""
    files = {"warm": tmp_path / "warm", "fresh": tmp_path / "fresh"}
    wire.succeed(launch(staining.drawing, **{name: str(file) for name, file in files.items()}))
    warm, fresh = (json.loads(file.read_text()) for file in files.values())
    assert len(fresh) > 10_000
    different = {}
    for name in warm.keys() | fresh.keys():
        pair = [warm.get(name), fresh.get(name)]
        if name in MAY_BE_THERE:
            pair = [[word for word in side if Path(word).name not in MAY_BE_THERE[name]] for side in pair]
        if pair[0] != pair[1] and not any(re.fullmatch(pattern, name) for pattern in DIFFERENT):
            different[name] = pair
    assert different == {}


def logs(server):
    """What workers have said, by the time of their start."""
    files = sorted((server.data / "warm").glob("*/worker.log"), key=lambda file: int(file.parent.name))
    return [file.read_text() for file in files]


def test_a_worker_has_rehearsed_a_task_before_it_takes_one(told, server):
    told(staining.leaving, a=5)
    assert "" in logs(server)


def test_a_worker_that_cannot_rehearse_takes_tasks_all_the_same(told, server):
    _, answer = told(staining.beginning)
    assert is_warm(answer, server)
    assert any("a task that does nothing ended with exit code" in log for log in logs(server))


def test_the_log_has_what_the_task_writes(told, server):
    id, _ = told(staining.leaving, a=77)
    log = server.data / f"attempts/{id.project}-{id.domain}-{id.name}/n0/0/task.log"
    assert {"out 77", "err 77"} <= set(log.read_text().splitlines())


def test_a_task_may_want_an_interpreter_of_its_own(told, server):
    _, answer = told(staining.refusing)
    assert answer["argument"].endswith("/pyflyte-execute") and not alive(answer["parent"])


@pytest.mark.parametrize(
    ("how", "phase", "code", "words"),
    [
        ("exit", "FAILED", "Error", "exit code 3"),
        ("system exit", "FAILED", "Error", "exit code 4"),
        ("SIGSEGV", "FAILED", "Error", "exit code 139, killed by signal 11"),
        ("SIGTERM", "FAILED", "Error", "exit code 143"),
        ("SIGKILL", "FAILED", "Interrupted", "killed by signal 9"),
    ],
)
def test_an_end_is_told_as_it_is_without_a_worker(launch, wire, how, phase, code, words):
    id = launch(staining.dying, how=how)
    wire.end(id)
    attempt = wire.attempts(id)[0].closure
    assert (TASK.Name(attempt.phase), attempt.error.code) == (phase, code), attempt.error.message
    assert words in attempt.error.message


@pytest.fixture
def own(tmp_path):
    """A server that this test alone may kill, and its clients."""
    server = Server(tmp_path / "data", options=OPTIONS).start()
    remote = FlyteRemote(Config.for_endpoint(server.endpoint, insecure=True), PROJECT, DOMAIN)
    with grpc.insecure_channel(server.endpoint, options=[("grpc.max_reconnect_backoff_ms", 100)]) as channel:
        wire = Wire(channel)
        registered = remote.register_script(
            staining.waiting,
            image_config=ImageConfig.auto(img_name="registry.local/flytekit:1"),
            source_path=str(Path(__file__).parent),
            module_name="staining",
        )
        folder = tmp_path / "folder"
        folder.mkdir()
        id = remote.execute(registered, inputs={"folder": str(folder)}).id.to_flyte_idl()
        wait_for("the task runs", lambda: (folder / "ran").exists() and (folder / "ran").read_text().endswith("\n"))
        yield server, wire, id, folder
    server.stop()


def ran(folder):
    """Task, worker and process in the background, for each time that it ran."""
    return [[int(pid) for pid in line.split()] for line in (folder / "ran").read_text().splitlines()]


def test_a_task_outlives_a_killed_server_and_is_adopted(own):
    server, wire, id, folder = own
    server.kill()
    server.start()
    wire.reconnect()
    (folder / "go").touch()
    wire.succeed(id)
    ((task, worker, background),) = ran(folder)
    wait_for("nothing is left", lambda: not any(map(alive, (task, worker, background))))


def test_a_task_that_ends_while_no_server_is_there_is_not_run_again(own):
    server, wire, id, folder = own
    server.kill()
    (folder / "go").touch()
    ((task, worker, background),) = ran(folder)
    wait_for("nothing is left", lambda: not any(map(alive, (task, worker, background))))
    server.start()
    wire.reconnect()
    wire.succeed(id)
    assert len(ran(folder)) == 1


def test_a_task_that_is_killed_while_no_server_is_there_is_told_so(own):
    server, wire, id, folder = own
    server.kill()
    ((task, worker, _),) = ran(folder)
    os.kill(task, signal.SIGKILL)
    wait_for("the worker has noted it", lambda: not alive(worker))
    (folder / "go").touch()
    server.start()
    wire.reconnect()
    wire.succeed(id)
    first = wire.attempts(id)[0].closure
    assert (first.error.code, "signal 9" in first.error.message) == ("Interrupted", True)


def test_a_worker_that_dies_takes_no_task_with_it(own):
    server, wire, id, folder = own
    ((_, worker, _),) = ran(folder)
    os.kill(worker, signal.SIGKILL)
    (folder / "go").touch()
    wire.succeed(id)
    assert len(ran(folder)) == 1
    # The next one has a new worker.
    again = wire.launch(wire.execution(id).spec.launch_plan, {"folder": string(str(folder))})
    wire.succeed(again)
    assert len({parent for _, parent, _ in ran(folder)}) == 2


def test_a_task_and_its_worker_that_die_are_tried_again_at_no_cost(own):
    server, wire, id, folder = own
    ((task, worker, _),) = ran(folder)
    os.kill(worker, signal.SIGKILL)
    wait_for("the worker is gone", lambda: not alive(worker))
    os.killpg(task, signal.SIGKILL)
    (folder / "go").touch()
    wire.succeed(id)
    assert len(ran(folder)) == 2


def test_an_abort_leaves_nothing(own):
    server, wire, id, folder = own
    wire.abort(id)
    assert wire.end(id).closure.phase == PHASE.ABORTED
    ((task, _, background),) = ran(folder)
    wait_for("nothing is left", lambda: not any(map(alive, (task, background))))


def test_a_stop_ends_tasks_and_workers(own):
    server, wire, id, folder = own
    assert server.terminate(timeout=10) == 0
    ((task, worker, background),) = ran(folder)
    wait_for("nothing is left", lambda: not any(map(alive, (task, worker, background))))


@pytest.mark.parametrize("megabytes", [8, 2000])
def test_a_task_is_held_to_its_memory(launch, wire, megabytes):
    id = launch(staining.eating, megabytes=megabytes)
    closure = wire.end(id).closure
    if megabytes < 100:
        assert closure.phase == PHASE.SUCCEEDED, closure.error.message
    else:
        error = wire.attempts(id)[0].closure.error
        assert "300Mi" in error.message and "limits=Resources(mem=" in error.message, error.message
