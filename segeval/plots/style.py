"""The look of all figures: colours, fonts, sizes, and how files are written.

Colour-blind readers tell the colours apart.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

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
    "savefig.dpi": 200,
    "pdf.fonttype": 42,
    "svg.hashsalt": "segeval",
}
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
    figure = Figure(figsize=(width, height), layout="constrained")
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


def panels(figure: Figure, count: int, columns: int, *, sharey: bool = False) -> list[Axes]:
    """Return so many axes in rows of a figure; the last row may have a gap at its end."""
    rows = ceil(count / columns)
    grid = list(figure.subplots(rows, columns, squeeze=False, sharey=sharey).flat)
    for ax in grid[count:]:
        ax.remove()
    return grid[:count]


def save(figure: Figure, path: Path, *, title: str = "") -> None:
    """Write a figure in the format of the path's suffix; `title` is what the file says of itself.

    The same figure gives the same file.
    """
    format_ = path.suffix.removeprefix(".")
    metadata = _UNDATED.get(format_, {})
    if title:
        metadata = {**metadata, "Title": title}
    with replacing(path) as file:
        figure.savefig(file, format=format_, metadata=metadata)


def printable(text: str, width: int = 24) -> str:
    """Return a name as figures show it.

    It is shortened in the middle, has no mathematics, and a box for what the font cannot draw.

    >>> printable("patient_0042_follow_up_T1w_2024")
    'patient_0042…up_T1w_2024'
    """
    if len(text) > width:
        text = f"{text[: width // 2]}…{text[-(width // 2 - 1) :]}"
    drawn = "".join(c if ord(c) in _glyphs() else "□" for c in text)
    return drawn.replace("$", r"\$")


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
