"""Bad input is refused with a code, a place and a hint; and nothing of it stays behind."""

import base64
import hashlib
import http.client
import os
import subprocess
import time
import urllib.parse
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import execution_pb2, identifier_pb2, workflow_pb2 as core
from flyteidl.service import dataproxy_pb2
from google.protobuf.duration_pb2 import Duration

from server import Server, wait_for
from wire import INTEGER, PHASE, PROJECT, DOMAIN, STRING, TASK, Wire
from wire import constant, identifier, integer, interface, node, promise, shell, string

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def refused(call, code, *words):
    """Calls, and checks that the answer is an error of this code whose text has all the words."""
    with pytest.raises(grpc.RpcError) as error:
        call()
    status = error.value
    assert status.code() is code, f"{status.code()}: {status.details()}"
    missing = [word for word in words if word.lower() not in status.details().lower()]
    assert not missing, f"{missing} not in: {status.details()}"


def field(number, content):
    """A length-delimited field on the wire."""
    length, rest = [], len(content)
    while rest > 0x7F:
        length.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([number << 3 | 2, *length, rest]) + content


@pytest.fixture(scope="module")
def to_text(wire):
    """A task that takes a number and gives a text."""
    return wire.create_task("true", inputs={"number": INTEGER}, outputs={"text": STRING})


@pytest.fixture(scope="module")
def plan(wire):
    """A launch plan with one input that must be given, a number."""
    task = wire.create_task("true", inputs={"number": INTEGER})
    nodes = [node("n0", task, [promise("number", "", "number")])]
    return wire.create_workflow(nodes, inputs={"number": INTEGER})


class TestRegistration:
    """Templates that no client should have sent."""

    def test_a_cycle_is_refused_with_its_nodes(self, wire):
        needs = wire.create_task("true")
        nodes = [node("first", needs, after=["second"]), node("second", needs, after=["first"])]
        refused(lambda: wire.create_workflow(nodes), INVALID, "CycleDetected", "first", "second")

    def test_a_node_that_waits_for_itself_is_refused(self, wire):
        nodes = [node("alone", wire.create_task("true"), after=["alone"])]
        refused(lambda: wire.create_workflow(nodes), INVALID, "CycleDetected", "alone")

    def test_a_mismatching_promise_is_refused_with_node_and_binding(self, wire, to_text):
        nodes = [
            node("maker", to_text, [constant("number", integer(1))]),
            node("taker", to_text, [promise("number", "maker", "text")]),
        ]
        refused(lambda: wire.create_workflow(nodes), INVALID, "MismatchingTypes", "taker", "number", "text")

    def test_a_mismatching_constant_is_refused_with_node_and_binding(self, wire, to_text):
        nodes = [node("taker", to_text, [constant("number", string("three"))])]
        refused(lambda: wire.create_workflow(nodes), INVALID, "MismatchingTypes", "taker", "number")

    def test_all_problems_are_told_at_once(self, wire, to_text):
        nodes = [
            node("unbound", to_text),
            node("unknown", to_text, [constant("number", integer(1)), constant("colour", integer(1))]),
            node("dangling", to_text, [promise("number", "nobody", "text")]),
        ]
        words = ["ParameterNotBound", "unbound", "colour", "NodeReferenceNotFound", "nobody"]
        refused(lambda: wire.create_workflow(nodes), INVALID, *words)

    def test_a_task_that_was_never_registered_is_named(self, wire):
        ghost = identifier(identifier_pb2.TASK, "ghost", "v0")
        refused(lambda: wire.create_workflow([node("n0", ghost)]), INVALID, "TaskReferenceNotFound", "ghost")

    def test_a_workflow_inside_itself_ends_nothing(self, wire):
        id = identifier(identifier_pb2.WORKFLOW, wire.name("recursive"), "v1")
        inner = core.Node(id="n0", workflow_node=core.WorkflowNode(sub_workflow_ref=id))
        template = core.WorkflowTemplate(id=id, interface=interface(), nodes=[inner])
        spec = workflow_pb2.WorkflowSpec(template=template, sub_workflows=[template])
        with pytest.raises(grpc.RpcError) as error:
            wire.admin.CreateWorkflow(workflow_pb2.WorkflowCreateRequest(id=id, spec=spec))
        assert error.value.code() in (INVALID, grpc.StatusCode.UNIMPLEMENTED), error.value
        wire.create_workflow([node("n0", wire.create_task("true"))])

    @pytest.mark.parametrize("depth", [100, 5_000, 200_000])
    def test_a_deeply_nested_message_ends_nothing(self, wire, depth):
        # LiteralType.collection_type is field 2; no encoder would make this many levels.
        encoded = b""
        for _ in range(depth):
            if len(encoded) > 1 << 21:
                break
            encoded = field(2, encoded)
        variable = field(1, encoded)
        inputs = field(1, field(1, b"x") + field(2, variable))
        template = field(3, field(1, inputs))
        request = field(2, field(1, template))
        call = wire.channel.unary_unary("/flyteidl.service.AdminService/CreateTask")
        with pytest.raises(grpc.RpcError) as error:
            call(request)
        assert error.value.code() in (INVALID, grpc.StatusCode.INTERNAL), error.value
        wire.create_task("true")

    def test_another_structure_under_one_version_is_refused_and_the_same_is_known(self, wire):
        id = identifier(identifier_pb2.TASK, wire.name("task"), "v1")

        def create(script):
            spec = task_pb2.TaskSpec(template=shell(id, script))
            wire.admin.CreateTask(task_pb2.TaskCreateRequest(id=id, spec=spec))

        create("true")
        refused(lambda: create("true"), grpc.StatusCode.ALREADY_EXISTS, "identical structure")
        refused(lambda: create("false"), INVALID, "different structure")

    @pytest.mark.parametrize("field", ["project", "domain", "name", "version"])
    def test_an_incomplete_id_is_refused_by_field(self, wire, field):
        id = identifier(identifier_pb2.TASK, "task", "v1")
        id.ClearField(field)
        spec = task_pb2.TaskSpec(template=shell(id, "true"))
        refused(lambda: wire.admin.CreateTask(task_pb2.TaskCreateRequest(id=id, spec=spec)), INVALID, field)

    def test_an_unknown_project_is_refused(self, wire):
        id = identifier(identifier_pb2.TASK, "task", "v1")
        id.project = "nowhere"
        spec = task_pb2.TaskSpec(template=shell(id, "true"))
        refused(lambda: wire.admin.CreateTask(task_pb2.TaskCreateRequest(id=id, spec=spec)), INVALID, "nowhere")

    def test_a_default_of_another_type_is_refused(self, wire, to_text):
        nodes = [node("n0", to_text, [promise("number", "", "number")])]
        plan = wire.create_workflow(nodes, inputs={"number": INTEGER})
        workflow = identifier(identifier_pb2.WORKFLOW, plan.name, plan.version)
        other = identifier(identifier_pb2.LAUNCH_PLAN, wire.name("plan"), "v1")
        spec = launch_plan_pb2.LaunchPlanSpec(workflow_id=workflow)
        spec.fixed_inputs.literals["number"].CopyFrom(string("three"))
        request = launch_plan_pb2.LaunchPlanCreateRequest(id=other, spec=spec)
        refused(lambda: wire.admin.CreateLaunchPlan(request), INVALID, "number")


