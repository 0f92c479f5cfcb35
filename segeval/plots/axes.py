"""Axes that read a metric's card: label, direction, limits, scale and ticks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import (
    EngFormatter,
    FuncFormatter,
    MaxNLocator,
    NullLocator,
    ScalarFormatter,
    SymmetricalLogLocator,
)

from segeval.arrays import Floats
from segeval.metrics.card import Metric

from .source import Source
from .style import printable

SKEW = 25
"""Largest value, in upper quartiles, above which the axis turns logarithmic."""
LARGE = 10_000
"""From here on numbers are written with a prefix, such as `20k`."""
LEAST = 0.1
"""Share of a metric's range that an axis shows at least: less would blow up what is nothing."""
NAME = 40
"""Letters of a metric's name, at most."""
STEPS = (1, 2, 2.5, 5, 10)
"""Steps between ticks, times a power of ten."""
CROWDS = (1, 2, 3.5)
"""Decimal logarithms of how many points a panel has: few, many, too many to tell apart."""


LINE_BREAK = {1: " ", 2: "\n"}
"""Text between the two halves of a label on one line, or on two."""


def shortened(value: float) -> str:
    """Return a number with three digits and a prefix of its size, from a thousand on.

    >>> shortened(0.25), shortened(-1500), shortened(20000)
    ('0.25', '−1.5k', '20k')
    """
    text = f"{value:g}"
    if abs(value) >= 1000:
        text = EngFormatter(sep="")(float(f"{value:.3g}"))
    return text.replace("-", "−")


def brief(value: float) -> str:
    """Return a number of three digits or so.

    >>> brief(0.8732), brief(-12.44), brief(108.3), brief(32000)
    ('0.873', '−12.4', '108', '32k')
    """
    size = abs(value)
    if size >= LARGE:
        return shortened(value)
    # Every digit before the point is one less behind it.
    decimals = 3 - int(np.searchsorted([1, 10, 100], size, side="right"))
    rounded = round(value, decimals) + 0.0  # no −0.000
    return f"{rounded:.{decimals}f}".replace("-", "−")


class TickFormatter(ScalarFormatter):
    """Labels of ticks that are alike on one axis: all with prefixes where one needs it, or none."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick at `x`."""
        if self._large():
            return shortened(x)
        return super().__call__(x, pos)

    def get_offset(self) -> str:
        """Return what stands at the end of the axis: nothing where ticks have prefixes."""
        if self._large():
            return ""
        return super().get_offset()

    def _large(self) -> bool:
        assert self.axis is not None
        return bool(np.abs(self.axis.get_view_interval()).max() >= LARGE)


def set_ticks(axis: Axis | Any, most: int) -> None:
    """Have at most so many ticks of round values on an axis, linear as it is."""
    axis.set_major_locator(MaxNLocator(nbins=most, steps=STEPS))
    axis.set_major_formatter(TickFormatter())


@dataclass(frozen=True, slots=True)
class Units:
    """The units of lengths and volumes where there are no results to tell them.

    They are empty where nobody tells.
    """

    length_unit: str = ""
    volume_unit: str = ""


def fix_ticks(axis: Axis | Any) -> None:
    """Keep the ticks that an axis has within its limits, which stay as they are from now on.

    Locators go beyond both ends, and to draw nothing there takes as long as to draw a tick.
    """
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    axis.set_ticks(
        [tick for tick in axis.get_majorticklocs() if low - slack <= tick <= high + slack]
    )


def with_unit(metric: Metric, source: Source | Units) -> str:
    """Return the name that tables have for a metric, and the unit in brackets, if any."""
    unit = printable(metric.unit(source.length_unit, source.volume_unit))
    name = printable(metric.column, NAME)
    return f"{name} [{unit}]" if unit else name


def direction(metric: Metric) -> str:
    """Return which way is better, in words; empty for a metric without a best value."""
    match metric.spec.higher_is_better:
        case True:
            return "higher is better"
        case False:
            return "lower is better"
    return "" if metric.spec.best is None else f"best: {metric.spec.best:g}"


