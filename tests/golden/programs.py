"""Small flytekit programs, one a feature, whose every trace on Flyte v1.16.8 is recorded beside this file."""

import os
import typing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flytekit import (
    LaunchPlan,
    Resources,
    WorkflowFailurePolicy,
    approve,
    conditional,
    dynamic,
    map_task,
    sleep,
    task,
    wait_for_input,
    workflow,
)
from flytekit.exceptions.user import FlyteRecoverableException
from flytekit.types.error.error import FlyteError
from flytekit.types.file import FlyteFile
from mashumaro.mixins.json import DataClassJSONMixin


@dataclass
class Point(DataClassJSONMixin):
    x: int
    name: str


@task
def inc(a: int) -> int:
    return a + 1


@task
def join(parts: typing.List[str], sep: str = "-") -> str:
    return sep.join(parts)


@task
def text(a: int) -> str:
    return str(a)


@workflow
def two_tasks(a: int = 1) -> str:
    return text(a=inc(a=a))


@workflow
def list_and_map(a: int) -> str:
    return join(parts=[text(a=a), text(a=inc(a=a)), "end"])


@task
def point(a: int) -> Point:
    return Point(x=a, name="p")


@workflow
def dataclass_attribute(a: int) -> typing.Tuple[int, str]:
    p = point(a=a)
    return inc(a=p.x), p.name


@task
def save(t: str) -> FlyteFile:
    with open("out.txt", "w") as f:
        f.write(t)
    return FlyteFile("out.txt")


@task
def load(f: FlyteFile) -> int:
    with open(f) as h:
        return len(h.read())


@workflow
def file_passing(t: str) -> int:
    return load(f=save(t=t))


@task(
    environment={"MODE": "golden"},
    requests=Resources(cpu="300m", mem="200Mi"),
    limits=Resources(cpu="700m", mem="400Mi"),
    timeout=timedelta(minutes=5),
    interruptible=True,
    labels={"team": "golden"},
    annotations={"note": "golden"},
)
def configured() -> str:
    return os.environ["MODE"]


@workflow
def overrides() -> str:
    limits = Resources(cpu="900m", mem="500Mi")
    return configured().with_overrides(limits=limits, name="renamed", timeout=timedelta(minutes=3), retries=1)


@task(cache=True, cache_version="1.0", cache_serialize=True)
def remembered(a: int) -> int:
    return a * a


@workflow
def cached(a: int) -> typing.Tuple[int, int]:
    first = remembered(a=a)
    second = remembered(a=a)
    first >> second
    return first, second


@task(retries=2)
def flaky(a: int) -> int:
    if int(os.environ.get("FLYTE_ATTEMPT_NUMBER", "0")) < 1:
        raise FlyteRecoverableException("not yet")
    return a


@workflow
def retried(a: int) -> int:
    return flaky(a=a)


@workflow
def two_inc(a: int) -> int:
    return inc(a=inc(a=a))


@workflow
def sub_workflow(a: int) -> int:
    return inc(a=two_inc(a=a))


@workflow
def branching(a: int) -> int:
    size = conditional("size").if_(a > 100).then(inc(a=a))
    return size.elif_((a == 7) | (a == 8)).then(two_inc(a=a)).else_().fail("too small")


@task
def broken(a: int) -> int:
    if a > -1:
        raise ValueError("broken as asked")
    return a


@task
def tidy(a: int, err: typing.Optional[FlyteError] = None):
    print(err)


@workflow(on_failure=tidy, failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def failure_node(a: int) -> typing.Tuple[int, int]:
    return broken(a=a), inc(a=inc(a=a))


@workflow
def sleeping(a: int) -> int:
    pause = sleep(timedelta(seconds=2))
    out = inc(a=a)
    pause >> out
    return out


@task
def add(a: int, b: int) -> int:
    return a + b


@workflow
def waiting(a: int) -> int:
    n = wait_for_input("n", timeout=timedelta(minutes=5), expected_type=int)
    ok = approve(inc(a=n), "ok", timeout=timedelta(minutes=5))
    return add(a=a, b=ok)


@workflow
def map_tasks(a: typing.List[int]) -> typing.List[int]:
    return map_task(partial(add, b=10), concurrency=2, min_success_ratio=1.0)(a=a)


@dynamic
def spread(n: int) -> typing.List[str]:
    return [text(a=i) for i in range(n)]


@workflow
def dynamic_node(n: int) -> str:
    return join(parts=spread(n=n))


child = LaunchPlan.get_or_create(two_inc, name="golden.child", default_inputs={"a": 5}, fixed_inputs={})


@workflow
def child_launch_plan(a: int) -> int:
    return inc(a=child(a=a))


INPUTS = {
    "two_tasks": {"a": 3},
    "list_and_map": {"a": 1},
    "dataclass_attribute": {"a": 4},
    "file_passing": {"t": "hello"},
    "overrides": {},
    "cached": {"a": 9},
    "retried": {"a": 1},
    "sub_workflow": {"a": 1},
    "branching": {"a": 7},
    "failure_node": {"a": 1},
    "sleeping": {"a": 1},
    "waiting": {"a": 1},
    "child_launch_plan": {"a": 1},
    "map_tasks": {"a": [1, 2, 3]},
    "dynamic_node": {"n": 3},
}

# What the gates of `waiting` are told, in order.
SIGNALS = {"n": 41, "ok": True}