class TestLaunch:
    """Inputs that do not fit the launch plan."""

    def test_a_missing_input_is_named_with_its_type(self, wire, plan):
        refused(lambda: wire.launch(plan), INVALID, "number", "missing", "integer")

    def test_an_unknown_input_is_named(self, wire, plan):
        refused(lambda: wire.launch(plan, {"number": integer(1), "colour": string("red")}), INVALID, "colour")

    def test_an_ill_typed_input_is_named_with_both_types(self, wire, plan):
        refused(lambda: wire.launch(plan, {"number": string("one")}), INVALID, "number", "integer", "string")

    def test_an_unknown_launch_plan_is_not_found(self, wire):
        ghost = identifier(identifier_pb2.LAUNCH_PLAN, "ghost", "v0")
        refused(lambda: wire.launch(ghost), grpc.StatusCode.NOT_FOUND, "ghost")

    @pytest.mark.parametrize("name", ["9starts-with-a-digit", "with_underscore", "with/slash", "../up", "a" * 64])
    def test_an_impossible_name_is_refused(self, wire, plan, name):
        refused(lambda: wire.launch(plan, {"number": integer(1)}, name), INVALID, "name")

    def test_a_name_in_use_is_refused(self, wire, plan):
        wire.launch(plan, {"number": integer(1)}, "in-use")
        refused(lambda: wire.launch(plan, {"number": integer(1)}, "in-use"), grpc.StatusCode.ALREADY_EXISTS)


