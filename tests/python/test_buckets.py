"""Azure's object store, by its emulator: everything lies in the container, and clients reach it through the server."""

import os
import subprocess
import urllib.request
from base64 import b64encode
from hashlib import md5

import grpc
import pytest
from azure.storage.blob import BlobServiceClient
from flyteidl.service import dataproxy_pb2, dataproxy_pb2_grpc

from server import ROOT, Server, free_port, wait_for
from wire import Wire

AZURITE = ROOT / "tests/emulators/node_modules/.bin/azurite-blob"
# The account that every Azurite has.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azure:
    """A container of Azurite."""

    uri = "az://metadata/below"

    def __init__(self, folder):
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        self.environment = {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": KEY}
        command = [AZURITE, "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", folder, "--silent"]
        self.process = subprocess.Popen([*command, "--skipApiVersionCheck", "--disableTelemetry"])
        client = BlobServiceClient(self.endpoint, credential=KEY, retry_total=0)
        wait_for("Azurite", lambda: created(lambda: client.create_container("metadata")))
        self.container = client.get_container_client("metadata")

    def names(self):
        return [blob.name for blob in self.container.list_blobs()]


def created(create):
    try:
        create()
    except Exception:  # It does not listen yet.
        return False
    return True


@pytest.fixture
def bucket(tmp_path):
    folder = tmp_path / "bucket"
    folder.mkdir()
    bucket = Azure(folder)
    yield bucket
    bucket.process.terminate()
    bucket.process.wait()


def options(bucket, uri):
    """An emulator signs for an account in the host's name alone, so files go through the server."""
    named = {"objects": uri, "objects-endpoint": bucket.endpoint}
    flags = {"objects-allow-http": "true", "objects-through-server": "true"}
    return [word for name, value in (named | flags).items() for word in (f"--{name}", value)]


@pytest.fixture
def server(bucket, tmp_path):
    server = Server(tmp_path / "data", options=options(bucket, bucket.uri), environment=bucket.environment)
    yield server.start()
    server.stop()


def test_everything_lies_in_the_bucket_and_clients_reach_it(bucket, server):
    with grpc.insecure_channel(server.endpoint) as channel:
        wire = Wire(channel)
        execution = wire.launch(wire.chain("true", "true"))
        wire.succeed(execution)
        names = bucket.names()
        assert any(name.startswith("below/metadata/admin/") for name in names), names
        assert any(execution.name in name and name.endswith("inputs") for name in names), names
        assert not (server.data / "objects").exists()

        proxy = dataproxy_pb2_grpc.DataProxyServiceStub(channel)
        content = os.urandom(3 << 20)
        digest = md5(content)
        location = proxy.CreateUploadLocation(
            dataproxy_pb2.CreateUploadLocationRequest(
                project="flytesnacks", domain="development", filename="a file", content_md5=digest.digest()
            )
        )
        headers = dict(location.headers) | {"Content-MD5": b64encode(digest.digest()).decode()}
        upload = urllib.request.Request(location.signed_url, content, headers, method="PUT")
        with urllib.request.urlopen(upload, timeout=30) as answer:
            assert answer.status in (200, 201)
        assert location.native_url.startswith(bucket.uri)
        assert location.native_url.removeprefix(bucket.uri.split("/below")[0] + "/") in bucket.names()
        link = proxy.CreateDownloadLocation(
            dataproxy_pb2.CreateDownloadLocationRequest(native_url=location.native_url)
        )
        with urllib.request.urlopen(link.signed_url, timeout=30) as answer:
            assert answer.read() == content


def test_a_bucket_that_is_not_there_is_told_at_the_start(bucket, tmp_path):
    uri = bucket.uri.replace("metadata", "elsewhere")
    server = Server(tmp_path / "other", options=options(bucket, uri), environment=bucket.environment)
    with pytest.raises(AssertionError):
        server.start()
    assert uri in server.log.read_text()
