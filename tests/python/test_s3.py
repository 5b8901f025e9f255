"""The folder served as S3: flytekit's files go through it, and so does every other client of S3."""

import hashlib
import os
import subprocess

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from server import BINARY, ROOT, VENV_BIN, Server, free_port

FILES = "tests/python/programs/files.py"
KILOBYTE, MEGABYTE = 1 << 10, 1 << 20


class Door:
    """A server with its door, and a client for it."""

    def __init__(self, data):
        self.address = f"127.0.0.1:{free_port()}"
        self.server = Server(data, options=("--s3-listen", self.address))

    @property
    def environment(self):
        access_key, secret = (self.server.data / "s3.key").read_text().split()
        return {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret}

    def client(self, **changed):
        names = {"AWS_ACCESS_KEY_ID": "aws_access_key_id", "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key"}
        keys = {names[name]: value for name, value in self.environment.items()} | changed
        return botocore.session.get_session().create_client(
            "s3",
            endpoint_url=f"http://{self.address}",
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}),
            **keys,
        )


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    door = Door(tmp_path_factory.mktemp("door") / "data")
    door.server.start()
    yield door
    door.server.stop()


@pytest.fixture(scope="module")
def server(door):
    return door.server


@pytest.fixture(scope="module")
def s3(door):
    return door.client()


@pytest.fixture
def bucket(s3, request):
    """A bucket of the test's own, empty."""
    name = hashlib.md5(request.node.name.encode()).hexdigest()
    s3.create_bucket(Bucket=name)
    return name


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


def text(tmp_path):
    file = tmp_path / "lines.txt"
    file.write_text("one\ntwo\nthree\n")
    return file


def test_files_of_tasks_go_through_the_door(door, pyflyte, remote, tmp_path):
    program = [FILES, "there_and_back", "--text", text(tmp_path)]
    result = pyflyte("run", "--remote", "--wait", "--poll-interval", "1", *program)
    assert result.returncode == 0, result.stdout + result.stderr
    execution = remote.recent_executions(limit=1)[0]
    execution = remote.sync(execution, sync_nodes=True)
    assert execution.outputs["o0"] == "one|two|three"
    uris = [node.closure.output_uri for node in execution.node_executions.values() if node.closure.output_uri]
    assert uris and all(uri.startswith("s3://aileron/metadata/") for uri in uris), uris
    for uri in uris:
        assert (door.server.objects / uri.removeprefix("s3://aileron/")).is_file()
    source = execution.inputs["text"].remote_source
    assert source.startswith("s3://aileron/flytesnacks/development/"), source


def test_a_server_keeps_its_objects_in_anothers_bucket(door, s3, bucket, tmp_path):
    """The bucket is real to it: it knows an address, a name and a key."""
    options = ["--objects", f"s3://{bucket}/deep/prefix", "--objects-allow-http", "true"]
    options += ["--objects-endpoint", f"http://{door.address}"]
    server = Server(tmp_path / "data", options=options, environment=door.environment).start()
    try:
        result = run_on(server, text(tmp_path))
        assert result.returncode == 0, result.stdout + result.stderr
        assert not server.objects.exists()
        keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]]
        assert all(key.startswith("deep/prefix/") for key in keys)
        assert any(key.endswith("/outputs.pb") for key in keys) and any(key.endswith("/lines.txt") for key in keys)
    finally:
        server.stop()


def run_on(server, file):
    """One task, which reads the file."""
    environment = os.environ | {
        "FLYTE_PLATFORM_URL": server.endpoint,
        "FLYTE_PLATFORM_INSECURE": "true",
        "PATH": f"{VENV_BIN}:{os.environ['PATH']}",
    }
    command = [VENV_BIN / "pyflyte", "run", "--remote", "--wait", "--poll-interval", "1", FILES, "read", "--text", file]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def test_a_wrong_key_opens_nothing(door, bucket):
    assert refused(door.client(aws_access_key_id="other").list_buckets) == "InvalidAccessKeyId"
    wrong = door.client(aws_secret_access_key="other")
    assert refused(wrong.list_buckets) == "SignatureDoesNotMatch"
    assert refused(wrong.put_object, Bucket=bucket, Key="x", Body=b"x") == "SignatureDoesNotMatch"
    assert "Contents" not in door.client().list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("key", ["../s3.key", "a/../../s3.key", "./x", "/x", "a//b", "x/", ".."])
def test_no_key_is_a_way_out(s3, key, bucket):
    for name in [bucket, "aileron"]:
        assert refused(s3.put_object, Bucket=name, Key=key, Body=b"") in {"InvalidArgument", "SignatureDoesNotMatch"}
        assert refused(s3.get_object, Bucket=name, Key=key) in {"InvalidArgument", "SignatureDoesNotMatch"}


def test_buckets_are_made_listed_and_removed(s3, bucket):
    names = [found["Name"] for found in s3.list_buckets()["Buckets"]]
    assert {"aileron", bucket} <= set(names)
    assert refused(s3.create_bucket, Bucket=bucket) == "BucketAlreadyOwnedByYou"
    assert refused(s3.create_bucket, Bucket="aileron") == "BucketAlreadyOwnedByYou"
    s3.put_object(Bucket=bucket, Key="x", Body=b"x")
    assert refused(s3.delete_bucket, Bucket=bucket) == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="x")
    s3.delete_bucket(Bucket=bucket)
    assert refused(s3.list_objects_v2, Bucket=bucket) == "NoSuchBucket"
    assert refused(s3.delete_bucket, Bucket="aileron") == "AccessDenied"
    s3.head_bucket(Bucket="aileron")


def test_a_body_that_is_not_what_was_announced_leaves_nothing(s3, bucket):
    body = {"Bucket": bucket, "Key": "x", "Body": b"text"}
    assert refused(s3.put_object, **body, ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==") == "BadDigest"
    assert refused(s3.put_object, **body, ChecksumSHA256="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=") == "BadDigest"
    assert refused(s3.get_object, Bucket=bucket, Key="x") == "NoSuchKey"
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        s3.put_object(**body, ChecksumAlgorithm=algorithm)
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"text"


def test_objects_are_read_in_parts(s3, bucket):
    s3.put_object(Bucket=bucket, Key="page.html", Body=b"0123456789")
    whole = s3.get_object(Bucket=bucket, Key="page.html")
    assert whole["ContentLength"] == 10 and whole["ContentType"] == "text/html"
    part = s3.get_object(Bucket=bucket, Key="page.html", Range="bytes=2-4")
    assert part["ContentRange"] == "bytes 2-4/10" and part["Body"].read() == b"234"
    assert s3.get_object(Bucket=bucket, Key="page.html", Range="bytes=-3")["Body"].read() == b"789"
    assert refused(s3.get_object, Bucket=bucket, Key="page.html", Range="bytes=10-") == "InvalidRange"
    tag = s3.head_object(Bucket=bucket, Key="page.html")["ETag"]
    assert refused(s3.get_object, Bucket=bucket, Key="page.html", IfNoneMatch=tag) == "304"
    assert refused(s3.get_object, Bucket=bucket, Key="page.html", IfMatch='"other"') == "PreconditionFailed"


def test_lists_come_in_pages_and_fold_at_the_delimiter(s3, bucket):
    keys = sorted([f"a/{number}" for number in range(5)] + ["a/deep/x", "b", "c/y"])
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    for call in ["list_objects", "list_objects_v2"]:
        pages = s3.get_paginator(call).paginate(Bucket=bucket, PaginationConfig={"PageSize": 3})
        assert [found["Key"] for page in pages for found in page["Contents"]] == keys
        pages = s3.get_paginator(call).paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
        found = [
            row.get("Key") or row.get("Prefix")
            for page in pages
            for row in page.get("Contents", []) + page.get("CommonPrefixes", [])
        ]
        assert found == ["a/", "b", "c/"]
    folded = s3.list_objects_v2(Bucket=bucket, Prefix="a/d", Delimiter="/")
    assert [found["Prefix"] for found in folded["CommonPrefixes"]] == ["a/deep/"]
    by_letter = s3.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="e")
    assert [found["Prefix"] for found in by_letter["CommonPrefixes"]] == ["a/de"]
    assert s3.list_objects_v2(Bucket=bucket, Prefix="no/such")["KeyCount"] == 0
    assert s3.list_objects_v2(Bucket=bucket, Prefix="../")["KeyCount"] == 0


