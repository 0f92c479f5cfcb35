"""The look of all figures: colours, fonts, sizes, and how files are written.

Colour-blind readers tell the colours apart.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.transforms import Bbox

from segeval.arrays import Floats
from segeval.io.files import replacing

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5D5D5D")
"""Okabe and Ito's colours, without the yellow that white paper swallows."""
INK, GREY, PALE, FRAME = "#222222", "#767676", "#DDDDDD", "#BBBBBB"
ALARM = "#D55E00"
STRIP = "#F5F5F5"
"""The ground of what lies beside an axis, since it has no place on it: infinite values."""
WIDTH = 7.2
"""Inches: a page of two columns."""
PAGE_HEIGHT = 9.0
"""Inches of panels on a page, at most."""
DPI = 150
"""Pixels on an inch of an image: what is read on a screen and in print."""
TITLE_LETTERS, CAPTION_LETTERS = 12, 20
"""Letters on an inch of a title, which is bold, and of a caption."""

RC: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "text.color": INK,
    "text.usetex": False,
    "mathtext.fontset": "dejavusans",
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.labelcolor": INK,
    "axes.edgecolor": FRAME,
    "axes.linewidth": 0.8,
    "axes.facecolor": "white",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "figure.titlesize": 10,
    "grid.color": "#E8E8E8",
    "grid.linewidth": 0.6,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.color": FRAME,
    "ytick.color": FRAME,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "savefig.bbox": None,
    "savefig.dpi": "figure",
    "pdf.fonttype": 42,
    "svg.hashsalt": "segeval",
}
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")
"""Categories of Unicode without a sign: control and format characters, ends of lines."""
# Without a date, the same figure gives the same file.
_UNDATED: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


class PageNumber(NamedTuple):
    """A page among several: its number, and what a title says of it.

    Both are empty for a single page.
    """

    number: str
    words: str


def page_numbers(pages: int) -> list[PageNumber]:
    """Return the numbers of so many pages.

    >>> page_numbers(2)[0]
    PageNumber(number='1', words=' (1 of 2)')
    """
    if pages == 1:
        return [PageNumber("", "")]
    return [PageNumber(str(k), f" ({k} of {pages})") for k in range(1, pages + 1)]


def page(height: float, title: str, caption: str = "", width: float = WIDTH) -> Figure:
    """Return an empty figure with a title above and a caption below.

    Its layout keeps labels apart.
    """
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    head(figure, title, caption)
    return figure


def head(figure: Figure, title: str, caption: str) -> None:
    """Put the title above a figure, and the caption, if any, below it, in lines that fit."""
    width = figure.get_figwidth()
    # Mathematics has no spaces, so that it is never broken.
    lines = textwrap.wrap(title, int(TITLE_LETTERS * width), break_long_words=False)
    figure.suptitle("\n".join(lines), x=0.01, ha="left", weight="bold", size=9)
    # The label of the x axes of the whole figure is the only text below for which the layout makes
    # room.
    if caption:
        text = textwrap.fill(caption, int(CAPTION_LETTERS * width))
        figure.supxlabel(text, x=0.01, ha="left", size=6.5, color=GREY)


def sentences(*notes: tuple[object, str]) -> str:
    """Return the text of the notes, each a condition and a sentence, whose condition holds.

    >>> sentences((True, "Point: case."), (0, "Grey: undefined."), (3, "Line: median."))
    'Point: case. Line: median.'
    """
    return " ".join(text for holds, text in notes if holds and text)


class Panel(Axes):
    """Axes whose labels are measured once, since the layout would ask for them again and again."""

    _rim: tuple[float, Floats] | None = None
    """The dots an inch, and how many dots labels and ticks reach beyond the axes on each side."""

    def get_tightbbox(self, *args: Any, **kwargs: Any) -> Bbox:
        """Return the box around the axes and their labels, in pixels."""
        figure = self.get_figure(root=True)
        assert figure is not None
        self.apply_aspect()
        if self._rim is None or self._rim[0] != figure.dpi:
            self.spines[:].set_in_layout(False)
            box = super().get_tightbbox(*args, **kwargs)
            assert box is not None
            self._rim = (figure.dpi, np.subtract(box.extents, self.bbox.extents))
        return Bbox.from_extents(*(self.bbox.extents + self._rim[1]))


