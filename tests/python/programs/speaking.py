"""A task that says something."""

from flytekit import task, workflow


@task
def speak(words: str) -> int:
    print(f"a pod says {words}", flush=True)
    return len(words)


@workflow
def main(words: str) -> int:
    return speak(words=words)
