"""A program whose files go through the object store, each way."""

from pathlib import Path

from flytekit import current_context, task, workflow
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


@task
def split(text: FlyteFile) -> FlyteDirectory:
    folder = Path(current_context().working_directory) / "parts"
    (folder / "deep").mkdir(parents=True)
    for number, line in enumerate(Path(text).read_text().splitlines()):
        (folder / "deep" / f"line {number}.txt").write_text(line)
    return FlyteDirectory(str(folder))


@task
def join(parts: FlyteDirectory) -> FlyteFile:
    lines = sorted(Path(parts.download()).rglob("*.txt"))
    joined = Path(current_context().working_directory) / "joined.txt"
    joined.write_text("|".join(line.read_text() for line in lines))
    return FlyteFile(str(joined))


@task
def read(text: FlyteFile) -> str:
    return Path(text).read_text()


@workflow
def there_and_back(text: FlyteFile) -> str:
    return read(text=join(parts=split(text=text)))
