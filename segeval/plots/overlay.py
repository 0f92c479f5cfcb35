"""The worst cases: prediction and ground truth on the slice through their largest surface distance."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from segeval.case import Case
from segeval.errors import SegevalError
from segeval.evaluate import make_case
from segeval.io import read
from segeval.plots.axes import counted, symbol
from segeval.plots.slices import Place, Slice, cut, farthest
from segeval.plots.source import NothingToDraw, Source, badness, worst_first
from segeval.plots.style import INK, page, printable
from segeval.protocol import Protocol
from segeval.spec import Metric

COLUMNS = 3
PER_PAGE = 12
BOTH, ONLY_P, ONLY_G, OTHERS = "#C9C9C9", "#E69F00", "#0072B2", "#F1F1F1"
MARGIN = 0.15
"""Width of the rim around the objects, as a share of their extent."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A slice of a case, coloured, (rows, columns, 3), with the voxel of the largest distance and what to write above."""

    colors: NDArray[np.float64]
    spacing: tuple[float, float]
    at: tuple[int, int]
    distance: float
    heading: str
    names: tuple[str, str]
    unit: str


def figures(source: Source) -> Iterator[tuple[str, Figure]]:
    """A panel for each of the worst cases whose files are still there."""
    metric = _ranking(source)
    bad = badness(source.cube.scores(metric), metric)
    ranked = [case for case in worst_first(bad) if not np.isnan(bad[case]).all()][: source.worst]
    views: list[View] = []
    for case in ranked:
        worst = np.where(np.isnan(bad[case]), -np.inf, bad[case]).argmax()
        try:
            views.append(_view(source, int(case), int(worst), metric))
        except (SegevalError, OSError) as error:
            log.warning("no overlay of case %r: %s", source.cube.cases[case], error)
    if not views:
        raise NothingToDraw("none of the worst cases' files can be read" if ranked else "no case was asked for")
    pages = [views[start : start + PER_PAGE] for start in range(0, len(views), PER_PAGE)]
    title = f"Worst cases by {symbol(metric)}: {len(views)} of n = {counted(len(source.cube.cases), 'case')}"
    for number, part in enumerate(pages, 1):
        yield f"overlay{f'-{number}' if len(pages) > 1 else ''}", _page(part, title)


def _ranking(source: Source) -> Metric:
    """The metric that says which cases are worst: the first chosen one that can, else the first overlap or distance."""
    chosen = source.metrics if source.chosen else source.leading()
    able = [m for m in (*chosen, *source.metrics) if m and m.spec.scope == "region" and m.spec.best is not None]
    if not able:
        raise NothingToDraw("no metric of the table tells which case is the worst; score with dice or hd95")
    return able[0]


def _view(source: Source, case: int, region: int, metric: Metric) -> View:
    name = source.regions[region]
    masks = _read(source, source.cube.cases[case])
    labels = list(source.results.run["regions"][name])
    pred, gt = (np.isin(mask.labels, labels) for mask in (masks.pred, masks.gt))
    grid = masks.grid
    place = farthest(pred, gt, grid.spacing)
    plane = cut(grid, place.index)
    in_p, in_g, others = (plane.of(mask) for mask in (pred, gt, masks.gt.labels > 0))
    colors = np.ones((*in_p.shape, 3))
    for where, color in ((others, OTHERS), (in_p & in_g, BOTH), (in_p & ~in_g, ONLY_P), (in_g & ~in_p, ONLY_G)):
        colors[where] = to_rgb(color)
    row, column = plane.locate(place.index, grid.shape)
    spacing = (grid.spacing[plane.down], grid.spacing[plane.across])
    top, left, window = _window(in_p | in_g, spacing)
    heading = _heading(source, case, region, metric, plane, grid.shape)
    return View(colors[window], spacing, (row - top, column - left), place.distance, heading, plane.names, grid.unit)


def _read(source: Source, name: str) -> Case:
    """The case as it was scored. Raises `SegevalError` when its files are gone or no longer fit."""
    run = source.results.run
    files = run.get("cases", {}).get(name, {})
    if not files.get("gt"):
        raise NothingToDraw("run.json does not say where its files are; score again")
    kept = {key: run["protocol"][key] for key in ("binary", "ignore_label", "geometry_tolerance") if key in run["protocol"]}
    spacing = run["protocol"].get("spacing")
    protocol = Protocol(**kept, spacing=tuple(spacing) if spacing else None)
    pred, gt = (read(Path(files[side]), spacing=spacing) if files.get(side) else None for side in ("pred", "gt"))
    assert gt is not None
    case = make_case(name, pred, gt, protocol)
    if case.grid.ndim not in (2, 3):
        raise NothingToDraw(f"it has {case.grid.ndim} axes, and only 2 or 3 can be shown")
    return case if protocol.ignore_label is None else case.ignoring(protocol.ignore_label)


