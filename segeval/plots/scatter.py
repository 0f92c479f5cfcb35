"""Overlap against surface distance, one point per case and region, with the outliers named."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from segeval.arrays import Floats
from segeval.metrics.card import Metric

from .axes import fit, label, name_points, symbol
from .source import NothingToDraw, Source
from .style import GREY, PALETTE, page, printable, region_names

NAMED = 8
"""Outliers that are named, at most: the farthest."""
FAR = 3.5
"""Robust standard deviations from the median that make an outlier. Iglewicz and Hoaglin (1993),
chapter 3.
"""


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """The first overlap against the first distance; with several regions, coloured by region."""
    overlap, distance = source.leading()
    if overlap is None or distance is None:
        raise NothingToDraw(
            "it needs an overlap in [0, 1] and a distance in the table, such as dice and hd95"
        )
    if not (
        np.isfinite(source.cube.scores(overlap)) & ~np.isnan(source.cube.scores(distance))
    ).any():
        raise NothingToDraw(
            f"{overlap.column} and {distance.column} are defined together in no case and region"
        )
    yield "scatter", _page(source, overlap, distance)


def _page(source: Source, overlap: Metric, distance: Metric) -> Figure:
    x, y = source.cube.scores(overlap), source.cube.scores(distance)
    drawn = np.isfinite(x) & np.isfinite(y)
    beyond = np.isfinite(x) & np.isposinf(y)
    n, outliers = int((drawn | beyond).sum()), _outliers(x, y, drawn)
    title = f"{symbol(overlap)} against {symbol(distance)}, n = {n:,} ({source.extent})"
    notes = (
        (
            len(outliers),
            f"Named: the farthest of those more than {FAR} robust standard deviations from the "
            f"median.",
        ),
        (beyond.any(), "Triangle: infinite distance, since one mask is empty."),
        (n < x.size, f"Left out: {x.size - n:,} undefined."),
    )
    figure = page(
        4.6, title, " ".join(note for holds, note in notes if holds) + source.omission, width=5.4
    )
    if beyond.any():
        margin, ax = figure.subplots(2, 1, sharex=True, height_ratios=[0.05, 1])
    else:
        ax = figure.subplots()
    ax.grid()
    ax.set(xlabel=label(overlap, source), ylabel=label(distance, source))
    fit(ax, "x", overlap, x[drawn | beyond])
    fit(ax, "y", distance, y[drawn])
    if beyond.any():
        _margin(margin, x, beyond, source)
    _points(ax, x, y, drawn, source)
    if 1 < len(source.regions) <= len(PALETTE):
        keys = [
            Line2D(
                [], [], marker="o", linestyle="", markersize=4, color=color, label=f"\u200b{name}"
            )
            for name, color in zip(
                region_names(source.regions), source.colors(source.regions), strict=True
            )
        ]
        figure.legend(handles=keys, loc="outside right upper")
    name_points(
        ax, x[tuple(outliers.T)], y[tuple(outliers.T)], [_name(source, *at) for at in outliers]
    )
    return figure


def _points(ax: Axes, x: Floats, y: Floats, drawn: np.ndarray, source: Source) -> None:
    crowd = np.log10(max(int(drawn.sum()), 1))
    order = np.random.default_rng(0).permutation(
        np.flatnonzero(drawn)
    )  # so that no region lies on top of the others
    colors = np.array(source.colors(source.regions))[order % x.shape[1]]
    ax.scatter(
        x.flat[order],
        y.flat[order],
        s=float(np.interp(crowd, [1, 2, 3, 4], [22, 12, 7, 3])),
        alpha=float(np.interp(crowd, [1, 2, 3, 4], [0.85, 0.7, 0.5, 0.3])),
        c=colors,
        linewidths=0,
        rasterized=len(order) > 1000,
    )


def _margin(ax: Axes, x: Floats, beyond: np.ndarray, source: Source) -> None:
    """A strip above the axes for the infinite distances, at their overlaps."""
    cells = np.argwhere(beyond)
    colors = [source.colors(source.regions)[region] for _, region in cells]
    limits = ax.get_xlim()
    ax.scatter(
        x[beyond], np.zeros(len(cells)), s=18, c=colors, marker="^", linewidths=0, clip_on=False
    )
    ax.set(yticks=[0], yticklabels=["∞"], ylim=(-1, 1), xlim=limits, facecolor="#F5F5F5")
    ax.tick_params(axis="both", length=0, pad=6, labelbottom=False)
    ax.spines[:].set_visible(False)
    some = ", ".join(_name(source, *at) for at in cells[:2]) + (" …" if len(cells) > 2 else "")
    ax.set_title(f"n = {len(cells):,}: {some}", loc="right", size=6, color=GREY, pad=2)


def _name(source: Source, case: int, region: int) -> str:
    name = printable(source.cube.cases[case])
    return (
        f"{name} · {region_names(source.regions, 16)[region]}" if len(source.regions) > 1 else name
    )


def _outliers(x: Floats, y: Floats, drawn: np.ndarray) -> np.ndarray:
    """Places of the farthest points, (points, 2), the farthest first."""
    far = np.fmax(-_robust(x, drawn), _robust(y, drawn))
    far[~drawn] = -np.inf
    order = np.argsort(-far, axis=None, kind="stable")[:NAMED]
    return np.column_stack(np.unravel_index(order[far.flat[order] > FAR], far.shape))


def _robust(values: Floats, drawn: np.ndarray) -> Floats:
    """Distances from the median of what is drawn, in robust standard deviations."""
    if not drawn.any():
        return np.zeros(values.shape)
    median = np.median(values[drawn])
    spread = np.median(abs(values[drawn] - median)) / 0.6745
    with np.errstate(invalid="ignore"):
        return (
            (values - median) / spread
            if spread > 0
            else np.where(values == median, 0, np.sign(values - median) * np.inf)
        )
