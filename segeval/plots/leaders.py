"""Names beside points, moved apart where they would lie on one another.

Names get their places one after the other, the most important first. Each takes, of some places
around its point, the one that costs least: that hides and crosses least of what is there so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from segeval.arrays import Floats

from .axes import figure_of
from .style import FRAME, GREY, lay_out

SIZE = 6.0
"""Points: the size of the letters."""
OFFSETS = [
    (side * dx, dy)
    for dy in (0, 8, -8, 16, -16, 24, -24, 36, -36, 48, -48, 64, -64)
    for dx in (5, 14, 28)
    for side in (1, -1)
]
"""Places of the near end of a name, in points from its point; the first that is free is best."""
LEADER: dict[str, Any] = {
    "arrowstyle": "-",
    "color": FRAME,
    "linewidth": 0.5,
    "shrinkA": 0.5,
    "shrinkB": 2,
    "patchA": None,
}
"""The line that leads from a name to its point."""


ENDS = {"left": 0, "right": 1}
"""The end of a name, as a share of its width, that its leader starts from."""


class Box(NamedTuple):
    """A rectangle on the page, in points.

    >>> Box(0, 0, 4, 2).shared(Box(3, 1, 9, 9))
    1
    """

    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        """Area in square points."""
        return (self.right - self.left) * (self.top - self.bottom)

    def count(self, points: Floats) -> int:
        """Return how many of the (n, 2) points lie within."""
        x, y = points.T
        across = (x > self.left) & (x < self.right)
        return int((across & (y > self.bottom) & (y < self.top)).sum())

    def shared(self, box: Box) -> float:
        """Return the area shared with another box."""
        width = min(self.right, box.right) - max(self.left, box.left)
        height = min(self.top, box.top) - max(self.bottom, box.bottom)
        return max(0.0, width) * max(0.0, height)


class Layout:
    """The page so far: its frame, its points, and the names and leaders that have their places."""

    def __init__(self, frame: Box, points: Floats, crowd: Floats) -> None:
        """Begin with all points of the axes, `crowd`, and those to be named, (n, 2) in points."""
        self._frame = frame
        self._crowd = crowd
        self._boxes = [Box(x - 2, y - 2, x + 2, y + 2) for x, y in points]
        self._leaders: Floats = np.empty((0, 2))

    def place(self, point: Floats, letters: int) -> tuple[int, int]:
        """Return the offset at which a name is least in the way, and keep its place.

        `point` is where the point lies on the page; the offset is that of the name's near end.
        """
        boxes = [_text_box(point, offset, letters) for offset in OFFSETS]
        lines = [point + np.linspace(0.5, 1, 16)[:, None] * offset for offset in OFFSETS]
        costs = [
            self._cost(box, line) + 0.2 * float(np.hypot(*offset))
            for box, line, offset in zip(boxes, lines, OFFSETS, strict=True)
        ]
        best = int(np.argmin(costs))
        self._boxes.append(boxes[best])
        self._leaders = np.concatenate([self._leaders, lines[best]])
        return OFFSETS[best]

    def _cost(self, box: Box, line: Floats) -> float:
        """Return how much a name in this box, with this leader, would hide or cross."""
        hidden = sum(box.shared(taken) for taken in self._boxes)
        outside = box.area - box.shared(self._frame)
        covered = min(box.count(self._crowd), 10)
        crossed = box.count(self._leaders) + sum(taken.count(line) for taken in self._boxes)
        # In square points: a crossed line confuses most, then a name that leaves the frame.
        return hidden + 10 * outside + 5 * covered + 30 * crossed


def name_points(ax: Axes, x: Floats, y: Floats, names: Sequence[str]) -> None:
    """Write names beside their points (n,), of which the first find their places first.

    To be called when all else is drawn, since places depend on the layout, which stays as it is.
    """
    if not names:
        return
    figure = figure_of(ax)
    lay_out(figure)
    points = _on_page(ax, np.column_stack([x, y]))
    crowd = [_on_page(ax, collection.get_offsets()) for collection in ax.collections]
    frame = Box(*(np.asarray(ax.get_window_extent().extents) * 72 / figure.dpi))
    layout = Layout(frame, points, np.concatenate([points, *crowd]))
    for point, data, name in zip(points, zip(x, y, strict=True), names, strict=True):
        offset = layout.place(point, len(name))
        side: Literal["left", "right"] = "left" if offset[0] > 0 else "right"
        ax.annotate(
            name,
            data,
            xytext=offset,
            textcoords="offset points",
            size=SIZE,
            color=GREY,
            annotation_clip=False,
            horizontalalignment=side,
            verticalalignment="center_baseline",
            arrowprops={**LEADER, "relpos": (ENDS[side], 0.5)},
        )


def _on_page(ax: Axes, data: Any) -> Floats:
    """Return where data lie on the page, in points."""
    return np.asarray(ax.transData.transform(data), dtype=np.float64) * 72 / figure_of(ax).dpi


def _text_box(point: Floats, offset: tuple[int, int], letters: int) -> Box:
    """Return the box of a name of so many letters whose near end lies at this offset."""
    # A letter of DejaVu Sans is 0.6 of its size wide on average.
    width, height = 0.6 * SIZE * letters, 1.15 * SIZE
    left = point[0] + offset[0]
    if offset[0] <= 0:
        left -= width
    bottom = point[1] + offset[1] - height / 2
    return Box(left, bottom, left + width, bottom + height)
