"""One port: the same call gives the same answer over gRPC, gRPC-web and REST; and the console is there too."""

import struct
import urllib.error
import urllib.request

import grpc
import pytest
from flyteidl.admin import execution_pb2, workflow_pb2
from google.protobuf import json_format

from wire import DOMAIN, PROJECT, execution_id


@pytest.fixture(scope="module")
def finished(wire):
    id = wire.launch(wire.chain("true", "true"))
    wire.succeed(id)
    return wire.execution(id)


def fetch(server, path, method="GET", body=None, **headers):
    """Gives status, headers and body, of errors too."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(server.address + path, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def execution_path(id):
    return f"/api/v1/executions/{id.project}/{id.domain}/{id.name}"


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
def test_rest_json_says_the_same(server, finished, accept):
    status, headers, body = fetch(server, execution_path(finished.id), Accept=accept)
    assert status == 200 and headers["Content-Type"].startswith("application/json")
    assert json_format.Parse(body, execution_pb2.Execution()) == finished


def test_rest_protobuf_says_the_same(server, finished):
    status, _, body = fetch(server, execution_path(finished.id), Accept="application/octet-stream")
    assert status == 200
    assert execution_pb2.Execution.FromString(body) == finished


def test_grpc_web_says_the_same(server, finished):
    request = execution_pb2.WorkflowExecutionGetRequest(id=finished.id).SerializeToString()
    status, _, body = grpc_web(server, "GetExecution", request)
    message, trailer = frames(body)
    assert status == 200 and b"grpc-status:0" in trailer.replace(b" ", b"")
    assert execution_pb2.Execution.FromString(message) == finished


def test_json_names_follow_the_accept_header(server, finished):
    _, _, snake = fetch(server, execution_path(finished.id), Accept="application/json")
    _, _, camel = fetch(server, execution_path(finished.id), Accept="*/*")
    assert b"launch_plan" in snake and b"launchPlan" not in snake
    assert b"launchPlan" in camel and b"launch_plan" not in camel


def test_query_parameters_reach_the_request(server, finished, wire):
    path = f"/api/v1/executions/{PROJECT}/{DOMAIN}?limit=1&sort_by.key=created_at&sort_by.direction=DESCENDING"
    _, _, body = fetch(server, path, Accept="application/octet-stream")
    listed = execution_pb2.ExecutionList.FromString(body)
    assert [execution.id for execution in listed.executions] == [finished.id]


def test_rest_launches_and_aborts(server, wire):
    plan = wire.chain("sleep 300")
    request = execution_pb2.ExecutionCreateRequest(
        project=PROJECT, domain=DOMAIN, name="by-rest", spec=execution_pb2.ExecutionSpec(launch_plan=plan)
    )
    body = json_format.MessageToJson(request).encode()
    status, _, answer = fetch(server, "/api/v1/executions", "POST", body, Content_Type="application/json")
    assert status == 200, answer
    cause = b'{"cause": "by REST"}'
    path = execution_path(execution_id("by-rest"))
    status, _, answer = fetch(server, path, "DELETE", cause, Content_Type="application/json")
    assert status == 200, answer
    assert wire.end(execution_id("by-rest")).closure.abort_metadata.cause == "by REST"


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/v1/executions/flytesnacks/development/ghost", 404, b"ghost"),
        ("/api/v1/executions/flytesnacks/development?limit=0", 400, b"limit"),
        ("/api/v1/executions/flytesnacks/development?limit=many", 400, b"limit"),
        ("/api/v1/nothing/here", 404, b""),
    ],
)
def test_rest_errors_have_a_status_and_a_text(server, path, status, word):
    found, _, body = fetch(server, path)
    assert found == status and word in body, body


def test_a_method_that_is_not_there_is_unimplemented_and_never_unknown(server):
    _, _, body = grpc_web(server, "NoSuchMethod", b"")
    headers = fetch(server, "/flyteidl.service.AdminService/NoSuchMethod", "POST", web_frame(b""), **WEB)[1]
    status = headers.get("grpc-status") or frames(body)[1].split(b"grpc-status:")[1].split()[0].decode()
    assert int(status) == grpc.StatusCode.UNIMPLEMENTED.value[0]


def test_an_unreadable_grpc_message_is_not_unknown(server):
    call = server_call(server, "CreateWorkflow")
    with pytest.raises(grpc.RpcError) as error:
        call(b"\xff\xff\xff\xff")
    assert error.value.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT)


def test_the_server_is_healthy(server):
    assert fetch(server, "/healthcheck")[0] == 200


def test_the_console_is_served_at_every_address_under_it(server, finished):
    id = finished.id
    deep = f"/console/projects/{id.project}/domains/{id.domain}/executions/{id.name}"
    for path in ("/console/", deep):
        status, headers, body = fetch(server, path, Accept="text/html")
        assert status == 200 and headers["Content-Type"].startswith("text/html"), path
        assert b"<html" in body.lower()


def test_the_log_of_an_attempt_is_served_from_an_offset(server, wire):
    id = wire.launch(wire.chain("echo first line; echo second line >&2"))
    wire.succeed(id)
    path = f"/api/v1/logs/{PROJECT}/{DOMAIN}/{id.name}/n0/0"
    status, headers, body = fetch(server, path)
    assert status == 200 and headers["x-log-complete"] == "true"
    assert sorted(body.splitlines()) == [b"first line", b"second line"]
    assert int(headers["x-log-next-offset"]) == len(body)
    assert fetch(server, f"{path}?offset=6")[2] == body[6:]


WEB = {"Content_Type": "application/grpc-web+proto", "Accept": "application/grpc-web+proto"}


def grpc_web(server, method, message):
    return fetch(server, f"/flyteidl.service.AdminService/{method}", "POST", web_frame(message), **WEB)


def web_frame(message):
    return struct.pack(">BI", 0, len(message)) + message


def frames(body):
    """The message and the trailer of a unary answer."""
    message, trailer = b"", b""
    while body:
        flag, length = struct.unpack(">BI", body[:5])
        content, body = body[5 : 5 + length], body[5 + length :]
        message, trailer = (message, content) if flag & 0x80 else (content, trailer)
    return message, trailer


def server_call(server, method):
    channel = grpc.insecure_channel(server.endpoint)
    identity = bytes
    return channel.unary_unary(f"/flyteidl.service.AdminService/{method}", identity, workflow_pb2.Workflow.FromString)
