"""Normalised surface distance against its tolerance, by region: the median over cases with its interquartile band."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from segeval.boundary import VOXEL
from segeval.results import Details
from segeval.summary.bootstrap import quantiles

from .source import NothingToDraw, Scores, Source
from .style import FRAME, PALETTE, page, region_names

COLORED = 5
"""Regions in colour, at most: more bands cannot be told apart."""
RISEN = 0.99
"""The axis ends where every median has come this near to its last value: beyond, the curves say no more."""
STEPS = 6
"""Tolerances that the axis shows at least."""


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """One figure with all regions; where there are many, the worst are in colour.

    Curves are steps, since between two tolerances nothing is known but that they rise.
    """
    details = source.results.details
    if details is None or not np.isfinite(details.nsd).any():
        raise NothingToDraw("no surface distances were measured; score with a surface metric, such as hd95")
    yield "nsd", _page(source, details)


def _boundary(run: Mapping[str, Any]) -> str:
    """Which boundary the curves are of, if it is not the usual one: that of the first metric of surfaces."""
    metrics = run.get("protocol", {}).get("metrics", {})
    rules = [told["boundary"] for told in metrics.values() if told.get("boundary", "solid") != "solid"]
    return f", boundary {rules[0]}" if rules and rules[0] != str(VOXEL) else ""


def _page(source: Source, details: Details) -> Figure:
    low, middle, high = _bands(details)
    defined = np.flatnonzero(np.isfinite(middle).any(axis=1))
    mean = np.nanmean(details.nsd[:, defined], axis=(0, 2))
    colored = np.sort(defined[np.lexsort((mean, middle[defined].mean(axis=1)))][:COLORED])
    many = len(defined) > COLORED
    end = _end(middle[defined], details.tolerance)
    caption = "Line: median over cases." + " Band: quartiles." * (len(details.cases) > 1)
    caption += f" Grey: the other {len(defined) - COLORED:,} regions." * many
    caption += " Lowest: by the area under the median, then under the mean." * many
    caption += f" Farther on, no median rises by more than {100 * (1 - RISEN):.0f} %." * bool(
        end < details.tolerance[-1]
    )
    caption += " Cases with an empty mask have no curve."
    title = f"NSD against tolerance{_boundary(source.results.run)}, n = {source.extent}"
    figure = page(3.4, title, caption + source.omission, width=6.4)
    ax = figure.subplots()
    ax.grid()
    for region in set(defined.tolist()) - set(colored.tolist()):
        ax.plot(details.tolerance, middle[region], color=FRAME, linewidth=0.5, alpha=0.7, drawstyle="steps-post")
    colors = PALETTE if many else source.colors([details.regions[k] for k in colored])
    names = region_names([details.regions[k] for k in colored])
    for region, color, name in zip(colored, colors, names, strict=False):
        n = int(np.isfinite(details.nsd[:, region]).any(axis=1).sum())
        if n > 1:
            ax.fill_between(
                details.tolerance, low[region], high[region], color=color, alpha=0.16, linewidth=0, step="post"
            )
        key = f"\u200b{name} (n = {n:,})"
        ax.plot(details.tolerance, middle[region], color=color, linewidth=1.6, label=key, drawstyle="steps-post")
    ax.set(xlim=(0, end), ylim=(min(0.98, low[colored].min()) - 0.02, 1.01))
    ax.set(xlabel=f"tolerance [{source.length_unit}]", ylabel="NSD (higher is better)")
    heading = f"the {COLORED} lowest of {len(defined):,}" if many else None
    figure.legend(loc="outside right upper", title=heading, title_fontsize=7, alignment="left")
    return figure


def _end(medians: Scores, tolerance: Scores) -> float:
    """The tolerance at which the last of these curves, (regions, T), has risen."""
    risen = (medians >= RISEN * medians[:, -1:]).argmax(axis=1).max()
    return float(tolerance[min(max(int(1.2 * risen) + 1, STEPS), len(tolerance) - 1)])


def _bands(details: Details) -> Scores:
    """Quartiles over cases, (3, regions, T)."""
    cases, regions, steps = details.nsd.shape
    flat = details.nsd.reshape(cases, regions * steps).astype(np.float64)
    return quantiles(flat, np.array([0.25, 0.5, 0.75])).reshape(3, regions, steps)