def _window(mask: NDArray[np.bool_], spacing: tuple[float, float]) -> tuple[int, int, tuple[slice, slice]]:
    """First row and column of the part to show, and its slices: the mask with a rim, as good as square."""
    spans = []
    for axis in (0, 1):
        hit = np.flatnonzero(mask.any(axis=1 - axis))
        spans.append((int(hit[0]), int(hit[-1]) + 1))
    size = max((end - start) * step for (start, end), step in zip(spans, spacing, strict=True)) * (1 + 2 * MARGIN)
    parts = []
    for (start, end), step, length in zip(spans, spacing, mask.shape, strict=True):
        rim = max(2, ceil((size / step - (end - start)) / 2))
        parts.append(slice(max(0, start - rim), min(length, end + rim)))
    return parts[0].start, parts[1].start, (parts[0], parts[1])


def _heading(source: Source, case: int, region: int, metric: Metric, plane: Slice, shape: Sequence[int]) -> str:
    shown = dict.fromkeys(m for m in (metric, *source.leading()) if m)
    scores = []
    for m in shown:
        unit = m.unit(source.length_unit, source.volume_unit)
        value = source.cube.scores(m)[case, region]
        scores.append(f"{symbol(m)} {value:.3g}{' ' * bool(unit)}{unit}".replace("inf", "∞").replace("nan", "undefined"))
    where = "" if plane.axis is None else f"slice {plane.index} of {shape[plane.axis]} along axis {plane.axis}"
    name = printable(source.cube.cases[case])
    title = f"{name} · {printable(source.regions[region], 16)}" if len(source.regions) > 1 else name
    return "\n".join(filter(None, (title, ", ".join(scores), where)))


def _page(views: Sequence[View], title: str) -> Figure:
    columns = min(COLUMNS, len(views))
    rows = ceil(len(views) / columns)
    figure = page(0.7 + 2.9 * rows, title, width=max(4.6, 2.5 * columns))
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat[len(views) :]:
        ax.remove()
    for ax, view in zip(axes.flat, views, strict=False):
        _panel(ax, view)
    keys: list[Patch | Line2D] = [
        Patch(facecolor=color, label=name, edgecolor=INK, linewidth=0.4)
        for color, name in (
            (BOTH, "both"),
            (ONLY_P, "prediction only (FP)"),
            (ONLY_G, "ground truth only (FN)"),
            (OTHERS, "other regions"),
        )
    ]
    keys.append(
        Line2D([], [], linestyle="", marker="o", markersize=6, markerfacecolor="none", color=INK, label="largest distance")
    )
    figure.legend(handles=keys, loc="outside lower left", ncols=3 if columns < 3 else 5, handlelength=1.2, columnspacing=1)
    return figure


def _panel(ax: Axes, view: View) -> None:
    rows, columns = view.colors.shape[:2]
    ax.imshow(view.colors, aspect=view.spacing[0] / view.spacing[1], interpolation="nearest")
    ax.set_title(view.heading, loc="left", size=7)
    ax.set(xticks=[], yticks=[])
    ax.set_ylabel(view.names[0], size=6)
    ax.set_xlabel(view.names[1], size=6)
    ax.spines[:].set_visible(True)
    if np.isfinite(view.distance):
        row, column = view.at
        ax.plot(column, row, marker="o", markersize=9, markerfacecolor="none", color=INK, markeredgewidth=0.9)
        text = f"{view.distance:.3g} {view.unit}"
        side = -1 if column > columns / 2 else 1
        ax.annotate(
            text, (column, row), (8 * side, 0), textcoords="offset points", size=6, va="center",
            ha="left" if side > 0 else "right", bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.8},
        )  # fmt: skip
    length = _round_length(0.25 * columns * view.spacing[1])
    start, end = 0.03 * columns, 0.03 * columns + length / view.spacing[1]
    ax.plot([start - 0.5, end - 0.5], [0.96 * rows - 0.5] * 2, color=INK, linewidth=2, solid_capstyle="butt")
    ax.annotate(
        f"{length:g} {view.unit}", ((start + end) / 2 - 0.5, 0.96 * rows - 0.5), (0, 2), textcoords="offset points",
        size=6, ha="center", va="bottom",
    )  # fmt: skip
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))


def _round_length(about: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above."""
    power = 10 ** np.floor(np.log10(about))
    return float(max(step for step in (1, 2, 5) if step * power <= about * 1.0001) * power)
