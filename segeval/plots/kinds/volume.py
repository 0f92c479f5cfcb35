"""Volume agreement: the difference of both volumes against their mean.

Bland and Altman, Lancet 327, 307-310 (1986). A line at the mean difference (bias) tells whether
predictions are too large or too small, the limits of agreement, 1.96 standard deviations to both
sides, how far a single case may be off. A run of one case has a panel of its regions.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from segeval.arrays import Flags, Floats, Integers
from segeval.plots.axes import SKEW, brief, fix_ticks, for_crowd, set_ticks, shortened
from segeval.plots.card import Figures, plot_kind
from segeval.plots.leaders import name_points
from segeval.plots.needs import SEVERAL_VOLUMES, VOLUMES
from segeval.plots.source import Source, counted
from segeval.plots.style import GREY, INK, head_panel, page, panels, region_names, sentences
from segeval.results.details import Details

COLUMNS = 3
"""Panels side by side, at most."""
REGIONS = 9
"""Panels at most: the regions that agree worst."""
LIMITS_FROM = 3
"""Cases that limits of agreement need: a standard deviation of fewer would be an invention."""
NAMED = 8
"""Regions of a single case that are named, at most."""
LEAST = 0.005
"""Share of the largest volume that an axis of differences shows at least, either side of 0."""


class Agreement(NamedTuple):
    """The mean difference, and half the width between the limits of agreement.

    Both are NaN where there are too few cases for them.
    """

    bias: float
    """Mean of prediction less ground truth, in the unit of volumes."""
    half_width: float
    """1.96 standard deviations of the differences, in the unit of volumes."""

    @classmethod
    def of(cls, difference: Floats) -> Agreement:
        """Return the agreement of both volumes from their differences, NaN where there is none."""
        defined = difference[np.isfinite(difference)]
        half_width = np.nan
        if len(defined) >= LIMITS_FROM:
            # The standard deviation of a sample, as in the paper.
            half_width = 1.96 * float(defined.std(ddof=1))
        return cls(float(defined.mean()), half_width)

    @property
    def limits(self) -> tuple[float, ...]:
        """The lower and the upper limit, or nothing."""
        if np.isnan(self.half_width):
            return ()
        return self.bias - self.half_width, self.bias + self.half_width

    def words(self, unit: str) -> str:
        """Return bias and limits as a heading has them."""
        parts = [f"bias {brief(self.bias)}"]
        if self.limits:
            parts.append(f"limits {' to '.join(map(brief, self.limits))}")
        return f"{', '.join(parts)} {unit}"


@dataclass(frozen=True, slots=True, eq=False)
class Volumes:
    """Mean and difference of both volumes by case and region, (cases, regions) each."""

    regions: tuple[str, ...]
    mean: Floats
    """Half the sum of both volumes; NaN where neither mask has any."""
    difference: Floats
    """Prediction less ground truth; NaN where neither mask has a volume."""
    empty: Flags
    """Mask of the cells in which both masks are empty; those of failed cases are not."""

    @classmethod
    def of(cls, details: Details) -> Volumes:
        """Return the volumes of a run; those of a region in neither mask are left out."""
        somewhere = (details.volume_p > 0) | (details.volume_g > 0)
        return cls(
            details.regions,
            np.where(somewhere, (details.volume_p + details.volume_g) / 2, np.nan),
            np.where(somewhere, details.volume_p - details.volume_g, np.nan),
            (details.volume_p == 0) & (details.volume_g == 0),
        )

    def cases(self, region: int) -> int:
        """Return how many cases have the region in a mask."""
        return int(np.isfinite(self.mean[:, region]).sum())

    def drawable(self) -> Integers:
        """Return the regions that several cases have in a mask: one has neither bias nor limits."""
        return np.flatnonzero(np.isfinite(self.mean).sum(axis=0) > 1)

    def worst_regions(self) -> list[int]:
        """Return the regions to show, in order.

        Where there are too many, those of the largest differences relative to their size.
        """
        drawable = self.drawable()
        size = np.nanmean(self.mean[:, drawable], axis=0)
        # Mean squares rather than variances, so that a bias counts as disagreement.
        spread = np.nanmean(self.difference[:, drawable] ** 2, axis=0) ** 0.5
        worst = np.argsort(-spread / size, kind="stable")[:REGIONS]
        return sorted(drawable[worst].tolist())


@plot_kind(shows="agreement of volumes (Bland–Altman)", needs=(VOLUMES, SEVERAL_VOLUMES))
def figures(source: Source) -> Figures:
    """Draw a panel per region, or one panel of the only case.

    Each region has its own bias and limits, since regions differ in size.
    """
    assert source.results.details is not None
    volumes = Volumes.of(source.results.details)
    cases = np.flatnonzero(np.isfinite(volumes.mean).any(axis=1))
    if len(cases) > 1:
        yield "", _draw_cases(source, volumes)
    else:
        yield "", _draw_case(source, volumes, int(cases[0]))


def _draw_cases(source: Source, volumes: Volumes) -> Figure:
    """Return the figure of several cases: a panel of points for each region, with its bias.

    Panels share no axes, since volumes of regions may differ by orders of magnitude.
    """
    regions = volumes.worst_regions()
    few = ""
    if len(regions) < len(volumes.drawable()):
        few = f"the {len(regions)} regions that agree worst of "
    columns = min(COLUMNS, len(regions))
    figure = page(
        0.75 + 1.95 * ceil(len(regions) / columns),
        f"Volume agreement: {few}n = {source.extent}",
        _caption(source, volumes, regions),
        width=max(4.0, 2.6 * columns),
    )
    axes = panels(figure, len(regions), columns)
    colors = source.colors(volumes.regions)
    names = region_names([volumes.regions[region] for region in regions])
    unit = source.volume_unit
    for ax, region, name in zip(axes, regions, names, strict=True):
        agreement = Agreement.of(volumes.difference[:, region])
        _draw_panel(
            ax,
            mean=volumes.mean[:, region],
            difference=volumes.difference[:, region],
            agreement=agreement,
            color=colors[region],
        )
        heading = f"{name} (n = {volumes.cases(region):,})\n{agreement.words(unit)}"
        head_panel(ax, heading)
    # Only outer panels say what the axes are: the left ones, and the last of each column.
    for ax in axes[::columns]:
        ax.set_ylabel(f"pred − gt [{unit}]")
    for ax in axes[-columns:]:
        ax.set_xlabel(f"mean of pred and gt [{unit}]")
    return figure


def _draw_case(source: Source, volumes: Volumes, case: int) -> Figure:
    """Return the figure of a single case: its regions against one another.

    There is neither a bias nor limits of agreement: regions are not a sample of anything.
    """
    regions = np.flatnonzero(np.isfinite(volumes.mean[case]))
    mean, difference = volumes.mean[case, regions], volumes.difference[case, regions]
    names = [volumes.regions[region] for region in regions]
    # By relative difference: large regions would be first whatever they are like.
    named = np.argsort(-abs(difference) / mean, kind="stable")[:NAMED]
    which = "all"
    if len(regions) > NAMED:
        which = f"the {NAMED} that differ most for their size"
    caption = sentences(
        (True, "Point: region."),
        (True, f"Named: {which}."),
        (True, source.omissions(scored=False)),
    )
    figure = page(3.8, f"Volume agreement: n = {source.extent}", caption, width=5.4)
    (ax,) = panels(figure, 1)
    ax.grid()
    ax.axhline(0, color=GREY, linewidth=0.6)
    ax.scatter(mean, difference, s=16, alpha=0.85, c=source.colors(names), linewidths=0)
    ax.margins(0.08, 0.12)
    # Before the scale turns logarithmic, which has ticks of its own.
    set_ticks(ax.xaxis, 6)
    set_ticks(ax.yaxis, 6)
    if mean.max() > SKEW * mean.min():
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda volume, _: shortened(volume)))
    _widen(ax, mean)
    unit = source.volume_unit
    ax.set(xlabel=f"mean of pred and gt [{unit}]", ylabel=f"pred − gt [{unit}]")
    shown = region_names(names)
    name_points(ax, mean[named], difference[named], [shown[k] for k in named])
    return figure


def _widen(ax: Axes, mean: Floats) -> None:
    """Set limits that do not blow up differences which are nothing beside the volumes.

    `mean` are the mean volumes, of which `LEAST` of the largest is shown on either side of 0.
    """
    low, high = ax.get_ylim()
    least = LEAST * float(np.nanmax(mean))
    if high - low < 2 * least:
        ax.set_ylim(min(low, -least), max(high, least))


def _caption(source: Source, volumes: Volumes, regions: list[int]) -> str:
    """Return what a reader must know of these regions' panels to read them."""
    limited = any(volumes.cases(region) >= LIMITS_FROM for region in regions)
    empty = int(volumes.empty[:, regions].sum())
    occur = np.isfinite(volumes.mean).any(axis=0)
    single = int(occur.sum()) - len(volumes.drawable())
    return sentences(
        (True, "Solid: bias, the mean difference (best: 0)."),
        (limited, "Dashed: limits of agreement, bias ± 1.96 standard deviations."),
        (empty, f"Left out: {empty:,} where both masks are empty."),
        (single, f"{counted(single, 'region')} of one case left out."),
        (True, source.omissions(scored=False)),
    )


def _draw_panel(
    ax: Axes, *, mean: Floats, difference: Floats, agreement: Agreement, color: str
) -> None:
    """Draw the cases of a region, (cases,) each, with bias and limits of agreement.

    Cases that are NaN are left out.
    """
    ax.grid()
    ax.axhline(0, color=GREY, linewidth=0.6)
    n = int(np.isfinite(mean).sum())
    ax.plot(
        mean,
        difference,
        linestyle="none",
        marker="o",
        markeredgewidth=0,
        color=color,
        markersize=for_crowd(n, (4, 3, 1.6)),
        alpha=for_crowd(n, (0.85, 0.6, 0.35)),
        rasterized=len(mean) > 1000,
    )
    ax.axhline(agreement.bias, color=INK, linewidth=1)
    for limit in agreement.limits:
        ax.axhline(limit, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    ax.margins(0.08, 0.12)
    _widen(ax, mean)
    for axis in (ax.xaxis, ax.yaxis):
        set_ticks(axis, 4)
        fix_ticks(axis)
