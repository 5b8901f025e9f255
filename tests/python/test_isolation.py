"""Tasks that are kept apart: what they must not reach they do not, and what they are to do they do."""

import json
import subprocess
from pathlib import Path

import grpc
import pytest
from flytekit.configuration import Config, ImageConfig
from flytekit.remote import FlyteRemote

import hostile
from server import BINARY, Server
from test_programs import LIMIT, MODULES, launch, plain, register
from wire import DOMAIN, PHASE, PROJECT, Wire

# Each shows something else: files through the objects, many small tasks, an error of the user's, a task that makes
# tasks, checkpoints, values that lie elsewhere.
PROGRAMS = ["directories", "map_over_a_list", "retries_run_out", "dynamic_fan_out", "checkpointed", "offloaded_list"]
FOLDER = str(Path(__file__).parent)


class World:
    """A server with an option, and its clients."""

    def __init__(self, folder, isolation):
        options = ("--task-isolation", isolation, "--parallel-attempts", "2")
        self.server = Server(folder / isolation / "data", options=options)
        self.server.data.parent.mkdir()
        self.server.start()
        self.remote = FlyteRemote(Config.for_endpoint(self.server.endpoint, insecure=True), PROJECT, DOMAIN)
        self.channel = grpc.insecure_channel(self.server.endpoint)
        self.wire = Wire(self.channel)

    def stop(self):
        self.channel.close()
        self.server.stop()

    def run(self, workflow, **inputs):
        """The execution's id, and its output."""
        images = ImageConfig.auto(img_name="registry.local/flytekit:1")
        registered = self.remote.register_script(
            workflow, image_config=images, source_path=FOLDER, module_name="hostile"
        )
        execution = self.wire.end(self.remote.execute(registered, inputs=inputs).id.to_flyte_idl(), LIMIT)
        assert execution.closure.phase == PHASE.SUCCEEDED, execution.closure.error.message
        return execution.id, plain(self.wire.outputs(execution.id)["o0"])

    def trespasses(self):
        other, _ = self.run(hostile.quiet)
        place = {
            "data": str(self.server.data),
            "other": other.name,
            "port": self.server.listen.rsplit(":", 1)[1],
            "server": self.server.process.pid,
        }
        return json.loads(self.run(hostile.hostile, place=json.dumps(place))[1])


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """Servers by what keeps their tasks apart, begun when they are asked for."""
    folder, begun = tmp_path_factory.mktemp("servers"), {}

    def world(isolation):
        if isolation not in begun:
            begun[isolation] = World(folder, isolation)
        return begun[isolation]

    yield world
    for world in begun.values():
        world.stop()


def test_without_isolation_a_task_may_do_all_of_it(worlds):
    told = worlds("off").trespasses()
    assert told == {name: "done" for name in hostile.TRESPASSES}


def test_with_it_none_of_it_is_done(worlds):
    told = worlds("no-network").trespasses()
    assert "done" not in told.values(), told
    # Each of the walls has refused something.
    assert told["the server's process"] == "ESRCH"
    assert told["the user's programs"] in ("EROFS", "EACCES")
    assert told["the server's port"] == "ECONNREFUSED"


def test_with_the_machines_network_a_task_reaches_that_alone(worlds):
    told = worlds("shared-network").trespasses()
    assert [name for name, what in told.items() if what == "done"] == ["the server's port"]


def test_without_a_network_the_clouds_metadata_is_nowhere(worlds):
    assert worlds("no-network").run(hostile.metadata)[1] == "ENETUNREACH"


@pytest.mark.parametrize("isolation", ["shared-network", "no-network"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_in_there_what_it_says(name, isolation, worlds):
    world, expected = worlds(isolation), MODULES[name].EXPECT[0]
    images = ImageConfig.auto(img_name="registry.local/flytekit:1")
    workflow = register(world.remote, images, name, MODULES[name].main)
    execution = world.wire.end(launch(world.remote, workflow, expected).id.to_flyte_idl(), LIMIT)
    if "error" in expected:
        assert execution.closure.phase == PHASE.FAILED
        assert execution.closure.error.code == expected["error"]["code"], execution.closure.error.message
        return
    assert execution.closure.phase == PHASE.SUCCEEDED, execution.closure.error.message
    assert {key: plain(value) for key, value in world.wire.outputs(execution.id).items()} == expected["outputs"]


def test_a_link_is_no_folder_to_write_to(tmp_path):
    """A task may have left it where another one is to write."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    for folder, code in ((real, 0), (link, 1), (link / "deeper", 1)):
        (real / "deeper").mkdir(exist_ok=True)
        command = [BINARY, "attempt", "--write", folder, "--tmp", real, "--", "/bin/sh", "-c", "exit 0"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/")
        assert (ended.returncode != 0) == bool(code), ended.stderr
        assert not code or "without following links" in ended.stderr, ended.stderr


def refusal(tmp_path, *options):
    """What a server says that does not start."""
    command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path / "data", *options]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1, ended.stdout
    return ended.stderr


def test_what_does_not_go_together_is_told(tmp_path):
    told = refusal(tmp_path, "--task-isolation", "no-network", "--s3-listen", "127.0.0.1:0")
    assert "task_isolation: tasks reach the objects at s3://aileron by the network" in told


def test_a_machine_that_cannot_is_told(tmp_path):
    """One that gives nobody a namespace, as a container does: this one, within its own walls."""
    command = [BINARY, "attempt", "--write", tmp_path, "--tmp", tmp_path, "--", BINARY, "serve"]
    command += ["--listen", "127.0.0.1:0", "--data-dir", tmp_path / "data", "--task-isolation", "shared-network"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/")
    assert ended.returncode == 1, ended.stdout
    assert "task_isolation: this machine cannot keep tasks apart: " in ended.stderr
    assert "the system makes no namespaces for this user" in ended.stderr
