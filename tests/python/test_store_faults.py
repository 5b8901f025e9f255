"""A store that often fails: what runs goes on, at no cost of a task's retries, and puts out what it would.

The store is S3, served by another server of ours; between the two stands who spoils one request in four.
"""

import http.client
import random
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from server import Server, free_port
from test_programs import LIMIT, MODULES, launch, plain, register
from wire import PHASE

PROGRAMS = ["directories", "map_over_a_list", "dynamic_fan_out", "workflow_in_a_branch", "offloaded_list"]
# Refused, not answered although done, cut off in the middle, late.
FAULTS = ["500", "503", "403", "lost", "cut", "late"]
SEED = 17


class Spoiler(BaseHTTPRequestHandler):
    """Hands every request on, and spoils some while it is told to."""

    protocol_version = "HTTP/1.1"
    door, at_work = None, False
    rng, lock, done = random.Random(SEED), threading.Lock(), Counter()

    def fault(self):
        with self.lock:
            if not self.at_work or self.rng.randrange(4):
                return None
            fault = self.rng.choice(FAULTS)
            self.done[fault] += 1
            return fault

    def serve(self):
        fault, body = self.fault(), self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if fault in ("500", "503", "403"):
            return self.answer(int(fault), [], b"")
        if fault == "late":
            time.sleep(1)
        status, headers, told = self.asked(body)
        if fault == "lost" or fault == "cut" and not told:
            self.close_connection = True
            return
        self.answer(status, headers, told, cut=fault == "cut")

    def asked(self, body):
        connection = http.client.HTTPConnection(self.door, timeout=60)
        # With the host that was signed.
        connection.request(self.command, self.path, body, dict(self.headers))
        told = connection.getresponse()
        read = told.status, told.getheaders(), told.read()
        connection.close()
        return read

    def answer(self, status, headers, body, cut=False):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = dict((name.lower(), value) for name, value in headers).get("content-length", len(body))
        self.send_header("Content-Length", str(length if self.command == "HEAD" else len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = cut

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """A server whose folder is served as S3, and its address and key."""
    address = f"127.0.0.1:{free_port()}"
    server = Server(tmp_path_factory.mktemp("door") / "data", options=("--s3-listen", address)).start()
    yield address, (server.data / "s3.key").read_text().split()
    server.stop()


@pytest.fixture(scope="module")
def spoiler(door):
    Spoiler.door = door[0]
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Spoiler)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{proxy.server_port}"
    proxy.shutdown()


@pytest.fixture(scope="module")
def server(door, spoiler, tmp_path_factory):
    """Its clients go through it; its tasks reach the store themselves, unspoilt: what they do then is flytekit's."""
    address, (access_key, secret) = door
    options = {
        "objects": "s3://aileron/spoilt",
        "objects-endpoint": spoiler,
        "objects-region": "us-east-1",
        "objects-allow-http": "true",
        "objects-through-server": "true",
        "execution-env": f"FLYTE_AWS_ENDPOINT=http://{address}",
    }
    environment = {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    server = Server(tmp_path_factory.mktemp("server") / "data", options=words, environment=environment).start()
    yield server
    server.stop()


def test_a_store_that_often_fails_fails_no_task(remote, wire, images):
    cases = {name: MODULES[name].EXPECT[0] for name in PROGRAMS}
    registered = {name: register(remote, images, name, MODULES[name].main) for name in cases}
    begun = {name: launch(remote, registered[name], case).id.to_flyte_idl() for name, case in cases.items()}
    Spoiler.at_work = True
    ended = {name: wire.end(id, LIMIT) for name, id in begun.items()}
    Spoiler.at_work = False
    for name, execution in ended.items():
        assert execution.closure.phase == PHASE.SUCCEEDED, execution.closure.error.message
        outputs = {key: plain(value) for key, value in wire.outputs(execution.id).items()}
        assert outputs == cases[name]["outputs"], name
    assert set(Spoiler.done) == set(FAULTS), Spoiler.done
    assert sum(Spoiler.done.values()) > 50, Spoiler.done
