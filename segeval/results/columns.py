"""The tables of a run: what their columns mean, and how they are written to files and read back.

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
from segeval.statistics.boundary import Boundary

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
    """The metrics of a cases table, from the names of its columns. Raises `UsageError` for a name
    that is none.
    """
    return tuple(metric_of(str(column)) for column in cases.columns if column not in TEXT)


def metric_of(column: str) -> Metric:
    """The metric that the name of a column stands for. Raises `UsageError` for a name that is none.

    >>> metric_of("monai/hd95").symbol
    'HD95 (monai)'
    """
    protocol, _, form = column.rpartition("/")
    if form in REGISTRY and REGISTRY[form].required:
        # of a protocol that gives its parameter a value for each region
        metric = REGISTRY[form].bind({REGISTRY[form].parameters[0].name: ByRegion(None)})
    else:
        metric = parse_metric(form)
    if not protocol:
        return metric
    return replace(
        metric,
        definition=Definition(protocol, metric, Boundary(), metric.spec.empty, column=column),
    )


def applies(metric: Metric, region: str) -> bool:
    """Whether the rows of a region carry a metric: `all` those of scope "case", every other region
    the rest.
    """
    return (metric.spec.scope == "case") == (region == ALL)


def typed(table: DataFrame) -> DataFrame:
    """The table with the dtypes that its columns' names stand for: text, whole numbers, else
    float64.
    """
    return table.astype({column: _dtype(str(column)) for column in table.columns})


def _dtype(column: str) -> str:
    return "str" if column in TEXT else "int64" if column in WHOLE else "float64"
