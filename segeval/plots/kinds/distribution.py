"""Each metric by region: a box over the cases, and every case as a point.

A panel shows a metric, with a row for each region. Points are moved apart across their row,
never along it, so that they can be read. What has no place on the axis, undefined and infinite
values, is counted on a strip beside the panel: it would be overlooked otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from segeval.arrays import Flags, Floats
from segeval.metrics.card import Metric
from segeval.plots.axes import figure_of, fit, for_crowd, label
from segeval.plots.card import Figures, plot_kind
from segeval.plots.needs import SEVERAL_CASES
from segeval.plots.source import Source, badness_of, counted, worst_first
from segeval.plots.style import (
    GREY,
    INK,
    PAGE_HEIGHT,
    STRIP,
    WIDTH,
    page,
    page_numbers,
    panels,
    printable,
    region_names,
    sentences,
)
from segeval.plots.words import name_rows
from segeval.summary.bootstrap import quantiles

Item = TypeVar("Item")
COLUMNS = 4
"""Panels side by side, at most."""
REGIONS = 20
"""Regions at most, the worst: of more nobody reads the panels, and all are in the tables."""
BOX_FROM = 5
"""Cases that a box needs: quartiles of fewer would be inventions."""
BOX_HALF, MEDIAN_HALF = 0.25, 0.32
"""Half the heights of a box and of the line of its median, in rows."""
STRIP_WIDTH = 0.33
"""Inches: the strip beside a panel for the counts of what has no place on its axis."""
GAP = 0.14
"""Inches between that strip and the next panel, to which it does not belong."""
BOXES = "Box: quartiles. Whiskers: farthest case within 1.5 interquartile ranges of the box."
GAPS = "Beside the panels: how many values are undefined (NaN) or infinite (∞)."
"""Sentences of the caption on boxes, and on the strips beside panels."""


@dataclass(frozen=True, slots=True)
class Page:
    """The regions and metrics of one page: a panel for each metric, a row for each region."""

    regions: Sequence[str]
    metrics: Sequence[Metric]
    extent: str
    """Words of the title on the regions, where these are not all; else empty."""


@plot_kind(
    shows=f"every metric by region: a box, and every case as a point; of more than {REGIONS} "
    "regions the worst",
    needs=(SEVERAL_CASES,),
)
def figures(source: Source) -> Figures:
    """Draw pages of panels, one per metric, with regions from top to bottom.

    The metrics of whole cases come last.
    """
    pages = [*_pages(source, "region"), *_pages(source, "case")]
    cases = counted(len(source.cube.cases), "case")
    for content, (number, words) in zip(pages, page_numbers(len(pages)), strict=True):
        yield (
            number,
            _draw(source, content, f"Distribution over n = {cases}{words}{content.extent}"),
        )


def _pages(source: Source, scope: str) -> list[Page]:
    """Return the pages of the metrics of regions, or of those of whole cases."""
    metrics = [metric for metric in source.metrics if metric.spec.scope == scope]
    if not metrics:
        return []
    regions: Sequence[str] = source.cube.regions_of(metrics[0])
    extent = ""
    if len(regions) > REGIONS:
        extent = f": {REGIONS} of {len(regions):,} regions, {_which(source.ranking())}"
        regions = _worst(source)
    # Below a row of panels are the labels of its axes.
    rows = max(1, int(PAGE_HEIGHT / (_panel_height(len(regions)) + 0.6)))
    return [Page(regions, part, extent) for part in _parts(metrics, COLUMNS * rows)]


def _which(metric: Metric | None) -> str:
    """Return which regions are shown of too many: the worst by this metric, if there is one."""
    if metric is None:
        return "the first"
    way = {True: "lowest", False: "highest", None: "worst"}[metric.spec.higher_is_better]
    return f"those with the {way} mean {printable(metric.column)}"


def _worst(source: Source) -> Sequence[str]:
    """Return the regions to show of too many, in the order of the table."""
    metric = source.ranking()
    if metric is None:
        return source.regions[:REGIONS]
    worst = worst_first(badness_of(source.cube.scores(metric), metric).T)[:REGIONS]
    return [source.cube.regions_of(metric)[place] for place in np.sort(worst)]


def _parts(items: Sequence[Item], most: int) -> list[Sequence[Item]]:
    """Return the items in as few parts as hold at most `most` each, of nearly equal size.

    >>> _parts("abcde", 4)
    ['ab', 'cde']
    """
    count = ceil(len(items) / most)
    ends = [round(k * len(items) / max(count, 1)) for k in range(count + 1)]
    return [items[start:end] for start, end in pairwise(ends)]


def _panel_height(regions: int) -> float:
    """Return inches for so many rows, which are narrower where there are many."""
    row = 0.26 if regions <= 12 else 0.165
    return 0.35 + regions * row


def _draw(source: Source, content: Page, title: str) -> Figure:
    """Return one page.

    Panels share their rows, so that only the first of each row of panels names the regions.
    """
    regions, metrics = content.regions, content.metrics
    places = [source.cube.regions.index(region) for region in regions]
    scores = [
        source.cube.values[:, places, source.cube.metrics.index(metric)] for metric in metrics
    ]
    rows = ceil(len(metrics) / COLUMNS)
    # No more columns than the rows need: a last row of one panel would be mostly paper.
    columns = ceil(len(metrics) / rows)
    figure = page(
        rows * (_panel_height(len(regions)) + 0.45) + 0.6,
        title,
        _caption(scores, source),
        width=min(WIDTH, 2.2 + 2.2 * columns),
    )
    axes = panels(figure, len(metrics), columns)
    for ax, metric, values in zip(axes, metrics, scores, strict=True):
        # Turned over, so that the first region is at the top.
        ax.set_ylim(len(regions) - 0.4, -0.6)
        ax.yaxis.set_visible(False)
        _draw_panel(ax, values, source.colors(regions))
        # Limits are those of all regions, the same on every page.
        fit(ax, "x", metric, source.cube.scores(metric), ticks=3)
        ax.set_xlabel(label(metric, source, lines=2))
        _count_gaps(ax, values, source.cube.present[:, places])
    for ax in axes[::columns]:
        name_rows(ax, region_names(regions), size=7)
    return figure


def _caption(scores: Sequence[Floats], source: Source) -> str:
    """Return what a reader must know of a page's (cases, regions) scores to read their panels."""
    finite = [np.isfinite(values) for values in scores]
    most = max(int(flags.sum(axis=0).max()) for flags in finite)
    return sentences(
        (True, "Point: case."),
        (most > 1, "Line: median."),
        (most >= BOX_FROM, BOXES),
        (not all(flags.all() for flags in finite), GAPS),
        (True, source.omissions()),
    )


