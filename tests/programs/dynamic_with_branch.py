"""What a dynamic task makes has a branch, whose arms depend on a result inside of it."""

from flytekit import conditional, dynamic, task, workflow


@task
def size(text: str) -> int:
    return len(text)


@task
def say(text: str) -> str:
    return text


@dynamic
def judge(text: str) -> str:
    length = size(text=text)
    short = conditional("short").if_(length < 4).then(say(text="short"))
    return short.elif_(length < 8).then(say(text="long")).else_().fail("far too long")


@workflow
def main(text: str) -> str:
    return judge(text=text)


EXPECT = [
    {"inputs": {"text": "abc"}, "outputs": {"o0": "short"}},
    {"inputs": {"text": "abcdef"}, "outputs": {"o0": "long"}},
    {"inputs": {"text": "abcdefgh"}, "error": {"code": "UserProvidedError", "message": ["far too long"]}},
]
