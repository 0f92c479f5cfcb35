"""Case by region for one metric, the worst case at the top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from segeval.spec import Metric

from .axes import brief, direction, symbol, with_unit
from .source import NothingToDraw, Scores, Source, badness, counted, worst_first
from .style import ALARM, PALE, page, printable, region_name

CASES = 50
"""Rows at most: the worst cases."""
REGIONS = 120
"""Columns at most: the worst regions."""
WRITTEN = 12
"""Regions at most for which the numbers are written into the cells."""
WIDEST = 14.0
COLORS = {True: "viridis", False: "viridis_r", None: "PRGn"}
"""Dark is bad, whichever way is better, and on both sides of a best value in the middle."""


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """A heat map for each metric that was chosen; by default for the first overlap and the first distance."""
    metrics = source.metrics if source.chosen else [metric for metric in source.leading() if metric]
    if not metrics:
        raise NothingToDraw("the table has neither an overlap in [0, 1] nor a distance; choose a metric")
    for metric in metrics:
        yield f"heatmap-{metric.column.replace(':', '-')}", _page(source, metric)


def _page(source: Source, metric: Metric) -> Figure:
    scores = source.cube.scores(metric)
    bad = badness(scores, metric)
    rows = worst_first(bad)[:CASES]
    columns = np.sort(worst_first(bad.T)[:REGIONS])
    regions = [source.cube.regions_of(metric)[k] for k in columns]
    shown, endless = scores[np.ix_(rows, columns)], np.isposinf(bad[np.ix_(rows, columns)])
    written = len(regions) <= WRITTEN
    width = float(np.clip(2.6 + len(regions) * (0.5 if written else 0.115), 3.6, WIDEST))
    title, caption = _title(metric, shown.shape, scores.shape), _caption(shown, bool(endless.any()))
    figure = page(1.9 + 0.155 * len(rows), title, caption, width)
    ax = figure.subplots()
    limits = _limits(metric, scores)
    scale = ScalarMappable(Normalize(*limits), colormaps[COLORS[metric.spec.higher_is_better]])
    _cells(ax, shown, scale, endless, written=written)
    _label(ax, [source.cube.cases[k] for k in rows], regions, width)
    bar = figure.colorbar(
        scale, ax=ax, shrink=min(1.0, 12 / len(rows) + 0.3), extend=_extend(limits, scores), aspect=15
    )
    bar.set_label(f"{with_unit(metric, source)}\n({direction(metric)})")
    bar.outline.set_visible(False)
    return figure


def _cells(ax: Axes, shown: Scores, scale: ScalarMappable, endless: NDArray[np.bool_], *, written: bool) -> None:
    """Coloured cells, with their numbers if `written`; signs where there is none, `endless` ones in alarm."""
    colored = scale.to_rgba(shown)
    colored[np.isnan(shown)], colored[endless] = to_rgba(PALE), to_rgba(ALARM)
    ax.imshow(colored, aspect="auto", interpolation="nearest")
    for row, column in np.argwhere(np.isfinite(shown)) if written else ():
        light = colored[row, column, :3] @ [0.299, 0.587, 0.114] > 0.5
        text = brief(shown[row, column])
        ax.text(column, row, text, ha="center", va="center", size=5.5, color="black" if light else "white")
    signs = (
        (np.isnan(shown), "$-$", "black"),
        (endless, r"$\infty$", "white"),
        (np.isinf(shown) & ~endless, r"$\infty$", "black"),
    )
    for where, sign, color in signs:
        y, x = np.nonzero(where)
        ax.plot(x, y, linestyle="", marker=sign, color=color, markersize=4, markeredgewidth=0.2)


def _title(metric: Metric, shown: tuple[int, ...], total: tuple[int, ...]) -> str:
    cases, regions = (counted(all_, word) for all_, word in zip(total, ("case", "region"), strict=True))
    few = [
        f"{part:,} worst {word}"
        for part, all_, word in zip(shown, total, ("cases", "regions"), strict=True)
        if part < all_
    ]
    return f"{symbol(metric)}{': ' if few else ''}{' and '.join(few)}{' of' if few else ','} n = {cases} × {regions}"


def _caption(shown: Scores, endless: bool) -> str:
    first = "the number of infinite values, then by " if endless else ""
    order = f"Worst at the top, by {first}the mean over the case's regions." if len(shown) > 1 else ""
    gaps = (" Grey, −: undefined." if np.isnan(shown).any() else "") + (" Orange, ∞: infinite." if endless else "")
    return (order + gaps).strip()


def _limits(metric: Metric, scores: Scores) -> tuple[float, float]:
    """Ends of the colours, which the worst fiftieth of the values does not stretch."""
    finite = scores[np.isfinite(scores)]
    up = metric.spec.higher_is_better
    if up is None:
        best = metric.spec.best or 0.0
        reach = float(np.quantile(abs(finite - best), 0.98)) if finite.size else 0.0
        return best - (reach or 1.0), best + (reach or 1.0)
    low, high = np.quantile(finite, [0.02 if up else 0, 1 if up else 0.98]).tolist() if finite.size else (0.0, 0.0)
    if metric.spec.range == (0, np.inf):
        low = 0.0
    if low == high:
        bounded = np.isfinite(metric.spec.range).all()
        low, high = metric.spec.range if bounded else (min(low, 0.0), max(high, 0.0) or 1.0)
    return low, high


def _extend(limits: tuple[float, float], scores: Scores) -> str:
    finite = scores[np.isfinite(scores)]
    below, above = bool((finite < limits[0]).any()), bool((finite > limits[1]).any())
    return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[below, above]


def _label(ax: Axes, cases: Sequence[str], regions: Sequence[str], width: float) -> None:
    names = [region_name(region, 16) for region in regions]
    upright = max(map(len, names)) * 7 * 0.65 < (width - 2) * 72 / len(names)
    size = 7 if len(names) <= WRITTEN else 5.5
    ax.set_yticks(range(len(cases)), [printable(case) for case in cases], size=6)
    ax.set_xticks(range(len(names)), names, size=size, rotation=0 if upright else 90)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
