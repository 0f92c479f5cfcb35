"""Volume agreement: the difference of both volumes against their mean. Bland and Altman, Lancet
327, 307-310 (1986).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from segeval.arrays import Flags, Floats
from segeval.results.details import Details

from .axes import SKEW, brief, name_points, shortened
from .source import NothingToDraw, Source
from .style import GREY, INK, page, region_names

REGIONS = 12
"""Panels at most: the regions that agree worst."""
LIMITS_FROM = 3
"""Cases that limits of agreement need: a standard deviation of fewer would be an invention."""
NAMED = 8
"""Regions of a single case that are named, at most."""
LEAST = 0.005
"""How much of the largest volume an axis of differences shows at least, on either side of 0."""


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """One panel per region, each with its own bias and limits, since regions differ in size; one
    panel of one case.
    """
    details = source.results.details
    if details is None or not ((details.volume_p > 0) | (details.volume_g > 0)).any():
        raise NothingToDraw("the results hold no volumes (details.npz); score again")
    some = (details.volume_p > 0) | (details.volume_g > 0)
    several = some.any(axis=1).sum() > 1
    yield "volume", (_page if several else _single)(source, details, some)


def _page(source: Source, details: Details, some: Flags) -> Figure:
    mean = np.where(some, (details.volume_p + details.volume_g) / 2, np.nan)
    difference = np.where(some, details.volume_p - details.volume_g, np.nan)
    regions = _chosen(mean, difference)
    few = (
        f"the {len(regions)} regions that agree worst of "
        if len(regions) < len(details.regions)
        else ""
    )
    title = f"Volume agreement: {few}n = {source.extent}"
    columns = min(3, len(regions))
    rows = ceil(len(regions) / columns)
    limited = bool((some[:, regions].sum(axis=0) >= LIMITS_FROM).any())
    caption = _caption(details, regions, limited=limited) + source.omission
    figure = page(0.75 + 1.95 * rows, title, caption, width=max(4.0, 2.6 * columns))
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat[len(regions) :]:
        ax.remove()
    colors = source.colors(details.regions)
    names = region_names([details.regions[region] for region in regions])
    for ax, region, name in zip(axes.flat, regions, names, strict=False):
        _panel(ax, mean[:, region], difference[:, region], colors[region])
        heading = f"{name} (n = {some[:, region].sum():,})"
        ax.set_title(
            f"{heading}\n{_agreement(difference[:, region], source.volume_unit)}",
            loc="left",
            size=7,
        )
    for ax in axes[:, 0]:
        ax.set_ylabel(f"pred − gt [{source.volume_unit}]")
    for ax in list(axes.flat[: len(regions)])[-columns:]:
        ax.set_xlabel(f"mean of pred and gt [{source.volume_unit}]")
    return figure


def _single(source: Source, details: Details, some: Flags) -> Figure:
    """The regions of a single case against one another."""
    case, regions = int(some.any(axis=1).argmax()), np.flatnonzero(some.any(axis=0))
    pred, gt = details.volume_p[case, regions], details.volume_g[case, regions]
    mean, difference = (pred + gt) / 2, pred - gt
    named = np.argsort(-abs(difference) / mean, kind="stable")[: NAMED if len(regions) > 1 else 0]
    which = f"the {NAMED} that differ most for their size" if len(regions) > NAMED else "all"
    caption = "Point: region." + f" Named: {which}." * (len(regions) > 1) + source.omission
    figure = page(3.8, f"Volume agreement: n = {source.extent}", caption, width=5.4)
    ax = figure.subplots()
    ax.grid()
    ax.axhline(0, color=GREY, linewidth=0.6)
    colors = source.colors([details.regions[region] for region in regions])
    ax.scatter(mean, difference, s=16, alpha=0.85, c=colors, linewidths=0)
    ax.margins(0.08, 0.12)
    if mean.max() > SKEW * mean.min():
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: shortened(value)))
    _widen(ax, mean)
    ax.set(
        xlabel=f"mean of pred and gt [{source.volume_unit}]",
        ylabel=f"pred − gt [{source.volume_unit}]",
    )
    names = region_names([details.regions[region] for region in regions])
    name_points(ax, mean[named], difference[named], [names[k] for k in named])
    return figure


def _widen(ax: Axes, mean: Floats) -> None:
    """Limits that do not blow up differences which are nothing beside the volumes."""
    low, high = ax.get_ylim()
    least = LEAST * float(np.nanmax(mean))
    if high - low < 2 * least:
        ax.set_ylim(min(low, -least), max(high, least))


def _chosen(mean: Floats, difference: Floats) -> list[int]:
    """The regions to show: where there are too many, those of the largest differences relative to
    their size.
    """
    drawable = np.flatnonzero(np.isfinite(mean).any(axis=0))
    relative = [np.nanmean(difference[:, k] ** 2) ** 0.5 / np.nanmean(mean[:, k]) for k in drawable]
    worst = np.argsort(-np.array(relative), kind="stable")[:REGIONS]
    return sorted(drawable[worst].tolist())


def _caption(details: Details, regions: list[int], *, limited: bool) -> str:
    empty = int(((details.volume_p == 0) & (details.volume_g == 0))[:, regions].sum())
    text = "Solid: bias, the mean difference (best: 0)."
    text += " Dashed: limits of agreement, bias ± 1.96 standard deviations." * limited
    return text + f" Left out: {empty:,} where both masks are empty." * (empty > 0)


def _panel(ax: Axes, mean: Floats, difference: Floats, color: str) -> None:
    ax.grid()
    ax.axhline(0, color=GREY, linewidth=0.6)
    crowd = np.log10(np.isfinite(mean).sum())
    ax.plot(
        mean,
        difference,
        linestyle="none",
        marker="o",
        markeredgewidth=0,
        color=color,
        markersize=float(np.interp(crowd, [1, 2, 3.5], [4, 3, 1.6])),
        alpha=float(np.interp(crowd, [1, 2, 3.5], [0.85, 0.6, 0.35])),
        rasterized=len(mean) > 1000,
    )
    bias, half = _limits(difference)
    ax.axhline(bias, color=INK, linewidth=1)
    if np.isfinite(half):
        for end in (bias - half, bias + half):
            ax.axhline(end, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    ax.margins(0.08, 0.12)
    _widen(ax, mean)


def _limits(difference: Floats) -> tuple[float, float]:
    """Bias, and half the width between the limits of agreement; NaN for too few differences."""
    values = difference[np.isfinite(difference)]
    return float(values.mean()), 1.96 * float(values.std(ddof=1)) if len(
        values
    ) >= LIMITS_FROM else np.nan


def _agreement(difference: Floats, unit: str) -> str:
    bias, half = _limits(difference)
    limits = f", limits {brief(bias - half)} to {brief(bias + half)}" if np.isfinite(half) else ""
    return f"bias {brief(bias)}{limits} {unit}"