def test_objects_are_copied_and_removed(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a b", Body=b"text")
    for target in ["copy", "a b"]:
        s3.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": "a b"})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"text"
    assert refused(s3.copy_object, Bucket=bucket, Key="x", CopySource={"Bucket": bucket, "Key": "no"}) == "NoSuchKey"
    objects = [{"Key": "copy"}, {"Key": "a b"}, {"Key": "was not there"}, {"Key": "../bad"}]
    removed = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert len(removed["Deleted"]) == 3 and removed["Errors"][0]["Code"] == "InvalidArgument"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_an_object_in_parts_appears_whole(door, s3, bucket):
    place = {"Bucket": bucket, "Key": "large"}
    upload = s3.create_multipart_upload(**place)["UploadId"]
    bodies = {1: b"a" * 5 * MEGABYTE, 2: b"b" * KILOBYTE, 3: b"c"}
    tags = {}
    for number in [3, 1, 2]:
        part = s3.upload_part(**place, UploadId=upload, PartNumber=number, Body=bodies[number])
        tags[number] = part["ETag"]
    assert [part["PartNumber"] for part in s3.list_parts(**place, UploadId=upload)["Parts"]] == [1, 2, 3]
    assert refused(s3.get_object, **place) == "NoSuchKey"
    chosen = lambda numbers: {"Parts": [{"PartNumber": n, "ETag": tags.get(n, "x")} for n in numbers]}  # noqa: E731
    finish = s3.complete_multipart_upload
    assert refused(finish, **place, UploadId=upload, MultipartUpload=chosen([2, 1])) == "InvalidPartOrder"
    assert refused(finish, **place, UploadId=upload, MultipartUpload=chosen([1, 7])) == "InvalidPart"
    assert refused(finish, Bucket=bucket, Key="other", UploadId=upload, MultipartUpload=chosen([1])) == "NoSuchUpload"
    assert refused(s3.upload_part, **place, UploadId="../x", PartNumber=1, Body=b"") == "NoSuchUpload"
    # A restart in between loses no part.
    door.server.kill()
    door.server.start()
    finish(**place, UploadId=upload, MultipartUpload=chosen([1, 2, 3]))
    assert s3.get_object(**place)["Body"].read() == b"".join(bodies.values())
    assert refused(finish, **place, UploadId=upload, MultipartUpload=chosen([1])) == "NoSuchUpload"
    given_up = s3.create_multipart_upload(**place)["UploadId"]
    s3.abort_multipart_upload(**place, UploadId=given_up)
    assert refused(s3.list_parts, **place, UploadId=given_up) == "NoSuchUpload"
    assert not [file for file in (door.server.data / "staging").rglob("*") if file.is_file()]


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--objects", "memory://"], "objects: tasks are processes of their own"),
        (["--objects", "relative"], "`relative` is no place for objects"),
        (["--objects", "s3://b", "--objects-endpoint", "http://127.0.0.1:1"], "endpoint: `http://127.0.0.1:1` is not"),
        (["--objects", "s3://b", "--s3-listen", "127.0.0.1:0"], "s3_listen: the objects are in a bucket already"),
        (["--s3-listen", "127.0.0.1:0", "--s3-bucket", "A_b"], "`A_b` is no name of a bucket"),
        (["--objects", "az://c"], "AZURE_STORAGE_ACCOUNT_NAME: not set"),
    ],
)
def test_wrong_settings_are_told_by_name(options, expected, tmp_path):
    command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path / "data", *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 1 and expected in result.stderr, result.stderr


def test_a_bucket_that_is_not_there_is_told_at_the_start(door, tmp_path):
    options = ["--objects", "s3://nowhere", "--objects-endpoint", f"http://{door.address}"]
    command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", tmp_path / "data", *options]
    environment = os.environ | door.environment
    result = subprocess.run(
        [*command, "--objects-allow-http", "true"], capture_output=True, text=True, timeout=30, env=environment
    )
    assert result.returncode == 1, result.stderr
    assert "the object store `s3://nowhere` cannot be used" in result.stderr


