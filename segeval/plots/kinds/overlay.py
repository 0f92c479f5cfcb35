"""The worst cases: prediction and ground truth on the slice of their largest surface distance.

The masks are read once more from their files, and made a case by the protocol of the run, so that
what is seen is what was scored. Of a volume, one slice is shown: that of the boundary voxel that is
farthest from the boundary of the other mask, with a ring around it. The masks are read on a thread,
while other figures are drawn.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
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
from segeval.data.labels import LabelMap
from segeval.data.limits import MAX_VOXELS
from segeval.errors import SegevalError
from segeval.io import Pair
from segeval.kernels.workspace import Workspace
from segeval.metrics.card import Metric
from segeval.plots.axes import NAME
from segeval.plots.card import Figures, plot_kind
from segeval.plots.errors import NothingToDraw
from segeval.plots.needs import MASKS, RANKING
from segeval.plots.slices import Place, bounds, cut, farthest
from segeval.plots.source import Source, badness_of, counted, worst_first
from segeval.plots.style import (
    GREY,
    INK,
    head_panel,
    page,
    page_numbers,
    panels,
    printable,
    sentences,
)
from segeval.protocols.protocol import Protocol
from segeval.run.cases import read_case

COLUMNS = 3
"""Panels side by side, at most."""
PER_PAGE = 12
"""Cases on a page, at most."""
BOTH, ONLY_P, ONLY_G, OTHERS = "#C9C9C9", "#E69F00", "#0072B2", "#F1F1F1"
SHADOW = "#DCE9F2"
"""Colours of voxels in both masks, in one of them, of other regions, and of the region in other
slices.
"""
KEYS = {
    BOTH: "both",
    ONLY_P: "prediction only (FP)",
    ONLY_G: "ground truth only (FN)",
    OTHERS: "other regions",
    SHADOW: "the region in other slices",
}
"""Words of the legend for the colours."""
MARGIN = 0.1
"""Width of the rim around the region, as a share of its extent."""
INSET = 0.04
"""Distance of the scale from the edges of the window, in windows."""
SURROUNDINGS = 4
"""Largest size of the image, in windows: a region of a few voxels would stand in the void."""
VOXELS = 16
"""Width of the window, at least."""
RING: dict[str, Any] = {"markerfacecolor": "none", "color": INK, "markeredgewidth": 0.9}
"""Look of the ring around the largest distance."""
EDGE: dict[str, Any] = {"color": GREY, "linewidth": 0.6, "linestyle": ":"}
"""Look of the edge of the image."""
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
    keys: frozenset[str]
    """Colours that occur, of `KEYS`."""
    spacing: tuple[float, float]
    """Size of a voxel along rows' and columns' axes, in `unit`."""
    window: Window
    farthest: tuple[int, int]
    """Row and column of the largest distance."""
    distance: str
    """Largest distance in words, with its unit; empty where one mask is."""
    heading: str
    names: tuple[str, str]
    """Descriptions of the axes, that of the rows first."""
    unit: str

    @property
    def has_edge(self) -> bool:
        """Whether the edge of the image is to be seen."""
        rows, columns = self.colors.shape[:2]
        top, bottom, left, right = self.window
        return min(top, left) < -0.5 or bottom > rows - 0.5 or right > columns - 0.5


@plot_kind(
    shows="prediction and ground truth of the worst cases, on the slice of the largest distance",
    needs=(RANKING, MASKS),
)
def figures(source: Source) -> Figures:
    """Begin to read the worst cases, and return the figures of those whose files are still there.

    Cases go by the mean over their regions, as in heat maps; each is shown with its worst region.
    Raises `NothingToDraw` where there is no case to show.
    """
    metric = source.ranking()
    assert metric is not None
    if not source.worst:
        raise NothingToDraw("no case was asked for")
    bad = badness_of(source.cube.scores(metric), metric)
    ranked = [case for case in worst_first(bad).tolist() if not np.isnan(bad[case]).all()]
    if not ranked:
        raise NothingToDraw(f"no case has a score of {metric.column}")
    # One thread alone, which has one case in memory at a time.
    pool = ThreadPoolExecutor(1, "segeval")
    coming = {}
    # Nobody moves up for a case that cannot be read: what is shown is among the worst.
    for case in ranked[: source.worst]:
        region = _worst_region(source, case, bad[case])
        coming[source.cube.cases[case]] = pool.submit(_view, source, case, region, metric)
    pool.shutdown(wait=False)
    return _figures(source, metric, coming)


def _figures(source: Source, metric: Metric, coming: Mapping[str, Future[View]]) -> Figures:
    """Yield pages of the views, once there are all of them.

    Raises `NothingToDraw` where there is none.
    """
    views = list(_readable(coming))
    if not views:
        raise NothingToDraw(
            "none of the worst cases' files can be read; put them back where they were"
        )
    pages = [views[start : start + PER_PAGE] for start in range(0, len(views), PER_PAGE)]
    order = printable(metric.column, NAME)
    if len(source.regions) > 1:
        order = f"mean {order} over regions"
    cases = counted(len(source.cube.cases), "case")
    title = f"Worst cases by {order}: {len(views)} of n = {cases}"
    caption = sentences(
        (len(source.regions) > 1, "Of each case its worst region."), (True, source.omissions())
    )
    for content, (number, _) in zip(pages, page_numbers(len(pages)), strict=True):
        yield number, _draw(content, title, caption)


def _readable(coming: Mapping[str, Future[View]]) -> Iterator[View]:
    """Yield the views of cases, by name; the log tells those whose files cannot be read."""
    for name, view in coming.items():
        try:
            yield view.result()
        except (SegevalError, OSError) as error:
            log.warning("no overlay of case %r: %s", name, error)


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
    labels = source.results.run.get("regions", {}).get(source.regions[region])
    if not labels:
        raise NothingToDraw("run.json does not say what labels the region has; score again")
    pred, gt = _region(mask_p, labels), _region(mask_g, labels)
    grid = scored.grid
    place = farthest(pred, gt, grid.spacing)
    plane = cut(grid, place.index)
    shadow = plane.shadow(pred | gt)
    in_p, in_g = plane.rows(pred), plane.rows(gt)
    # Later colours cover earlier ones, so that the region lies on top of the others, which are
    # those of the ground truth.
    layers = {
        SHADOW: shadow & ~in_p & ~in_g,
        OTHERS: plane.rows(mask_g.labels > 0) & ~in_p & ~in_g,
        BOTH: in_p & in_g,
        ONLY_P: in_p & ~in_g,
        ONLY_G: in_g & ~in_p,
    }
    colors = np.ones((*in_p.shape, 3))
    for color, where in layers.items():
        colors[where] = to_rgb(color)
    spacing = (grid.spacing[plane.down], grid.spacing[plane.across])
    heading = [source.name(case, region), *_scores(source, case, region, metric)]
    if plane.axis is not None:
        depth = grid.shape[plane.axis]
        heading.append(f"slice {plane.index} of {depth} along axis {plane.axis}")
    return View(
        colors,
        frozenset(color for color, where in layers.items() if where.any()),
        spacing,
        window=_window(shadow, spacing),
        farthest=plane.locate(place.index, grid.shape),
        distance=_in_words(place, grid.unit),
        heading="\n".join(heading),
        names=plane.names,
        unit=grid.unit,
    )


def _region(mask: LabelMap, labels: Sequence[int]) -> Flags:
    """Return where a mask holds one of the labels."""
    # `numpy.isin` takes ten times as long for the one label that most regions have.
    where: Flags = mask.labels == labels[0]
    for label in labels[1:]:
        where |= mask.labels == label
    return where


def _in_words(place: Place, unit: str) -> str:
    """Return the largest distance as a figure has it; empty for none."""
    if np.isnan(place.distance):
        return ""
    about = {True: "", False: "≈ "}[place.is_exact]
    return f"{about}{place.distance:.3g} {unit}"


def _read(run: Mapping[str, Any], name: str) -> Case:
    """Return a case as it was scored.

    Raises `SegevalError` when its files are gone or do not fit any more.
    """
    files = run.get("cases", {}).get(name, {})
    if not files.get("gt"):
        raise NothingToDraw("run.json does not say where its files are; score again")
    # Without a file of its own the prediction was scored as empty.
    paths = {side: files.get(side) and Path(files[side]) for side in ("pred", "gt", "roi")}
    pair = Pair(name, **paths)
    most = run.get("max_voxels", MAX_VOXELS)
    with Workspace() as workspace:
        case = read_case(pair, Protocol.from_dict(run["protocol"]), workspace, most)
    if case.has_mesh:
        raise NothingToDraw("it has a mesh, which has no slices")
    if case.grid.ndim not in (2, 3):
        raise NothingToDraw(f"it has {case.grid.ndim} axes, and only 2 or 3 can be shown")
    return case


def _window(shadow: Flags, spacing: tuple[float, float]) -> Window:
    """Return a square, in physical units, around all slices of the region.

    It is large enough to see where that lies: `SURROUNDINGS` and `VOXELS` say how large.
    """
    rows, columns = bounds(shadow)
    sides = ((rows.stop - rows.start) * spacing[0], (columns.stop - columns.start) * spacing[1])
    image = max(np.multiply(shadow.shape, spacing)) / SURROUNDINGS
    reach = max((0.5 + MARGIN) * max(sides), image / 2, VOXELS / 2 * max(spacing))
    # Centres of voxels lie at whole numbers.
    row = (rows.start + rows.stop - 1) / 2
    column = (columns.start + columns.stop - 1) / 2
    down, across = reach / spacing[0], reach / spacing[1]
    return Window(row - down, row + down, column - across, column + across)


def _scores(source: Source, case: int, region: int, metric: Metric) -> list[str]:
    """Return lines of scores of a region: the ranking metric, and the leading ones.

    Where there are several regions, the mean that the case is ranked by stands in brackets, and
    takes a line.
    """
    texts = []
    for shown in dict.fromkeys(m for m in (metric, *source.leading()) if m):
        scores = source.cube.scores(shown)[case]
        unit = shown.unit(source.length_unit, source.volume_unit)
        name = printable(shown.column, NAME)
        text = f"{name} {_number(scores[region])} {printable(unit)}".rstrip()
        if shown == metric and len(scores) > 1:
            text = f"{text} (case mean {_number(np.nanmean(scores))})"
        texts.append(text)
    if len(source.regions) > 1:
        return [texts[0], *filter(None, [", ".join(texts[1:])])]
    return [", ".join(texts)]


def _number(score: float) -> str:
    """Return a score of three digits, or what it is instead."""
    if np.isnan(score):
        return "undefined"
    return f"{score:.3g}".replace("inf", "∞")


def _draw(views: Sequence[View], title: str, caption: str) -> Figure:
    """Return a page of views with a legend of what there is to be seen."""
    columns = min(COLUMNS, len(views))
    rows = ceil(len(views) / columns)
    lines = max(view.heading.count("\n") for view in views)
    height = 1.0 + (2.65 + 0.13 * lines) * rows
    figure = page(height, title, width=max(4.6, 2.5 * columns))
    for ax, view in zip(panels(figure, len(views), columns), views, strict=True):
        _draw_panel(ax, view)
    occurring = {BOTH, ONLY_P, ONLY_G}.union(*(view.keys for view in views))
    keys: list[Patch | Line2D] = [
        Patch(facecolor=color, label=text, edgecolor=INK, linewidth=0.4)
        for color, text in KEYS.items()
        if color in occurring
    ]
    keys.append(
        Line2D([], [], linestyle="", marker="o", markersize=6, **RING, label="largest distance")
    )
    if any(view.has_edge for view in views):
        keys.append(Line2D([], [], **EDGE, label="image edge"))
    figure.legend(
        handles=keys,
        title=caption,
        title_fontsize=6.5,
        alignment="left",
        loc="outside lower left",
        ncols=4 if columns == COLUMNS else 2,
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
    ax.add_patch(Rectangle((-0.5, -0.5), columns, rows, fill=False, **EDGE))
    head_panel(ax, view.heading)
    window = view.window
    ax.set(xticks=[], yticks=[])
    # Rows run downwards, and so does the axis.
    ax.set(xlim=(window.left, window.right), ylim=(window.bottom, window.top))
    ax.set_ylabel(view.names[0], size=6)
    ax.set_xlabel(view.names[1], size=6)
    ax.spines[:].set_visible(True)
    if view.distance:
        _draw_ring(ax, view)
    _draw_scale(ax, view)


def _draw_ring(ax: Axes, view: View) -> None:
    """Mark the voxel of the largest distance, with its distance on the side that has more room."""
    row, column = view.farthest
    ax.plot(column, row, marker="o", markersize=9, **RING)
    offset, side = (7, 0), "left"
    if column > (view.window.left + view.window.right) / 2:
        offset, side = (-7, 0), "right"
    ax.annotate(view.distance, (column, row), offset, **NOTE, ha=side, va="center")


def _draw_scale(ax: Axes, view: View) -> None:
    """Draw a line of a round length, at most a quarter of the window, in a lower corner.

    It is horizontal, so that the spacing of columns says how long it is. The corner is the left
    one, unless the ring lies there.
    """
    window, step = view.window, view.spacing[1]
    width, height = window.right - window.left, window.bottom - window.top
    length = round_length(0.25 * width * step)
    row, column = view.farthest
    start = window.left + INSET * width
    if view.distance and row > window.bottom - height / 3 and column < window.left + width / 2:
        start = window.right - INSET * width - length / step
    end, level = start + length / step, window.bottom - INSET * height
    ax.plot([start, end], [level, level], color=INK, linewidth=2, solid_capstyle="butt")
    text = f"{length:g} {view.unit}"
    ax.annotate(text, ((start + end) / 2, level), (0, 3), **NOTE, ha="center", va="bottom")


def round_length(most: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above `most`.

    >>> round_length(0.35), round_length(5)
    (0.2, 5.0)
    """
    # 0.1 ‰ is let pass, since the logarithm of 1000 may come out a little small.
    power = 10 ** np.floor(np.log10(most))
    return float(max(step for step in (1, 2, 5) if step * power <= most * 1.0001) * power)
