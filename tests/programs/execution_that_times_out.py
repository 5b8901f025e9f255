"""An execution takes as long as its annotation lets it."""

import time

from flytekit import Annotations, task, workflow
from flytekit.core.options import Options


@task
def hangs(a: int) -> int:
    time.sleep(600)
    return a


@workflow
def main(a: int) -> int:
    return hangs(a=hangs(a=a))


EXPECT = [
    {
        "inputs": {"a": 1},
        "launch": {"options": Options(annotations=Annotations({"aileron/timeout": "5s"}))},
        "error": {"code": "TimeoutExpired", "message": ["execution timeout [5s] expired"]},
        "nodes": {"n0": {"phase": "ABORTED"}},
    }
]
