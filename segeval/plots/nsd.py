"""Normalised surface distance against its tolerance, by region: median and quartiles over cases.

Cases in which a mask is empty have no curve: their NSD is 0 or undefined at every tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segeval.arrays import Floats, Integers
from segeval.results.details import Details
from segeval.statistics.boundary import VOXEL
from segeval.summary.bootstrap import quantiles

from .source import NothingToDraw, Source
from .style import FRAME, PALETTE, page, region_names

COLORED = 5
"""Regions in colour, at most: more bands cannot be told apart."""
RISEN = 0.99
"""The axis ends where every median has come this near to its last value: beyond, the curves say no
more.
"""
STEPS = 6
"""Tolerances that the axis shows at least."""


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """One figure with all regions; where there are many, the worst are in colour.

    Curves are steps, since between two tolerances nothing is known but that they rise.
    """
    details = source.results.details
    if details is None or not np.isfinite(details.nsd).any():
        raise NothingToDraw(
            "no surface distances were measured; score with a surface metric, such as hd95"
        )
    curves = Curves.of(details)
    if not len(curves.drawn):
        raise NothingToDraw(
            "no case has a region in both of its masks, so there is no NSD curve to draw"
        )
    yield "nsd", _page(source, curves)


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The NSD curves of the cases that have a region in both masks, and how many cases have not.

    `nsd` is (cases, regions, T), NaN where there is no curve; `quartiles` (3, regions, T). `n`,
    `one_empty` and `both_empty` count cases by region: those with a curve, those whose NSD is 0
    whatever the tolerance, and those without an NSD.
    """

    details: Details
    nsd: Floats
    quartiles: Floats
    n: Integers
    one_empty: Integers
    both_empty: Integers

    @classmethod
    def of(cls, details: Details) -> Curves:
        """Return the curves of a run without those of which a mask is empty."""
        no_pred, no_gt = details.volume_p == 0, details.volume_g == 0
        nsd = np.where((no_pred | no_gt)[..., None], np.nan, details.nsd.astype(np.float64))
        cases, regions, steps = nsd.shape
        flat = quantiles(nsd.reshape(cases, regions * steps), np.array([0.25, 0.5, 0.75]))
        return cls(
            details,
            nsd,
            flat.reshape(3, regions, steps),
            np.isfinite(nsd).any(axis=2).sum(axis=0),
            (no_pred ^ no_gt).sum(axis=0),
            (no_pred & no_gt).sum(axis=0),
        )

    @property
    def drawn(self) -> Integers:
        """Positions of the regions that have a curve."""
        return np.flatnonzero(self.n)

    @property
    def colored(self) -> Integers:
        """Positions of the lowest regions, in their order: by the median, then by the mean."""
        drawn = self.drawn
        means = np.nanmean(self.nsd[:, drawn], axis=(0, 2))
        medians = self.quartiles[1, drawn].mean(axis=1)
        return np.sort(drawn[np.lexsort((means, medians))][:COLORED])

    @property
    def end(self) -> float:
        """The tolerance at which the last of the medians has risen."""
        return _end(self.quartiles[1, self.drawn], self.details.tolerance)

    def key(self, region: int, name: str) -> str:
        """Return what the legend says of a region: its name and how many of its cases have a curve."""
        n = int(self.n[region])
        cases = n + int(self.one_empty[region] + self.both_empty[region])
        count = f"{n:,}" if n == cases else f"{n:,} of {cases:,}"
        return f"\u200b{name} (n = {count})"


def _boundary(run: Mapping[str, Any]) -> str:
    """Which boundary the curves are of, if it is not the usual one: that of the first metric of
    surfaces.
    """
    metrics = run.get("protocol", {}).get("metrics", {})
    rules = [
        told["boundary"] for told in metrics.values() if told.get("boundary", "solid") != "solid"
    ]
    return f", boundary {rules[0]}" if rules and rules[0] != str(VOXEL) else ""


def _caption(curves: Curves) -> str:
    drawn = curves.drawn
    parts = ["Line: median over cases with both masks."]
    if curves.n.max() > 1:
        parts.append("Band: quartiles.")
    if len(drawn) > COLORED:
        parts.append(f"Grey: the other {len(drawn) - COLORED:,} regions.")
        parts.append("Lowest: by the area under the median, then under the mean.")
    if curves.end < curves.details.tolerance[-1]:
        parts.append(f"Farther on, no median rises by more than {100 * (1 - RISEN):.0f} %.")
    occurs = curves.n + curves.one_empty > 0
    one_empty, both_empty = (
        int(curves.one_empty[occurs].sum()),
        int(curves.both_empty[occurs].sum()),
    )
    if one_empty or both_empty:
        parts.append(
            f"Left out, as n says: {one_empty:,} with one mask empty (missed or invented: NSD 0), "
            f"{both_empty:,} with both."
        )
    absent = [curves.details.regions[region] for region in np.flatnonzero(occurs & (curves.n == 0))]
    if absent:
        more = f" and {len(absent) - 3:,} more" if len(absent) > 3 else ""
        parts.append(f"Without a curve: {', '.join(absent[:3])}{more}.")
    return " ".join(parts)


def _page(source: Source, curves: Curves) -> Figure:
    drawn, colored = curves.drawn, curves.colored
    title = f"NSD against tolerance{_boundary(source.results.run)}, n = {source.extent}"
    figure = page(3.4, title, _caption(curves) + source.omission, width=6.4)
    ax = figure.subplots()
    ax.grid()
    for region in sorted(set(drawn.tolist()) - set(colored.tolist())):
        _line(ax, curves, region, color=FRAME, linewidth=0.5, alpha=0.7)
    names = [curves.details.regions[k] for k in colored]
    many = len(drawn) > COLORED
    colors = PALETTE if many else source.colors(names)
    for region, color, name in zip(colored, colors, region_names(names), strict=False):
        if curves.n[region] > 1:
            _band(ax, curves, region, color)
        _line(ax, curves, region, color=color, linewidth=1.6, label=curves.key(region, name))
    lowest = curves.quartiles[0, colored].min()
    ax.set(xlim=(0, curves.end), ylim=(min(0.98, lowest) - 0.02, 1.01))
    ax.set(xlabel=f"tolerance [{source.length_unit}]", ylabel="NSD (higher is better)")
    heading = f"the {COLORED} lowest of {len(drawn):,}" if many else None
    figure.legend(loc="outside right upper", title=heading, title_fontsize=7, alignment="left")
    return figure


def _line(ax: Axes, curves: Curves, region: int, **look: Any) -> None:
    median = curves.quartiles[1, region]
    ax.plot(curves.details.tolerance, median, drawstyle="steps-post", **look)


def _band(ax: Axes, curves: Curves, region: int, color: str) -> None:
    low, _, high = curves.quartiles[:, region]
    look: Any = {"color": color, "alpha": 0.16, "linewidth": 0, "step": "post"}
    ax.fill_between(curves.details.tolerance, low, high, **look)


def _end(medians: Floats, tolerance: Floats) -> float:
    """The tolerance at which the last of these curves, (regions, T), has risen."""
    risen = (medians >= RISEN * medians[:, -1:]).argmax(axis=1).max()
    return float(tolerance[min(max(int(1.2 * risen) + 1, STEPS), len(tolerance) - 1)])
