"""Each metric by region: a box over the cases, and every case as a point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from segeval.arrays import Flags, Floats
from segeval.metrics.card import Metric
from segeval.summary.bootstrap import quantiles

from .axes import fit, label
from .source import Source, counted
from .style import GREY, INK, WIDTH, page, region_names

Item = TypeVar("Item")
COLUMNS = 4
REGIONS = 50
"""Regions on a page, at most."""
HEIGHT = 9.0
"""Inches of panels on a page, at most."""
BOX_FROM = 5
"""Cases that a box needs: quartiles of fewer would be inventions."""
CAPTION = "Point: case."
MEDIANS = " Line: median."
BOXES = " Box: quartiles. Whiskers: farthest case within 1.5 interquartile ranges of the box."
GAPS = " Beside the panels: how many values are undefined (NaN) or infinite (∞)."


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """Pages of panels, one per metric, with regions from top to bottom; then the metrics of whole
    cases.
    """
    pages: list[tuple[Sequence[str], Sequence[Metric]]] = []
    for scope in ("region", "case"):
        own = [metric for metric in source.metrics if metric.spec.scope == scope]
        for some in _parts(source.cube.regions_of(own[0]) if own else (), REGIONS):
            rows = max(1, int(HEIGHT / (_panel_height(len(some)) + 0.6)))
            pages += [(some, part) for part in _parts(own, COLUMNS * rows)]
    for number, (regions, metrics) in enumerate(pages, 1):
        part = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
        title = f"Distribution over n = {counted(len(source.cube.cases), 'case')}{part}"
        yield f"distribution{f'-{number}' if part else ''}", _page(source, regions, metrics, title)


def _parts(items: Sequence[Item], most: int) -> list[Sequence[Item]]:
    """The items in as few parts as hold at most `most` each, of nearly equal size."""
    count = ceil(len(items) / most)
    ends = [round(k * len(items) / count) for k in range(count + 1)] if count else [0]
    return [items[a:b] for a, b in pairwise(ends)]


def _panel_height(regions: int) -> float:
    return 0.35 + regions * (0.26 if regions <= 12 else 0.165)


def _page(source: Source, regions: Sequence[str], metrics: Sequence[Metric], title: str) -> Figure:
    rows = ceil(len(metrics) / COLUMNS)
    columns = ceil(len(metrics) / rows)
    at = [source.cube.regions.index(region) for region in regions]
    scores = [source.cube.values[:, at, source.cube.metrics.index(metric)] for metric in metrics]
    gaps = any(not np.isfinite(s).all() for s in scores)
    most = max(int(np.isfinite(values).sum(axis=0).max()) for values in scores)
    caption = (
        CAPTION + MEDIANS * (most > 1) + BOXES * (most >= BOX_FROM) + GAPS * gaps + source.omission
    )
    width = min(WIDTH, 2.2 + 2.2 * columns)
    figure = page(rows * (_panel_height(len(regions)) + 0.45) + 0.6, title, caption, width)
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for ax in axes.flat[len(metrics) :]:
        ax.remove()
    for ax, metric, values in zip(axes.flat, metrics, scores, strict=False):
        _panel(ax, values, source.colors(regions))
        fit(
            ax, "x", metric, source.cube.scores(metric), ticks=3
        )  # of all regions: the same on every page
        ax.set_xlabel(label(metric, source).replace(" (", "\n("))
        _count_gaps(ax, values, source.cube.present[:, at])
    axes[0, 0].set_yticks(range(len(regions)), region_names(regions))
    axes[0, 0].set_ylim(len(regions) - 0.4, -0.6)
    return figure


def _panel(ax: Axes, values: Floats, colors: Sequence[str]) -> None:
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    finite = np.where(np.isfinite(values), values, np.nan)
    for color in dict.fromkeys(colors):
        _points(ax, finite, [row for row, own in enumerate(colors) if own == color], color)
    n = np.isfinite(finite).sum(axis=0)
    low, q25, median, q75, high = _box(finite)
    several, boxed = np.flatnonzero(n > 1), np.flatnonzero(n >= BOX_FROM)
    ax.vlines(median[several], several - 0.32, several + 0.32, color=INK, linewidth=1.4, zorder=4)
    outline = [
        [(low[k], k), (q25[k], k), (q25[k], k - h), (q75[k], k - h), (q75[k], k), (high[k], k), (q75[k], k),
         (q75[k], k + h), (q25[k], k + h), (q25[k], k)]
        for k in boxed for h in (0.25,)
    ]  # fmt: skip
    ax.add_collection(LineCollection(outline, colors=INK, linewidths=0.7, zorder=3))


def _points(ax: Axes, values: Floats, rows: Sequence[int], color: str) -> None:
    """The values of these rows, one column each; the more there are, the smaller and fainter."""
    columns = [values[np.isfinite(values[:, row]), row] for row in rows]
    most = max(map(len, columns), default=0)
    if not most:
        return
    crowd = np.log10(most)
    ax.plot(
        np.concatenate(columns),
        np.concatenate([row + jitter(column) for row, column in zip(rows, columns, strict=True)]),
        linestyle="none",
        marker="o",
        markeredgewidth=0,
        markersize=float(np.interp(crowd, [1, 2, 3.5], [3.2, 2.2, 1.1])),
        alpha=float(np.interp(crowd, [1, 2, 3.5], [0.8, 0.55, 0.2])),
        color=color,
        rasterized=sum(map(len, columns)) > 1000,
    )


def _box(values: Floats) -> Floats:
    """Whisker, quartile, median, quartile, whisker of each column, (5, columns), after Tukey."""
    q25, median, q75 = quantiles(values, np.array([0.25, 0.5, 0.75]))
    reach = 1.5 * (q75 - q25)
    low = np.min(values, axis=0, where=values >= q25 - reach, initial=np.inf)
    high = np.max(values, axis=0, where=values <= q75 + reach, initial=-np.inf)
    return np.array([low, q25, median, q75, high])


def jitter(values: Floats) -> Floats:
    """Offsets in ±0.38 that spread points across their row, the wider the more lie close by; the
    same each time.
    """
    if len(values) < 2:
        return np.zeros(len(values))
    counts, edges = np.histogram(values, bins=min(40, 2 + len(values) // 3))
    density = (
        counts[np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(counts) - 1)]
        / counts.max()
    )
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    spread = (rank * 0.6180339887 + 0.25) % 1 - 0.5  # neighbours in value land far apart
    offsets: Floats = 0.76 * spread * np.sqrt(density)
    return offsets


def _count_gaps(ax: Axes, values: Floats, present: Flags) -> None:
    undefined = (np.isnan(values) & present).sum(axis=0)
    infinite = np.isinf(values).sum(axis=0)
    for row, (missing, endless) in enumerate(zip(undefined, infinite, strict=True)):
        if words := [f"{missing:,} NaN"] * bool(missing) + [f"{endless:,} ∞"] * bool(endless):
            ax.text(
                1.02, row, "\n".join(words), transform=ax.get_yaxis_transform(), va="center", size=5.5, color=GREY,
                linespacing=0.95,
            )  # fmt: skip
