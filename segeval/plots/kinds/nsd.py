"""Normalised surface distance against its tolerance, by region: median and quartiles over cases.

Cases in which a mask is empty have no curve: their NSD is 0 or undefined at every tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from segeval.arrays import Floats, Integers
from segeval.errors.lines import listed
from segeval.plots.card import Figures, plot_kind
from segeval.plots.errors import NothingToDraw
from segeval.plots.needs import NSD_CURVES
from segeval.plots.source import Source
from segeval.plots.style import FRAME, PALETTE, page, panels, printable, region_names, sentences
from segeval.results.details import Details
from segeval.statistics.boundary import VOXEL
from segeval.statistics.curves import Curves
from segeval.statistics.distances import SurfaceDistances
from segeval.summary.bootstrap import quantiles

COLORED = 5
"""Regions in colour, at most: more lines cannot be told apart."""
BANDED = 3
"""Regions up to which each has a band: more of them merge to grey."""
RISEN = 0.99
"""The axis ends where every median has come this near to its last value: beyond, the curves say no
more.
"""
STEPS = 64
"""Steps to the limit of the curves, among which the end of the axis is sought."""
FEWEST = 6
"""Those of them that the axis shows at least."""
DRAWN = 200
"""Steps of a line, at least: the next are closer than the width of it."""
CELLS = 2**22
"""Values that are looked at together, which bounds the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The spread of NSD over cases, of R regions at T tolerances."""

    tolerance: Floats
    """Tolerances, ascending, (T,)."""
    quartiles: Floats
    """Lower quartile, median and upper quartile over the cases, (3, R, T)."""
    mean: Floats
    """Mean over cases and tolerances, (R,)."""

    @classmethod
    def of(cls, curves: Sequence[Curves], tolerance: Floats) -> Spread:
        """Return the spread of the curves of each region, one curve a case; NaN without any."""
        quartiles = np.full((3, len(curves), len(tolerance)), np.nan)
        mean = np.full(len(curves), np.nan)
        shares = np.array([0.25, 0.5, 0.75])
        for region, cases in enumerate(curves):
            if not len(cases):
                continue
            step = max(1, CELLS // len(cases))
            total = 0.0
            for start in range(0, len(tolerance), step):
                nsd = cases.at(tolerance[start : start + step])
                quartiles[:, region, start : start + step] = quantiles(nsd, shares)
                total += nsd.sum()
            mean[region] = total / (len(cases) * len(tolerance))
        return cls(tolerance, quartiles, mean)


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """The regions of a run with their NSD curves, and how many cases have none."""

    names: Sequence[str]
    """Names of the regions."""
    curves: Sequence[Curves]
    """Curves of the cases that have the region in both masks, by region."""
    coarse: Spread
    """Their spread up to the smallest of their limits."""
    one_empty: Integers
    """Number of cases whose NSD is 0 whatever the tolerance, (regions,)."""
    both_empty: Integers
    """Number of cases without an NSD, (regions,)."""

    @classmethod
    def of(cls, details: Details) -> Regions:
        """Return the curves of a run without those of which a mask is empty."""
        no_pred, no_gt = details.volume_p == 0, details.volume_g == 0
        shape = details.volume_p.shape
        # With one mask empty a curve is flat at 0: a few of them would pull the quartiles down.
        has_curve = (details.curves.total.reshape(shape) > 0) & ~no_pred & ~no_gt
        places = np.arange(has_curve.size).reshape(shape)
        curves = [
            details.curves.select(places[has_curve[:, region], region])
            for region in range(shape[1])
        ]
        limit = min((cases.limit.min() for cases in curves if len(cases)), default=0)
        return cls(
            details.regions,
            curves,
            Spread.of(curves, limit * np.arange(STEPS + 1) / STEPS),
            one_empty=(no_pred ^ no_gt).sum(axis=0),
            both_empty=(no_pred & no_gt).sum(axis=0),
        )

    @property
    def n(self) -> Integers:
        """Number of cases with a curve, (regions,)."""
        return np.array([len(cases) for cases in self.curves], np.int64)

    @property
    def drawn(self) -> Integers:
        """Positions of the regions that have a curve."""
        return np.flatnonzero(self.n)

    @property
    def colored(self) -> Integers:
        """Positions of the lowest regions, in their order: by the median, then by the mean."""
        drawn = self.drawn
        # Many medians are 1 from the first tolerance on; the mean tells these regions apart.
        means = self.coarse.mean[drawn]
        medians = self.coarse.quartiles[1, drawn].mean(axis=1)
        return np.sort(drawn[np.lexsort((means, medians))][:COLORED])

    @property
    def banded(self) -> bool:
        """Whether there are quartiles, and regions few enough to draw these as bands."""
        return len(self.drawn) <= BANDED and bool(self.n.max() > 1)

    @property
    def end(self) -> float:
        """The tolerance at which the last of the medians has risen, and a fifth more."""
        medians = self.coarse.quartiles[1, self.drawn]
        # `argmax` of flags is the first that is set; the last of each row always is.
        risen = int((medians >= RISEN * medians[:, -1:]).argmax(axis=1).max())
        step = max(int(1.2 * risen) + 1, FEWEST)
        return float(self.coarse.tolerance[min(step, STEPS)])

    @property
    def fine(self) -> Spread:
        """The spread up to the end of the axis, at tolerances that are round numbers."""
        step = 10.0 ** np.floor(np.log10(self.end / DRAWN))
        step *= max(times for times in (1, 2, 5) if times * step * DRAWN <= self.end)
        count = int(np.ceil(self.end / step))
        return Spread.of(self.curves, step * np.arange(count + 1))

    @property
    def missing(self) -> list[str]:
        """The regions that occur, but in no case in both masks."""
        missing = np.flatnonzero((self.n == 0) & (self.one_empty > 0))
        return [self.names[region] for region in missing.tolist()]

    def key(self, region: int, name: str) -> str:
        """Return what the legend says of a region: its name, and how many cases have a curve."""
        n = int(self.n[region])
        cases = n + int(self.one_empty[region] + self.both_empty[region])
        count = f"{n:,}" if n == cases else f"{n:,} of {cases:,}"
        # A label that begins with an underscore would be left out: hence the space of no width.
        return f"\u200b{name} (n = {count})"


@plot_kind(
    shows="NSD against its tolerance by region: median, and for few regions quartiles, over the "
    "cases that have the region in both masks; the caption counts the others",
    needs=(NSD_CURVES,),
)
def figures(source: Source) -> Figures:
    """Draw one figure with all regions; where there are many, the worst are in colour.

    Curves are steps, as NSD is: between two distances that occur it does not rise.
    """
    assert source.results.details is not None
    regions = Regions.of(source.results.details)
    if not len(regions.drawn):
        raise NothingToDraw(
            "no case has a region in both of its masks, so there is no NSD curve to draw"
        )
    yield "", _draw(source, regions)


def _draw(source: Source, regions: Regions) -> Figure:
    """Return the figure: grey lines below, coloured ones above, and a legend of these.

    Its y axis begins below the lowest coloured line, and shows 0.96 to 1 at least.
    """
    drawn, colored, spread = regions.drawn, regions.colored, regions.fine
    title = f"NSD against tolerance{_boundary(source)}, n = {source.extent}"
    figure = page(3.4, title, _caption(source, regions), width=6.4)
    (ax,) = panels(figure, 1)
    ax.grid()
    others = np.setdiff1d(drawn, colored)
    if len(others):
        _draw_others(ax, spread, others)
    names = [regions.names[region] for region in colored]
    colors: Sequence[str] = PALETTE
    heading = f"the {COLORED} lowest of {len(drawn):,}"
    # Few regions have their colours in all figures; the lowest of many take the palette in order.
    if len(drawn) <= COLORED:
        colors, heading = source.colors(names), ""
    for region, color, name in zip(colored, colors, region_names(names), strict=False):
        if regions.banded:
            _draw_band(ax, spread, region, color)
        key = regions.key(region, name)
        _draw_median(ax, spread, region, color=color, linewidth=1.6, label=key)
    # An axis that follows the lines alone would blow up differences that are nothing.
    lowest = spread.quartiles[0 if regions.banded else 1, colored].min()
    ax.set(xlim=(0, regions.end), ylim=(min(0.98, lowest) - 0.02, 1.01))
    ax.set(xlabel=f"tolerance [{printable(source.length_unit)}]", ylabel="nsd (higher is better)")
    figure.legend(loc="outside right upper", title=heading, title_fontsize=7, alignment="left")
    return figure


def _boundary(source: Source) -> str:
    """Return what the title says of the rule for boundaries: nothing of the usual one.

    The curves were measured under the rule of the first metric of distances between boundaries.
    """
    metrics = source.results.run.get("protocol", {}).get("metrics", {})
    for metric in source.cube.metrics:
        if metric.spec.statistic is SurfaceDistances and metric.column in metrics:
            rule = metrics[metric.column].get("boundary", str(VOXEL))
            return "" if rule == str(VOXEL) else f", boundary {rule}"
    return ""


def _caption(source: Source, regions: Regions) -> str:
    """Return what a reader must know of the curves to read them.

    Cases with an empty mask are counted for the regions that occur, since they have no curve.
    """
    others = len(regions.drawn) - COLORED
    occurs = regions.n + regions.one_empty > 0
    one_empty = int(regions.one_empty[occurs].sum())
    both_empty = int(regions.both_empty[occurs].sum())
    left_out = (
        f"Left out, as n says: {one_empty:,} with one mask empty (missed or invented: NSD 0), "
        f"{both_empty:,} with both."
    )
    farther = f"Farther on, no median rises by more than {100 * (1 - RISEN):.0f} %."
    missing = listed(region_names(regions.missing), most=3)
    return sentences(
        (True, "Line: median over cases with both masks."),
        (regions.banded, "Band: quartiles."),
        (others > 0, f"Grey: the other {others:,} regions."),
        (others > 0, "Lowest: by the area under the median, then under the mean."),
        (regions.end < regions.coarse.tolerance[-1], farther),
        (one_empty or both_empty, left_out),
        (missing, f"Without a curve: {missing}."),
        (True, source.omissions(scored=False)),
    )


def _draw_others(ax: Axes, spread: Spread, regions: Integers) -> None:
    """Draw the medians of the regions that have no colour: thousands of lines at once."""
    # The corners of steps that hold the value of the tolerance at their left end.
    x = np.repeat(spread.tolerance, 2)[1:]
    y = np.repeat(spread.quartiles[1, regions], 2, axis=1)[:, :-1]
    lines = np.stack([np.broadcast_to(x, y.shape), y], axis=2)
    ax.add_collection(LineCollection(list(lines), colors=FRAME, linewidths=0.5, alpha=0.7))


def _draw_median(ax: Axes, spread: Spread, region: int, **look: Any) -> None:
    """Draw the median of a region as a line of this look.

    A step holds the value of the tolerance at its left end.
    """
    ax.plot(spread.tolerance, spread.quartiles[1, region], drawstyle="steps-post", **look)


def _draw_band(ax: Axes, spread: Spread, region: int, color: str) -> None:
    """Fill what lies between the quartiles of a region."""
    low, _, high = spread.quartiles[:, region]
    # Steps like those of the medians, which would leave the band otherwise.
    look: Any = {"color": color, "alpha": 0.16, "linewidth": 0, "step": "post"}
    ax.fill_between(spread.tolerance, low, high, **look)
