"""Case by region for one metric, the worst case at the top.

A cell is the score of a region in a case: dark is bad, whichever way the metric goes. Large runs
are cut to the worst cases and regions, and the title says so; small ones have their numbers in the
cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgba
from matplotlib.figure import Figure

from segeval.arrays import Flags, Floats
from segeval.metrics.card import Metric
from segeval.plots.axes import NAME, TickFormatter, brief, label
from segeval.plots.card import Figures, plot_kind
from segeval.plots.errors import NothingToDraw, SinglePoint
from segeval.plots.needs import SEVERAL_ROWS
from segeval.plots.source import Source, badness_of, counted, worst_first
from segeval.plots.style import (
    ALARM,
    PALE,
    page,
    panels,
    printable,
    printables,
    region_names,
    sentences,
)
from segeval.plots.words import Words, name_columns, name_rows, write

CASES = 50
"""Rows at most: the worst cases."""
REGIONS = 60
"""Columns at most: the worst regions."""
LEVEL = 16
"""Regions at most for which numbers are written into the cells."""
STEEP = 12
"""Cases at most for which they are where there are more regions: from bottom to top."""
STRETCH = 1.25
"""Factor by which the worst fiftieth of the values may lengthen the scale of colours; else it is
cut off.
"""
NARROWEST, WIDEST = 3.6, 14.0
"""Inches that a figure is wide."""
COLORS = {True: "viridis", False: "viridis_r", None: "PRGn"}
"""Dark is bad, whichever way is better, and on both sides of a best value in the middle."""
INK_ON = {True: "black", False: "white"}
"""The colour of numbers on light cells, and on dark ones."""
EXTENSIONS = {
    (False, False): "neither",
    (True, False): "min",
    (False, True): "max",
    (True, True): "both",
}
"""Matplotlib's word for a bar of colours, by whether values lie beyond its lower or upper end."""


