"""A folder is passed on with all that is in it."""

from pathlib import Path

from flytekit import task, workflow
from flytekit.types.directory import FlyteDirectory


@task
def fill(names: str) -> FlyteDirectory:
    folder = Path("made")
    (folder / "inner").mkdir(parents=True)
    for name in names.split():
        (folder / "inner" / name).write_text(name)
    return FlyteDirectory(str(folder))


@task
def read(folder: FlyteDirectory) -> str:
    return ",".join(sorted(path.read_text() for path in Path(folder.download()).rglob("*") if path.is_file()))


@workflow
def main(names: str) -> str:
    return read(folder=fill(names=names))


EXPECT = [{"inputs": {"names": "b a c"}, "outputs": {"o0": "a,b,c"}}]
