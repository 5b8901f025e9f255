"""A program that fails as asked, for tests of what a user then sees."""

from flytekit import task, workflow


@task
def first(a: int) -> int:
    return a + 1


@task
def breaks(a: int) -> int:
    if a > 0:
        raise ValueError("broken as asked")
    return a


@workflow
def fails(a: int = 1) -> int:
    return breaks(a=first(a=a))
