"""Normalised surface distance against its tolerance, by region: the median over cases with its interquartile band."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from segeval.results import Details
from segeval.summary.bootstrap import quantiles

from .source import NothingToDraw, Scores, Source
from .style import FRAME, PALETTE, page, region_name

COLORED = 5
"""Regions in colour, at most: more bands cannot be told apart."""
FLAT = 0.995
"""Where the lower quartile of every coloured region is above this, the curves say no more."""


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """One figure with all regions; where there are many, the worst are in colour.

    Curves are steps, since between two tolerances nothing is known but that they rise.
    """
    details = source.results.details
    if details is None or not np.isfinite(details.nsd).any():
        raise NothingToDraw("no surface distances were measured; score with a surface metric, such as hd95")
    yield "nsd", _page(source, details)


def _page(source: Source, details: Details) -> Figure:
    low, middle, high = _bands(details)
    defined = np.flatnonzero(np.isfinite(middle).any(axis=1))
    worst = defined[np.argsort(middle[defined].mean(axis=1), kind="stable")][:COLORED]
    colored = np.sort(worst)
    many = len(defined) > COLORED
    title = f"NSD against tolerance, n = {source.extent}"
    caption = "Line: median over cases. Band: quartiles." + f" Grey: the other {len(defined) - COLORED} regions." * many
    figure = page(3.4, title, caption, width=5.4)
    ax = figure.subplots()
    ax.grid()
    for region in set(defined.tolist()) - set(colored.tolist()):
        ax.plot(details.tolerance, middle[region], color=FRAME, linewidth=0.5, alpha=0.7, drawstyle="steps-post")
    colors = PALETTE if many else source.colors([details.regions[k] for k in colored])
    for region, color in zip(colored, colors, strict=False):
        n = int(np.isfinite(details.nsd[:, region]).any(axis=1).sum())
        if n > 1:
            ax.fill_between(
                details.tolerance, low[region], high[region], color=color, alpha=0.16, linewidth=0, step="post"
            )
        name = f"\u200b{region_name(details.regions[region])} (n = {n:,})"
        ax.plot(details.tolerance, middle[region], color=color, linewidth=1.6, label=name, drawstyle="steps-post")
    risen = details.tolerance[(low[colored] >= FLAT).all(axis=0)]
    ax.set(xlim=(0, max(risen[0], details.tolerance[1]) if len(risen) else details.tolerance[-1]))
    ax.set(ylim=(min(0.98, low[colored].min()) - 0.02, 1.01))
    ax.set(xlabel=f"tolerance [{source.length_unit}]", ylabel="NSD (higher is better)")
    heading = f"the {COLORED} lowest of {len(defined):,}" if many else None
    ax.legend(loc="lower right", title=heading, title_fontsize=7, alignment="left")
    return figure


def _bands(details: Details) -> Scores:
    """Quartiles over cases, (3, regions, T)."""
    cases, regions, steps = details.nsd.shape
    flat = details.nsd.reshape(cases, regions * steps).astype(np.float64)
    return quantiles(flat, np.array([0.25, 0.5, 0.75])).reshape(3, regions, steps)