class Callers:
    """A server that tells callers apart, with its door."""

    def __init__(self, data):
        self.address = f"127.0.0.1:{free_port()}"
        self.server = Server(data, options=("--auth", "builtin", "--s3-listen", self.address))
        given = ["--data-dir", data, *self.server.options[4:]]
        for name, role in (("reader", "viewer"), ("builder", "contributor"), ("keeper", "admin")):
            for words in (["client", "add", name], ["role", "grant", f"client:{name}", role, "flytesnacks/development"]):
                subprocess.run([BINARY, *words, *given], check=True, capture_output=True)
        self.given = given
        self.server.start()

    def client(self, who):
        key = [BINARY, "s3-key", who, *self.given]
        access_key, secret = subprocess.run(key, check=True, capture_output=True, text=True).stdout.split()
        return botocore.session.get_session().create_client(
            "s3",
            endpoint_url=f"http://{self.address}",
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}),
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
        )


@pytest.fixture(scope="module")
def callers(tmp_path_factory):
    callers = Callers(tmp_path_factory.mktemp("callers") / "data")
    yield callers
    callers.server.stop()


HERE, THERE = "flytesnacks/development/x", "flytesnacks/production/x"


def test_a_callers_key_opens_what_its_role_allows(callers):
    reader, builder, keeper = (callers.client(f"client:{name}") for name in ("reader", "builder", "keeper"))
    builder.put_object(Bucket="aileron", Key=HERE, Body=b"text")
    assert reader.get_object(Bucket="aileron", Key=HERE)["Body"].read() == b"text"
    listed = reader.list_objects_v2(Bucket="aileron", Prefix="flytesnacks/development/")["Contents"]
    assert [found["Key"] for found in listed] == [HERE]
    reader.head_bucket(Bucket="aileron")
    assert refused(reader.put_object, Bucket="aileron", Key=HERE, Body=b"x") == "AccessDenied"
    assert refused(builder.put_object, Bucket="aileron", Key=THERE, Body=b"x") == "AccessDenied"
    assert refused(builder.delete_object, Bucket="aileron", Key=HERE) == "AccessDenied"
    many = {"Objects": [{"Key": HERE}, {"Key": THERE}]}
    assert refused(keeper.delete_objects, Bucket="aileron", Delete=many) == "AccessDenied"
    keeper.delete_object(Bucket="aileron", Key=HERE)
    assert "Contents" not in reader.list_objects_v2(Bucket="aileron", Prefix="flytesnacks/development/")


def test_no_operation_goes_around_the_policy(callers):
    """Those that name a second object, those on buckets, and those that nobody thought of."""
    keeper = callers.client("client:keeper")
    secret = callers.server.objects / THERE
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text("secret")
    for call, arguments in [
        (keeper.get_object, {"Bucket": "aileron", "Key": THERE}),
        (keeper.head_object, {"Bucket": "aileron", "Key": THERE}),
        (keeper.get_object, {"Bucket": "aileron", "Key": "metadata/admin/flytesnacks/production/x/inputs"}),
        (keeper.copy_object, {"Bucket": "aileron", "Key": HERE, "CopySource": f"aileron/{THERE}"}),
        (keeper.list_objects, {"Bucket": "aileron"}),
        (keeper.list_objects_v2, {"Bucket": "aileron", "Prefix": "flytesnacks/"}),
        (keeper.list_objects_v2, {"Bucket": "aileron", "Prefix": "flytesnacks/production/"}),
        (keeper.list_buckets, {}),
        (keeper.create_bucket, {"Bucket": "another"}),
        (keeper.delete_bucket, {"Bucket": "aileron"}),
        (keeper.get_bucket_acl, {"Bucket": "aileron"}),
        (keeper.put_object_acl, {"Bucket": "aileron", "Key": HERE, "ACL": "public-read"}),
    ]:
        with pytest.raises(ClientError) as error:
            call(**arguments)
        status = error.value.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status in (403, 501), f"{call.__name__} {arguments}: {error.value}"
    assert not (callers.server.objects / HERE).exists()


def test_a_callers_key_ends_with_its_owner(callers):
    builder = callers.client("client:builder")
    place = {"Bucket": "aileron", "Prefix": "flytesnacks/development/"}
    builder.list_objects_v2(**place)
    subprocess.run([BINARY, "client", "disable", "builder", *callers.given], check=True)
    assert refused(builder.list_objects_v2, **place) == "AccessDenied"
    assert refused(callers.client("client:nobody").list_objects_v2, **place) == "AccessDenied"
