"""A second attempt goes on from where the first one left a checkpoint."""

from flytekit import current_context, task, workflow
from flytekit.exceptions.user import FlyteRecoverableException


@task(retries=2)
def counts(until: int) -> int:
    checkpoint = current_context().checkpoint
    done = int(checkpoint.read() or b"0") + 1
    checkpoint.write(str(done).encode())
    if done < until:
        raise FlyteRecoverableException(f"only {done}")
    return done


@workflow
def main(until: int) -> int:
    return counts(until=until)


EXPECT = [{"inputs": {"until": 3}, "outputs": {"o0": 3}, "nodes": {"n0": {"attempts": 3}}}]
