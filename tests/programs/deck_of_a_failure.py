"""A task that fails shows the deck that it made until then; a workflow has none."""

from flytekit import Deck, task, workflow


@task(enable_deck=True)
def explain(a: int) -> int:
    Deck("why", f"<p>{a} is judged</p>")
    if a < 2:
        raise ValueError(f"{a} is too small")
    return a


@task
def silent(a: int) -> int:
    return a


@workflow
def main(a: int) -> int:
    return explain(a=silent(a=a))


EXPECT = [
    {
        "inputs": {"a": 1},
        "error": {"code": "USER:RuntimeError", "message": ["1 is too small"]},
        "nodes": {"n0": {"phase": "SUCCEEDED", "deck": False}, "n1": {"phase": "FAILED", "deck": True}},
    }
]
