"""Programs in an image of flytekit, by podman. Where that or the image is not, there is nothing to show."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from flytekit.configuration import ImageConfig

from server import Server, wait_for
from test_programs import LIMIT, MODULES, launch, plain, register
from wire import PHASE

IMAGE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "aileron/cluster/flytekit.tar"
NAME = "registry.local/flytekit:1"
# Each shows something else: files through the object store, many small tasks, an error of the user's.
PROGRAMS = ["directories", "map_over_a_list", "retries_run_out"]

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("podman") or not IMAGE.exists(),
    reason="it takes root, podman, and the image that `cargo xtask setup` makes",
)


@pytest.fixture(scope="module")
def podman(tmp_path_factory):
    """The variables of a podman with a store of its own, which has the image."""
    folder = tmp_path_factory.mktemp("podman")
    containers = folder / "containers.conf"
    limits = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n'
    engine = '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n'
    containers.write_text(limits + engine)
    storage = folder / "storage.conf"
    store = {"driver": "overlay", "graphroot": str(folder / "images"), "runroot": str(folder / "run")}
    storage.write_text("[storage]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in store.items()))
    environment = {"CONTAINERS_CONF": str(containers), "CONTAINERS_STORAGE_CONF": str(storage)}
    told = subprocess.run(["podman", "load", "-i", IMAGE], env=os.environ | environment, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    yield environment
    subprocess.run(["podman", "system", "reset", "--force"], env=os.environ | environment, capture_output=True)


@pytest.fixture(scope="module")
def server(podman, tmp_path_factory):
    data = tmp_path_factory.mktemp("server") / "data"
    server = Server(data, options=["--containers", "podman", "--parallel-attempts", "2"], environment=podman).start()
    yield server
    server.stop()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_in_its_image_what_it_says(name, remote, wire):
    expected = MODULES[name].EXPECT[0]
    workflow = register(remote, ImageConfig.auto(img_name=NAME), name, MODULES[name].main)
    execution = wire.end(launch(remote, workflow, expected).id.to_flyte_idl(), LIMIT)
    if "error" in expected:
        assert execution.closure.phase == PHASE.FAILED
        assert execution.closure.error.code == expected["error"]["code"], execution.closure.error.message
        return
    assert execution.closure.phase == PHASE.SUCCEEDED, execution.closure.error.message
    assert {key: plain(value) for key, value in wire.outputs(execution.id).items()} == expected["outputs"]


def test_no_container_is_left(podman, server):
    command = ["podman", "ps", "--all", "--quiet"]
    listed = lambda: subprocess.run(command, env=os.environ | podman, capture_output=True, text=True, check=True).stdout
    wait_for("all containers are removed", lambda: not listed())
