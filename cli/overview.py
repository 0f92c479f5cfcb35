"""The summary of a run as a table to look at: one row a region, one column a metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from segeval.metrics.card import Metric, badness
from segeval.results.columns import ALL, MEAN, metric_of

from .sheet import Sheet

Record: TypeAlias = dict[str, Any]
"""A row of the summary, by its columns."""

COLUMNS = ("region", "metric", "unit", "n", "mean", "std", "n_undefined", "n_infinite")
"""Columns of the summary that the table is made of."""
MANY = 30
"""Most regions that a terminal shows before only the best and the worst of them are."""
MANY_LINES = 1000
"""Most regions that files and pipes get, which are not read at one look."""
FEW = 5
"""Number of those, of either."""


class Cell(NamedTuple):
    """A cell of the table, in two parts: numbers are aligned without their remarks."""

    number: str = ""
    """Mean and standard deviation over cases; "-" where there is no mean."""
    remark: str = ""
    """Counts that the mean leaves out, in parentheses."""


def overview_of(summary: Sequence[Record], cases: int, *, cases_first: bool = False) -> Sheet:
    """Return mean ± standard deviation over cases by region and metric, as a sheet.

    A mean over other than all `cases` says over how many, and how many are undefined or infinite;
    with `cases_first`, rows of region `mean` are over regions and do not. Where several protocols
    are compared, each has a row of its own for every region.

    >>> counts = {"n": 18, "n_undefined": 1, "n_infinite": 0}
    >>> hd95 = {"region": "liver", "metric": "hd95", "unit": "mm", "mean": 4.5, "std": 1.25}
    >>> overview_of([hd95 | counts], cases=20).lines()
    ['region  hd95 (mm)', 'liver   4.50 ± 1.25 (n = 18, 1 undef.)']
    """
    units: dict[str, str] = {}
    cells: dict[tuple[str, str, str], Cell] = {}
    for record in summary:
        # columns of several protocols side by side begin with the name of each
        protocol, _, form = record["metric"].rpartition("/")
        units[form] = record["unit"]
        over_regions = cases_first and record["region"] == MEAN
        count = record["n"] if over_regions else cases
        cells[record["region"], protocol, form] = _cell(record, count, bounded=_is_bounded(form))
    rows = list(dict.fromkeys((region, protocol) for region, protocol, _ in cells))
    columns = [_aligned([cells.get((*row, form), Cell()) for row in rows]) for form in units]
    headings = [f"{form} ({unit})" if unit else form for form, unit in units.items()]
    if any(protocol for _, protocol in rows):
        lines = [(*row, *numbers) for row, *numbers in zip(rows, *columns, strict=True)]
        return Sheet(("region", "protocol", *headings), lines)
    lines = [(row[0], *numbers) for row, *numbers in zip(rows, *columns, strict=True)]
    return Sheet(("region", *headings), lines, total=rows[-1][0] == MEAN)


def extremes(summary: Sequence[Record], most: int = MANY) -> tuple[list[Record], str]:
    """Return the summary without the regions between best and worst, and a text that says so.

    The text is "" if all regions are there, as `most` of them are.
    """
    regions = {record["region"] for record in summary} - {ALL, MEAN}
    metrics = map(metric_of, dict.fromkeys(record["metric"] for record in summary))
    metric = next(filter(_ranks, metrics), None)
    if len(regions) <= most or metric is None:
        return list(summary), ""
    column = metric.column
    means = {
        record["region"]: record["mean"]
        for record in summary
        if record["metric"] == column and record["region"] in regions
    }
    # NaN has no place in an order: sorting would leave the others unsorted, too
    defined = [region for region in means if not math.isnan(means[region])]
    ranked = sorted(defined, key=lambda region: _badness(means[region], metric))
    # where few means are defined, the best are among the worst: each is shown once
    shown: dict[str, list[Record]] = {
        region: [] for region in (*ranked[:FEW], *ranked[-FEW:], ALL, MEAN)
    }
    for record in summary:
        if record["region"] in shown:
            shown[record["region"]].append(record)
    return [record for records in shown.values() for record in records], (
        f"the {FEW} best and {FEW} worst of {len(regions):,} regions by {metric.column}, all in "
        f"the summary table"
    )


def _ranks(metric: Metric) -> bool:
    """Return whether a metric can rank regions: it scores each of them, and has a best value."""
    return metric.spec.scope == "region" and metric.spec.best is not None


def _badness(mean: float, metric: Metric) -> float:
    """Return a number to sort regions by, the best first."""
    goal = metric.spec.goal
    assert goal is not None  # `_ranks` saw to it
    return float(badness(mean, goal))


@cache
def _is_bounded(form: str) -> bool:
    """Return whether a metric lies between -1 and 1, so that three decimals show it."""
    low, high = metric_of(form).spec.range
    return max(abs(low), abs(high)) <= 1


def _cell(record: Record, cases: int, *, bounded: bool) -> Cell:
    """Return mean and deviation of a row, and what the mean leaves out of so many cases."""
    counts = {"undef.": record["n_undefined"], "inf.": record["n_infinite"]}
    remarks = [f"{count:,} {word}" for word, count in counts.items() if count]
    if record["n"] not in (0, cases):
        remarks.insert(0, f"n = {record['n']:,}")
    remark = f"({', '.join(remarks)})" if remarks else ""
    return Cell(_number(record["mean"], record["std"], bounded=bounded), remark)


def _number(mean: float, std: float, *, bounded: bool) -> str:
    """Return mean ± deviation, with three decimals or, without a bound, with three digits.

    Digits before the point are all written, however many these are.

    >>> _number(4.5, 1.25, bounded=False), _number(0.9, 0.05, bounded=True)
    ('4.50 ± 1.25', '0.900 ± 0.050')
    """
    if math.isnan(mean):
        return "-"
    if bounded:
        decimals = 3
    elif mean == 0:
        decimals = 2
    else:
        decimals = max(0, 2 - math.floor(math.log10(abs(mean))))
    text = f"{mean:,.{decimals}f}"
    if not math.isnan(std):  # as it is of one case
        text += f" ± {std:,.{decimals}f}"
    return text


def _aligned(cells: Sequence[Cell]) -> list[str]:
    """Return the cells of a column as text, their numbers flush right.

    >>> _aligned([Cell("4.50"), Cell("12.0", "(n = 3)")])
    ['4.50', '12.0 (n = 3)']
    """
    width = max(len(cell.number) for cell in cells)
    return [f"{cell.number:>{width}} {cell.remark}".rstrip() for cell in cells]