class TestTasks:
    """Tasks that end badly."""

    def test_a_python_error_shows_its_traceback(self, pyflyte, remote):
        arguments = ["tests/python/programs/failing.py", "fails"]
        result = pyflyte("run", "--remote", "--wait", "--poll-interval", "1", "--name", "python-error", *arguments)
        assert result.returncode != 0
        execution = remote.wait(remote.fetch_execution(name="python-error"), poll_interval=1)
        attempt = execution.node_executions["n1"].task_executions[0]
        for error in (execution.error, attempt.closure.error):
            assert "Traceback" in error.message and "ValueError: broken as asked" in error.message, error.message
            assert "failing.py" in error.message

    def test_a_killed_task_is_a_system_error_and_tried_again(self, wire, tmp_path):
        script = f"mkdir {tmp_path}/once || exit 0; kill -9 $$"
        id = wire.launch(wire.chain(script, retries=0))
        wire.succeed(id)
        first, second = wire.attempts(id)
        assert first.closure.phase == TASK.FAILED and second.closure.phase == TASK.SUCCEEDED
        assert first.closure.error.kind == execution_pb2.ExecutionError.SYSTEM, first.closure.error
        assert "signal 9" in first.closure.error.message

    def test_a_failed_command_is_a_user_error_with_its_last_words(self, wire):
        id = wire.launch(wire.chain("echo something went wrong >&2; exit 3"))
        closure = wire.end(id).closure
        assert closure.phase == PHASE.FAILED
        assert "exit code 3" in closure.error.message and "something went wrong" in closure.error.message
        assert wire.attempts(id)[0].closure.error.kind == execution_pb2.ExecutionError.USER

    def test_a_command_that_is_not_there_is_named(self, wire):
        id = identifier(identifier_pb2.TASK, wire.name("task"), wire.version)
        template = shell(id, "true")
        template.container.command[:] = ["no-such-program-here"]
        spec = task_pb2.TaskSpec(template=template)
        wire.admin.CreateTask(task_pb2.TaskCreateRequest(id=id, spec=spec))
        execution = wire.end(wire.launch(wire.create_workflow([node("n0", id)])))
        assert execution.closure.phase == PHASE.FAILED
        assert "no-such-program-here" in execution.closure.error.message


class Upload:
    """One announced upload."""

    def __init__(self, wire, content, **details):
        self.content = content
        self.md5 = hashlib.md5(content).digest()
        details = {"filename": "archive.tar.gz", "content_md5": self.md5} | details
        request = dataproxy_pb2.CreateUploadLocationRequest(
            project=PROJECT, domain=DOMAIN, add_content_md5_metadata=True, **details
        )
        self.location = wire.data.CreateUploadLocation(request)
        self.url = urllib.parse.urlsplit(self.location.signed_url)

    def put(self, content=None, path=None, query=None, length=None):
        """Sends the content and gives the HTTP status, or None when the connection was cut before one came."""
        content = self.content if content is None else content
        target = f"{path or self.url.path}?{self.url.query if query is None else query}"
        headers = {"Content-MD5": base64.b64encode(self.md5).decode()} | dict(self.location.headers)
        headers["Content-Length"] = str(len(content) if length is None else length)
        connection = http.client.HTTPConnection(self.url.netloc, timeout=10)
        try:
            connection.request("PUT", target, body=content, headers=headers)
            if length is not None:
                return None
            return connection.getresponse().status
        finally:
            connection.close()