def _draw_panel(ax: Axes, values: Floats, colors: Sequence[str]) -> None:
    """Draw the (cases, regions) values of a metric, a row for each region in its colour.

    Finite values are points. From two of them on a row has its median, from `BOX_FROM` on a box.
    """
    ax.grid(axis="x")
    finite = np.where(np.isfinite(values), values, np.nan)
    for color in dict.fromkeys(colors):
        _draw_points(ax, finite, np.flatnonzero([c == color for c in colors]).tolist(), color)
    n = np.isfinite(finite).sum(axis=0)
    low, q25, median, q75, high = tukey_box(finite)
    # The median of one case would do nothing but hide its point.
    several = np.flatnonzero(n > 1)
    ax.vlines(
        median[several],
        several - MEDIAN_HALF,
        several + MEDIAN_HALF,
        color=INK,
        linewidth=1.4,
        zorder=4,
    )
    outlines: Any = []
    for row in np.flatnonzero(n >= BOX_FROM):
        top, bottom = row - BOX_HALF, row + BOX_HALF
        left, right = q25[row], q75[row]
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        outlines += [corners, [(low[row], row), (left, row)], [(right, row), (high[row], row)]]
    ax.add_collection(LineCollection(outlines, colors=INK, linewidths=0.7, zorder=3))


