"""A dynamic task gives a text where it promised a number: it is told, before anything runs inside."""

from flytekit import dynamic, task, workflow


@task
def text() -> str:
    return "no number"


@dynamic
def promises() -> int:
    return text()


@workflow
def main() -> int:
    return promises()


EXPECT = [{"error": {"code": "DynamicWorkflowBuildFailed", "message": ["MismatchingTypes", "o0"]}}]
