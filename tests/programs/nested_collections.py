"""Lists in maps in lists."""

import typing

from flytekit import task, workflow


@task
def count(of: typing.List[typing.Dict[str, typing.List[int]]]) -> typing.Dict[str, int]:
    sums: typing.Dict[str, int] = {}
    for part in of:
        for name, values in part.items():
            sums[name] = sums.get(name, 0) + sum(values)
    return sums


@workflow
def main(of: typing.List[typing.Dict[str, typing.List[int]]]) -> typing.Dict[str, int]:
    return count(of=of)


EXPECT = [{"inputs": {"of": [{"a": [1, 2], "b": []}, {"a": [3]}]}, "outputs": {"o0": {"a": 6, "b": 0}}}]
