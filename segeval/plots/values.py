"""Values that a metric object computed: one, or one for each region, or these step by step.

It is what `plot` of metric objects draws: bars for one result, with the number beside each, and
curves for a list of results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segeval.arrays import Floats
from segeval.errors import UsageError
from segeval.metrics.card import Metric
from segeval.training.series import Column, Series, names_of_entries, numbers_of

from .axes import Units, brief, figure_of, label
from .curves import Look, draw_panel
from .panels import Curve, Panel
from .style import FRAME, GREY, PALETTE, RC, region_names

WRITTEN = 20
"""Bars up to which each has its value written."""
OUTWARD = {"left": 3, "right": -3}
"""Points from the end of a bar to its value, which is aligned to that side."""


def plot_values(
    values: Any,
    metric: Metric,
    *,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
    unit: str = "",
) -> tuple[Figure, Axes]:
    """Draw a bar for each value of a metric, or a curve for each region.

    Curves are for a list of results one after another. `values` is a number, an array or tensor of
    one, a vector with an entry for each region, a mapping from regions to numbers, or a list of any
    of these. `names` are those of the regions, `unit` that of lengths. Without `ax` the figure is a
    new one of pyplot. Raises `UsageError` for other values, and for names that are not as many.
    """
    figure, axes = plot_several(
        [(values, metric, names)], axes=None if ax is None else [ax], unit=unit
    )
    return figure, axes[0]


def plot_several(
    results: Sequence[tuple[Any, Metric, Sequence[str] | None]],
    *,
    axes: Sequence[Axes] | None = None,
    unit: str = "",
) -> tuple[Figure, list[Axes]]:
    """Draw the same for several metrics, below each other: values, metric and names of each."""
    tables = [_Table.of(values, names, metric) for values, metric, names in results]
    if axes is not None:
        if len(axes) != len(tables):
            raise UsageError(f"{len(axes)} axes came for {len(tables)} metrics; give one for each")
        for ax, table in zip(axes, tables, strict=True):
            _draw(ax, table, unit, outside=False)
        return figure_of(axes[0]), list(axes)
    import matplotlib.pyplot as plt

    heights = [table.height for table in tables]
    width = 6.4 if any(table.evolves for table in tables) else 4.8
    height = heights[0] if len(heights) == 1 else max(1.6, 0.75 * sum(heights))
    with mpl.rc_context(RC):
        figure, grid = plt.subplots(
            len(tables),
            squeeze=False,
            figsize=(width, height),
            height_ratios=heights,
            layout="constrained",
        )
        for ax, table in zip(grid[:, 0], tables, strict=True):
            _draw(ax, table, unit, outside=True)
    return figure, list(grid[:, 0])


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Values of a metric by step and region."""

    metric: Metric
    names: Sequence[str]
    """Names of the regions, [""] for a single value."""
    values: Floats
    """Values, (steps, regions); one step for a single result."""
    evolves: bool
    """Whether the values came in a list, step by step."""

    @classmethod
    def of(cls, values: Any, names: Sequence[str] | None, metric: Metric) -> _Table:
        """Return the table of what a metric's `compute` returned, or of a list of that.

        A tensor of two axes is a list of vectors. Raises `UsageError` for no values at all, and for
        results of which some are of other regions.
        """
        what = metric.column
        evolves = isinstance(values, (list, tuple)) or getattr(values, "ndim", 0) == 2
        results = list(values) if evolves else [values]
        if not results:
            raise UsageError(f"there are no values of {what!r} to plot; compute some first")
        rows = [_row(result, names, what) for result in results]
        # In their order too: numbers go into columns by place.
        if any(list(row) != list(rows[0]) for row in rows):
            raise UsageError(
                f"the results of {what!r} are not of the same regions at every step; plot them "
                f"apart"
            )
        numbers = np.array([list(row.values()) for row in rows], np.float64)
        return cls(metric, list(rows[0]), numbers, evolves)

    @property
    def height(self) -> float:
        """Inches: for curves always the same, for bars by their number."""
        return 3.2 if self.evolves else 0.8 + 0.3 * min(len(self.names), 40)

    @property
    def limits(self) -> tuple[float, float]:
        """The metric's range, cut to the values where it has no end; 0 belongs to it."""
        finite = [0.0, *self.values[np.isfinite(self.values)].tolist()]
        low, high = self.metric.spec.range
        if not np.isfinite(low):
            low = min(finite)
        if not np.isfinite(high):
            high = max(finite)
        # Limits that are equal would make matplotlib warn.
        return low, high if high > low else low + 1


