"""What the browser's tests launch and watch: inputs of every kind, gates, a log that grows, a cache, a deck, nesting."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Optional, Union

from flytekit import (
    CronSchedule,
    Deck,
    LaunchPlan,
    Workflow,
    approve,
    conditional,
    dynamic,
    map_task,
    task,
    wait_for_input,
    workflow,
)
from flytekit.types.file import FlyteFile


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Item:
    name: str
    price: float = 1.0


@dataclass
class Order:
    items: list[Item]
    note: Optional[str] = None
    tags: dict[str, str] = field(default_factory=dict)


@task
def describe(
    count: int,
    ratio: float,
    text: str,
    flag: bool,
    colour: Colour,
    order: Order,
    at: datetime,
    span: timedelta,
    numbers: list[int],
    names: dict[str, list[str]],
    either: Union[int, str],
    maybe: Optional[int],
) -> str:
    return f"{count} {ratio} {text} {flag} {colour} {order} {at} {span} {numbers} {names} {either} {maybe}"


@workflow
def everything(
    count: int,
    text: str,
    order: Order,
    numbers: list[int],
    either: Union[int, str],
    ratio: float = 0.5,
    flag: bool = True,
    colour: Colour = Colour.BLUE,
    at: datetime = datetime(2026, 1, 2, 3, 4, 5),
    span: timedelta = timedelta(minutes=90),
    names: dict[str, list[str]] = {"a": ["b"]},
    maybe: Optional[int] = None,
) -> str:
    """Takes an input of every kind."""
    return describe(
        count=count,
        ratio=ratio,
        text=text,
        flag=flag,
        colour=colour,
        order=order,
        at=at,
        span=span,
        numbers=numbers,
        names=names,
        either=either,
        maybe=maybe,
    )


@task
def lines_of(file: FlyteFile) -> int:
    with open(file) as opened:
        return len(opened.readlines())


@workflow
def count_lines(file: FlyteFile) -> int:
    """Counts the lines of a file."""
    return lines_of(file=file)


@task
def talk(rounds: int) -> int:
    for count in range(rounds):
        print(f"line {count} of {rounds}", flush=True)
        time.sleep(0.5)
    return rounds


@workflow
def talking(rounds: int = 120) -> int:
    """Writes a line to its log twice a second."""
    return talk(rounds=rounds)


@task
def prepare() -> int:
    return 7


@task
def publish(number: int, title: str) -> str:
    return f"{title}: {number}"


@workflow
def gated() -> str:
    """Waits for an approval, and for a title."""
    number = prepare()
    approved = approve(number, "publish-it", timeout=timedelta(hours=1))
    title = wait_for_input("title", timeout=timedelta(hours=1), expected_type=str)
    return publish(number=approved, title=title)


@task(cache=True, cache_version="1")
def square(number: int) -> int:
    print(f"computing {number} squared")
    return number * number


@task
def total(numbers: list[int]) -> int:
    return sum(numbers)


@task(enable_deck=True)
def report(sum_of: int) -> str:
    Deck("report", f"<h1>Squares</h1><p>Their sum is {sum_of}.</p><script>document.title = 'never'</script>")
    return f"the sum is {sum_of}"


@workflow
def one_square(number: int) -> int:
    return square(number=number)


@workflow
def squares(numbers: list[int] = [1, 2, 3, 4, 5]) -> str:
    """Squares of numbers, added up: an array, a workflow inside, a cache, a deck."""
    mapped = map_task(square)(number=numbers)
    inner = one_square(number=12)
    added = total(numbers=mapped)
    done = report(sum_of=added)
    inner >> done
    return done


@task
def double(number: int) -> int:
    return 2 * number


@task
def odd(number: int) -> int:
    if number % 2 == 0:
        raise ValueError(f"{number} is even")
    return number


@workflow
def sized(number: int) -> int:
    return conditional("size").if_(number > 10).then(square(number=number)).else_().then(double(number=number))


@dynamic
def grown(count: int) -> int:
    return total(numbers=[double(number=number) for number in range(count)])


@workflow
def nested(number: int = 2, numbers: list[int] = [1, 2, 3, 4]) -> int:
    """Nodes inside of nodes: a workflow with a branch, what a dynamic task makes, a map of which half fails."""
    small = sized(number=number)
    made = grown(count=small)
    map_task(odd, min_success_ratio=0.4)(number=numbers)
    return total(numbers=[small, made])


nightly = LaunchPlan.get_or_create(
    workflow=squares, name="stage.nightly", schedule=CronSchedule(schedule="0 2 * * *")
)

# A form of 200 fields.
wide = Workflow(name="stage.wide")
added = wide.add_entity(total, numbers=[wide.add_workflow_input(f"x{number}", int) for number in range(200)])
wide.add_workflow_output("sum", added.outputs["o0"])