class Limits(NamedTuple):
    """The values at the ends of the colours; those beyond have the colour of the nearer end."""

    low: float
    high: float

    def beyond(self, values: Floats) -> tuple[bool, bool]:
        """Tell whether finite values lie below the low end, and above the high one."""
        finite = values[np.isfinite(values)]
        return bool((finite < self.low).any()), bool((finite > self.high).any())


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The cells of a heat map: the worst cases and regions of a metric, as many as can be read."""

    metric: Metric
    scores: Floats
    """Scores, (cases, regions), the worst case first."""
    infinite: Flags
    """Mask of the cells that are infinitely bad, (cases, regions)."""
    cases: Sequence[str]
    """Names of the rows, as figures show them."""
    regions: Sequence[str]
    """Names of the columns, as figures show them."""
    total: tuple[int, int]
    """Numbers of cases and regions there are, shown or not."""

    @classmethod
    def of(cls, source: Source, metric: Metric) -> Table:
        """Return the worst cases of a metric, the worst first, and the worst regions in order."""
        scores = source.cube.scores(metric)
        bad = badness_of(scores, metric)
        # Cases are ordered by badness; regions keep the order in which readers look for them.
        rows = worst_first(bad)[:CASES]
        columns = np.sort(worst_first(bad.T)[:REGIONS])
        cells = np.ix_(rows, columns)
        regions = source.cube.regions_of(metric)
        return cls(
            metric,
            scores[cells],
            np.isposinf(bad[cells]),
            cases=printables([source.cube.cases[k] for k in rows]),
            regions=region_names([regions[k] for k in columns]),
            total=(len(scores), len(regions)),
        )

    @property
    def level(self) -> bool:
        """Whether numbers find room in the cells as they are."""
        return len(self.regions) <= LEVEL

    @property
    def steep(self) -> bool:
        """Whether they find room upright alone."""
        return not self.level and len(self.cases) <= STEEP


@plot_kind(
    shows="case by region, the worst at the top, in a file for each metric; by default for the "
    "dice, or else iou or the first overlap, and for the first distance",
    needs=(SEVERAL_ROWS,),
)
def figures(source: Source) -> Figures:
    """Draw a heat map for each metric that was chosen, or for the first overlap and distance.

    Raises `NothingToDraw` where there is no such metric, or no region in any mask.
    """
    metrics = list(source.metrics)
    if not source.chosen:
        metrics = [metric for metric in source.leading() if metric]
    if not metrics:
        raise NothingToDraw(
            "the table has neither an overlap in [0, 1] nor a distance; choose a metric"
        )
    metrics = [metric for metric in metrics if source.cube.regions_of(metric)]
    if not metrics:
        raise NothingToDraw("no region occurs in any mask")
    metrics = [metric for metric in metrics if source.cube.scores(metric).size > 1]
    if not metrics:
        raise SinglePoint
    for metric in metrics:
        yield metric.column, _draw(source, Table.of(source, metric))


def _draw(source: Source, table: Table) -> Figure:
    """Return the heat map of one metric.

    Numbers are written into the cells where they find room, else the bar of colours must do.
    """
    # From all scores: what is cut off the table must not change the colours of the rest.
    limits = _limits(table.metric, source.cube.scores(table.metric))
    figure, upright = _page(table, _caption(table, limits, source))
    (ax,) = panels(figure, 1)
    colors = colormaps[COLORS[table.metric.spec.higher_is_better]]
    scale = ScalarMappable(Normalize(*limits), colors)
    _draw_cells(ax, table, scale)
    if table.level or table.steep:
        _write_numbers(ax, table, scale)
    _label_cells(ax, table, upright=upright)
    bar = figure.colorbar(
        scale,
        ax=ax,
        # Beside a tall map a bar of its whole height would be needlessly long.
        shrink=min(1.0, 12 / len(table.cases) + 0.3),
        extend=EXTENSIONS[limits.beyond(table.scores)],
        aspect=15,
        format=TickFormatter(),
    )
    bar.set_label(label(table.metric, source, lines=2))
    bar.outline.set_visible(False)
    return figure


class Paper(NamedTuple):
    """An empty figure, and whether the regions' names stand upright on it."""

    figure: Figure
    upright: bool


def _page(table: Table, caption: str) -> Paper:
    """Return a figure with room for the cells and their names.

    Cells are larger where they hold numbers. Names of columns stand upright where the longest one
    is wider than its column.
    """
    longest_case, longest_region = max(map(len, table.cases)), max(map(len, table.regions))
    cell_width = 0.5 if table.level else 0.12
    cell_height = 0.3 if table.steep else 0.155
    width = 1.4 + 0.05 * longest_case + len(table.regions) * cell_width
    width = float(np.clip(width, NARROWEST, WIDEST))
    # 7 points a letter, 0.65 of them wide, against the points that a column has.
    upright = longest_region * 7 * 0.65 > (width - 2) * 72 / len(table.regions)
    name_height = 0.065 * longest_region if upright else 0.2
    height = 1.5 + name_height + len(table.cases) * cell_height
    return Paper(page(height, _title(table), caption, width), upright)


def _draw_cells(ax: Axes, table: Table, scale: ScalarMappable) -> None:
    """Draw coloured cells, with signs where there is no number: infinitely bad ones in alarm.

    An infinite score that is not bad, such as a likelihood ratio at its best, keeps its colour.
    """
    undefined = np.isnan(table.scores)
    colored = scale.to_rgba(table.scores)
    # Alarm comes last: what is infinitely bad must never look undefined.
    colored[undefined] = to_rgba(PALE)
    colored[table.infinite] = to_rgba(ALARM)
    ax.imshow(colored, aspect="auto", interpolation="nearest")
    signs = (
        (undefined, "$-$", "black"),
        (table.infinite, r"$\infty$", "white"),
        (np.isinf(table.scores) & ~table.infinite, r"$\infty$", "black"),
    )
    for where, sign, color in signs:
        y, x = np.nonzero(where)
        ax.plot(x, y, linestyle="", marker=sign, color=color, markersize=4, markeredgewidth=0.2)


