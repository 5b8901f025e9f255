"""Flyte's command line, by its recorded calls: each gets the answer that the real program got.

The program itself is no package that a test could install; tests/flytectl/recorded.txt holds what it sends.
"""

import gzip
import hashlib
import shlex
import urllib.request
from base64 import b64encode
from pathlib import Path

import grpc
import pytest
from flyteidl.service import admin_pb2, dataproxy_pb2
from google.protobuf import json_format, message_factory

from wire import execution_id

RECORDED = Path(__file__).parents[1] / "flytectl"
SERVICES = {
    service.full_name: service
    for file in (admin_pb2, dataproxy_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
}


def commands():
    """Each command with its calls."""
    blocks = (RECORDED / "recorded.txt").read_text().split("\n\n")[1:]
    return [(lines[0].removeprefix("$ "), lines[1:]) for lines in (block.strip().splitlines() for block in blocks)]


class Replay:
    """Makes the recorded calls, with the names that this server gives."""

    def __init__(self, wire):
        self.wire = wire
        self.given = {}

    def fill(self, text):
        for name, value in self.given.items():
            text = text.replace(name, value)
        return text

    def call(self, line):
        """What is wrong with the answer to one call, if anything."""
        path, rest = line.split(" ", 1)
        request, _, answer = rest.rpartition(" -> ")
        code, _, answer = answer.partition(" ")
        service, name = path.split("/")
        method = SERVICES[service].methods_by_name[name]
        messages = [message_factory.GetMessageClass(kind) for kind in (method.input_type, method.output_type)]
        stub = self.wire.channel.unary_unary(f"/{path}", messages[0].SerializeToString, messages[1].FromString)
        try:
            got = stub(json_format.Parse(self.fill(request), messages[0]()), timeout=10)
        except grpc.RpcError as refusal:
            return None if refusal.code().name == code else f"{path}: {refusal.code().name}, {refusal.details()}"
        if code != "OK":
            return f"{path}: OK instead of {code}"
        self.learn(name, got)
        if answer and got != json_format.Parse(self.fill(answer), messages[1]()):
            return f"{path}: {json_format.MessageToJson(got)} instead of {answer}"
        return None

    def learn(self, name, got):
        if name in ("CreateExecution", "RelaunchExecution"):
            number = sum(known.startswith("{execution") for known in self.given)
            self.given[f"{{execution{number}}}"] = got.id.name
        elif name == "CreateUploadLocation":
            self.given["{native_url}"] = got.native_url
            upload(got.signed_url)


def upload(url):
    """As the program does it: its own headers alone, and only 200 will do."""
    body = gzip.decompress((RECORDED / "code.tar.gz").read_bytes())
    headers = {"Content-MD5": b64encode(hashlib.md5(body).digest()).decode(), "Content-Length": str(len(body))}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT"), timeout=10) as answer:
        assert answer.status == 200


def test_each_command_gets_the_answers_that_it_got(wire):
    replay = Replay(wire)
    wrong = []
    for command, calls in commands():
        words = shlex.split(command)
        if words[1:3] == ["get", "execution"] and words[3].startswith("{"):
            wire.succeed(execution_id(replay.fill(words[3])))
        wrong += [f"{command}: {problem}" for problem in map(replay.call, calls) if problem]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "verb, kinds",
    [
        ("get", "project workflow task launchplan execution"),
        ("create", "project execution"),
        ("update", "project launchplan workflow-meta task-meta launchplan-meta execution"),
        ("delete", "execution"),
        ("register", "files"),
    ],
)
def test_every_command_is_recorded(verb, kinds):
    attributes = (
        "task-resource-attribute cluster-resource-attribute execution-queue-attribute execution-cluster-label "
        "plugin-override workflow-execution-config"
    )
    kinds = kinds.split() + (attributes.split() if verb in ("get", "update", "delete") else [])
    recorded = {tuple(shlex.split(command)[1:3]) for command, _ in commands()}
    assert {(verb, kind) for kind in kinds} <= recorded
