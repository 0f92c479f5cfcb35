"""Volume agreement: the difference of both volumes against their mean. Bland and Altman, Lancet 327, 307-310 (1986)."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from segeval.results import Details

from .axes import brief
from .source import NothingToDraw, Scores, Source
from .style import GREY, INK, page, region_name

REGIONS = 12
"""Panels at most: the regions that agree worst."""


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """One panel per region, each with its own bias and limits, since regions differ in size."""
    details = source.results.details
    if details is None or not ((details.volume_p > 0) | (details.volume_g > 0)).any():
        raise NothingToDraw("the results hold no volumes (details.npz); score again")
    yield "volume", _page(source, details)


def _page(source: Source, details: Details) -> Figure:
    some = (details.volume_p > 0) | (details.volume_g > 0)
    mean = np.where(some, (details.volume_p + details.volume_g) / 2, np.nan)
    difference = np.where(some, details.volume_p - details.volume_g, np.nan)
    regions = _chosen(mean, difference)
    few = f"the {len(regions)} regions that agree worst of " if len(regions) < len(details.regions) else ""
    title = f"Volume agreement: {few}n = {source.extent}"
    columns = min(3, len(regions))
    rows = ceil(len(regions) / columns)
    figure = page(0.75 + 1.95 * rows, title, _caption(details, regions), width=max(4.0, 2.6 * columns))
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat[len(regions) :]:
        ax.remove()
    colors = source.colors(details.regions)
    for ax, region in zip(axes.flat, regions, strict=False):
        _panel(ax, mean[:, region], difference[:, region], colors[region])
        heading = f"{region_name(details.regions[region])} (n = {some[:, region].sum():,})"
        ax.set_title(f"{heading}\n{_agreement(difference[:, region], source.volume_unit)}", loc="left", size=7)
    for ax in axes[:, 0]:
        ax.set_ylabel(f"pred − gt [{source.volume_unit}]")
    for ax in list(axes.flat[: len(regions)])[-columns:]:
        ax.set_xlabel(f"mean of pred and gt [{source.volume_unit}]")
    return figure


def _chosen(mean: Scores, difference: Scores) -> list[int]:
    """The regions to show: where there are too many, those of the largest differences relative to their size."""
    drawable = np.flatnonzero(np.isfinite(mean).any(axis=0))
    relative = [np.nanmean(difference[:, k] ** 2) ** 0.5 / np.nanmean(mean[:, k]) for k in drawable]
    worst = np.argsort(-np.array(relative), kind="stable")[:REGIONS]
    return sorted(drawable[worst].tolist())


def _caption(details: Details, regions: list[int]) -> str:
    empty = int(((details.volume_p == 0) & (details.volume_g == 0))[:, regions].sum())
    text = "Solid: bias, the mean difference (best: 0). Dashed: limits of agreement, bias ± 1.96 standard deviations."
    return text + f" Left out: {empty:,} where both masks are empty." * (empty > 0)


def _panel(ax: Axes, mean: Scores, difference: Scores, color: str) -> None:
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


def _limits(difference: Scores) -> tuple[float, float]:
    """Bias, and half the width between the limits of agreement; NaN for fewer than two differences."""
    values = difference[np.isfinite(difference)]
    return float(values.mean()), 1.96 * float(values.std(ddof=1)) if len(values) > 1 else np.nan


def _agreement(difference: Scores, unit: str) -> str:
    bias, half = _limits(difference)
    limits = f", limits {brief(bias - half)} to {brief(bias + half)}" if np.isfinite(half) else ""
    return f"bias {brief(bias)}{limits} {unit}"
