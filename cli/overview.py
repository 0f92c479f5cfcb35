"""The summary of a run as a table to look at: one row a region, one column a metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from segeval.metrics.card import Metric, badness
from segeval.results.columns import ALL, MEAN, metric_of

from .sheet import Sheet

Record: TypeAlias = dict[str, Any]
"""A row of the summary, by its columns."""

MANY = 30
"""How many regions are shown before only the best and the worst of them are."""
FEW = 5
"""How many those are, of either."""


def overview_of(summary: Sequence[Record]) -> Sheet:
    """Mean ± standard deviation over cases by region and metric, and how many values are undefined
    or infinite.

    Where several protocols are compared, each has a row of its own for every region.
    """
    split = [(record, *record["metric"].rpartition("/")[::2]) for record in summary]
    units = {form: record["unit"] for record, _, form in split}
    bounded = {form: max(map(abs, metric_of(form).spec.range)) <= 1 for form in units}
    cells = {(r["region"], protocol, form): _cell(r, bounded[form]) for r, protocol, form in split}
    rows = list(dict.fromkeys((record["region"], protocol) for record, protocol, _ in split))
    columns = [_aligned([cells.get((*row, form), ("", "")) for row in rows]) for form in units]
    head = (
        "region",
        "protocol",
        *(f"{form} ({unit})" if unit else form for form, unit in units.items()),
    )
    lines = [(*row, *numbers) for row, *numbers in zip(rows, *columns, strict=True)]
    if any(protocol for _, protocol in rows):
        return Sheet(head, lines)
    return Sheet(
        (head[0], *head[2:]), [(line[0], *line[2:]) for line in lines], total=rows[-1][0] == MEAN
    )


def extremes(summary: Sequence[Record]) -> tuple[list[Record], str]:
    """The summary without the regions between the best and the worst, and a text that says so; ""
    if all are there.
    """
    regions = dict.fromkeys(
        record["region"] for record in summary if record["region"] not in (ALL, MEAN)
    )
    metric = next(
        filter(_ranks, map(metric_of, dict.fromkeys(record["metric"] for record in summary))), None
    )
    if len(regions) <= MANY or metric is None:
        return list(summary), ""
    means = {
        r["region"]: r["mean"]
        for r in summary
        if r["metric"] == metric.column and r["region"] in regions
    }
    defined = [region for region in means if not math.isnan(means[region])]
    ranked = _best_first({region: means[region] for region in defined}, metric)
    shown = dict.fromkeys([*ranked[:FEW], *ranked[-FEW:]])
    kept = [
        record for region in (*shown, ALL, MEAN) for record in summary if record["region"] == region
    ]
    of = f"{len(regions):,} regions by {metric.column}"
    return kept, f"the {FEW} best and {FEW} worst of {of}, all in the summary table"


def _ranks(metric: Metric) -> bool:
    return metric.spec.scope == "region" and metric.spec.best is not None


def _best_first(means: dict[str, float], metric: Metric) -> list[str]:
    """Return the regions of these means, the best one first."""
    goal = metric.spec.goal
    assert goal is not None  # `_ranks` saw to it
    return sorted(means, key=lambda region: badness(means[region], goal))


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
