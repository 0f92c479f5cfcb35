"""From one row per case to one row per region and metric: what a paper reports."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    """A row of the summary to be: one number per case, (cases,), or per region, and what does not
    show in it.
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
    pooled: Pooled | None = None,
    cases_first: Collection[str] = (),
    failed: int = 0,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> DataFrame:
    """Statistics over cases of each metric, by region: one row for each, in the order of the table.

    Where there are several regions, rows of region `mean` follow: they describe one number per
    case, the mean over its regions. For the columns `cases_first` they describe one number per
    region instead, the mean over its cases, and have no interval. All statistics are over the
    defined, finite values: `n` of them, while `n_undefined` and `n_infinite` count the others; NaN
    where there are none. `std` has n − 1 below; `ci_low` and `ci_high` are the percentile bootstrap
    interval of the mean over cases. `pooled` gives, by region and column, the scores of all cases
    added up; the pooled value of a mean row is the mean of its regions'. `n_failed` is the number of
    cases that `failed`; those whose region is "" count in nothing else.

    >>> import pandas as pd
    >>> cases = pd.DataFrame({"case": ["a", "b", "c"], "region": "1", "dice": [0.8, 1.0, np.nan], "note": ""})
    >>> summarise(cases, length_unit="mm", volume_unit="ml")[["n", "mean", "n_undefined"]].values.tolist()
    [[2.0, 0.9, 1.0]]
    """
    import pandas as pd

    cube = Cube.of(cases)
    rows = _rows(cube, pooled or {})
    values = np.array([row.values for row in rows]).reshape(len(rows), len(cube.cases)).T
    low, high = mean_interval(values, confidence=confidence, resamples=resamples, seed=seed)
    statistics = _statistics(values)
    for at, row in enumerate(rows):
        if row.region == MEAN and row.metric.column in cases_first:
            own = [
                other.values
                for other in rows
                if other.metric == row.metric and other.region != MEAN
            ]
            means = _mean(np.array(own).T)
            low[at] = high[at] = np.nan
            for name, value in _statistics(means[:, None]).items():
                statistics[name][at] = value[0]
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
    rows = [
        _row(cube, place, region, metric, pooled.get((region, metric.column), np.nan))
        for place, region in enumerate(cube.regions)
        for metric in cube.metrics
        if applies(metric, region)
    ]
    regions = [region for region in cube.regions if region != ALL]
    if len(regions) > 1:
        own = [metric for metric in cube.metrics if applies(metric, MEAN)]
        rows += [_mean_row(metric, [row for row in rows if row.metric == metric]) for metric in own]
    return rows


def _row(cube: Cube, place: int, region: str, metric: Metric, pooled: float) -> _Row:
    values = cube.values[:, place, cube.metrics.index(metric)]
    infinite = np.isinf(values)
    undefined = int(np.sum(np.isnan(values) & cube.present[:, place]))
    return _Row(
        region, metric, np.where(infinite, np.nan, values), undefined, int(np.sum(infinite)), pooled
    )


def _mean_row(metric: Metric, rows: list[_Row]) -> _Row:
    values = _mean(np.array([row.values for row in rows]))
    pooled = _mean(np.array([[row.pooled] for row in rows]))[0]
    return _Row(
        MEAN,
        metric,
        values,
        sum(r.undefined for r in rows),
        sum(r.infinite for r in rows),
        float(pooled),
    )


def _mean(values: Floats) -> Floats:
    """Mean along the first axis of what is finite; NaN, and no warning, where nothing is."""
    finite = np.isfinite(values)
    return _ratio(np.sum(values, axis=0, where=finite), finite.sum(axis=0))


def _ratio(total: Floats, n: Integers) -> Floats:
    out = np.full(total.shape, np.nan)
    np.divide(total, n, out=out, where=n > 0)
    return out


def _statistics(values: Floats) -> dict[str, Any]:
    """n, mean, standard deviation and quantiles of the columns of (cases, rows), which hold NaN or
    finite numbers.
    """
    n = np.count_nonzero(~np.isnan(values), axis=0)
    low, q25, median, q75, high = quantiles(values, np.array([0, 0.25, 0.5, 0.75, 1]))
    mean = low + _mean(
        values - low
    )  # from the smallest on, so that the mean of equal numbers is that number
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
