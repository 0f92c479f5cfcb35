"""The worst cases: prediction and ground truth on the slice of their largest surface distance.

The masks are read once more from their files, and made a case by the protocol of the run, so that
what is seen is what was scored. Of a volume, one slice is shown: that of the boundary voxel that is
farthest from the boundary of the other mask, with a ring around it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from segeval.arrays import Flags, Floats
from segeval.data.case import Case
from segeval.data.limits import MAX_VOXELS
from segeval.errors import SegevalError
from segeval.io import read_labels
from segeval.metrics.card import Metric
from segeval.plots.axes import symbol
from segeval.plots.card import Figures, plot_kind
from segeval.plots.errors import NothingToDraw
from segeval.plots.needs import MASKS, RANKING
from segeval.plots.slices import Slice, bounds, cut, farthest
from segeval.plots.source import Source, badness_of, counted, worst_first
from segeval.plots.style import GREY, INK, page, page_numbers, panels
from segeval.protocols.protocol import Protocol
from segeval.run.cases import make_case

COLUMNS = 3
"""Panels side by side, at most."""
PER_PAGE = 12
"""Cases on a page, at most."""
BOTH, ONLY_P, ONLY_G, OTHERS = "#C9C9C9", "#E69F00", "#0072B2", "#F1F1F1"
"""Colours of voxels in both masks, in one of them, and of other regions."""
KEYS = {
    BOTH: "both",
    ONLY_P: "prediction only (FP)",
    ONLY_G: "ground truth only (FN)",
    OTHERS: "other regions",
}
"""Words of the legend for the colours."""
MARGIN = 0.1
"""Width of the rim around the object, as a share of its extent."""
ZOOM = 6
"""Largest size of the whole object, in windows, where the slice shows but a speck of it."""
SURROUNDINGS = 4
"""Largest size of the image, in windows: a region of a few voxels would stand in the void."""
VOXELS = 16
"""Width of the window, at least."""
RING: dict[str, Any] = {"markerfacecolor": "none", "color": INK, "markeredgewidth": 0.9}
"""Look of the ring around the largest distance."""
NOTE: dict[str, Any] = {
    "textcoords": "offset points",
    "size": 6,
    "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
}
"""Look of what is written over a slice."""

log = logging.getLogger(__name__)


class Window(NamedTuple):
    """The part of a slice to show, in rows and columns, beyond the image where need be."""

    top: float
    bottom: float
    left: float
    right: float


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A slice of a case, coloured, the window to show, and what to write."""

    colors: Floats
    """Red, green and blue from 0 to 1, (rows, columns, 3)."""
    spacing: tuple[float, float]
    """Size of a voxel along rows' and columns' axes, in `unit`."""
    window: Window
    farthest: tuple[int, int]
    """Row and column of the largest distance."""
    distance: float
    """Largest distance, in `unit`; NaN where one mask is empty."""
    heading: str
    names: tuple[str, str]
    """Descriptions of the axes, that of the rows first."""
    unit: str


@plot_kind(
    shows="prediction and ground truth of the worst cases, on the slice of the largest distance",
    needs=(RANKING, MASKS),
)
def figures(source: Source) -> Figures:
    """Draw a panel for each of the worst cases whose files are still there.

    Cases go by the mean over their regions, as in heat maps; each is shown with its worst region.
    """
    metric = source.ranking()
    assert metric is not None
    views = _views(source, metric)
    pages = [views[start : start + PER_PAGE] for start in range(0, len(views), PER_PAGE)]
    order = symbol(metric) if len(source.regions) == 1 else f"mean {symbol(metric)}"
    cases = counted(len(source.cube.cases), "case")
    title = f"Worst cases by {order}: {len(views)} of n = {cases}"
    for content, (number, _) in zip(pages, page_numbers(len(pages)), strict=True):
        yield number, _draw(content, title)


def _views(source: Source, metric: Metric) -> list[View]:
    """Return the views of the worst cases. Raises `NothingToDraw` where there is none.

    Cases whose files cannot be read are told of in the log.
    """
    if not source.worst:
        raise NothingToDraw("no case was asked for")
    bad = badness_of(source.cube.scores(metric), metric)
    ranked = [case for case in worst_first(bad).tolist() if not np.isnan(bad[case]).all()]
    if not ranked:
        raise NothingToDraw(f"no case has a score of {metric.column}")
    views = []
    # Nobody moves up for a case that cannot be read: what is shown is among the worst.
    for case in ranked[: source.worst]:
        try:
            views.append(_view(source, case, _worst_region(source, case, bad[case]), metric))
        except (SegevalError, OSError) as error:
            log.warning("no overlay of case %r: %s", source.cube.cases[case], error)
    if not views:
        raise NothingToDraw(MASKS.advice)
    return views


