"""With a parallelism of one no two tasks run at once, also those that a task makes."""

import time
import typing

from flytekit import dynamic, task, workflow
from flytekit.core.options import Options


@task
def lasts() -> typing.List[float]:
    begins = time.time()
    time.sleep(0.2)
    return [begins, time.time()]


@dynamic
def many(count: int) -> typing.List[typing.List[float]]:
    return [lasts() for _ in range(count)]


@task
def overlaps(spans: typing.List[typing.List[float]], others: typing.List[typing.List[float]]) -> int:
    ordered = sorted(spans + others)
    return sum(before[1] > after[0] for before, after in zip(ordered, ordered[1:]))


@workflow
def main(count: int) -> int:
    return overlaps(spans=many(count=count), others=[lasts(), lasts()])


EXPECT = [{"inputs": {"count": 3}, "launch": {"options": Options(max_parallelism=1)}, "outputs": {"o0": 0}}]
