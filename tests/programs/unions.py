"""A union keeps the type that its value had."""

import typing

from flytekit import task, workflow


@task
def kind(a: typing.Union[int, str]) -> str:
    return type(a).__name__


@workflow
def main(a: int, b: str) -> typing.Tuple[str, str]:
    return kind(a=a), kind(a=b)


EXPECT = [{"inputs": {"a": 1, "b": "1"}, "outputs": {"o0": "int", "o1": "str"}}]
