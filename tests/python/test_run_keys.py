"""Tasks reach the objects by S3 with a key of their run: flytekit's files go through it, and what is another's does not."""

import json
import os
import subprocess

import pytest
from flytekit.configuration import Config
from flytekit.remote import FlyteRemote

from server import BINARY, ROOT, VENV_BIN, Server, free_port

PROGRAMS = "tests/python/programs"
OPEN = dict.fromkeys(["read", "copy", "write", "parts", "remove"], "ok")
CLOSED = dict.fromkeys(OPEN, "AccessDenied")


class World:
    """A server that tells callers apart, whose folder is served as S3, and a program that may launch there."""

    def __init__(self, data):
        self.server = Server(data, options=("--auth", "builtin", "--s3-listen", f"127.0.0.1:{free_port()}"))
        given = ["--data-dir", data, *self.server.options[4:]]
        add = [BINARY, "client", "add", "ci", *given]
        secret = subprocess.run(add, check=True, capture_output=True, text=True).stdout.strip()
        grant = [BINARY, "role", "grant", "client:ci", "contributor", "flytesnacks/development", *given]
        subprocess.run(grant, check=True, capture_output=True)
        self.server.start()
        self.environment = {
            "FLYTE_PLATFORM_URL": self.server.endpoint,
            "FLYTE_PLATFORM_INSECURE": "true",
            "FLYTE_CREDENTIALS_AUTH_MODE": "ClientSecret",
            "FLYTE_CREDENTIALS_CLIENT_ID": "ci",
            "FLYTE_CREDENTIALS_CLIENT_SECRET": secret,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    def run(self, program, workflow, *inputs):
        """The execution that a workflow of a program has become, which succeeded."""
        command = [VENV_BIN / "pyflyte", "run", "--remote", "--wait", "--poll-interval", "1"]
        done = subprocess.run(
            [*command, f"{PROGRAMS}/{program}", workflow, *inputs],
            cwd=ROOT,
            env=os.environ | self.environment | {"PATH": f"{VENV_BIN}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        remote = FlyteRemote(Config.auto(), default_project="flytesnacks", default_domain="development")
        execution = remote.recent_executions(limit=1)[0]
        return remote.sync(execution, sync_nodes=True)

    def files(self, folder):
        """The keys below a folder of the bucket."""
        root = self.server.objects
        return sorted(str(file.relative_to(root)) for file in (root / folder).rglob("*") if file.is_file())


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("keys") / "data")
    patch = pytest.MonkeyPatch()
    for name, value in world.environment.items():
        patch.setenv(name, value)
    yield world
    patch.undo()
    world.server.stop()


def test_a_run_reaches_what_is_its_own_and_nothing_of_others(world, tmp_path):
    text = tmp_path / "lines.txt"
    text.write_text("one\ntwo\nthree\n")
    other = world.run("files.py", "there_and_back", "--text", text)
    assert other.outputs["o0"] == "one|two|three"
    bulk = world.files(f"data/flytesnacks/development/{other.id.name}")
    assert any(key.endswith("/joined.txt") for key in bulk), bulk

    secret = "flytesnacks/production/x/secret"
    for key in (secret, "data/flytesnacks/production/x/secret"):
        (world.server.objects / key).parent.mkdir(parents=True, exist_ok=True)
        (world.server.objects / key).write_text("secret")
    outputs = world.files(f"metadata/propeller/flytesnacks-development-{other.id.name}")[0]
    uploads = world.files("flytesnacks/development")
    closures = world.files("metadata/admin/flytesnacks/development")
    beside = [outputs, bulk[0], uploads[0], closures[0]]
    before = {key: (world.server.objects / key).read_bytes() for key in beside}
    keys = [secret, "data/flytesnacks/production/x/secret", *beside]

    told = json.loads(world.run("trespass.py", "trespassing", "--keys", json.dumps(keys)).outputs["o0"])
    assert told.pop("own") == OPEN
    assert told.pop("bucket") == {"read": "AccessDenied"}
    for key in keys:
        of_project = {"read": "ok", "copy": "ok"} if key in beside else {}
        assert told[key] == CLOSED | of_project, key
    assert before == {key: (world.server.objects / key).read_bytes() for key in beside}
