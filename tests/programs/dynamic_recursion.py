"""A dynamic task that makes itself until there is nothing left to do."""

from flytekit import dynamic, task, workflow


@task
def multiply(a: int, b: int) -> int:
    return a * b


@dynamic
def factorial(n: int) -> int:
    if n <= 1:
        return multiply(a=1, b=1)
    return multiply(a=n, b=factorial(n=n - 1))


@workflow
def main(n: int) -> int:
    return factorial(n=n)


EXPECT = [{"inputs": {"n": 4}, "outputs": {"o0": 24}}]
