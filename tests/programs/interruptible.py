"""Whether the platform may take an attempt away: the node's word goes before the launch's."""

from flytekit import task, workflow


@task(interruptible=True)
def may(a: int) -> int:
    return a + 1


@task
def says_nothing(a: int) -> int:
    return a + 1


@workflow
def main(a: int) -> int:
    return may(a=says_nothing(a=may(a=a))).with_overrides(interruptible=False)


EXPECT = [
    {
        "inputs": {"a": 1},
        "outputs": {"o0": 4},
        "nodes": {"n0": {"interruptible": True}, "n1": {"interruptible": False}, "n2": {"interruptible": False}},
    },
    {
        "inputs": {"a": 1},
        "launch": {"interruptible": True},
        "outputs": {"o0": 4},
        "nodes": {"n0": {"interruptible": True}, "n1": {"interruptible": True}, "n2": {"interruptible": False}},
    },
]
