"""Which curves of a training share a panel, and what stands for several of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from segeval.errors import UsageError
from segeval.metrics import separate
from segeval.metrics.card import badness
from segeval.results.columns import ALL, MEAN
from segeval.training.series import Column, Series, columns_named, distinct

from .style import PALETTE

Runs = Mapping[str, Sequence[Series]]
"""The columns of each run, by the name of the run."""
LEADING = ("val", "", "test", "train")
"""The splits, the one first whose best value counts."""
SHOWN = 5
"""Curves in colour where there are more than the palette holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line of a panel; curves of one colour have the same `key`: a run, a region, or nothing to
    tell apart.
    """

    key: str
    series: Series

    @property
    def split(self) -> str:
        """The split that the values are of."""
        return self.series.column.split


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """The curves of one measure: of all its regions (`regional`), of one named `region`, or of
    means.

    `omitted` is how many undefined values the means are without; None where there is no mean.
    """

    column: Column
    curves: tuple[Curve, ...]
    region: str = ""
    regional: bool = False
    omitted: int | None = None

    @property
    def keys(self) -> list[str]:
        """What the colours stand for."""
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
        """What the curves go by: epoch or step."""
        return self.curves[0].series.by

    def leading(self, key: str) -> Curve:
        """The curve of this key whose best value counts."""
        return min(
            (curve for curve in self.curves if curve.key == key),
            key=lambda c: LEADING.index(c.split),
        )

    def shown(self) -> list[str]:
        """The keys in colour: all, or where they are too many the worst regions or the best runs."""
        keys = [key for key in self.keys if not (self.regional and key in (ALL, MEAN))]
        if len(keys) <= len(PALETTE):
            return keys
        goal = self.column.goal

        def bad(key: str) -> float:
            series = self.leading(key).series
            at = series.best(goal)
            value = np.inf if goal is None or at is None else float(badness(series.y[at], goal))
            return -value if self.regional else value

        return sorted(keys, key=bad)[:SHOWN]


def panels_of(runs: Runs, asked: Sequence[str] | None, per_region: bool | None) -> list[Panel]:
    """A panel for each measure, all or those asked for; by region for a single run unless told
    otherwise.

    With several runs there is a panel for each region, or their mean. What no card knows comes
    last. Raises `UsageError` for names that no run has, and for runs of which one goes by epoch and
    another by step.
    """
    ways = {series[0].by: run for run, series in runs.items() if series}
    if len(ways) > 1:
        raise UsageError(
            f"run {ways['epoch']!r} goes by epoch and {ways['step']!r} by step; read both by one "
            f"of them"
        )
    several = len(runs) > 1
    groups: dict[tuple[str, str], dict[tuple[str, str], Curve]] = {}
    for (measure, region), curve in _chosen(runs, asked):
        group = groups.setdefault((measure, region if several else ""), {})
        group[curve.key, curve.series.column.name] = curve  # names may ask for a column twice
    if not groups:
        raise UsageError("there is nothing to plot: nothing was logged")
    each = not several if per_region is None else per_region
    drawn = [
        panel
        for group in groups.values()
        for panel in _of_measure([*group.values()], several=several, each=each)
    ]
    return sorted(drawn, key=lambda panel: asked is None and not panel.known)


def mean(several: Sequence[Series]) -> Series:
    """The mean of columns over their defined values at each epoch at which any of them has one; NaN
    without one.

    An infinite value makes it infinite, as in metric objects: a mean without it would reward
    missing a region.
    """
    x = np.unique(np.concatenate([series.x for series in several]))
    total, n = np.zeros(len(x)), np.zeros(len(x))
    for series in several:
        defined = ~np.isnan(series.y)
        at = np.searchsorted(x, series.x[defined])
        total[at] += series.y[defined]
        n[at] += 1
    y = np.divide(total, n, out=np.full(len(x), np.nan), where=n > 0)
    first = several[0]
    return replace(
        first,
        column=replace(first.column, region=""),
        x=x,
        y=y,
        averaged=any(s.averaged for s in several),
    )


def _chosen(runs: Runs, asked: Sequence[str] | None) -> Iterator[tuple[tuple[str, str], Curve]]:
    """The columns asked for, run by run, with their measure and the region if it was asked for by
    name.
    """
    if asked is None:
        for run, some in runs.items():
            kept = distinct((series.column for series in some), some[0].by if some else "")
            yield from (((s.column.measure, ""), Curve(run, s)) for s in some if s.column in kept)
        return
    for name in map(str.strip, separate(asked)):
        columns_named(name, [series.column for some in runs.values() for series in some])
        for run, some in runs.items():
            for series in some:
                if series.column in _held(name, some):
                    yield (series.column.measure, Column.of(name).region), Curve(run, series)


def _held(name: str, some: Sequence[Series]) -> list[Column]:
    try:
        return columns_named(name, [series.column for series in some], some[0].by if some else "")
    except UsageError:  # another run has it
        return []


def _of_measure(members: Sequence[Curve], *, several: bool, each: bool) -> Iterator[Panel]:
    """The panels of one measure, whose curves are those of runs."""
    column = members[0].series.column
    regions = list(dict.fromkeys(curve.series.column.region for curve in members))
    named_ = [region for region in regions if region]
    if len(regions) > 1 and not each and column.metric:
        yield _averaged(members)
    elif several or len(regions) == 1:
        for region in regions:
            yield Panel(
                column, tuple(c for c in members if c.series.column.region == region), region
            )
    else:
        curves = [Curve(curve.series.column.region or ALL, curve.series) for curve in members]
        if len(named_) <= len(PALETTE) or not column.metric:
            yield Panel(column, tuple(curves), regional=True)
            return
        alone = [
            some for some in _by_split(members) if all(series.column.region for series in some)
        ]
        means = [Curve(MEAN, mean(some)) for some in alone]
        yield Panel(column, (*curves, *means), regional=True, omitted=_omitted(alone))


def _averaged(members: Sequence[Curve]) -> Panel:
    """The panel of a mean over regions in each run and split: as it was logged, or else taken here."""
    curves: list[Curve] = []
    taken: list[list[Series]] = []
    for run in dict.fromkeys(curve.key for curve in members):
        own = [curve for curve in members if curve.key == run]
        for some in _by_split(own):
            logged = [series for series in some if not series.column.region]
            curves.append(Curve(run, logged[0] if logged else mean(some)))
            taken += [] if logged else [some]
    return Panel(
        members[0].series.column, tuple(curves), MEAN if taken else "", omitted=_omitted(taken)
    )


def _by_split(members: Sequence[Curve]) -> list[list[Series]]:
    splits = dict.fromkeys(curve.split for curve in members)
    return [[curve.series for curve in members if curve.split == split] for split in splits]


def _omitted(taken: Sequence[Sequence[Series]]) -> int | None:
    """How many undefined values the means of these are without; None where there are none to take."""
    if not taken:
        return None
    return int(sum(np.isnan(series.y).sum() for some in taken for series in some))
