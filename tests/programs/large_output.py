"""A text of a megabyte passes from task to task."""

from flytekit import task, workflow


@task
def long(letters: int) -> str:
    return "x" * letters


@task
def length(text: str) -> int:
    return len(text)


@workflow
def main(letters: int) -> int:
    return length(text=long(letters=letters))


EXPECT = [{"inputs": {"letters": 1 << 20}, "outputs": {"o0": 1 << 20}}]
