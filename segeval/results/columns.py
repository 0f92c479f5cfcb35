"""Columns of the tables of a run: what their names mean.

The cases table has one row per case and region: `case, region, <one column per metric>, note,
protocol`. A metric's column is named by its written form, after the name of a protocol and "/"
where several are compared; `protocol` is the stamp of what the row was measured under. Metrics of
scope "case" have their numbers in a row of region `all`, where the other metrics do not apply; a
case that failed has one row, of region "" and without numbers, whose note begins with "failed".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from segeval.metrics import REGISTRY, parse_metric
from segeval.metrics.card import Definition, Metric
from segeval.metrics.parameters import ByRegion
from segeval.statistics.boundary import VOXEL

if TYPE_CHECKING:
    from pandas import DataFrame

ALL = "all"
"""The region of a case's own row: the numbers that a case has as a whole."""
MEAN = "mean"
"""The region of a summary's rows that average over regions."""
FAILED = ""
"""The region of a failed case's only row."""
TEXT = ("case", "region", "metric", "unit", "note", "protocol")
WHOLE = ("n", "n_undefined", "n_infinite", "n_failed")
"""The columns that hold text and whole numbers; all others hold numbers."""


def metrics_of(cases: DataFrame) -> tuple[Metric, ...]:
    """Return the metrics of a cases table, from the names of its columns.

    For tables that are read from a file: a run knows its metrics. Raises `UsageError` for a name
    that is none.
    """
    return tuple(metric_of(str(column)) for column in cases.columns if column not in TEXT)


def metric_of(column: str) -> Metric:
    """Return the metric that the name of a column stands for.

    The name tells the protocol that defined it, but not the definition: which formula and boundary
    that took, and which values for empty masks, are told by run.json. Raises `UsageError` for a
    name that is none.

    >>> metric_of("monai/hd95").column
    'monai/hd95'
    """
    protocol, _, form = column.rpartition("/")
    spec = REGISTRY.get(form)
    if spec and spec.required:
        # A name alone where a value must be given: the protocol has one for each region.
        metric = spec.bind({spec.parameters[0].name: ByRegion(None)})
    else:
        metric = parse_metric(form)
    if not protocol:
        return metric
    definition = Definition(protocol, metric, VOXEL, metric.spec.empty, column=column)
    return replace(metric, definition=definition)


def applies(metric: Metric, region: str) -> bool:
    """Return whether the rows of a region carry a metric.

    Region `all` carries those of scope "case", every other region the rest.
    """
    return (metric.spec.scope == "case") == (region == ALL)


def typed(table: DataFrame) -> DataFrame:
    """Return the table with the dtypes that its columns' names stand for.

    They are text, whole numbers, or else float64.
    """
    return table.astype({column: _dtype(str(column)) for column in table.columns})


def _dtype(column: str) -> str:
    if column in TEXT:
        return "str"
    if column in WHOLE:
        return "int64"
    return "float64"
