"""Forty light tasks in a row by Prefect, in its own process: prints the seconds of the best of three runs."""

import time

from prefect import flow, task


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@task
def step(a: int) -> int:
    return a + fibonacci(10)


@flow
def chain(length: int) -> int:
    a = 1
    for _ in range(length):
        a = step(a)
    return a


def seconds():
    began = time.perf_counter()
    assert chain(40) == 1 + 40 * 55
    return time.perf_counter() - began


chain(1)
print(min(seconds() for _ in range(3)))
