"""From the statistics of many cases to numbers: an average is an order of adding and scoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.errors import UsageError
from segeval.metrics.card import Metric
from segeval.statistics.contingency import Contingency
from segeval.statistics.ratios import ratio

Average: TypeAlias = Literal["none", "macro", "micro", "weighted"]


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """One statistic of `count` cases: of `regions` regions each, case after case, or a table of
    label pairs each.
    """

    count: int
    regions: int
    statistic: Any
    """A `Counts`, `SurfaceDistances` … of all regions of all cases, or a list of `Contingency`."""

    def only(self, regions: Integers) -> Cases:
        """The same of some regions of each case alone."""
        if isinstance(self.statistic, list) or len(regions) == self.regions:
            return self
        order = (np.arange(self.count)[:, None] * self.regions + regions).ravel()
        return Cases(self.count, len(regions), self.statistic.select(order))

    def pooled(self) -> Cases:
        """All cases added up, as one."""
        if isinstance(self.statistic, list):
            return Cases(1, self.regions, [_added(self.statistic)])
        groups = np.tile(np.arange(self.regions), self.count)
        return Cases(1, self.regions, self.statistic.grouped(groups, self.regions))

    def joined(self) -> Cases:
        """All regions of each case added up, as one."""
        groups = np.repeat(np.arange(self.count), self.regions)
        return Cases(self.count, 1, self.statistic.grouped(groups, self.count))

    def scores(self, metric: Metric, names: Sequence[str] = ()) -> Floats:
        """The metric of every region of every case, (cases, regions); (cases, 1) for a metric of
        whole cases.

        `names` are those of the regions.
        """
        if metric.spec.scope == "region":
            return metric.score(self.statistic, list(names) * self.count).reshape(
                self.count, self.regions
            )
        return np.array([metric.score(one) for one in self._each()]).reshape(self.count, 1)

    def _each(self) -> Sequence[Any]:
        if isinstance(self.statistic, list):
            return self.statistic
        return [
            self.statistic.select(np.arange(case * self.regions, (case + 1) * self.regions))
            for case in range(self.count)
        ]


@dataclass(frozen=True, slots=True)
class Averaging:
    """How the scores of regions and cases become the result. Raises `UsageError` for an unknown
    average.

    `average` over the regions of a case: "none" keeps each, "macro" is their mean, "weighted" their
    mean by the size of the ground truth, "micro" adds the regions up before they are scored. Over
    cases: the mean, or with `per_case` none, or with `pooled` the cases are added up before they
    are scored. Means are over what is defined; NaN where nothing is. An infinite distance makes a
    mean infinite: a region that was missed is not to be overlooked.
    """

    average: Average = "macro"
    per_case: bool = False
    pooled: bool = False

    def __post_init__(self) -> None:
        if self.average not in get_args(Average):
            raise UsageError(
                f"average is one of {', '.join(get_args(Average))}, not {self.average!r}"
            )
        if self.per_case and self.pooled:
            raise UsageError(
                "per_case=True keeps every case and pooled=True adds them up; give one of them"
            )

    def of(self, metric: Metric, cases: Cases, names: Sequence[str] = ()) -> Floats:
        """The result: (regions,) with average "none", otherwise a number; with a first axis of
        cases if kept.

        A protocol may want the mean over cases to be taken before that over regions. `names` are
        those of the regions.

        >>> from segeval.metrics import parse_metric
        >>> from segeval.statistics.counts import Counts
        >>> tp, fp, fn, tn = np.array([[2, 0, 4, 0], [0, 0, 0, 0], [0, 0, 4, 8], [6, 8, 0, 0]])
        >>> counts = Counts(tp, fp, fn, tn, tp + fp, tp + fn)
        >>> Averaging("none").of(parse_metric("recall"), Cases(2, 2, counts))
        array([0.75, 0.  ])
        """
        if self.pooled:
            cases = cases.pooled()
        by_region = metric.spec.scope == "region"
        if by_region and self.average == "micro" and metric.by_region:
            raise UsageError(
                f"{metric.form} has a value of its own for each region, so regions cannot be added "
                f"up: average='micro' "
                "is not for it"
            )
        if by_region and self.average == "micro":
            cases = cases.joined()
        values = cases.scores(metric, names)
        if metric.cases_first and by_region and self.average == "macro" and not self.per_case:
            return _mean(_mean(values.T, np.ones(values.T.shape)), np.ones(values.shape[1]))
        if by_region and self.average == "weighted":
            values = _mean(values, cases.statistic.size_g.reshape(values.shape))
        elif not by_region or self.average != "none":
            values = _mean(values, np.ones(values.shape))
        return values if self.per_case else _mean(values.T, np.ones(values.T.shape))


def _mean(values: Floats, weights: Floats) -> Floats:
    """Weighted mean along the last axis of what is not NaN."""
    defined = ~np.isnan(values) & (weights > 0)
    weights = np.where(defined, weights, 0)
    total = np.where(defined, values, 0) * np.where(defined, weights, 1)
    return ratio(total.sum(-1), weights.sum(-1))


def _added(tables: Sequence[Contingency]) -> Contingency:
    nothing = Contingency(*np.zeros((3, 0), np.int64))
    return sum(tables, start=nothing)