def label(metric: Metric, source: Source | Units, *, lines: int = 1) -> str:
    """Return what an axis of the metric says: `hd95 [mm] (lower is better)`, on one line or two.

    >>> from segeval.metrics import parse_metric
    >>> label(parse_metric("hd95"), Units("mm"))
    'hd95 [mm] (lower is better)'
    """
    way = direction(metric)
    if not way:
        return with_unit(metric, source)
    return LINE_BREAK[lines].join([with_unit(metric, source), f"({way})"])


def fit(
    ax: Axes, which: Literal["x", "y"], metric: Metric, values: Floats, *, ticks: int = 6
) -> None:
    """Set limits, scale and ticks for a metric's finite values.

    Limits are within the metric's range, and start at 0 for sizes; skewed sizes have a logarithmic
    scale.
    """
    values = values[np.isfinite(values)]
    if metric.spec.range == (0, np.inf) and _skewed(values):
        _fit_logarithmic(ax, which, values, ticks)
        return
    limits = _linear_limits(metric, values)
    if which == "x":
        ax.set_xlim(*limits)
    else:
        ax.set_ylim(*limits)
    set_ticks(getattr(ax, f"{which}axis"), ticks)
    fix_ticks(getattr(ax, f"{which}axis"))


def _skewed(sizes: Floats) -> bool:
    """Tell whether a few of the finite sizes are so large that they would hide the others."""
    # Without zeros: many of them would make any other value look extreme.
    positive = sizes[sizes > 0]
    return positive.size > 0 and bool(positive.max() > SKEW * np.quantile(positive, 0.75))


def _fit_logarithmic(ax: Axes, which: Literal["x", "y"], sizes: Floats, ticks: int) -> None:
    """Set a scale that is linear near 0 and logarithmic beyond.

    It turns where the bulk of the sizes begins.
    """
    # A power of ten, so that the first tick of the logarithmic part is one.
    threshold = 10 ** np.floor(np.log10(np.quantile(sizes[sizes > 0], 0.25)))
    scale: dict[str, Any] = {"linthresh": threshold, "linscale": 1}
    # A little below 0, so that points at 0 are not cut in half.
    limits = -0.06 * threshold, float(sizes.max()) * 1.5
    if which == "x":
        ax.set_xscale("symlog", **scale)
        ax.set_xlim(*limits)
    else:
        ax.set_yscale("symlog", **scale)
        ax.set_ylim(*limits)
    axis: Axis = getattr(ax, f"{which}axis")
    locator = SymmetricalLogLocator(base=10, linthresh=threshold)
    locator.set_params(numticks=ticks)
    axis.set_major_locator(locator)
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda size, _: shortened(size)))


def _linear_limits(metric: Metric, values: Floats) -> tuple[float, float]:
    """Return limits around finite values, with a margin that hardly leaves the metric's range."""
    low, high = metric.spec.range
    if values.size:
        bottom, top = float(values.min()), float(values.max())
    else:
        bottom, top = max(low, 0.0), min(high, 1.0)
    if (low, high) == (0, np.inf):
        bottom = 0.0
    elif bottom == top and np.isfinite([low, high]).all():
        # A single value says nothing of a scale, but the range does.
        bottom, top = low, high
    elif top - bottom < (least := LEAST * (high - low)) < np.inf:
        bottom = float(np.clip((bottom + top - least) / 2, low, high - least))
        top = bottom + least
    # A margin of nothing would make limits that are equal, of which matplotlib warns.
    margin = 0.05 * (top - bottom) or 0.05 * abs(top) or 0.05
    return max(bottom - margin, low - margin / 2), min(top + margin, high + margin / 2)


def for_crowd(points: int, by_crowd: tuple[float, float, float]) -> float:
    """Return a size or an opacity for so many points.

    `by_crowd` has those for ten points or fewer, for a hundred, and for three thousand or more;
    between them it is interpolated.

    >>> for_crowd(1, (4, 3, 1)), for_crowd(100, (4, 3, 1)), for_crowd(10**6, (4, 3, 1))
    (4.0, 3.0, 1.0)
    """
    return float(np.interp(np.log10(max(points, 1)), CROWDS, by_crowd))


def figure_of(ax: Axes) -> Figure:
    """Return the figure that axes are on, be it by way of a subfigure."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure
