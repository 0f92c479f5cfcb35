"""What a metric object computed: one value, one for each region, or either of these step by step."""

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

from .axes import Units, brief, label
from .curves import Look, draw_panel, figure_of
from .panels import Curve, Panel
from .style import FRAME, GREY, PALETTE, RC, region_names

WRITTEN = 20
"""Bars up to which each has its value written."""


def plot_values(
    values: Any,
    metric: Metric,
    *,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
    unit: str = "",
) -> tuple[Figure, Axes]:
    """A bar for each value of a metric, or for a list of results one after another a curve for each
    region.

    `values` is a number, an array or tensor of one, a vector with an entry for each region, a
    mapping from regions to numbers, or a list of any of these. `names` are those of the regions,
    `unit` that of lengths. Without `ax` the figure is a new one of pyplot. Raises `UsageError` for
    other values, and for names that are not as many.
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
    """The same for several metrics, below each other: values, metric and names of each."""
    tables = [
        (_Table.of(values, names, metric.column), metric) for values, metric, names in results
    ]
    if axes is not None:
        if len(axes) != len(tables):
            raise UsageError(f"{len(axes)} axes came for {len(tables)} metrics; give one for each")
        for ax, (table, metric) in zip(axes, tables, strict=True):
            _draw(ax, table, metric, unit, outside=False)
        return figure_of(axes[0]), list(axes)
    import matplotlib.pyplot as plt

    evolves = any(table.evolves for table, _ in tables)
    heights = [
        3.2 if table.evolves else 0.8 + 0.3 * min(len(table.names), 40) for table, _ in tables
    ]
    size = (
        6.4 if evolves else 4.8,
        sum(heights) if len(heights) == 1 else max(1.6, 0.75 * sum(heights)),
    )
    with mpl.rc_context(RC):
        figure, grid = plt.subplots(
            len(tables), squeeze=False, figsize=size, height_ratios=heights, layout="constrained"
        )
        for ax, (table, metric) in zip(grid[:, 0], tables, strict=True):
            _draw(ax, table, metric, unit, outside=True)
    return figure, list(grid[:, 0])


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Values (steps, regions) and the regions' names, which are [""] for a single value; `evolves`
    for a list.
    """

    names: Sequence[str]
    values: Floats
    evolves: bool

    @classmethod
    def of(cls, values: Any, names: Sequence[str] | None, what: str) -> _Table:
        """The table of what a metric's `compute` returned, or of a list of that."""
        evolves = isinstance(values, (list, tuple)) or getattr(values, "ndim", 0) == 2
        results = list(values) if evolves else [values]
        if not results:
            raise UsageError(f"there are no values of {what!r} to plot; compute some first")
        rows = [_row(result, names, what) for result in results]
        if any(list(row) != list(rows[0]) for row in rows):
            raise UsageError(
                f"the results of {what!r} are not of the same regions at every step; plot them "
                f"apart"
            )
        return cls(
            list(rows[0]), np.array([list(row.values()) for row in rows], np.float64), evolves
        )


def _row(result: Any, names: Sequence[str] | None, what: str) -> dict[str, float]:
    """The values of one result by region."""
    if isinstance(result, Mapping):
        row = {str(name): numbers_of(value, str(name)) for name, value in result.items()}
        numbers = [value for value in row.values() if isinstance(value, float)]
        if not numbers or len(numbers) < len(row):
            raise UsageError(
                f"a mapping of {what!r} has one number for each region, not vectors; plot them "
                f"apart"
            )
        return dict(zip(row, numbers, strict=True))
    value = numbers_of(result, what)
    if isinstance(value, float):
        return {"": value}
    return dict(zip(names_of_entries(value, names, what), value, strict=True))


def _draw(ax: Axes, table: _Table, metric: Metric, unit: str, *, outside: bool) -> None:
    if not table.evolves:
        _draw_bars(ax, table, metric, unit)
        return
    steps = np.arange(len(table.values), dtype=np.float64)
    regional = list(table.names) != [""]
    curves = [
        Curve(
            name, Series(Column(name, "", metric.column, name, "", metric), steps, values, "step")
        )
        for name, values in zip(table.names, table.values.T, strict=True)
    ]
    panel = Panel(curves[0].series.column, tuple(curves), regional=regional)
    draw_panel(ax, panel, Look(unit=unit), outside=outside)
    ax.set_xlabel("step")


def _draw_bars(ax: Axes, table: _Table, metric: Metric, unit: str) -> None:
    """Horizontal bars within the metric's range, the first one on top."""
    (values,) = table.values
    places = np.arange(len(values))
    low, high = _limits(values, metric)
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    ends, colors = (
        np.nan_to_num(values, posinf=high, neginf=low),
        np.where(np.isinf(values), FRAME, PALETTE[0]),
    )
    ax.barh(places, ends, height=0.6, color=colors.tolist())
    for place, value, end in zip(places, values, ends, strict=True):
        if np.isfinite(value) and len(values) > WRITTEN:
            continue
        text = (
            brief(value)
            if np.isfinite(value)
            else "undefined"
            if np.isnan(value)
            else "∞"
            if value > 0
            else "−∞"
        )
        align: Literal["left", "right"] = "right" if end < 0 else "left"
        ax.annotate(
            text, (end, place), xytext=(3 if align == "left" else -3, 0), textcoords="offset points", ha=align,
            va="center", color=GREY, size="small",
        )  # fmt: skip
    ax.set_yticks(places, region_names(table.names) if list(table.names) != [""] else [""])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(values) - 0.4, -0.6)
    ax.set_xlim(low, high + 0.12 * (high - low))
    ax.set_xlabel(label(metric, Units(unit)))


def _limits(values: Floats, metric: Metric) -> tuple[float, float]:
    """The metric's range, cut to the values where it has no end; 0 belongs to it."""
    finite = [0.0, *values[np.isfinite(values)].tolist()]
    low, high = metric.spec.range
    low, high = (
        (low if np.isfinite(low) else min(finite)),
        (high if np.isfinite(high) else max(finite)),
    )
    return low, high if high > low else low + 1
