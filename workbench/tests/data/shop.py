"""The program whose package the workbench's tests read."""
from datetime import timedelta
from functools import partial

from flytekit import LaunchPlan, conditional, map_task, sleep, task, workflow


@task
def price(item: str, count: int = 1) -> float:
    return 1.5 * count


@task
def total(prices: list[float]) -> float:
    return sum(prices)


@workflow
def order(item: str, count: int = 2) -> float:
    return price(item=item, count=count)


small = LaunchPlan.get_or_create(order, name="shop.small", default_inputs={"item": "tea"}, fixed_inputs={"count": 1})


@workflow
def shopping(items: list[str], rush: bool = False) -> float:
    each = map_task(partial(price, count=1))(item=items)
    whole = total(prices=each)
    nap = sleep(timedelta(seconds=5))
    other = small()
    best = order(item="cake", count=3)
    nap >> other
    conditional("fast").if_(whole > 3.0).then(order(item="a", count=1)).else_().fail("too cheap")
    return best
