"""Many short texts as one artist, which costs a fraction of as many `Text`s of matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from segeval.arrays import Floats

from .style import INK

ANGLES = {False: 0, True: 90}
"""Degrees of text that lies, and of text that stands upright."""


class Words(Artist):
    """One line of text at each of several places, all of one size.

    `share` tells where a text has its place: 0 at its start, 1 at its end. Texts that stand
    `upright` read from bottom to top.
    """

    def __init__(
        self,
        texts: Sequence[str],
        places: NDArray[Any],
        *,
        size: float,
        share: float = 0.5,
        upright: bool = False,
        offset: tuple[float, float] = (0, 0),
        colors: Sequence[str] = (),
    ) -> None:
        """Begin with texts, places (n, 2), and the `offset` of all from these in points."""
        super().__init__()
        self.texts = list(texts)
        self._places = np.asarray(places, np.float64)
        self._font = FontProperties(family="DejaVu Sans", size=size)
        self._share = share
        self._upright = upright
        self._offset = np.array(offset) / 72
        self._colors = [to_rgba(color) for color in colors or [INK] * len(self.texts)]

    def _starts(self, renderer: Any) -> tuple[Floats, Floats, Bbox]:
        """Return, in pixels, starts of the lines (n, 2), their widths, and the box of each line.

        The box is that of a line of no width at the origin.
        """
        measured = renderer.get_text_width_height_descent
        widths = np.array([measured(text, self._font, ismath=False)[0] for text in self.texts])
        # All lines are as high, so that their letters stand on one level.
        _, height, descent = measured("lp", self._font, ismath=False)
        figure = self.get_figure(root=True)
        assert figure is not None
        starts = self.get_transform().transform(self._places) + self._offset * figure.dpi
        along, across = starts.T
        box = Bbox.from_extents(0, -descent, 0, height - descent)
        if self._upright:
            along, across = across, along
            box = Bbox.from_extents(descent - height, 0, descent, 0)
        along -= self._share * widths
        across += {False: descent - height / 2, True: height / 2 - descent}[self._upright]
        return starts, widths, box

    def get_window_extent(self, renderer: Any = None) -> Bbox:
        """Return the box around all texts, in pixels."""
        starts, widths, box = self._starts(renderer)
        ends = starts.copy()
        ends[:, int(self._upright)] += widths
        return Bbox([starts.min(axis=0) + box.min, ends.max(axis=0) + box.max])

    def draw(self, renderer: Any) -> None:
        """Draw all texts."""
        if not self.get_visible() or not self.texts:
            return
        starts, _, _ = self._starts(renderer)
        if renderer.flipy():
            starts[:, 1] = renderer.get_canvas_width_height()[1] - starts[:, 1]
        context = renderer.new_gc()
        for text, (x, y), color in zip(self.texts, starts, self._colors, strict=True):
            context.set_foreground(color, isRGBA=True)
            renderer.draw_text(context, x, y, text, self._font, ANGLES[self._upright])
        context.restore()


def name_rows(ax: Axes, names: Sequence[str], *, size: float) -> None:
    """Name the rows of axes, which lie at 0, 1, 2 …, to the left of these, without ticks."""
    places = np.column_stack([np.zeros(len(names)), np.arange(len(names))])
    words = Words(names, places, size=size, share=1, offset=(-4, 0))
    _add(ax, words, ax.get_yaxis_transform(), "rows")


def name_columns(ax: Axes, names: Sequence[str], *, size: float, upright: bool) -> None:
    """Name the columns of axes, which lie at 0, 1, 2 …, below these, without ticks."""
    places = np.column_stack([np.arange(len(names)), np.zeros(len(names))])
    share, drop = {True: (1.0, -4.0), False: (0.5, -4 - 0.6 * size)}[upright]
    words = Words(names, places, size=size, share=share, upright=upright, offset=(0, drop))
    _add(ax, words, ax.get_xaxis_transform(), "columns")


def write(ax: Axes, words: Words) -> None:
    """Write words at places of the data; they are inside, and nothing makes room for them."""
    _add(ax, words, ax.transData, "cells")
    words.set_in_layout(False)


def _add(ax: Axes, words: Words, transform: Any, label: str) -> None:
    words.set_label(label)
    words.set_transform(transform)
    words.set_zorder(5)
    ax.add_artist(words)
    words.set_clip_on(False)
