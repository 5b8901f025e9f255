"""Prints what an execution gave; a file is printed whole.

    python examples/outputs.py NAME
"""

import sys

from flytekit.configuration import Config
from flytekit.remote import FlyteRemote
from flytekit.types.file import FlyteFile


def main(name: str) -> None:
    remote = FlyteRemote(Config.auto(), default_project="flytesnacks", default_domain="development")
    outputs = remote.fetch_execution(name=name).outputs
    for output in outputs.literals:
        value = outputs.get(output)
        if isinstance(value, FlyteFile):
            with open(value) as file:
                value = "\n" + file.read()
        print(f"{output}: {value}")


if __name__ == "__main__":
    main(sys.argv[1])
