"""From the statistics of many cases to numbers: an average is an order of adding and scoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from segeval.arrays import Floats
from segeval.errors import UsageError
from segeval.metrics.card import Metric
from segeval.statistics.many import RegionCases, relative_to_smallest
from segeval.statistics.ratios import ratio
from segeval.statistics.statistic import Cases

Average: TypeAlias = Literal["none", "macro", "micro", "weighted"]


@dataclass(frozen=True, slots=True)
class Averaging:
    """The order in which scores of regions and cases become the result.

    `average` over the regions of a case: "none" keeps each, "macro" is their mean, "weighted" their
    mean by the size of the ground truth, "micro" adds the regions up before they are scored. Over
    cases: the mean, or with `per_case` none, or with `pooled` the cases are added up before they
    are scored, their voxels weighing their volume, or with "voxels" all alike. Means are over what
    is defined; NaN where nothing is. An infinite distance makes a mean infinite: a region that was
    missed is not to be overlooked. Raises `UsageError` for an unknown average.
    """

    average: Average = "macro"
    per_case: bool = False
    pooled: bool | Literal["voxels"] = False

    def __post_init__(self) -> None:
        if self.average not in get_args(Average):
            raise UsageError(
                f"average is one of {', '.join(get_args(Average))}, not {self.average!r}"
            )
        if self.pooled not in (True, False, "voxels"):
            raise UsageError(f'pooled is True, False or "voxels", not {self.pooled!r}')
        if self.per_case and self.pooled:
            raise UsageError(
                "per_case=True keeps every case and pooled=True adds them up; give one of them"
            )

    def of(
        self, metric: Metric, cases: Cases, volumes: Floats, names: Sequence[str] = ()
    ) -> Floats:
        """Return the result: (regions,) with average "none", otherwise a number.

        If cases are kept there is a first axis of them. A protocol may want the mean over cases to
        be taken before that over regions. `volumes` are those of a voxel of each case, without that
        of single samples, and `names` those of the regions.

        >>> from segeval.metrics import parse_metric
        >>> from segeval.statistics.counts import Counts
        >>> tp, fp, fn, tn = np.array([[2, 0, 4, 0], [0, 0, 0, 0], [0, 0, 4, 8], [6, 8, 0, 0]])
        >>> counts = Counts(tp, fp, fn, tn, tp + fp, tp + fn)
        >>> Averaging("none").of(parse_metric("recall"), RegionCases(2, 2, counts), np.ones(2))
        array([0.75, 0.  ])
        """
        if self.pooled:
            cases = self._weighted(metric, cases, volumes).pooled()
        if isinstance(cases, RegionCases) and metric.spec.scope == "region":
            return self._over_regions(metric, cases, names)
        values = np.array([metric.score(statistic) for statistic in cases.each()])
        return self._over_cases(values.reshape(len(cases)))

    def _weighted(self, metric: Metric, cases: Cases, volumes: Floats) -> Cases:
        """Return the cases as they are to be added up for a metric."""
        # numbers and volumes of voxels are sums already, which nothing weighs
        if self.pooled == "voxels" or metric.spec.unit in ("voxel", "volume"):
            return cases
        samples = np.ones(len(cases) - len(volumes))
        weights = relative_to_smallest(np.concatenate([volumes, samples]))
        return cases if (weights == 1).all() else cases.weighted(weights)

    def _over_regions(self, metric: Metric, cases: RegionCases, names: Sequence[str]) -> Floats:
        """Return the result of a metric that has a value for each region."""
        if self.average == "micro" and metric.by_region:
            raise UsageError(
                f"{metric.form} has a value of its own for each region, so regions cannot be "
                "added up: average='micro' is not for it"
            )
        # Regions are added up before they are scored, so that each has the weight of its size.
        if self.average == "micro":
            cases = cases.joined()
        # All cases are scored at once, so that the names go round for each of them.
        scores = metric.score(cases.statistic, list(names) * cases.count)
        values = scores.reshape(cases.count, cases.regions)
        # With undefined scores both orders differ: over cases first, each region weighs the same.
        if self.average == "macro" and metric.mean_first == "cases" and not self.per_case:
            return _mean(_mean(values.T))
        if self.average == "none":
            return self._over_cases(values)
        if self.average == "weighted":
            return self._over_cases(_mean(values, cases.statistic.size_g.reshape(values.shape)))
        return self._over_cases(_mean(values))

    def _over_cases(self, values: Floats) -> Floats:
        """Return the mean along the first axis, unless cases are kept."""
        if self.per_case:
            return values
        return _mean(values.T)


def _mean(values: Floats, weights: Floats | None = None) -> Floats:
    """Return the weighted mean along the last axis of what is not NaN; NaN where nothing is.

    >>> _mean(np.array([[1.0, np.nan, 2.0], [np.nan] * 3]))
    array([1.5, nan])
    """
    if weights is None:
        weights = np.ones(values.shape)
    defined = ~np.isnan(values) & (weights > 0)
    weights = np.where(defined, weights, 0)
    # An infinite value without weight would be NaN, times 0.
    total = np.where(defined, values, 0) * np.where(defined, weights, 1)
    return ratio(total.sum(-1), weights.sum(-1))