def panels(figure: Figure, count: int, columns: int = 1, **layout: Any) -> list[Axes]:
    """Return so many axes in rows of a figure; the last row may have a gap at its end.

    `layout` is what `subplots` of a figure takes.
    """
    rows = ceil(count / columns)
    kind = {"axes_class": Panel}
    grid = list(figure.subplots(rows, columns, squeeze=False, subplot_kw=kind, **layout).flat)
    for ax in grid[count:]:
        ax.remove()
    return grid[:count]


def head_panel(ax: Axes, text: str, *, size: float = 7) -> None:
    """Put a heading above axes, to the left.

    With its place given, matplotlib does not measure the axis each time to find one.
    """
    ax.set_title(text, loc="left", size=size, y=1)


def save(figure: Figure, path: Path, *, title: str = "") -> None:
    """Write a figure in the format of the path's suffix; `title` is what the file says of itself.

    The same figure gives the same file.
    """
    format_ = path.suffix.removeprefix(".")
    metadata = _UNDATED.get(format_, {})
    if title:
        metadata = {**metadata, "Title": title}
    with replacing(path) as file:
        if format_ == "png":
            # What `savefig` does too, after it has drawn all once more for the layout alone.
            FigureCanvasAgg(figure).print_png(file, metadata=metadata)  # type: ignore[no-untyped-call]
        else:
            figure.savefig(file, format=format_, metadata=metadata)


def lay_out(figure: Figure) -> None:
    """Give all of a figure its place, now and for good: what is added later moves nothing."""
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.execute(figure)
    figure.set_layout_engine("none")


def printable(text: str, width: int = 24) -> str:
    """Return a name as figures show it: the one door from files and tables onto a page.

    It is shortened in the middle, has no mathematics, and a box for what the font cannot draw and
    for what is no letter, such as a line break or a mark that turns the direction of writing.

    >>> printable("patient_0042_follow_up_T1w_2024")
    'patient_0042…up_T1w_2024'
    >>> printable("two\\nlines")
    'two□lines'
    """
    if len(text) > width:
        text = f"{text[: width // 2]}…{text[-(width // 2 - 1) :]}"
    drawn = "".join(c if _is_drawable(c) else "□" for c in text)
    return drawn.replace("$", r"\$")


def _is_drawable(letter: str) -> bool:
    """Return whether the font has a sign for a letter, and the letter is one to be seen."""
    return ord(letter) in _glyphs() and unicodedata.category(letter) not in _UNSEEN


def printables(names: Sequence[str], width: int = 24) -> list[str]:
    """Return names as figures show them, each unlike the others.

    Where `width` makes two alike they are longer, or else numbered.

    >>> printables(["lobe_left_upper_a", "lobe_left_lower_a"], 8)
    ['lobe_l…per_a', 'lobe_l…wer_a']
    >>> printables(["肝臓", "脾臓"])
    ['□□ (1)', '□□ (2)']
    """
    for wide in range(width, 2 * width + 1):
        shown = [printable(name, wide) for name in names]
        if len(set(shown)) == len(names):
            return shown
    return [f"{printable(name, width)} ({number})" for number, name in enumerate(names, 1)]


def region_names(names: Sequence[str], width: int = 24) -> list[str]:
    """Return regions' names as figures show them; a bare number would say little.

    >>> region_names(["liver", "7"])
    ['liver', 'region 7']
    """
    return [
        f"region {name}" if name.isdigit() else shown
        for name, shown in zip(names, printables(names, width), strict=True)
    ]


@cache
def _glyphs() -> frozenset[int]:
    """Return the code points that the font of the figures can draw."""
    return frozenset(FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap())