def _write_numbers(ax: Axes, table: Table, scale: ScalarMappable) -> None:
    """Write the finite numbers into their cells, black on light colours and white on dark ones.

    Light is what the eye takes for it: the luma of the colour is above one half.
    """
    luma = scale.to_rgba(table.scores)[..., :3] @ [0.299, 0.587, 0.114]  # ITU-R BT.601
    cells = np.argwhere(np.isfinite(table.scores))
    words = Words(
        [brief(table.scores[row, column]) for row, column in cells],
        cells[:, ::-1],
        size=5.5,
        upright=table.steep,
        colors=[INK_ON[bool(luma[row, column] > 0.5)] for row, column in cells],
    )
    write(ax, words)


def _title(table: Table) -> str:
    """Return the metric, what is shown of it, and how much there is."""
    cases, regions = table.total
    name = printable(table.metric.column, NAME)
    few = []
    if len(table.cases) < cases:
        few.append(f"{len(table.cases):,} worst cases")
    if len(table.regions) < regions:
        few.append(f"{len(table.regions):,} worst regions")
    extent = f"n = {counted(cases, 'case')} × {counted(regions, 'region')}"
    if few:
        return f"{name}: {' and '.join(few)} of {extent}"
    return f"{name}, {extent}"


def _caption(table: Table, limits: Limits, source: Source) -> str:
    """Return what a reader must know of the cells to read them."""
    endless = bool(table.infinite.any())
    order = "the number of infinite values, then by the mean" if endless else "the mean"
    finite = table.scores[np.isfinite(table.scores)]
    below, above = limits.beyond(table.scores)
    ends = []
    if below:
        ends.append(brief(limits.low))
    if above:
        ends.append(brief(limits.high))
    cut = ""
    if ends:
        cut = (
            f"Colours end at {' and '.join(ends)}; values reach from {brief(finite.min())} to "
            f"{brief(finite.max())}."
        )
    return sentences(
        (len(table.cases) > 1, f"Worst at the top, by {order} over the case's regions."),
        (np.isnan(table.scores).any(), "Grey, −: undefined."),
        (endless, "Orange, ∞: infinite."),
        (ends, cut),
        (True, source.omissions()),
    )


def _limits(metric: Metric, scores: Floats) -> Limits:
    """Return the ends of the colours, which the worst fiftieth of the values does not stretch.

    Of a metric whose best value is in the middle of its range both ends are as far from that. A
    metric that is a size begins at 0.
    """
    finite = scores[np.isfinite(scores)]
    if not finite.size:
        finite = np.zeros(1)
    higher_is_better = metric.spec.higher_is_better
    if higher_is_better is None:
        best = metric.spec.best or 0.0
        reach = float(np.quantile(abs(finite - best), 0.98)) or 1.0
        return Limits(best - reach, best + reach)
    # Of a metric that is better one way only the bad end is cut.
    low, least, most, high = np.quantile(finite, [0, 0.02, 0.98, 1]).tolist()
    if higher_is_better and high - low > STRETCH * (high - least):
        low = least
    elif not higher_is_better and high - low > STRETCH * (most - low):
        high = most
    if metric.spec.range == (0, np.inf):
        low = 0.0
    # Equal values make no scale: the range of the metric does, or 0 and the value.
    if low < high:
        return Limits(low, high)
    if np.isfinite(metric.spec.range).all():
        return Limits(*metric.spec.range)
    return Limits(min(low, 0.0), max(high, 0.0) or 1.0)


def _label_cells(ax: Axes, table: Table, *, upright: bool) -> None:
    """Name the rows and the columns; names of columns are `upright` where they are too wide."""
    ax.set_axis_off()
    name_rows(ax, table.cases, size=6)
    name_columns(ax, table.regions, size={True: 7, False: 5.5}[table.level], upright=upright)