def _row(result: Any, names: Sequence[str] | None, what: str) -> dict[str, float]:
    """Return the values of one result by region; the only region of a single number is "".

    Raises `UsageError` for a mapping to anything but numbers, and for names that are not as many as
    the entries of a vector.
    """
    if isinstance(result, Mapping):
        row = {str(name): numbers_of(value, str(name)) for name, value in result.items()}
        numbers = {name: value for name, value in row.items() if isinstance(value, float)}
        if not numbers or len(numbers) < len(row):
            raise UsageError(
                f"a mapping of {what!r} has one number for each region, not vectors; plot them "
                f"apart"
            )
        return numbers
    value = numbers_of(result, what)
    if isinstance(value, float):
        return {"": value}
    return dict(zip(names_of_entries(value, names, what), value, strict=True))


def _draw(ax: Axes, table: _Table, unit: str, *, outside: bool) -> None:
    """Draw curves where the values evolve, else bars.

    Curves are those of a panel as a training has them, with steps counted from 0.
    """
    if not table.evolves:
        _draw_bars(ax, table, unit)
        return
    metric = table.metric
    steps = np.arange(len(table.values), dtype=np.float64)
    curves = []
    for name, values in zip(table.names, table.values.T, strict=True):
        column = Column(
            name, split="", measure=metric.column, region=name, interval="", metric=metric
        )
        curves.append(Curve(name, Series(column, steps, values, "step")))
    regional = list(table.names) != [""]
    panel = Panel(curves[0].series.column, tuple(curves), regional=regional)
    draw_panel(ax, panel, Look(unit=unit), outside=outside)
    ax.set_xlabel("step")


def _draw_bars(ax: Axes, table: _Table, unit: str) -> None:
    """Draw horizontal bars within the metric's range, the first one on top.

    A bar of an infinite value is grey and ends where the axis does; where there are many bars,
    only such values are written.
    """
    (values,) = table.values
    places = np.arange(len(values), dtype=np.float64)
    low, high = table.limits
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    # An undefined value has a bar of no length.
    ends = np.nan_to_num(values, posinf=high, neginf=low)
    colors = np.where(np.isinf(values), FRAME, PALETTE[0])
    ax.barh(places, ends, height=0.6, color=colors.tolist())
    for place, value, end in zip(places, values, ends, strict=True):
        if not np.isfinite(value) or len(values) <= WRITTEN:
            _write(ax, value, end, place)
    names = list(table.names)
    if names != [""]:
        names = region_names(names)
    ax.set_yticks(places, names)
    ax.tick_params(axis="y", length=0)
    # Turned over, so that the first bar is on top.
    ax.set_ylim(len(values) - 0.4, -0.6)
    # Room for the numbers beyond the bars.
    ax.set_xlim(low, high + 0.12 * (high - low))
    ax.set_xlabel(label(table.metric, Units(unit)))


def _write(ax: Axes, value: float, end: float, place: float) -> None:
    """Write a value beyond the end of its bar."""
    if np.isfinite(value):
        text = brief(value)
    else:
        text = {"inf": "∞", "-inf": "−∞"}.get(str(float(value)), "undefined")
    side: Literal["left", "right"] = "right" if end < 0 else "left"
    ax.annotate(
        text,
        (end, place),
        xytext=(OUTWARD[side], 0),
        textcoords="offset points",
        horizontalalignment=side,
        verticalalignment="center",
        color=GREY,
        size="small",
    )
