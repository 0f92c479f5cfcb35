"""Overlap against surface distance, one point per case and region, with the outliers named.

Overlap and distance tell of different faults: a point far to one side and not to the other is a
mask that is right but for a stray voxel, or one that is a little wrong all along its boundary.
Infinite distances lie on a margin above the axis, where they are seen and stretch nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segeval.arrays import Flags, Floats, Integers
from segeval.metrics.card import Metric
from segeval.plots.axes import NAME, fit, for_crowd, label
from segeval.plots.card import Figures, plot_kind
from segeval.plots.errors import NothingToDraw, SinglePoint
from segeval.plots.leaders import name_points
from segeval.plots.needs import OVERLAP_AND_DISTANCE
from segeval.plots.source import Source
from segeval.plots.style import (
    GREY,
    PALETTE,
    STRIP,
    page,
    panels,
    printables,
    region_names,
    sentences,
)

NAMED = 8
"""Outliers that are named, at most: the farthest."""
FAR = 3.5
"""Robust standard deviations from the median that make an outlier. Iglewicz and Hoaglin (1993),
chapter 3.
"""
HEAPS = 50
"""Places along the axis at which infinite distances count as lying on one another."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Overlap `x` and distance `y` by case and region.

    Those that are `drawn` are points; those that lie `beyond` the axis have an infinite distance.
    """

    overlap: Metric
    distance: Metric
    x: Floats
    """Overlaps, (cases, regions)."""
    y: Floats
    """Distances, (cases, regions), in the unit of lengths."""

    @property
    def drawn(self) -> Flags:
        """Mask of the rows of which both numbers are finite."""
        return np.isfinite(self.x) & np.isfinite(self.y)

    @property
    def beyond(self) -> Flags:
        """Mask of the rows of which the distance is infinite."""
        return np.isfinite(self.x) & np.isposinf(self.y)

    @property
    def outliers(self) -> Integers:
        """Case and region of the farthest points, (points, 2), the farthest first.

        A point is as far as the worse of its two numbers; those that are better than the rest do
        not count.
        """
        drawn = self.drawn
        # A bad overlap is low and a bad distance large; the better half has negative numbers.
        far = np.fmax(-_robust(self.x, drawn), _robust(self.y, drawn))
        far[~drawn] = -np.inf
        order = np.argsort(-far, axis=None, kind="stable")[:NAMED]
        return np.column_stack(np.unravel_index(order[far.flat[order] > FAR], far.shape))


@plot_kind(
    shows="overlap against surface distance, outliers named",
    needs=(OVERLAP_AND_DISTANCE,),
)
def figures(source: Source) -> Figures:
    """Draw the first overlap against the first distance; with several regions, in their colours."""
    overlap, distance = source.leading()
    assert overlap is not None
    assert distance is not None
    points = Points(overlap, distance, source.cube.scores(overlap), source.cube.scores(distance))
    shown = int((points.drawn | points.beyond).sum())
    if shown == 1:
        raise SinglePoint
    if not shown:
        raise NothingToDraw(
            f"{overlap.column} and {distance.column} are defined together in no case and region"
        )
    yield "", _draw(source, points)


def _draw(source: Source, points: Points) -> Figure:
    """Return the figure: points, a margin for infinite distances, a legend, and names last.

    Names find their places among all else, and so come when nothing moves any more.
    """
    x, y, drawn, beyond = points.x, points.y, points.drawn, points.beyond
    outliers = points.outliers
    figure = page(4.6, _title(source, points), _caption(source, points), width=5.4)
    if beyond.any():
        margin, ax = panels(figure, 2, sharex=True, height_ratios=[0.05, 1])
    else:
        margin, (ax,) = None, panels(figure, 1)
    ax.grid()
    ax.set(xlabel=label(points.overlap, source), ylabel=label(points.distance, source))
    # The margin shares the x axis: its points belong to the limits.
    fit(ax, "x", points.overlap, x[drawn | beyond])
    fit(ax, "y", points.distance, y[drawn])
    if margin is not None:
        _draw_margin(margin, source, points)
    _draw_points(ax, source, points)
    if 1 < len(source.regions) <= len(PALETTE):
        _draw_legend(figure, source)
    cells = tuple(outliers.T)
    name_points(ax, x[cells], y[cells], [source.name(case, region) for case, region in outliers])
    return figure


def _title(source: Source, points: Points) -> str:
    """Return the two metrics, and how many points there are."""
    n = int((points.drawn | points.beyond).sum())
    overlap, distance = printables([points.overlap.column, points.distance.column], NAME)
    return f"{overlap} against {distance}, n = {n:,} ({source.extent})"


def _caption(source: Source, points: Points) -> str:
    """Return what a reader must know of the points to read them."""
    undefined = int((~points.drawn & ~points.beyond).sum())
    named = (
        f"Named: the farthest of those more than {FAR} robust standard deviations from the median."
    )
    return sentences(
        (len(points.outliers), named),
        (points.beyond.any(), "Triangle: infinite distance, since one mask is empty."),
        (undefined, f"Left out: {undefined:,} undefined."),
        (True, source.omissions()),
    )


def _draw_points(ax: Axes, source: Source, points: Points) -> None:
    """Draw what is finite, in a random order, so that no region lies on top of the others."""
    drawn = np.flatnonzero(points.drawn)
    order = np.random.default_rng(0).permutation(drawn)
    # A place in the flattened (cases, regions) has its region as remainder.
    colors = np.array(source.colors(source.regions))
    ax.scatter(
        points.x.flat[order],
        points.y.flat[order],
        s=for_crowd(len(drawn), (22, 9, 3)),
        alpha=for_crowd(len(drawn), (0.85, 0.45, 0.25)),
        c=colors[order % len(colors)],
        linewidths=0,
        rasterized=len(order) > 1000,
    )


def _draw_margin(ax: Axes, source: Source, points: Points) -> None:
    """Draw a strip above the axes for the infinite distances, at their overlaps.

    Most of these are missed regions, whose overlap is 0: where several lie on one another, their
    number stands beside them.
    """
    cells = np.argwhere(points.beyond)
    x = points.x[points.beyond]
    colors = source.colors([source.regions[region] for _, region in cells])
    limits = ax.get_xlim()
    ax.scatter(x, np.zeros(len(x)), s=18, c=colors, marker="^", linewidths=0, clip_on=False)
    heaps, counts = np.unique(np.digitize(x, np.linspace(*limits, HEAPS)), return_counts=True)
    for heap, count in zip(heaps[counts > 1], counts[counts > 1], strict=True):
        # The number stands to the right of the last triangle in the heap.
        right = x[np.digitize(x, np.linspace(*limits, HEAPS)) == heap].max()
        ax.annotate(
            f"× {count:,}",
            (right, 0),
            xytext=(5, 0),
            textcoords="offset points",
            verticalalignment="center_baseline",
            size=6.5,
        )
    ax.set(yticks=[0], yticklabels=["∞"], ylim=(-1, 1), xlim=limits, facecolor=STRIP)
    ax.tick_params(axis="both", length=0, pad=6, labelbottom=False)
    ax.spines[:].set_visible(False)
    names = ", ".join(source.name(case, region) for case, region in cells[:2])
    more = " …" if len(cells) > 2 else ""
    ax.set_title(f"n = {len(cells):,}: {names}{more}", loc="right", size=6, color=GREY, pad=2)


def _draw_legend(figure: Figure, source: Source) -> None:
    """Name the regions beside their colours, to the right of the axes.

    More regions than colours have one colour, and no legend.
    """
    names = region_names(source.regions)
    colors = source.colors(source.regions)
    keys = [
        # A label that begins with an underscore would be left out: hence the space of no width.
        Line2D([], [], marker="o", linestyle="", markersize=4, color=color, label=f"\u200b{name}")
        for name, color in zip(names, colors, strict=True)
    ]
    figure.legend(handles=keys, loc="outside right upper")


def _robust(values: Floats, drawn: Flags) -> Floats:
    """Return distances from the median of what is drawn, in robust standard deviations.

    The median absolute deviation of a normal distribution is 0.6745 standard deviations. Where it
    is 0, since most values are equal, every other value is infinitely far.
    """
    if not drawn.any():
        return np.zeros(values.shape)
    deviations = values - np.median(values[drawn])
    spread = np.median(abs(deviations[drawn])) / 0.6745
    if spread > 0:
        return np.asarray(deviations / spread)
    with np.errstate(invalid="ignore"):  # 0 · ∞, where a value is the median
        return np.where(deviations == 0, 0, np.sign(deviations) * np.inf)
