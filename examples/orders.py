"""Sums up a shop's orders, each region at the same time as the others.

    pyflyte run --remote examples/orders.py sales_report --orders examples/orders.csv
"""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import List, NamedTuple

from flytekit import current_context, task, workflow
from flytekit.types.file import FlyteFile

REGIONS = ["north", "south", "west"]


@dataclass
class Order:
    region: str
    item: str
    quantity: int
    price: float


@dataclass
class Summary:
    region: str
    revenue: float
    bestseller: str


class Sales(NamedTuple):
    ranking: List[str]
    total: float
    report: FlyteFile


@task
def read(orders: FlyteFile) -> List[Order]:
    with open(orders, newline="") as file:
        rows = csv.DictReader(file)
        return [Order(row["region"], row["item"], int(row["quantity"]), float(row["price"])) for row in rows]


@task
def summarise(orders: List[Order], region: str) -> Summary:
    sold: Counter = Counter()
    revenue = 0.0
    for order in orders:
        if order.region == region:
            sold[order.item] += order.quantity
            revenue += order.quantity * order.price
    print(f"{region}: {sum(sold.values())} pieces")
    return Summary(region, round(revenue, 2), sold.most_common(1)[0][0])


@task
def rank(summaries: List[Summary]) -> List[str]:
    return [best.region for best in sorted(summaries, key=lambda summary: -summary.revenue)]


@task
def add_up(summaries: List[Summary]) -> float:
    return round(sum(summary.revenue for summary in summaries), 2)


@task
def write(summaries: List[Summary], ranking: List[str]) -> FlyteFile:
    by_region = {summary.region: summary for summary in summaries}
    path = Path(current_context().working_directory) / "report.txt"
    with path.open("w") as report:
        for place, region in enumerate(ranking, start=1):
            summary = by_region[region]
            report.write(f"{place}. {region:<6} {summary.revenue:>9.2f}  mostly {summary.bestseller}\n")
    return FlyteFile(str(path))


@workflow
def sales_report(orders: FlyteFile) -> Sales:
    everything = read(orders=orders)
    summaries = [summarise(orders=everything, region=region) for region in REGIONS]
    ranking = rank(summaries=summaries)
    return Sales(ranking, add_up(summaries=summaries), write(summaries=summaries, ranking=ranking))
