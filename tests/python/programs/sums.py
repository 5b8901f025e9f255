"""A small program that the client tests register, launch, fetch and wait for."""

from flytekit import task, workflow


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@workflow
def twice(a: int = 3) -> int:
    return add(a=add(a=a), b=10)
