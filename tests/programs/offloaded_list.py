"""A list of twelve megabytes goes by reference: whole, item by item, and one item of it."""

import typing

from flytekit import map_task, task, workflow


@task
def pages(count: int) -> typing.List[str]:
    return [str(number % 10) * (1 << 20) for number in range(count)]


@task
def length(page: str) -> int:
    return len(page)


@task
def letters(page: str) -> str:
    return page[:3]


@task
def count(pages: typing.List[str]) -> int:
    return sum(map(len, pages))


@workflow
def main(size: int) -> typing.Tuple[int, str, typing.List[int]]:
    made = pages(count=size)
    return count(pages=made), letters(page=made[7]), map_task(length)(page=made)


EXPECT = [{"inputs": {"size": 12}, "outputs": {"o0": 12 << 20, "o1": "777", "o2": [1 << 20] * 12}}]