class TestUploads:
    """Uploads that are not what was announced."""

    @pytest.fixture(autouse=True)
    def nothing_left_behind(self, server):
        before = set(server.objects.rglob("*"))
        yield
        left = {path for path in set(server.objects.rglob("*")) - before if path.is_file() and "good" not in str(path)}
        assert not left

    def test_what_was_announced_is_taken(self, wire, server):
        upload = Upload(wire, b"content", filename="good.tar.gz")
        assert upload.put() == 200
        with open(upload.location.native_url, "rb") as stored:
            assert stored.read() == b"content"

    def test_a_wrong_md5_is_refused(self, wire):
        upload = Upload(wire, b"content")
        assert upload.put(b"CONTENT") == 400

    def test_a_truncated_upload_is_refused(self, wire):
        upload = Upload(wire, b"content")
        assert upload.put(b"cont") == 400

    def test_a_cut_connection_leaves_nothing(self, wire, server):
        content = os.urandom(1 << 20)
        upload = Upload(wire, content)
        upload.put(content[: 1 << 19], length=len(content))
        wait_for("the cut upload is cleaned up", lambda: not list(server.objects.rglob("*archive.tar.gz*")), 10)

    def test_an_expired_signature_is_refused(self, wire):
        expires = Duration()
        expires.FromTimedelta(timedelta(milliseconds=1))
        upload = Upload(wire, b"content", expires_in=expires)
        expiry = upload.location.expires_at.ToMilliseconds()
        wait_for("the location expires", lambda: time.time() * 1000 > expiry + 1000, 10)
        assert upload.put() in (401, 403)

    def test_an_altered_signature_is_refused(self, wire):
        upload = Upload(wire, b"content")
        for name, value in urllib.parse.parse_qsl(upload.url.query):
            flipped = value[:-1] + ("0" if value[-1] != "0" else "1")
            query = upload.url.query.replace(urllib.parse.quote(value, safe=""), flipped).replace(value, flipped)
            assert upload.put(query=query) in (400, 401, 403), f"{name} was altered"
        assert upload.put(query="") in (400, 401, 403)

    def test_another_path_under_the_same_signature_is_refused(self, wire):
        upload = Upload(wire, b"content")
        other = upload.url.path.replace("archive.tar.gz", "another.tar.gz")
        assert other != upload.url.path
        assert upload.put(path=other) in (401, 403)

    @pytest.mark.parametrize("name", ["../up", "a/../../up", "..", "a\0b"])
    @pytest.mark.parametrize("field", ["filename", "filename_root"])
    def test_a_name_that_leaves_its_folder_is_refused(self, wire, field, name):
        refused(lambda: Upload(wire, b"content", **{field: name}), INVALID, field)

    @pytest.mark.parametrize("field", ["filename", "filename_root"])
    def test_an_absolute_name_stays_below_the_store(self, wire, server, field):
        upload = Upload(wire, b"content", **{field: "/etc/passwd"})
        assert upload.location.native_url.startswith(f"{server.objects}/{PROJECT}/{DOMAIN}/")

    def test_a_path_that_climbs_out_is_refused(self, wire, server):
        upload = Upload(wire, b"content")
        folder = upload.url.path.rsplit("/", 1)[0]
        for path in (f"{folder}/../../up", f"{folder}/%2e%2e/%2e%2e/up", f"{folder}/..%2f..%2fup"):
            assert upload.put(path=path) in (400, 401, 403, 404), path
        assert not list(server.data.rglob("up"))

    def test_a_message_of_100_mb_is_refused(self, server, wire):
        options = [("grpc.max_send_message_length", -1)]
        with grpc.insecure_channel(server.endpoint, options=options) as channel:
            large = Wire(channel)
            with pytest.raises(grpc.RpcError) as error:
                large.create_task("x" * (100 << 20))
        refusals = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.OUT_OF_RANGE, INVALID)
        assert error.value.code() in refusals, error.value
        assert any(word in error.value.details() for word in ("large", "limit", "max")), error.value.details()
        wire.create_task("true")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk of a few megabytes")
@pytest.mark.skipif("AILERON_TEST_DATABASES" in os.environ, reason="the database is on another disk")
class TestFullDisk:
    """A disk that is full now, and is not later."""

    @pytest.fixture
    def small(self, tmp_path):
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
        server = Server(disk / "data").start()
        try:
            yield disk, server
        finally:
            server.stop()
            subprocess.run(["umount", "--lazy", disk], check=True)

    def test_it_is_said_clearly_and_the_server_goes_on_once_there_is_space(self, small, tmp_path):
        disk, server = small
        gate = tmp_path / "gate"
        with grpc.insecure_channel(server.endpoint) as channel:
            wire = Wire(channel)
            waiting = wire.launch(wire.chain(f"while [ ! -e {gate} ]; do sleep 0.05; done", "true"))
            plan = wire.chain("true")
            fill(disk / "filler")
            upload = Upload(wire, b"content" * 1000)
            assert upload.put() in (500, 503, 507)
            refused(lambda: fill_with_tasks(wire), grpc.StatusCode.RESOURCE_EXHAUSTED, "space")
            gate.touch()
            (disk / "filler").unlink()
            wire.succeed(waiting)
            wire.succeed(wire.launch(plan))
            assert upload.put() == 200


class TestFullLog:
    """A standard error that takes nothing, as on a full disk."""

    def test_a_line_that_cannot_be_written_hurts_no_execution(self, tmp_path):
        server = Server(tmp_path / "data", log=Path("/dev/full"), options=["--log", "debug"]).start()
        try:
            with grpc.insecure_channel(server.endpoint) as channel:
                wire = Wire(channel)
                wire.succeed(wire.launch(wire.chain("true", "true")))
        finally:
            server.stop()


def fill(path):
    """Writes until there is no space left."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def fill_with_tasks(wire):
    """Some writes still fit into what the database has reserved; not many."""
    for _ in range(50):
        wire.create_task("#" * 50_000)
