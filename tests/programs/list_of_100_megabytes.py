"""A list of a hundred megabytes is handed on by reference."""

import typing

from flytekit import task, workflow

MEGABYTE = 1 << 20


@task
def make(count: int) -> typing.List[str]:
    return [chr(ord("a") + nth % 26) * MEGABYTE for nth in range(count)]


@task
def measure(parts: typing.List[str]) -> str:
    return f"{len(parts)} parts, {sum(map(len, parts)) // MEGABYTE} MB, the last of {parts[-1][0]}"


@workflow
def main(count: int) -> str:
    return measure(parts=make(count=count))


EXPECT = [{"inputs": {"count": 100}, "outputs": {"o0": "100 parts, 100 MB, the last of v"}}]
