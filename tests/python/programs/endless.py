"""A task that does not end by itself."""

import time

from flytekit import task, workflow


@task
def wait() -> int:
    time.sleep(3600)
    return 0


@workflow
def main() -> int:
    return wait()
