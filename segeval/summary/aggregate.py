"""The summary of a cases table: statistics over cases of each metric, by region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.metrics.card import Metric
from segeval.results.columns import ALL, MEAN, applies, typed

from .bootstrap import mean_interval, quantiles
from .cube import Cube

if TYPE_CHECKING:
    from pandas import DataFrame

Pooled = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A row of the summary to be.

    `values` are one number per case, (cases,), NaN where it is undefined or infinite; `undefined`
    and `infinite` count those. `pooled` is the score of all cases added up.
    """

    region: str
    metric: Metric
    values: Floats
    undefined: int
    infinite: int
    pooled: float


def summarise(
    cases: DataFrame,
    *,
    length_unit: str,
    volume_unit: str,
    metrics: Sequence[Metric] | None = None,
    pooled: Pooled | None = None,
    failed: int = 0,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> DataFrame:
    """Return statistics over cases of each metric, by region, in the order of the table.

    Where there are several regions, rows of region `mean` follow: they describe one number per
    case, the mean over its regions. For metrics whose mean is over cases first they describe one
    number per region instead, the mean over its cases, and have no interval. `metrics` are those of
    the columns, None for what their names say. All statistics are over the defined, finite values:
    `n` of them, while `n_undefined` and `n_infinite` count the others; NaN where there are none.
    `std` has n − 1 below; `ci_low` and `ci_high` are the percentile bootstrap interval of the mean
    over cases. `pooled` gives, by region and column, the scores of all cases added up; the pooled
    value of a mean row is the mean of its regions'. `n_failed` is the number of cases that
    `failed`; those whose region is "" count in nothing else.

    >>> import pandas as pd
    >>> scores = {"dice": [0.8, 1.0, np.nan], "note": ""}
    >>> cases = pd.DataFrame({"case": ["a", "b", "c"], "region": "1", **scores})
    >>> summary = summarise(cases, length_unit="mm", volume_unit="ml")
    >>> summary[["n", "mean", "n_undefined"]].values.tolist()
    [[2.0, 0.9, 1.0]]
    """
    import pandas as pd

    cube = Cube.of(cases, metrics)
    rows = _rows(cube, pooled or {})
    values = np.array([row.values for row in rows]).reshape(len(rows), len(cube.cases)).T
    low, high = mean_interval(values, confidence=confidence, resamples=resamples, seed=seed)
    statistics = _statistics(values)
    for place, row in enumerate(rows):
        if row.region == MEAN and row.metric.mean_first == "cases":
            means = _mean(np.array([r.values for r in _regions_of(rows, row.metric)]).T)
            # No interval: cases were not resampled for it.
            low[place] = high[place] = np.nan
            for name, value in _statistics(means[:, None]).items():
                statistics[name][place] = value[0]
    # The order of the columns in summary.csv.
    columns = {
        "region": [row.region for row in rows],
        "metric": [row.metric.column for row in rows],
        "unit": [row.metric.unit(length_unit, volume_unit) for row in rows],
        **statistics,
        "ci_low": low,
        "ci_high": high,
        "pooled": [row.pooled for row in rows],
        "n_undefined": [row.undefined for row in rows],
        "n_infinite": [row.infinite for row in rows],
        "n_failed": [failed] * len(rows),
    }
    return typed(pd.DataFrame(columns))


def _rows(cube: Cube, pooled: Pooled) -> list[_Row]:
    """Return a row for each region and metric, and then the means over regions if there are any."""
    rows = [
        _row(cube, place, region, metric, pooled.get((region, metric.column), np.nan))
        for place, region in enumerate(cube.regions)
        for metric in cube.metrics
        if applies(metric, region)
    ]
    regions = [region for region in cube.regions if region != ALL]
    if len(regions) > 1:
        metrics = [metric for metric in cube.metrics if applies(metric, MEAN)]
        rows += [_mean_row(metric, _regions_of(rows, metric)) for metric in metrics]
    return rows


def _regions_of(rows: list[_Row], metric: Metric) -> list[_Row]:
    """Return the rows of a metric by region, without that of their mean."""
    return [row for row in rows if row.metric == metric and row.region != MEAN]


def _row(cube: Cube, place: int, region: str, metric: Metric, pooled: float) -> _Row:
    values = cube.values[:, place, cube.metrics.index(metric)]
    infinite = np.isinf(values)
    undefined = int(np.sum(np.isnan(values) & cube.present[:, place]))
    return _Row(
        region=region,
        metric=metric,
        values=np.where(infinite, np.nan, values),
        undefined=undefined,
        infinite=int(np.sum(infinite)),
        pooled=pooled,
    )


def _mean_row(metric: Metric, rows: list[_Row]) -> _Row:
    """Return the mean over the regions of each case, from the rows of the regions."""
    pooled = _mean(np.array([[row.pooled] for row in rows]))[0]
    return _Row(
        region=MEAN,
        metric=metric,
        values=_mean(np.array([row.values for row in rows])),
        undefined=sum(row.undefined for row in rows),
        infinite=sum(row.infinite for row in rows),
        pooled=float(pooled),
    )


def _mean(values: Floats) -> Floats:
    """Return the mean along the first axis of what is finite; NaN where nothing is."""
    finite = np.isfinite(values)
    return _ratio(np.sum(values, axis=0, where=finite), finite.sum(axis=0))


def _ratio(total: Floats, n: Integers) -> Floats:
    """Return total / n; NaN, and no warning, where n is not above 0."""
    out = np.full(total.shape, np.nan)
    np.divide(total, n, out=out, where=n > 0)
    return out


def _statistics(values: Floats) -> dict[str, Any]:
    """Return n, mean, standard deviation and quantiles of the columns of (cases, rows).

    The values are NaN or finite.
    """
    n = np.count_nonzero(~np.isnan(values), axis=0)
    low, q25, median, q75, high = quantiles(values, np.array([0, 0.25, 0.5, 0.75, 1]))
    # From the smallest on, so that the mean of equal numbers is that number.
    mean = low + _mean(values - low)
    squares = np.nansum((values - mean) ** 2, axis=0)
    std = np.sqrt(_ratio(squares, n - 1))
    return {
        "n": n,
        "mean": mean,
        "std": std,
        "median": median,
        "q25": q25,
        "q75": q75,
        "min": low,
        "max": high,
    }