def _worst_region(source: Source, case: int, bad: Floats) -> int:
    """Return the region to show, from how bad each is.

    Of several worst ones it is the largest, since a missed voxel shows nothing.
    """
    # Infinite values are equal, so that several regions may be the worst.
    worst = np.flatnonzero(bad == np.nanmax(bad)).tolist()
    details = source.results.details
    if details is None:
        return int(worst[0])
    row = details.cases.index(source.cube.cases[case])
    volumes = details.volume_p[row] + details.volume_g[row]
    volume_of_region = dict(zip(details.regions, volumes.tolist(), strict=True))
    return int(max(worst, key=lambda region: volume_of_region[source.regions[region]]))


def _view(source: Source, case: int, region: int, metric: Metric) -> View:
    """Return the slice of a case through the largest distance between the masks of a region.

    The distance is that between boundary voxels, whatever rule the metric measures by: the figure
    shows where to look, and its heading the scores.
    """
    scored = _read(source.results.run, source.cube.cases[case])
    mask_p, mask_g = scored.masks
    labels = list(source.results.run["regions"][source.regions[region]])
    pred = np.isin(mask_p.labels, labels)
    gt = np.isin(mask_g.labels, labels)
    grid = scored.grid
    place = farthest(pred, gt, grid.spacing)
    plane = cut(grid, place.index)
    # Later colours cover earlier ones, so that the region lies on top of the others.
    in_p, in_g = plane.rows(pred), plane.rows(gt)
    colors = np.ones((*in_p.shape, 3))
    # The other regions are those of the ground truth.
    colors[plane.rows(mask_g.labels > 0)] = to_rgb(OTHERS)
    colors[in_p & in_g] = to_rgb(BOTH)
    colors[in_p & ~in_g] = to_rgb(ONLY_P)
    colors[in_g & ~in_p] = to_rgb(ONLY_G)
    spacing = (grid.spacing[plane.down], grid.spacing[plane.across])
    heading = [source.name(case, region), _scores(source, case, region, metric)]
    if plane.axis is not None:
        depth = grid.shape[plane.axis]
        heading.append(f"slice {plane.index} of {depth} along axis {plane.axis}")
    return View(
        colors,
        spacing,
        window=_window(plane, pred | gt, spacing),
        farthest=plane.locate(place.index, grid.shape),
        distance=place.distance,
        heading="\n".join(heading),
        names=plane.names,
        unit=grid.unit,
    )


def _read(run: Mapping[str, Any], name: str) -> Case:
    """Return a case as it was scored.

    Raises `SegevalError` when its files are gone or do not fit any more.
    """
    files = run.get("cases", {}).get(name, {})
    if not files.get("gt"):
        raise NothingToDraw("run.json does not say where its files are; score again")
    protocol = Protocol.from_dict(run["protocol"])
    read_side = partial(
        read_labels,
        spacing=protocol.spacing,
        colors=protocol.colors,
        max_voxels=run.get("max_voxels", MAX_VOXELS),
    )
    gt = read_side(Path(files["gt"]))
    # Without a file of its own the prediction was scored as empty.
    pred = None
    if files.get("pred"):
        pred = read_side(Path(files["pred"]), threshold=protocol.threshold)
    case = make_case(name, pred, gt, protocol)
    if case.grid.ndim not in (2, 3):
        raise NothingToDraw(f"it has {case.grid.ndim} axes, and only 2 or 3 can be shown")
    return case


def _window(plane: Slice, mask: Flags, spacing: tuple[float, float]) -> Window:
    """Return a square, in physical units, around what the slice shows of the mask.

    It is large enough to see where that lies: `ZOOM`, `SURROUNDINGS` and `VOXELS` say how large.
    """
    rows = plane.rows(mask)
    shown, whole = bounds(rows), bounds(mask)
    size = _size(shown, spacing)
    size = max(size, _size((whole[plane.down], whole[plane.across]), spacing) / ZOOM)
    image = max(np.multiply(rows.shape, spacing)) / SURROUNDINGS
    reach = max((0.5 + MARGIN) * size, image / 2, VOXELS / 2 * max(spacing))
    # Centres of voxels lie at whole numbers.
    row = (shown[0].start + shown[0].stop - 1) / 2
    column = (shown[1].start + shown[1].stop - 1) / 2
    down, across = reach / spacing[0], reach / spacing[1]
    return Window(row - down, row + down, column - across, column + across)


