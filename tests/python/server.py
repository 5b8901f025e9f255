"""A real `aileron serve` of one test module, in a data folder of its own."""

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BINARY = Path(os.environ.get("AILERON", ROOT / "target/release/aileron")).absolute()
VENV_BIN = Path(sys.executable).parent


def free_port():
    """A free port below those that the system gives to whoever asks, so that none takes it during a restart."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


DATABASES = itertools.count()


def next_database():
    """The option that names a database of PostgreSQL nobody else has, when the tests are to run on it."""
    urls = os.environ.get("AILERON_TEST_DATABASES")
    return ["--database", urls.replace("{}", str(next(DATABASES)))] if urls else []


class Server:
    """One data folder and the process that serves it now, if any; it may be killed and started again."""

    def __init__(self, data: Path, log: Path | None = None, options=(), environment=None):
        self.data = data
        options = (*options, *next_database())
        self.process = None
        self.log = log or data.parent / f"{data.name}.log"
        self.options = options
        self.environment = environment or {}
        # A restart keeps the port, as clients do.
        self.listen = f"127.0.0.1:{free_port()}"

    @property
    def endpoint(self):
        return self.listen

    @property
    def address(self):
        return f"http://{self.listen}"

    @property
    def objects(self):
        return self.data / "objects"

    def start(self):
        if not BINARY.exists():
            pytest.exit(f"no server at {BINARY}: run `cargo build --release -p aileron`, or set AILERON", returncode=2)
        command = [BINARY, "serve", "--listen", self.listen, "--data-dir", self.data, "--task-path", VENV_BIN, *self.options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | self.environment,
            )
        too_late = threading.Timer(60, self.process.kill)
        too_late.start()
        for line in self.process.stdout:
            words = line.decode().split()
            address = next((word for word in words if word.startswith("http://")), None)
            if address:
                too_late.cancel()
                self.listen = address.removeprefix("http://").rstrip("/.,")
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return self
        too_late.cancel()
        raise AssertionError(f"the server ended with {self.process.wait()} before it answered:\n{self.tail()}")

    def kill(self):
        """Ends the server alone, at once; its tasks are not told."""
        self.process.kill()
        self.process.wait()

    def terminate(self, timeout=10):
        """Asks the server to end, and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def stop(self):
        if self.process and self.process.poll() is None:
            try:
                self.terminate()
            except subprocess.TimeoutExpired:
                self.kill()

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def wait_for(what, condition, timeout=60.0):
    """The first truthy answer of `condition`, asked again and again; fails when there is none in time."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {timeout:.0f} s: {what}")


def alive(pid):
    """Whether a process still runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def command_lines(words):
    """The command lines of the processes that have these words in theirs."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_text().replace("\0", " "))
        except OSError:
            pass  # It has ended meanwhile.
    return [line for line in lines if words in line]
