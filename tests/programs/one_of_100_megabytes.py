"""Elements of a list of a hundred megabytes are taken one by one."""

import typing

from flytekit import map_task, task, workflow

MEGABYTE = 1 << 20


@task
def make(count: int) -> typing.List[str]:
    return [chr(ord("a") + nth % 26) * 10 * MEGABYTE for nth in range(count)]


@task
def measure(part: str) -> str:
    return f"{len(part) // MEGABYTE} MB of {part[0]}"


@workflow
def main(count: int) -> (str, typing.List[str]):
    parts = make(count=count)
    return measure(part=parts[2]), map_task(measure, concurrency=1)(part=parts)


EXPECT = [
    {
        "inputs": {"count": 11},
        "outputs": {"o0": "10 MB of c", "o1": [f"10 MB of {letter}" for letter in "abcdefghijk"]},
    }
]
