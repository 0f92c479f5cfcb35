"""The figures of the page on exactness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from accuracy import COLUMNS, SHOWN, Record, mean
from families import FAMILIES
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from segeval.plots.style import GREY, INK, PALETTE, RC, page, save

IMAGES = Path(__file__).parent / "images"
COLOURS = dict(
    zip(SHOWN, (PALETTE[6], PALETTE[1], PALETTE[4], PALETTE[0], PALETTE[2]), strict=True)
)
MARKS = dict(zip(SHOWN, "osD^v", strict=True))
DRAWN = ("hd", "hd95", "assd", "area")
FLOOR = 0.001
"""Smaller errors are drawn here: the truth is no better known."""


def draw(records: Sequence[Record]) -> None:
    """Writes the figures."""
    with matplotlib.rc_context(RC):
        save(_by_size(records, "radius", *RADIUS), IMAGES / "exactness-radius.png")
        save(_by_size(records, "slices", *SLICES), IMAGES / "exactness-spacing.png")
        save(_by_family(records), IMAGES / "exactness-families.png")


RADIUS = (
    "Error against size",
    "radius in voxels",
    "Balls at five places between the voxels. The second one is a fifth smaller and moved by 0.15 "
    "of the radius: true "
    "distances grow with it. An error below 0.1 % is drawn there.",
)
SLICES = (
    "Error against slice spacing",
    "slice spacing / pixel spacing",
    "Balls with a radius of 20 pixels, which have four slices at 10; otherwise as above.",
)


def _by_size(records: Sequence[Record], group: str, title: str, along: str, caption: str) -> Figure:
    own = [r for r in records if r.group == group]
    sizes = sorted({r.size for r in own})
    figure = page(2.9, title, caption)
    panels = figure.subplots(1, len(DRAWN), sharey=True)
    for axes, column in zip(panels, DRAWN, strict=True):
        for rule in SHOWN:
            values = [
                mean([r for r in own if r.size == size], rule, column).value for size in sizes
            ]
            if not np.isnan(values).all():
                axes.plot(
                    sizes,
                    np.maximum(values, FLOOR),
                    color=COLOURS[rule],
                    marker=MARKS[rule],
                    ms=3,
                    lw=1.2,
                    label=rule,
                )
        axes.set(xscale="log", yscale="log", xlabel=along, title=COLUMNS[column])
        axes.set_xticks(sizes, [f"{size:g}" if size not in (1.5, 7, 32) else "" for size in sizes])
        axes.minorticks_off()
        axes.grid(True)
    _in_percent(panels[0])
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(SHOWN)
    )
    return figure


def _in_percent(axes: Axes) -> None:
    ticks = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1)
    axes.set_yticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
    axes.set_ylim(FLOOR * 0.8, 1.5)
    axes.set_ylabel("mean error")


def _by_family(records: Sequence[Record]) -> Figure:
    both = [r for r in records if r.group in ("golden", "drawn")]
    rows = [(family, anisotropic) for family in FAMILIES for anisotropic in (False, True)]
    figure = page(4.4, "Error by family", "Mean error over the shapes of both tables above.")
    columns = ("hd", "hd95", "assd", "nsd", "area")
    panels = figure.subplots(1, len(columns), sharey=True)
    for axes, column in zip(panels, columns, strict=True):
        for rule in SHOWN:
            values = [
                mean([r for r in both if (r.family, r.anisotropic) == row], rule, column).value
                for row in rows
            ]
            places = -np.arange(len(rows)) - 0.11 * (SHOWN.index(rule) - 2)
            axes.scatter(
                100 * np.array(values),
                places,
                s=11,
                color=COLOURS[rule],
                marker=MARKS[rule],
                label=rule,
            )
        axes.set(title=COLUMNS[column], xlim=(0, None), xlabel="points" if column == "nsd" else "%")
        axes.grid(True, axis="x")
        for at in range(2, len(rows), 2):
            axes.axhline(0.5 - at, color=GREY, lw=0.4)
    names = [f"{family}, {'anisotropic' if far else 'isotropic'}" for family, far in rows]
    panels[0].set_yticks(-np.arange(len(rows)), names, color=INK)
    panels[0].set_ylim(0.5 - len(rows), 0.5)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(SHOWN)
    )
    return figure
