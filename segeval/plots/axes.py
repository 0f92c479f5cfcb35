"""Axes that read a metric's card: label, direction, limits and scale."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import (
    EngFormatter,
    FuncFormatter,
    MaxNLocator,
    NullLocator,
    SymmetricalLogLocator,
)

from segeval.arrays import Floats
from segeval.metrics.card import Metric

from .source import Source
from .style import FRAME, GREY

SKEW = 25
"""How many times the upper quartile the largest value may be before the axis turns logarithmic."""
Box: TypeAlias = "tuple[float, float, float, float]"
OFFSETS = [
    (side * dx, dy)
    for dy in (0, 8, -8, 16, -16, 24, -24, 36, -36, 48, -48, 64, -64)
    for dx in (5, 14, 28)
    for side in (1, -1)
]
"""Where the near end of a name may be, in points from its point."""


def shortened(value: float) -> str:
    """A number for a tick.

    >>> shortened(0.25), shortened(-1500), shortened(20000)
    ('0.25', '−1500', '20k')
    """
    text = EngFormatter(sep="")(float(f"{value:.3g}")) if abs(value) >= 10_000 else f"{value:g}"
    return text.replace("-", "−")


def brief(value: float) -> str:
    """A number of three digits or so.

    >>> brief(0.8732), brief(-12.44), brief(108.3), brief(32000)
    ('0.873', '−12.4', '108', '32k')
    """
    size = abs(value)
    digits = 3 if size < 1 else 2 if size < 10 else 1 if size < 100 else 0
    value = round(value, digits) + 0.0  # no −0.000
    return f"{value:.{digits}f}".replace("-", "−") if size < 10_000 else shortened(value)


def symbol(metric: Metric) -> str:
    """The metric's symbol, with what follows an underscore as a subscript."""
    return re.sub(r"_([A-Za-z]+)", r"$_{\\mathrm{\1}}$", metric.symbol)


@dataclass(frozen=True, slots=True)
class Units:
    """The units of lengths and volumes where there are no results to tell them; empty where nobody
    does.
    """

    length_unit: str = ""
    volume_unit: str = ""


def with_unit(metric: Metric, source: Source | Units) -> str:
    """The symbol and the unit in brackets, if any."""
    unit = metric.unit(source.length_unit, source.volume_unit)
    return f"{symbol(metric)} [{unit}]" if unit else symbol(metric)


def direction(metric: Metric) -> str:
    """Which way is better, in words; empty for a metric without a best value."""
    match metric.spec.higher_is_better:
        case True:
            return "higher is better"
        case False:
            return "lower is better"
        case _:
            return "" if metric.spec.best is None else f"best: {metric.spec.best:g}"


def label(metric: Metric, source: Source | Units) -> str:
    """What an axis of the metric says: `HD95 [mm] (lower is better)`.

    >>> from segeval.metrics import parse_metric
    >>> direction(parse_metric("hd95"))
    'lower is better'
    """
    way = direction(metric)
    return f"{with_unit(metric, source)} ({way})" if way else with_unit(metric, source)


