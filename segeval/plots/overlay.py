"""The worst cases: prediction and ground truth on the slice through their largest surface distance."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from segeval.arrays import Flags, Floats
from segeval.data.case import Case
from segeval.errors import SegevalError
from segeval.io import parse_colors, read_labels
from segeval.metrics.card import Metric
from segeval.protocols.protocol import Protocol
from segeval.run.cases import make_case

from .axes import symbol
from .slices import Slice, bounds, cut, farthest
from .source import NothingToDraw, Source, badness_of, counted, worst_first
from .style import GREY, INK, page, printable, region_names

COLUMNS = 3
PER_PAGE = 12
BOTH, ONLY_P, ONLY_G, OTHERS = "#C9C9C9", "#E69F00", "#0072B2", "#F1F1F1"
MARGIN = 0.1
"""Width of the rim around the object, as a share of its extent."""
ZOOM = 6
"""How many times larger than the window the whole object may be, where the slice shows but a speck
of it.
"""
VOXELS = 16
"""Width of the window, at least."""
RING: dict[str, Any] = {"markerfacecolor": "none", "color": INK, "markeredgewidth": 0.9}
NOTE: dict[str, Any] = {
    "textcoords": "offset points",
    "size": 6,
    "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A slice of a case, coloured, (rows, columns, 3), the part to show, and what to write about
    it.

    `window` is the first and last row and the first and last column, beyond the image where need
    be; `at` is the voxel of the largest distance.
    """

    colors: Floats
    spacing: tuple[float, float]
    window: tuple[float, float, float, float]
    at: tuple[int, int]
    distance: float
    heading: str
    names: tuple[str, str]
    unit: str


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """A panel for each of the worst cases whose files are still there."""
    metric = _ranking(source)
    bad = badness_of(source.cube.scores(metric), metric)
    ranked = [case for case in worst_first(bad) if not np.isnan(bad[case]).all()][: source.worst]
    views: list[View] = []
    for case in ranked:
        worst = np.where(np.isnan(bad[case]), -np.inf, bad[case]).argmax()
        try:
            views.append(_view(source, int(case), int(worst), metric))
        except (SegevalError, OSError) as error:
            log.warning("no overlay of case %r: %s", source.cube.cases[case], error)
    if not views:
        asked = (
            f"no case has a score of {metric.column}" if source.worst else "no case was asked for"
        )
        raise NothingToDraw("none of the worst cases' files can be read" if ranked else asked)
    pages = [views[start : start + PER_PAGE] for start in range(0, len(views), PER_PAGE)]
    title = f"Worst cases by {symbol(metric)}: {len(views)} of n = {counted(len(source.cube.cases), 'case')}"
    for number, part in enumerate(pages, 1):
        yield f"overlay{f'-{number}' if len(pages) > 1 else ''}", _page(part, title)


def _ranking(source: Source) -> Metric:
    """The metric that says which cases are worst: the first chosen one that can, else the first
    overlap or distance.
    """
    leading = () if source.chosen else tuple(m for m in source.leading() if m)
    able = [
        m
        for m in (*leading, *source.metrics)
        if m.spec.scope == "region" and m.spec.best is not None
    ]
    if not able:
        raise NothingToDraw(
            "no metric of the table tells which case is the worst; score with dice or hd95"
        )
    return able[0]


def _view(source: Source, case: int, region: int, metric: Metric) -> View:
    name = source.regions[region]
    masks = _read(source, source.cube.cases[case])
    labels = list(source.results.run["regions"][name])
    mask_p, mask_g = masks.masks
    pred, gt = np.isin(mask_p.labels, labels), np.isin(mask_g.labels, labels)
    grid = masks.grid
    place = farthest(pred, gt, grid.spacing)
    plane = cut(grid, place.index)
    in_p, in_g, others = (plane.of(mask) for mask in (pred, gt, mask_g.labels > 0))
    colors = np.ones((*in_p.shape, 3))
    for where, color in (
        (others, OTHERS),
        (in_p & in_g, BOTH),
        (in_p & ~in_g, ONLY_P),
        (in_g & ~in_p, ONLY_G),
    ):
        colors[where] = to_rgb(color)
    spacing = (grid.spacing[plane.down], grid.spacing[plane.across])
    heading = _heading(source, case, region, metric, plane, grid.shape)
    at = plane.locate(place.index, grid.shape)
    return View(
        colors,
        spacing,
        _window(plane, pred | gt, spacing),
        at,
        place.distance,
        heading,
        plane.names,
        grid.unit,
    )


