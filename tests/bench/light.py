"""A light task of flytekit's, as the measurements run it forty times in a row."""

from flytekit import task


def fibonacci(n: int) -> int:
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@task
def step(a: int) -> int:
    return a + fibonacci(10)
