"""An enum travels by its value."""

from enum import Enum

from flytekit import task, workflow


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@task
def other(colour: Colour) -> Colour:
    return Colour.BLUE if colour is Colour.RED else Colour.RED


@task
def name(colour: Colour) -> str:
    return colour.name


@workflow
def main(colour: Colour = Colour.RED) -> str:
    return name(colour=other(colour=colour))


EXPECT = [{"outputs": {"o0": "BLUE"}}]