def _read(source: Source, name: str) -> Case:
    """The case as it was scored. Raises `SegevalError` when its files are gone or no longer fit."""
    run = source.results.run
    files = run.get("cases", {}).get(name, {})
    if not files.get("gt"):
        raise NothingToDraw("run.json does not say where its files are; score again")
    kept = {
        key: run["protocol"][key] for key in ("binary", "ignore_label") if key in run["protocol"]
    }
    if "geometry_tolerance" in run["protocol"]:
        kept["geometry_tolerance"] = float(run["protocol"]["geometry_tolerance"])  # "inf" in JSON
    spacing, colors = run["protocol"].get("spacing"), run["protocol"].get("colors")
    protocol = Protocol(
        **kept,
        spacing=tuple(spacing) if spacing else None,
        colors=parse_colors(colors) if colors else None,
    )
    pred, gt = (
        read_labels(Path(files[side]), spacing=spacing, colors=protocol.colors)
        if files.get(side)
        else None
        for side in ("pred", "gt")
    )
    assert gt is not None
    case = make_case(name, pred, gt, protocol)
    if case.grid.ndim not in (2, 3):
        raise NothingToDraw(f"it has {case.grid.ndim} axes, and only 2 or 3 can be shown")
    return case


def _window(
    plane: Slice, mask: Flags, spacing: tuple[float, float]
) -> tuple[float, float, float, float]:
    """A square, in physical units, around what the slice shows of the mask."""
    whole, shown = bounds(mask), bounds(plane.of(mask))
    size, most = (
        max((side.stop - side.start) * step for side, step in zip(box, spacing, strict=True))
        for box in (shown, (whole[plane.down], whole[plane.across]))
    )
    reach = max((0.5 + MARGIN) * max(size, most / ZOOM), VOXELS / 2 * max(spacing))
    top, left = ((side.start + side.stop - 1) / 2 for side in shown)
    down, across = (reach / step for step in spacing)
    return top - down, top + down, left - across, left + across


def _heading(
    source: Source, case: int, region: int, metric: Metric, plane: Slice, shape: Sequence[int]
) -> str:
    shown = dict.fromkeys(m for m in (metric, *source.leading()) if m)
    scores = []
    for m in shown:
        unit = m.unit(source.length_unit, source.volume_unit)
        value = source.cube.scores(m)[case, region]
        scores.append(
            f"{symbol(m)} {value:.3g}{' ' * bool(unit)}{unit}".replace("inf", "∞").replace(
                "nan", "undefined"
            )
        )
    where = (
        ""
        if plane.axis is None
        else f"slice {plane.index} of {shape[plane.axis]} along axis {plane.axis}"
    )
    name = printable(source.cube.cases[case])
    title = (
        f"{name} · {region_names(source.regions, 16)[region]}" if len(source.regions) > 1 else name
    )
    return "\n".join(filter(None, (title, ", ".join(scores), where)))


def _page(views: Sequence[View], title: str) -> Figure:
    columns = min(COLUMNS, len(views))
    rows = ceil(len(views) / columns)
    figure = page(0.5 + 2.95 * rows, title, width=max(4.6, 2.5 * columns))
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat[len(views) :]:
        ax.remove()
    for ax, view in zip(axes.flat, views, strict=False):
        _panel(ax, view)
    names = {
        BOTH: "both",
        ONLY_P: "prediction only (FP)",
        ONLY_G: "ground truth only (FN)",
        OTHERS: "other regions",
    }
    keys: list[Patch | Line2D] = [
        Patch(facecolor=color, label=name, edgecolor=INK, linewidth=0.4)
        for color, name in names.items()
    ]
    keys.append(
        Line2D([], [], linestyle="", marker="o", markersize=6, **RING, label="largest distance")
    )
    figure.legend(
        handles=keys,
        loc="outside lower left",
        ncols=3 if columns < 3 else 5,
        handlelength=1.2,
        columnspacing=1,
    )
    return figure


def _panel(ax: Axes, view: View) -> None:
    top, bottom, left, right = view.window
    rows, columns = view.colors.shape[:2]
    ax.imshow(view.colors, aspect=view.spacing[0] / view.spacing[1], interpolation="nearest")
    ax.add_patch(
        Rectangle(
            (-0.5, -0.5), columns, rows, fill=False, edgecolor=GREY, linewidth=0.6, linestyle=":"
        )
    )
    ax.set_title(view.heading, loc="left", size=7)
    ax.set(xticks=[], yticks=[], xlim=(left, right), ylim=(bottom, top))
    ax.set_ylabel(view.names[0], size=6)
    ax.set_xlabel(view.names[1], size=6)
    ax.spines[:].set_visible(True)
    if np.isfinite(view.distance):
        row, column = view.at
        ax.plot(column, row, marker="o", markersize=9, **RING)
        side = -1 if column > (left + right) / 2 else 1
        text = ax.annotate(
            f"{view.distance:.3g} {view.unit}", (column, row), (7 * side, 0), **NOTE, va="center"
        )
        text.set_horizontalalignment("left" if side > 0 else "right")
    length = _round_length(0.25 * (right - left) * view.spacing[1])
    start, height = left + 0.04 * (right - left), bottom - 0.04 * (bottom - top)
    end = start + length / view.spacing[1]
    ax.plot([start, end], [height, height], color=INK, linewidth=2, solid_capstyle="butt")
    ax.annotate(
        f"{length:g} {view.unit}",
        ((start + end) / 2, height),
        (0, 3),
        **NOTE,
        ha="center",
        va="bottom",
    )


def _round_length(about: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above."""
    power = 10 ** np.floor(np.log10(about))
    return float(max(step for step in (1, 2, 5) if step * power <= about * 1.0001) * power)
