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

Pooled = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows of the summary to be, of which each has its entry in every array.

    `metrics` are positions among the metrics of the cube. `values` are numbers by case, (cases,
    rows), NaN where they are undefined or infinite; `undefined` and `infinite` count those.
    `pooled` are the scores of all cases added up, by volume, and `pooled_voxels` those by voxels.
    """

    regions: list[str]
    metrics: Integers
    values: Floats
    undefined: Integers
    infinite: Integers
    pooled: Floats
    pooled_voxels: Floats

    @classmethod
    def of(cls, cube: Cube, pooled: Pooled, pooled_voxels: Pooled) -> _Rows:
        """Return a row for each region and metric, region by region."""
        of_cases = np.array([metric.spec.scope == "case" for metric in cube.metrics], dtype=bool)
        is_all = np.array([region == ALL for region in cube.regions], dtype=bool)
        # as `applies` has it
        places, metrics = np.nonzero(is_all[:, None] == of_cases)
        regions = [cube.regions[place] for place in places.tolist()]
        values = cube.values[:, places, metrics]
        infinite = np.isinf(values)
        undefined = np.isnan(values) & cube.present[:, places]
        return cls(
            regions,
            metrics,
            np.where(infinite, np.nan, values),
            undefined.sum(axis=0),
            infinite.sum(axis=0),
            _by_region(pooled, cube)[places, metrics],
            _by_region(pooled_voxels, cube)[places, metrics],
        )

    def means(self, metrics: Sequence[int]) -> _Rows:
        """Return a row for each of some metrics: its mean over the regions of each case."""
        groups = [np.flatnonzero(self.metrics == metric) for metric in metrics]
        return _Rows(
            [MEAN] * len(groups),
            np.array(metrics, np.int64),
            np.array([_mean(self.values[:, group].T) for group in groups]).T,
            np.array([self.undefined[group].sum() for group in groups], np.int64),
            np.array([self.infinite[group].sum() for group in groups], np.int64),
            np.array([_mean(self.pooled[group]) for group in groups]),
            np.array([_mean(self.pooled_voxels[group]) for group in groups]),
        )

    def joined(self, further: _Rows) -> _Rows:
        """Return the rows of both."""
        return _Rows(
            self.regions + further.regions,
            np.concatenate([self.metrics, further.metrics]),
            np.concatenate([self.values, further.values], axis=1),
            np.concatenate([self.undefined, further.undefined]),
            np.concatenate([self.infinite, further.infinite]),
            np.concatenate([self.pooled, further.pooled]),
            np.concatenate([self.pooled_voxels, further.pooled_voxels]),
        )


def _by_region(pooled: Pooled, cube: Cube) -> Floats:
    """Return pooled scores by region and metric of the cube, NaN where there are none."""
    scores = np.full((len(cube.regions), len(cube.metrics)), np.nan)
    for place, metric in enumerate(cube.metrics):
        of_region = pooled.get(metric.column, {})
        scores[:, place] = [of_region.get(region, np.nan) for region in cube.regions]
    return scores


def summarise(
    cases: DataFrame,
    *,
    length_unit: str,
    volume_unit: str,
    metrics: Sequence[Metric] | None = None,
    pooled: Pooled | None = None,
    pooled_voxels: Pooled | None = None,
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
    over cases. `pooled` gives, by column and region, the scores of all cases added up, voxels
    weighing their volume, and `pooled_voxels` those where all voxels weigh the same; the pooled
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
    rows = of_regions = _Rows.of(cube, pooled or {}, pooled_voxels or {})
    averaged = [place for place, metric in enumerate(cube.metrics) if applies(metric, MEAN)]
    if averaged and sum(region != ALL for region in cube.regions) > 1:
        rows = of_regions.joined(of_regions.means(averaged))
    low, high = mean_interval(rows.values, confidence=confidence, resamples=resamples, seed=seed)
    statistics = _statistics(rows.values)
    for row in range(len(of_regions.regions), len(rows.regions)):
        place = int(rows.metrics[row])
        if cube.metrics[place].mean_first == "cases":
            means = _mean(of_regions.values[:, of_regions.metrics == place])
            # No interval: cases were not resampled for it.
            low[row] = high[row] = np.nan
            for name, value in _statistics(means[:, None]).items():
                statistics[name][row] = value[0]
    names = np.array([metric.column for metric in cube.metrics], dtype=object)
    units = np.array([m.unit(length_unit, volume_unit) for m in cube.metrics], dtype=object)
    # The order of the columns in summary.csv.
    columns = {
        "region": rows.regions,
        "metric": names[rows.metrics],
        "unit": units[rows.metrics],
        **statistics,
        "ci_low": low,
        "ci_high": high,
        "pooled": rows.pooled,
        "pooled_voxels": rows.pooled_voxels,
        "n_undefined": rows.undefined,
        "n_infinite": rows.infinite,
        "n_failed": [failed] * len(rows.regions),
    }
    return typed(pd.DataFrame(columns))


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
