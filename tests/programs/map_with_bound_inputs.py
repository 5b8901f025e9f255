"""One input is a list, the others are the same for all items: one bound to a constant, one that is a list itself."""

import functools
import typing

from flytekit import map_task, task, workflow


@task
def pick(at: int, names: typing.List[str], mark: str) -> str:
    return names[at] + mark


@workflow
def main(at: typing.List[int], names: typing.List[str]) -> typing.List[str]:
    return map_task(functools.partial(pick, names=names, mark="!"), concurrency=2)(at=at)


EXPECT = [{"inputs": {"at": [2, 0, 2], "names": ["a", "b", "c"]}, "outputs": {"o0": ["c!", "a!", "c!"]}}]
