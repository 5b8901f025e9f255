"""A dynamic task decides at run time how many tasks run, what they get, and what comes of them."""

import typing

from flytekit import dynamic, task, workflow


@task
def letter(at: int) -> str:
    return chr(ord("a") + at)


@task
def join(parts: typing.List[str]) -> str:
    return "".join(parts)


@dynamic
def word(n: int) -> str:
    return join(parts=[letter(at=at) for at in range(n)])


@workflow
def main(n: int) -> str:
    return word(n=n)


EXPECT = [
    {
        "inputs": {"n": 3},
        "outputs": {"o0": "abc"},
        "nodes": {"n0": {"phase": "SUCCEEDED", "attempts": 1}, "n0-0-dn3": {"phase": "SUCCEEDED"}},
    },
    {"inputs": {"n": 0}, "outputs": {"o0": ""}},
]