def _draw_points(ax: Axes, values: Floats, rows: Sequence[int], color: str) -> None:
    """Draw the values of these rows, one column each; the more, the smaller and fainter."""
    columns = [values[np.isfinite(values[:, row]), row] for row in rows]
    most = max(map(len, columns), default=0)
    if not most:
        return
    heights = [row + jitter(column) for row, column in zip(rows, columns, strict=True)]
    ax.plot(
        np.concatenate(columns),
        np.concatenate(heights),
        linestyle="none",
        marker="o",
        markeredgewidth=0,
        markersize=for_crowd(most, (3.2, 2.2, 1.1)),
        alpha=for_crowd(most, (0.8, 0.55, 0.2)),
        color=color,
        # Thousands of points would make large and slow PDF and SVG files.
        rasterized=sum(map(len, columns)) > 1000,
    )


def tukey_box(values: Floats) -> Floats:
    """Return whisker, quartile, median, quartile and whisker of each column, (5, columns).

    `values` are finite, or NaN for what is left out. Whiskers reach to the farthest value within
    1.5 interquartile ranges of the box. Tukey, Exploratory Data Analysis (1977), chapter 2.
    """
    q25, median, q75 = quantiles(values, np.array([0.25, 0.5, 0.75]))
    reach = 1.5 * (q75 - q25)
    # NaN compares false, and is never within reach.
    low = np.min(values, axis=0, where=values >= q25 - reach, initial=np.inf)
    high = np.max(values, axis=0, where=values <= q75 + reach, initial=-np.inf)
    return np.array([low, q25, median, q75, high])


def jitter(values: Floats) -> Floats:
    """Return offsets in ±0.38 that spread points across their row, the same each time.

    They are the wider the more values lie close by: the outline is that of a violin, whose width
    goes by the square root of the density.
    """
    if len(values) < 2:
        return np.zeros(len(values))
    counts, edges = np.histogram(values, bins=min(40, 2 + len(values) // 3))
    bins = np.searchsorted(edges, values, side="right") - 1
    density = counts[np.clip(bins, 0, len(counts) - 1)] / counts.max()
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    # Multiples of the golden ratio, so that neighbours in value land far apart.
    spread = (rank * 0.6180339887 + 0.25) % 1 - 0.5
    offsets: Floats = 0.76 * spread * np.sqrt(density)
    return offsets


def _count_gaps(ax: Axes, values: Floats, present: Flags) -> None:
    """Write beside each row how many of its values are undefined or infinite.

    They stand on a strip that belongs to the panel. Only cases that are `present` in the table with
    the region can be undefined: where it has no row, nothing was scored.
    """
    undefined = (np.isnan(values) & present).sum(axis=0)
    infinite = np.isinf(values).sum(axis=0)
    if not (undefined.any() or infinite.any()):
        return
    # The width is in inches from the right edge of the axes, the height in shares of them.
    in_axes: Any = ax.transAxes
    inches = figure_of(ax).dpi_scale_trans + ScaledTranslation(1, 0, in_axes)
    beside = blended_transform_factory(inches, ax.transAxes)
    # The second one has no colour: it keeps the next panel off.
    for width, color in ((STRIP_WIDTH, STRIP), (STRIP_WIDTH + GAP, "none")):
        strip = Rectangle((0, 0), width, 1, transform=beside, facecolor=color, clip_on=False)
        ax.add_patch(strip)
    for row in np.flatnonzero(undefined + infinite).tolist():
        counts = [(undefined[row], "NaN"), (infinite[row], "∞")]
        ax.text(
            STRIP_WIDTH / 2,
            row,
            "\n".join(f"{count:,} {what}" for count, what in counts if count),
            transform=blended_transform_factory(inches, ax.transData),
            verticalalignment="center",
            horizontalalignment="center",
            size=5.5,
            color=GREY,
            linespacing=0.95,
        )
