"""A task that tries what it is told to with the objects, by the key that it was given and nothing of flytekit's."""

import json
import os

import botocore.session
from botocore.exceptions import ClientError
from flytekit import current_context, task, workflow

BUCKET = "aileron"


def client():
    return botocore.session.get_session().create_client(
        "s3",
        endpoint_url=os.environ["FLYTE_AWS_ENDPOINT"],
        region_name="us-east-1",
        aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    )


def tried(call, **arguments):
    try:
        call(Bucket=BUCKET, **arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


@task
def trespass(keys: list[str]) -> str:
    """What each key of the bucket answers to being read, copied, written, written in parts and removed."""
    s3, run = client(), current_context().execution_id
    outputs = f"metadata/propeller/{run.project}-{run.domain}-{run.name}/scratch"
    bulk = f"data/{run.project}/{run.domain}/{run.name}/scratch"
    s3.put_object(Bucket=BUCKET, Key=outputs, Body=b"mine")
    s3.put_object(Bucket=BUCKET, Key=bulk, Body=b"mine")
    told = {
        key: {
            "read": tried(s3.get_object, Key=key),
            "copy": tried(s3.copy_object, Key=bulk, CopySource={"Bucket": BUCKET, "Key": key}),
            "write": tried(s3.put_object, Key=key, Body=b"mine"),
            "parts": tried(s3.create_multipart_upload, Key=key),
            "remove": tried(s3.delete_object, Key=key),
        }
        for key in [*keys, outputs]
    }
    told["own"] = told.pop(outputs)
    told["bucket"] = {"read": tried(s3.list_objects_v2)}
    return json.dumps(told)


@workflow
def trespassing(keys: list[str]) -> str:
    return trespass(keys=keys)
