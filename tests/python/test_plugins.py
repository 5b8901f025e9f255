"""Tasks of flytekit's plugins that need packages of their own: Dask and Ray on this machine, and Snowflake by its real
connector, whose client speaks to an emulator."""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import grpc
import pytest

HERE = Path(__file__).parent / "plugins"
# Where `cargo xtask setup` puts them: tasks without them do not pay for them.
PACKAGES = Path(sys.prefix).parent / "plugins"
sys.path[0:0] = [str(HERE), str(PACKAGES)]
os.environ["PLUGIN_PACKAGES"] = str(PACKAGES)
# A short path: it is part of the names of sockets.
os.environ["PLUGIN_RAY"] = tempfile.mkdtemp(prefix="ray")

from server import VENV_BIN, Server, command_lines, free_port, wait_for  # noqa: E402
import tasks_of_plugins as tasks  # noqa: E402
from wire import PHASE  # noqa: E402

SETTINGS = """
defaultConnector:
  endpoint: dns:///127.0.0.1:{port}
pollInterval: 500ms
firstLook: 50ms
longestLook: 200ms
patience: 60s
"""
EMULATOR = """
import fakesnow, sys, time
with fakesnow.server(port={port}):
    sys.stdin.read()
"""


def started(command, folder, name, **variables):
    paths = os.pathsep.join([str(HERE), str(PACKAGES)])
    environment = os.environ | {"PYTHONPATH": paths} | variables
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """The address of a Snowflake with a database."""
    folder, port = tmp_path_factory.mktemp("emulator"), free_port()
    process = started([sys.executable, "-c", EMULATOR.format(port=port)], folder, "emulator")
    address = f"127.0.0.1:{port}"
    yield address
    process.stdin.close()
    process.wait(timeout=30)


@pytest.fixture(scope="module")
def connector(tmp_path_factory, emulator):
    """The port of `pyflyte serve connector` with Snowflake's connector."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    folder, port = tmp_path_factory.mktemp("connector"), free_port()
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key = rsa.generate_private_key(65537, 2048).private_bytes(serialization.Encoding.PEM, *form)
    command = [VENV_BIN / "pyflyte", "serve", "connector", "--port", str(port)]
    command += ["--prometheus_port", str(free_port()), "--modules", "snowflake_of_tests"]
    variables = {"EMULATOR": emulator, "_FSEC_SNOWFLAKE_PRIVATE_KEY": key.decode()}
    process = started(command, folder, "connector", **variables)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        grpc.channel_ready_future(channel).result(timeout=60)
    yield port
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory, connector):
    folder = tmp_path_factory.mktemp("server")
    settings = folder / "connectors.yaml"
    settings.write_text(SETTINGS.format(port=connector))
    server = Server(folder / "data", options=["--connectors", str(settings)]).start()
    yield server
    server.stop()


@pytest.fixture
def end(run_script):
    return partial(run_script, HERE, "tasks_of_plugins")


def test_a_dask_task_has_workers_of_this_machine(end, wire):
    id, closure = end(tasks.computed, n=10)
    assert closure.phase == PHASE.SUCCEEDED, closure
    assert wire.outputs(id)["o0"].scalar.primitive.integer == 285


def test_a_ray_task_has_a_ray_of_this_machine_which_ends_with_it(end, wire):
    id, closure = end(tasks.raised, n=5)
    assert closure.phase == PHASE.SUCCEEDED, closure
    assert wire.outputs(id)["o0"].scalar.primitive.integer == 100
    wait_for("the end of its processes", lambda: not command_lines(os.environ["PLUGIN_RAY"]))


def test_a_task_without_its_package_says_what_to_install(end):
    _, closure = end(tasks.unprepared)
    assert closure.phase == PHASE.FAILED, closure
    assert "pip install flytekitplugins-ray" in closure.error.message, closure.error


def test_queries_of_snowflake_run_one_after_the_other(end, wire, emulator):
    import snowflake.connector

    id, closure = end(tasks.queried, a=7)
    assert closure.phase == PHASE.SUCCEEDED, closure
    (attempt,) = wire.attempts(id, "n1")
    assert any(log.name == "Snowflake Query Details" for log in attempt.closure.logs)
    host, port = emulator.split(":")
    connection = snowflake.connector.connect(
        user="u", password="p", account="emulated", host=host, port=int(port), protocol="http", database="db", schema="s"
    )
    rows = connection.cursor().execute("SELECT a FROM numbers ORDER BY a").fetchall()
    assert rows == [(7,), (42,)]


def test_a_query_that_is_wrong_fails_and_says_why(end):
    _, closure = end(tasks.mistaken)
    assert closure.phase == PHASE.FAILED, closure
    assert "NOWHERE" in closure.error.message.upper(), closure.error
