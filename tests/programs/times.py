"""Times and lengths of time keep their value."""

from datetime import datetime, timedelta, timezone

from flytekit import task, workflow


@task
def later(at: datetime, by: timedelta) -> datetime:
    return at + by


@task
def written(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat()


@workflow
def main(at: datetime, by: timedelta) -> str:
    return written(at=later(at=at, by=by))


EXPECT = [
    {
        "inputs": {"at": datetime(2024, 2, 28, 23, 30, tzinfo=timezone.utc), "by": timedelta(hours=1, seconds=5)},
        "outputs": {"o0": "2024-02-29T00:30:05+00:00"},
    }
]