def _size(box: Sequence[slice], spacing: Sequence[float]) -> float:
    """Return the longer side of a box, in the unit of the spacing."""
    sides = [(side.stop - side.start) * step for side, step in zip(box, spacing, strict=True)]
    return float(max(sides))


def _scores(source: Source, case: int, region: int, metric: Metric) -> str:
    """Return the scores of a region: the ranking metric, the first overlap, the first distance.

    Where there are several regions, the mean that the case is ranked by stands in brackets.
    """
    texts = []
    for shown in dict.fromkeys(m for m in (metric, *source.leading()) if m):
        scores = source.cube.scores(shown)[case]
        unit = shown.unit(source.length_unit, source.volume_unit)
        text = f"{symbol(shown)} {_number(scores[region])} {unit}".rstrip()
        if shown == metric and len(scores) > 1:
            text = f"{text} (case mean {_number(np.nanmean(scores))})"
        texts.append(text)
    return ", ".join(texts)


def _number(score: float) -> str:
    """Return a score of three digits, or what it is instead."""
    if np.isnan(score):
        return "undefined"
    return f"{score:.3g}".replace("inf", "∞")


def _draw(views: Sequence[View], title: str) -> Figure:
    """Return a page of views with a legend."""
    columns = min(COLUMNS, len(views))
    rows = ceil(len(views) / columns)
    figure = page(0.5 + 2.95 * rows, title, width=max(4.6, 2.5 * columns))
    for ax, view in zip(panels(figure, len(views), columns), views, strict=True):
        _draw_panel(ax, view)
    keys: list[Patch | Line2D] = [
        Patch(facecolor=color, label=text, edgecolor=INK, linewidth=0.4)
        for color, text in KEYS.items()
    ]
    ring = Line2D([], [], linestyle="", marker="o", markersize=6, **RING, label="largest distance")
    figure.legend(
        handles=[*keys, ring],
        loc="outside lower left",
        ncols=5 if columns == COLUMNS else 3,
        handlelength=1.2,
        columnspacing=1,
    )
    return figure


def _draw_panel(ax: Axes, view: View) -> None:
    """Draw a view: its window, the edge of the image, a scale, a ring at the largest distance.

    Instead of ticks the labels of the axes name both ends, or how the axes of the array run.
    """
    rows, columns = view.colors.shape[:2]
    ax.imshow(view.colors, aspect=view.spacing[0] / view.spacing[1], interpolation="nearest")
    edge = Rectangle((-0.5, -0.5), columns, rows, fill=False, edgecolor=GREY, linewidth=0.6)
    edge.set_linestyle(":")
    ax.add_patch(edge)
    ax.set_title(view.heading, loc="left", size=7)
    window = view.window
    ax.set(xticks=[], yticks=[])
    # Rows run downwards, and so does the axis.
    ax.set(xlim=(window.left, window.right), ylim=(window.bottom, window.top))
    ax.set_ylabel(view.names[0], size=6)
    ax.set_xlabel(view.names[1], size=6)
    ax.spines[:].set_visible(True)
    if np.isfinite(view.distance):
        _draw_ring(ax, view)
    _draw_scale(ax, view)


def _draw_ring(ax: Axes, view: View) -> None:
    """Mark the voxel of the largest distance, with its distance on the side that has more room."""
    row, column = view.farthest
    ax.plot(column, row, marker="o", markersize=9, **RING)
    text = f"{view.distance:.3g} {view.unit}"
    if column > (view.window.left + view.window.right) / 2:
        ax.annotate(text, (column, row), (-7, 0), **NOTE, ha="right", va="center")
    else:
        ax.annotate(text, (column, row), (7, 0), **NOTE, ha="left", va="center")


def _draw_scale(ax: Axes, view: View) -> None:
    """Draw a line of a round length, at most a quarter of the window, in its lower left corner.

    It is horizontal, so that the spacing of columns says how long it is.
    """
    window, step = view.window, view.spacing[1]
    width = window.right - window.left
    length = round_length(0.25 * width * step)
    start, end = window.left + 0.04 * width, window.left + 0.04 * width + length / step
    height = window.bottom - 0.04 * (window.bottom - window.top)
    ax.plot([start, end], [height, height], color=INK, linewidth=2, solid_capstyle="butt")
    text = f"{length:g} {view.unit}"
    ax.annotate(text, ((start + end) / 2, height), (0, 3), **NOTE, ha="center", va="bottom")


def round_length(most: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above `most`.

    >>> round_length(0.35), round_length(5)
    (0.2, 5.0)
    """
    # 0.1 ‰ is let pass, since the logarithm of 1000 may come out a little small.
    power = 10 ** np.floor(np.log10(most))
    return float(max(step for step in (1, 2, 5) if step * power <= most * 1.0001) * power)
