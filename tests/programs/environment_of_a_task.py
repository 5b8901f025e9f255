"""A task sees the variables that it asks for."""

import os

from flytekit import task, workflow


@task(environment={"COLOUR": "green"})
def colour() -> str:
    return os.environ["COLOUR"]


@workflow
def main() -> str:
    return colour()


EXPECT = [{"outputs": {"o0": "green"}}]
