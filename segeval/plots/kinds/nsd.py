"""Normalised surface distance against its tolerance, by region: median and quartiles over cases.

Cases in which a mask is empty have no curve: their NSD is 0 or undefined at every tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segeval.arrays import Floats, Integers
from segeval.plots.card import Figures, plot_kind
from segeval.plots.errors import NothingToDraw
from segeval.plots.needs import NSD_CURVES
from segeval.plots.source import Source
from segeval.plots.style import FRAME, PALETTE, page, region_names, sentences
from segeval.results.details import Details
from segeval.statistics.boundary import VOXEL
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
STEPS = 6
"""Tolerances that the axis shows at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The NSD curves of the cases that have a region in both masks, and how many cases have not.

    T is the number of tolerances, which `details` holds.
    """

    details: Details
    nsd: Floats
    """NSD, (cases, regions, T), NaN where there is no curve."""
    quartiles: Floats
    """Lower quartile, median and upper quartile over the cases, (3, regions, T)."""
    n: Integers
    """Number of cases with a curve, (regions,)."""
    one_empty: Integers
    """Number of cases whose NSD is 0 whatever the tolerance, (regions,)."""
    both_empty: Integers
    """Number of cases without an NSD, (regions,)."""

    @classmethod
    def of(cls, details: Details) -> Curves:
        """Return the curves of a run without those of which a mask is empty."""
        no_pred, no_gt = details.volume_p == 0, details.volume_g == 0
        # With one mask empty a curve is flat at 0: a few of them would pull the quartiles down.
        nsd = np.where((no_pred | no_gt)[..., None], np.nan, details.nsd.astype(np.float64))
        cases, regions, steps = nsd.shape
        flat = quantiles(nsd.reshape(cases, regions * steps), np.array([0.25, 0.5, 0.75]))
        return cls(
            details,
            nsd,
            quartiles=flat.reshape(3, regions, steps),
            n=np.isfinite(nsd).any(axis=2).sum(axis=0),
            one_empty=(no_pred ^ no_gt).sum(axis=0),
            both_empty=(no_pred & no_gt).sum(axis=0),
        )

    @property
    def drawn(self) -> Integers:
        """Positions of the regions that have a curve."""
        return np.flatnonzero(self.n)

    @property
    def colored(self) -> Integers:
        """Positions of the lowest regions, in their order: by the median, then by the mean."""
        drawn = self.drawn
        # Many medians are 1 from the first tolerance on; the mean tells these regions apart.
        means = np.nanmean(self.nsd[:, drawn], axis=(0, 2))
        medians = self.quartiles[1, drawn].mean(axis=1)
        return np.sort(drawn[np.lexsort((means, medians))][:COLORED])

    @property
    def banded(self) -> bool:
        """Whether there are quartiles, and regions few enough to draw these as bands."""
        return len(self.drawn) <= BANDED and bool(self.n.max() > 1)

    @property
    def end(self) -> float:
        """The tolerance at which the last of the medians has risen, and a fifth more."""
        medians = self.quartiles[1, self.drawn]
        # `argmax` of flags is the first that is set; the last of each row always is.
        risen = int((medians >= RISEN * medians[:, -1:]).argmax(axis=1).max())
        step = max(int(1.2 * risen) + 1, STEPS)
        return float(self.details.tolerance[min(step, len(self.details.tolerance) - 1)])

    @property
    def missing(self) -> list[str]:
        """The regions that occur, but in no case in both masks."""
        missing = np.flatnonzero((self.n == 0) & (self.one_empty > 0))
        return [self.details.regions[region] for region in missing]

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

    Curves are steps, since between two tolerances nothing is known but that they rise.
    """
    assert source.results.details is not None
    curves = Curves.of(source.results.details)
    if not len(curves.drawn):
        raise NothingToDraw(
            "no case has a region in both of its masks, so there is no NSD curve to draw"
        )
    yield "", _draw(source, curves)


def _draw(source: Source, curves: Curves) -> Figure:
    """Return the figure: grey lines below, coloured ones above, and a legend of these.

    Its y axis begins below the lowest coloured line, and shows 0.96 to 1 at least.
    """
    drawn, colored = curves.drawn, curves.colored
    title = f"NSD against tolerance{_boundary(source)}, n = {source.extent}"
    figure = page(3.4, title, _caption(source, curves), width=6.4)
    ax = figure.subplots()
    ax.grid()
    for region in sorted(set(drawn.tolist()) - set(colored.tolist())):
        _draw_median(ax, curves, region, color=FRAME, linewidth=0.5, alpha=0.7)
    names = [curves.details.regions[region] for region in colored]
    colors: Sequence[str] = PALETTE
    heading = f"the {COLORED} lowest of {len(drawn):,}"
    # Few regions have their colours in all figures; the lowest of many take the palette in order.
    if len(drawn) <= COLORED:
        colors, heading = source.colors(names), ""
    for region, color, name in zip(colored, colors, region_names(names), strict=False):
        if curves.banded:
            _draw_band(ax, curves, region, color)
        key = curves.key(region, name)
        _draw_median(ax, curves, region, color=color, linewidth=1.6, label=key)
    # An axis that follows the lines alone would blow up differences that are nothing.
    lowest = curves.quartiles[0 if curves.banded else 1, colored].min()
    ax.set(xlim=(0, curves.end), ylim=(min(0.98, lowest) - 0.02, 1.01))
    ax.set(xlabel=f"tolerance [{source.length_unit}]", ylabel="NSD (higher is better)")
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


def _caption(source: Source, curves: Curves) -> str:
    """Return what a reader must know of the curves to read them.

    Cases with an empty mask are counted for the regions that occur, since they have no curve.
    """
    others = len(curves.drawn) - COLORED
    occurs = curves.n + curves.one_empty > 0
    one_empty = int(curves.one_empty[occurs].sum())
    both_empty = int(curves.both_empty[occurs].sum())
    left_out = (
        f"Left out, as n says: {one_empty:,} with one mask empty (missed or invented: NSD 0), "
        f"{both_empty:,} with both."
    )
    farther = f"Farther on, no median rises by more than {100 * (1 - RISEN):.0f} %."
    missing = ", ".join(curves.missing[:3])
    if len(curves.missing) > 3:
        missing = f"{missing} and {len(curves.missing) - 3:,} more"
    return sentences(
        (True, "Line: median over cases with both masks."),
        (curves.banded, "Band: quartiles."),
        (others > 0, f"Grey: the other {others:,} regions."),
        (others > 0, "Lowest: by the area under the median, then under the mean."),
        (curves.end < curves.details.tolerance[-1], farther),
        (one_empty or both_empty, left_out),
        (missing, f"Without a curve: {missing}."),
        (True, source.omission),
    )


def _draw_median(ax: Axes, curves: Curves, region: int, **look: Any) -> None:
    """Draw the median of a region as a line of this look.

    A step holds the value of the tolerance at its left end.
    """
    median = curves.quartiles[1, region]
    ax.plot(curves.details.tolerance, median, drawstyle="steps-post", **look)


def _draw_band(ax: Axes, curves: Curves, region: int, color: str) -> None:
    """Fill what lies between the quartiles of a region."""
    low, _, high = curves.quartiles[:, region]
    # Steps like those of the medians, which would leave the band otherwise.
    look: Any = {"color": color, "alpha": 0.16, "linewidth": 0, "step": "post"}
    ax.fill_between(curves.details.tolerance, low, high, **look)
