"""Fixtures: a server for each module, and the clients that know nothing but its endpoint."""

import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from flytekit.configuration import Config, ImageConfig
from flytekit.remote import FlyteRemote

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))

from server import ROOT, VENV_BIN, Server  # noqa: E402
from wire import Wire  # noqa: E402

PROJECT, DOMAIN = "flytesnacks", "development"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server") / "data").start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def remote(server):
    return FlyteRemote(Config.for_endpoint(server.endpoint, insecure=True), PROJECT, DOMAIN)


@pytest.fixture(scope="module")
def wire(server):
    with grpc.insecure_channel(server.endpoint) as channel:
        yield Wire(channel)


@pytest.fixture(scope="module")
def images():
    """The image that the recorded answers name; a local server ignores it."""
    return ImageConfig.auto(img_name="registry.local/flytekit:1")


@pytest.fixture(scope="module")
def pyflyte(server):
    """Runs pyflyte as a user does, and gives its result."""

    def run(*arguments):
        environment = os.environ | {
            "FLYTE_PLATFORM_URL": server.endpoint,
            "FLYTE_PLATFORM_INSECURE": "true",
            "PATH": f"{VENV_BIN}:{os.environ['PATH']}",
        }
        return subprocess.run(
            [VENV_BIN / "pyflyte", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        )

    return run


@pytest.fixture
def run_script(remote, images, wire):
    """Runs a workflow of a module in a folder, and gives the execution's id and how it ended."""

    def run(folder, module, workflow, timeout=60.0, **inputs):
        registered = remote.register_script(
            workflow, image_config=images, source_path=str(folder), module_name=module
        )
        id = remote.execute(registered, inputs=inputs).id.to_flyte_idl()
        return id, wire.end(id, timeout).closure

    return run