def fit(ax: Axes, which: Literal["x", "y"], metric: Metric, values: Floats, ticks: int = 6) -> None:
    """Limits and scale for a metric's finite values: within its range, from 0 for sizes,
    logarithmic where skewed.
    """
    axis: Axis = getattr(ax, f"{which}axis")
    low, high = metric.spec.range
    values = values[np.isfinite(values)]
    bottom, top = (
        (float(values.min()), float(values.max()))
        if values.size
        else (max(low, 0.0), min(high, 1.0))
    )
    set_limits = getattr(ax, f"set_{which}lim")
    if low == 0 and high == np.inf:
        positive = values[values > 0]
        if positive.size and top > SKEW * np.quantile(positive, 0.75):
            threshold = 10 ** np.floor(np.log10(np.quantile(positive, 0.25)))
            getattr(ax, f"set_{which}scale")("symlog", linthresh=threshold, linscale=1)
            locator = SymmetricalLogLocator(base=10, linthresh=threshold)
            locator.set_params(numticks=ticks)
            axis.set_major_locator(locator)
            axis.set_major_formatter(FuncFormatter(lambda value, _: shortened(value)))
            axis.set_minor_locator(NullLocator())
            set_limits(-0.06 * threshold, top * 1.5)
            return
        bottom = 0.0
    elif bottom == top and np.isfinite([low, high]).all():
        bottom, top = low, high
    pad = 0.05 * (top - bottom) or 0.05 * abs(top) or 0.05
    set_limits(max(bottom - pad, low - pad / 2), min(top + pad, high + pad / 2))
    if max(abs(bottom), abs(top)) >= 10_000:
        axis.set_major_formatter(FuncFormatter(lambda value, _: shortened(value)))
    axis.set_major_locator(MaxNLocator(nbins=ticks, steps=[1, 2, 2.5, 5, 10]))


def name_points(ax: Axes, x: Floats, y: Floats, names: Sequence[str], size: float = 6) -> None:
    """Names beside their points, moved apart where they would lie on one another; to be called when
    all is drawn.
    """
    if not names:
        return
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # the layout decides where the points are
    points = _in_points(ax, np.column_stack([x, y]))
    frame = tuple(np.asarray(ax.get_window_extent().extents) * 72 / figure.dpi)
    crowd = np.concatenate(
        [points, *(_in_points(ax, collection.get_offsets()) for collection in ax.collections)]
    )
    taken: list[Box] = [(px - 2, py - 2, px + 2, py + 2) for px, py in points]
    leaders = np.empty((0, 2))
    for point, at, name in zip(points, zip(x, y, strict=True), names, strict=True):
        boxes = [_beside(point, offset, 0.6 * size * len(name), 1.15 * size) for offset in OFFSETS]
        lines = [point + np.linspace(0.5, 1, 16)[:, None] * offset for offset in OFFSETS]
        costs = [
            sum(_shared(box, other) for other in taken)
            + 10 * _outside(box, frame)
            + 5 * min(_inside(box, crowd), 10)
            + 30 * (_inside(box, leaders) + sum(_inside(other, line) for other in taken))
            + 0.2 * float(np.hypot(*offset))
            for box, line, offset in zip(boxes, lines, OFFSETS, strict=True)
        ]
        best = int(np.argmin(costs))
        taken.append(boxes[best])
        leaders = np.concatenate([leaders, lines[best]])
        right = OFFSETS[best][0] > 0
        ax.annotate(
            name, at, xytext=OFFSETS[best], textcoords="offset points", size=size, color=GREY, annotation_clip=False,
            ha="left" if right else "right", va="center_baseline",
            arrowprops={
                "arrowstyle": "-", "color": FRAME, "linewidth": 0.5, "shrinkA": 0.5, "shrinkB": 2, "patchA": None,
                "relpos": (0 if right else 1, 0.5),
            },
        ).set_in_layout(False)  # fmt: skip


def _in_points(ax: Axes, data: Any) -> Floats:
    """Places of data on the page, in points."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return np.asarray(ax.transData.transform(data), dtype=np.float64) * 72 / figure.dpi


def _beside(point: Floats, offset: tuple[int, int], width: float, height: float) -> Box:
    """The box of a text whose near end lies at this offset."""
    left = point[0] + (offset[0] if offset[0] > 0 else offset[0] - width)
    bottom = point[1] + offset[1] - height / 2
    return left, bottom, left + width, bottom + height


def _inside(box: Box, points: Floats) -> int:
    """How many of the (n, 2) points lie in the box."""
    x, y = points.T
    return int(((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])).sum())


def _shared(a: Box, b: Box) -> float:
    """Area that two boxes share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _outside(box: Box, frame: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1]) - _shared(box, frame)
