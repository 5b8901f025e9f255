"""An input that the cache ignores does not make a second run compute again."""

from flytekit import Cache, task, workflow


@task(cache=Cache(version="1", ignored_inputs=("label",)))
def square(a: int, label: str) -> str:
    return f"{label}: {a * a}"


@workflow
def main(a: int, label: str) -> str:
    return square(a=a, label=label)


EXPECT = [
    {"inputs": {"a": 3, "label": "first"}, "outputs": {"o0": "first: 9"}, "nodes": {"n0": {"attempts": 1}}},
    {"inputs": {"a": 3, "label": "second"}, "outputs": {"o0": "first: 9"}, "nodes": {"n0": {"attempts": 0}}},
    {"inputs": {"a": 4, "label": "third"}, "outputs": {"o0": "third: 16"}, "nodes": {"n0": {"attempts": 1}}},
]
