"""Panels of training curves: which of them share one, and what stands for several of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from segeval.errors import UsageError
from segeval.metrics import separate
from segeval.metrics.card import badness
from segeval.results.columns import ALL, MEAN
from segeval.training.series import Column, Series, columns_named, distinct

from .style import PALETTE

Runs: TypeAlias = Mapping[str, Sequence[Series]]
"""The columns of each run, by the name of the run."""
LEADING = ("val", "", "test", "train")
"""The splits, the one first whose best value counts."""
SHOWN = 5
"""Curves in colour where there are more than the palette holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line of a panel.

    Curves of one colour have the same `key`: a run, a region, or nothing to tell apart.
    """

    key: str
    series: Series

    @property
    def split(self) -> str:
        """The split that the values are of."""
        return self.series.column.split

    @property
    def region(self) -> str:
        """The region that the values are of; empty for all together."""
        return self.series.column.region


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """The curves of one measure: of all its regions, of one of them, or of means."""

    column: Column
    """One of the columns drawn, which tells the measure and its goal."""
    curves: tuple[Curve, ...]
    region: str = ""
    """Region of all curves, `mean` for means; empty for several, and for all together."""
    regional: bool = False
    """Whether colours stand for regions; they stand for runs otherwise."""
    omitted: int | None = None
    """Number of undefined values that the means are without; None where there is no mean."""

    @property
    def keys(self) -> list[str]:
        """The runs or regions that colours stand for."""
        return list(dict.fromkeys(curve.key for curve in self.curves))

    @property
    def splits(self) -> list[str]:
        """The splits there are, the leading one first."""
        return [split for split in LEADING if any(curve.split == split for curve in self.curves)]

    @property
    def known(self) -> bool:
        """Whether anything is known of the measure: a learning rate is neither metric nor loss."""
        return self.column.metric is not None or self.column.goal is not None

    @property
    def by(self) -> str:
        """The axis that the curves go by: epoch or step."""
        return self.curves[0].series.by

    def leading(self, key: str) -> Curve:
        """Return the curve of this key whose best value counts."""
        curves = [curve for curve in self.curves if curve.key == key]
        return min(curves, key=lambda curve: LEADING.index(curve.split))

    def shown(self) -> list[str]:
        """Return the keys in colour: all of them, unless they are too many.

        Then they are the worst regions or the best runs.
        """
        keys = self.keys
        if self.regional:
            keys = [key for key in keys if key not in (ALL, MEAN)]
        if len(keys) <= len(PALETTE):
            return keys
        if self.regional:
            return sorted(keys, key=lambda key: -self._badness(key))[:SHOWN]
        return sorted(keys, key=self._badness)[:SHOWN]

    def _badness(self, key: str) -> float:
        """Return how bad the best value of a key is; infinite where it has none."""
        goal = self.column.goal
        series = self.leading(key).series
        best = series.best(goal)
        # Without a defined value a region is among the worst, and a run is never among the best.
        if goal is None or best is None:
            return np.inf
        return float(badness(series.y[best], goal))


class Means:
    """The means that panels take over regions, and how many undefined values they are without."""

    def __init__(self) -> None:
        """Begin without any."""
        self.taken = 0
        self._omitted = 0

    def of(self, several: Sequence[Series]) -> Series:
        """Return the mean of these columns, and count what it is without."""
        self.taken += 1
        self._omitted += int(sum(np.isnan(series.y).sum() for series in several))
        return mean(several)

    @property
    def omitted(self) -> int | None:
        """The number of undefined values that they are without; None if none was taken."""
        return self._omitted if self.taken else None


def panels_of(runs: Runs, names: Sequence[str] | None, per_region: bool | None) -> list[Panel]:
    """Return a panel for each measure, of all columns or those of these names.

    A single run is shown by region unless told otherwise. With several runs there is a panel for
    each region, or their mean. What no card knows comes last. Raises `UsageError` for names that no
    run has, and for runs of which one goes by epoch and another by step.
    """
    run_by_axis = {series[0].by: run for run, series in runs.items() if series}
    if len(run_by_axis) > 1:
        raise UsageError(
            f"run {run_by_axis['epoch']!r} goes by epoch and {run_by_axis['step']!r} by step; "
            f"read both by one of them"
        )
    several = len(runs) > 1
    groups: dict[tuple[str, str], dict[tuple[str, str], Curve]] = {}
    for region, curve in _curves(runs, names):
        column = curve.series.column
        # Of several runs, a region that was asked for by name has a panel of its own.
        group = groups.setdefault((column.measure, region if several else ""), {})
        group[curve.key, column.name] = curve  # two names may stand for one column
    if not groups:
        raise UsageError("there is nothing to plot: nothing was logged")
    each = not several if per_region is None else per_region
    panels: list[Panel] = []
    for group in groups.values():
        panels += _of_measure([*group.values()], several=several, each=each)
    # Sorting is stable: panels of metrics stay in the order in which these were logged.
    if names is None:
        panels.sort(key=lambda panel: not panel.known)
    return panels


def mean(several: Sequence[Series]) -> Series:
    """Return the mean of columns over their defined values, at each epoch that any of them has.

    It is NaN where no value is defined. An infinite value makes it infinite, as in metric objects:
    a mean without it would reward missing a region.
    """
    x = np.unique(np.concatenate([series.x for series in several]))
    total, n = np.zeros(len(x)), np.zeros(len(x))
    for series in several:
        defined = ~np.isnan(series.y)
        # An epoch occurs once in a series, so that nothing is added twice to one place.
        places = np.searchsorted(x, series.x[defined])
        total[places] += series.y[defined]
        n[places] += 1
    first = several[0]
    return replace(
        first,
        column=replace(first.column, region=""),
        x=x,
        y=np.divide(total, n, out=np.full(len(x), np.nan), where=n > 0),
        averaged=any(series.averaged for series in several),
    )


def _curves(runs: Runs, names: Sequence[str] | None) -> Iterator[tuple[str, Curve]]:
    """Yield the curves of these names, each with the region if the name has one."""
    if names is None:
        for run, columns in runs.items():
            drawn = distinct((series.column for series in columns), _axis(columns))
            yield from (("", Curve(run, series)) for series in columns if series.column in drawn)
        return
    for name in map(str.strip, separate(names)):
        # Raises for a name that no run has; a single run may well lack it.
        columns_named(name, [series.column for columns in runs.values() for series in columns])
        region = Column.of(name).region
        for run, columns in runs.items():
            drawn = _named_in_run(name, columns)
            yield from (
                (region, Curve(run, series)) for series in columns if series.column in drawn
            )


def _axis(columns: Sequence[Series]) -> str:
    """Return what a run goes by; nothing where it is empty."""
    return columns[0].by if columns else ""


def _named_in_run(name: str, columns: Sequence[Series]) -> list[Column]:
    """Return the columns of a run that a name stands for; none where only another run has them."""
    try:
        return columns_named(name, [series.column for series in columns], _axis(columns))
    except UsageError:
        return []


def _of_measure(members: Sequence[Curve], *, several: bool, each: bool) -> Iterator[Panel]:
    """Yield the panels of one measure, whose curves are those of runs."""
    column = members[0].series.column
    regions = list(dict.fromkeys(curve.region for curve in members))
    if len(regions) > 1 and not each and column.metric:
        yield _averaged(members)
    elif several or len(regions) == 1:
        for region in regions:
            yield Panel(column, tuple(c for c in members if c.region == region), region)
    else:
        yield _regional(members)


def _regional(members: Sequence[Curve]) -> Panel:
    """Return the panel of a run's regions; where there are many, with their mean."""
    column = members[0].series.column
    curves = [Curve(curve.region or ALL, curve.series) for curve in members]
    named_regions = {curve.region for curve in members} - {""}
    means = Means()
    if len(named_regions) > len(PALETTE) and column.metric:
        for split in _by_split(members):
            # A column without a region is the mean as it was logged.
            if all(series.column.region for series in split):
                curves.append(Curve(MEAN, means.of(split)))
    return Panel(column, tuple(curves), regional=True, omitted=means.omitted)


def _averaged(members: Sequence[Curve]) -> Panel:
    """Return the panel of a mean over regions in each run and split.

    The mean is as it was logged, or else taken here.
    """
    curves: list[Curve] = []
    means = Means()
    for run in dict.fromkeys(curve.key for curve in members):
        for split in _by_split([curve for curve in members if curve.key == run]):
            logged = [series for series in split if not series.column.region]
            curves.append(Curve(run, logged[0] if logged else means.of(split)))
    region = MEAN if means.taken else ""
    return Panel(members[0].series.column, tuple(curves), region, omitted=means.omitted)


def _by_split(members: Sequence[Curve]) -> list[list[Series]]:
    """Return the series of the curves, those of a split together."""
    splits = dict.fromkeys(curve.split for curve in members)
    return [[curve.series for curve in members if curve.split == split] for split in splits]
