"""The summary of a run as a table to look at: one row a region, one column a metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from segeval.metrics import parse_metric
from segeval.spec import Metric
from segeval.table import ALL, MEAN

from .sheet import Sheet

Record: TypeAlias = dict[str, Any]
"""A row of the summary, by its columns."""

MANY = 30
"""How many regions are shown before only the best and the worst of them are."""
FEW = 5
"""How many those are, of either."""


def overview(summary: Sequence[Record]) -> Sheet:
    """Mean ± standard deviation over cases by region and metric, and how many values are undefined or infinite."""
    units = {record["metric"]: record["unit"] for record in summary}
    bounded = {column: max(map(abs, parse_metric(column).spec.range)) <= 1 for column in units}
    cells = {(r["region"], r["metric"]): _cell(r, bounded[r["metric"]]) for r in summary}
    regions = list(dict.fromkeys(record["region"] for record in summary))
    columns = [_aligned([cells.get((region, column), ("", "")) for region in regions]) for column in units]
    head = ("region", *(f"{column} ({unit})" if unit else column for column, unit in units.items()))
    return Sheet(head, list(zip(regions, *columns, strict=True)), total=MEAN in regions)


def extremes(summary: Sequence[Record]) -> tuple[list[Record], str]:
    """The summary without the regions between the best and the worst, and a text that says so; "" if all are there."""
    regions = dict.fromkeys(record["region"] for record in summary if record["region"] not in (ALL, MEAN))
    metric = next(filter(_ranks, map(parse_metric, dict.fromkeys(record["metric"] for record in summary))), None)
    if len(regions) <= MANY or metric is None:
        return list(summary), ""
    means = {r["region"]: r["mean"] for r in summary if r["metric"] == metric.column and r["region"] in regions}
    defined = [region for region in means if not math.isnan(means[region])]
    ranked = sorted(defined, key=lambda region: _badness(means[region], metric))
    shown = dict.fromkeys([*ranked[:FEW], *ranked[-FEW:]])
    kept = [record for region in (*shown, ALL, MEAN) for record in summary if record["region"] == region]
    of = f"{len(regions):,} regions by {metric.column}"
    return kept, f"the {FEW} best and {FEW} worst of {of}, all in the summary table"


def _ranks(metric: Metric) -> bool:
    return metric.spec.scope == "region" and metric.spec.best is not None


def _badness(mean: float, metric: Metric) -> float:
    best = metric.spec.best or 0.0
    return -mean if metric.spec.higher_is_better else abs(mean - best)


def _cell(record: Record, bounded: bool) -> tuple[str, str]:
    """The number of a cell, and what else is to be said."""
    counts = {"undef.": record["n_undefined"], "inf.": record["n_infinite"]}
    remark = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return _number(record["mean"], record["std"], bounded), f"({remark})" if remark else ""


def _number(mean: float, std: float, bounded: bool) -> str:
    if math.isnan(mean):
        return "-"
    digits = 3 if bounded else 2 if mean == 0 else max(0, 2 - math.floor(math.log10(abs(mean))))
    spread = "" if math.isnan(std) else f" ± {std:,.{digits}f}"
    return f"{mean:,.{digits}f}{spread}"


def _aligned(cells: Sequence[tuple[str, str]]) -> list[str]:
    wide = max(len(number) for number, _ in cells)
    return [f"{number:>{wide}} {remark}".rstrip() for number, remark in cells]
