"""Case by region for one metric, the worst case at the top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgba
from matplotlib.figure import Figure

from segeval.arrays import Flags, Floats
from segeval.metrics.card import Metric

from .axes import brief, direction, symbol, with_unit
from .source import NothingToDraw, Source, badness_of, counted, worst_first
from .style import ALARM, PALE, page, printables, region_names

CASES = 50
"""Rows at most: the worst cases."""
REGIONS = 120
"""Columns at most: the worst regions."""
LEVEL = 16
"""Regions at most for which numbers are written into the cells."""
STEEP = 12
"""Cases at most for which they are where there are more regions: from bottom to top."""
STRETCH = 1.25
"""How much longer the worst fiftieth of the values may make the scale of colours; else it is cut
off.
"""
WIDEST = 14.0
COLORS = {True: "viridis", False: "viridis_r", None: "PRGn"}
"""Dark is bad, whichever way is better, and on both sides of a best value in the middle."""


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """A heat map for each metric that was chosen; by default for the first overlap and the first
    distance.
    """
    metrics = source.metrics if source.chosen else [metric for metric in source.leading() if metric]
    if not metrics:
        raise NothingToDraw(
            "the table has neither an overlap in [0, 1] nor a distance; choose a metric"
        )
    metrics = [metric for metric in metrics if source.cube.regions_of(metric)]
    if not metrics:
        raise NothingToDraw("no region occurs in any mask")
    for metric in metrics:
        yield f"heatmap-{metric.column.replace(':', '-').replace('/', '-')}", _page(source, metric)


def _page(source: Source, metric: Metric) -> Figure:
    scores = source.cube.scores(metric)
    bad = badness_of(scores, metric)
    rows = worst_first(bad)[:CASES]
    columns = np.sort(worst_first(bad.T)[:REGIONS])
    regions = [source.cube.regions_of(metric)[k] for k in columns]
    shown, endless = scores[np.ix_(rows, columns)], np.isposinf(bad[np.ix_(rows, columns)])
    level = len(regions) <= LEVEL
    steep = not level and len(rows) <= STEEP
    limits = _limits(metric, scores)
    caption = _caption(shown, bool(endless.any())) + _cut(limits, shown) + source.omission
    cases, names = printables([source.cube.cases[k] for k in rows]), region_names(regions)
    width = float(
        np.clip(
            1.4 + 0.05 * max(map(len, cases)) + len(regions) * (0.5 if level else 0.12), 3.6, WIDEST
        )
    )
    upright = max(map(len, names)) * 7 * 0.65 > (width - 2) * 72 / len(names)
    height = (
        1.5
        + (0.065 * max(map(len, names)) if upright else 0.2)
        + len(rows) * (0.3 if steep else 0.155)
    )
    figure = page(height, _title(metric, shown.shape, scores.shape), caption.strip(), width)
    ax = figure.subplots()
    scale = ScalarMappable(Normalize(*limits), colormaps[COLORS[metric.spec.higher_is_better]])
    _cells(ax, shown, scale, endless)
    if level or steep:
        _write(ax, shown, scale, 90 if steep else 0)
    _label(ax, cases, names, upright=upright)
    bar = figure.colorbar(
        scale,
        ax=ax,
        shrink=min(1.0, 12 / len(rows) + 0.3),
        extend=_extend(limits, shown),
        aspect=15,
    )
    bar.set_label(f"{with_unit(metric, source)}\n({direction(metric)})")
    bar.outline.set_visible(False)
    return figure


def _cells(ax: Axes, shown: Floats, scale: ScalarMappable, endless: Flags) -> None:
    """Coloured cells; signs where there is no number, `endless` ones in alarm."""
    colored = scale.to_rgba(shown)
    colored[np.isnan(shown)], colored[endless] = to_rgba(PALE), to_rgba(ALARM)
    ax.imshow(colored, aspect="auto", interpolation="nearest")
    signs = (
        (np.isnan(shown), "$-$", "black"),
        (endless, r"$\infty$", "white"),
        (np.isinf(shown) & ~endless, r"$\infty$", "black"),
    )
    for where, sign, color in signs:
        y, x = np.nonzero(where)
        ax.plot(x, y, linestyle="", marker=sign, color=color, markersize=4, markeredgewidth=0.2)


def _write(ax: Axes, shown: Floats, scale: ScalarMappable, rotation: float) -> None:
    """The numbers, in their cells."""
    light = scale.to_rgba(shown)[..., :3] @ [0.299, 0.587, 0.114] > 0.5
    for row, column in np.argwhere(np.isfinite(shown)):
        color = "black" if light[row, column] else "white"
        ax.text(
            column,
            row,
            brief(shown[row, column]),
            ha="center",
            va="center",
            size=5.5,
            color=color,
            rotation=rotation,
        )


def _title(metric: Metric, shown: tuple[int, ...], total: tuple[int, ...]) -> str:
    cases, regions = (
        counted(all_, word) for all_, word in zip(total, ("case", "region"), strict=True)
    )
    few = [
        f"{part:,} worst {word}"
        for part, all_, word in zip(shown, total, ("cases", "regions"), strict=True)
        if part < all_
    ]
    return f"{symbol(metric)}{': ' if few else ''}{' and '.join(few)}{' of' if few else ','} n = {cases} × {regions}"


def _caption(shown: Floats, endless: bool) -> str:
    first = "the number of infinite values, then by " if endless else ""
    order = (
        f"Worst at the top, by {first}the mean over the case's regions." if len(shown) > 1 else ""
    )
    gaps = (" Grey, −: undefined." if np.isnan(shown).any() else "") + (
        " Orange, ∞: infinite." if endless else ""
    )
    return order + gaps


def _cut(limits: tuple[float, float], shown: Floats) -> str:
    """What the caption says of values that are beyond the colours."""
    finite = shown[np.isfinite(shown)]
    ends = [
        brief(end) for end, beyond in zip(limits, _beyond(limits, finite), strict=True) if beyond
    ]
    if not ends:
        return ""
    return f" Colours end at {' and '.join(ends)}; values reach from {brief(finite.min())} to {brief(finite.max())}."


def _limits(metric: Metric, scores: Floats) -> tuple[float, float]:
    """Ends of the colours, which the worst fiftieth of the values does not stretch."""
    finite = scores[np.isfinite(scores)]
    up = metric.spec.higher_is_better
    if up is None:
        best = metric.spec.best or 0.0
        reach = float(np.quantile(abs(finite - best), 0.98)) if finite.size else 0.0
        return best - (reach or 1.0), best + (reach or 1.0)
    low, least, most, high = (
        np.quantile(finite, [0, 0.02, 0.98, 1]).tolist() if finite.size else [0.0] * 4
    )
    if up and high - low > STRETCH * (high - least):
        low = least
    elif not up and high - low > STRETCH * (most - low):
        high = most
    if metric.spec.range == (0, np.inf):
        low = 0.0
    if low == high:
        bounded = np.isfinite(metric.spec.range).all()
        low, high = metric.spec.range if bounded else (min(low, 0.0), max(high, 0.0) or 1.0)
    return low, high


def _beyond(limits: tuple[float, float], values: Floats) -> tuple[bool, bool]:
    """Whether finite values lie below and above the limits."""
    return bool((values < limits[0]).any()), bool((values > limits[1]).any())


def _extend(limits: tuple[float, float], shown: Floats) -> str:
    ends = _beyond(limits, shown[np.isfinite(shown)])
    return {
        (False, False): "neither",
        (True, False): "min",
        (False, True): "max",
        (True, True): "both",
    }[ends]


def _label(ax: Axes, cases: Sequence[str], regions: Sequence[str], *, upright: bool) -> None:
    ax.set_yticks(range(len(cases)), cases, size=6)
    ax.set_xticks(
        range(len(regions)),
        regions,
        size=7 if len(regions) <= LEVEL else 5.5,
        rotation=90 if upright else 0,
    )
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
