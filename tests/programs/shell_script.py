"""A shell script gets a value and a file, and leaves a file; one that fails says what it has said."""

from flytekit import kwtypes, task, workflow
from flytekit.extras.tasks.shell import OutputLocation, ShellTask
from flytekit.types.file import FlyteFile

count = ShellTask(
    name="shell_script.count",
    script="test {inputs.n} -gt 0 && printf '%s of %s' {inputs.n} $(wc -l < {inputs.lines}) > {outputs.said}",
    inputs=kwtypes(n=int, lines=FlyteFile),
    output_locs=[OutputLocation(var="said", var_type=FlyteFile, location="said-{inputs.n}.txt")],
)


@task
def lines() -> FlyteFile:
    with open("lines.txt", "w") as file:
        file.write("one\ntwo\n")
    return FlyteFile("lines.txt")


@task
def read(said: FlyteFile) -> str:
    with open(said) as file:
        return file.read()


@workflow
def main(n: int) -> str:
    return read(said=count(n=n, lines=lines()))


EXPECT = [
    {"inputs": {"n": 3}, "outputs": {"o0": "3 of 2"}},
    {"inputs": {"n": 0}, "error": {"code": "RetriesExhausted|USER:Recoverable", "message": ["Failed to Execute Script, return-code 1"]}},
]
