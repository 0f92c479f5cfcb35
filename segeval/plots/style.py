"""The look of all figures: colours that colour-blind readers tell apart, fonts, sizes, and how
files are written.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from segeval.io.files import replacing

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5D5D5D")
"""Okabe and Ito's colours, without the yellow that white paper swallows."""
INK, GREY, PALE, FRAME = "#222222", "#767676", "#DDDDDD", "#BBBBBB"
ALARM = "#D55E00"
WIDTH = 7.2
"""Inches: a page of two columns."""

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
_METADATA: dict[str, dict[str, Any]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}


def page(height: float, title: str, caption: str = "", width: float = WIDTH) -> Figure:
    """An empty figure with a title above, a caption below, and a layout that keeps labels apart."""
    figure = Figure(figsize=(width, height), layout="constrained")
    head(figure, title, caption)
    return figure


def head(figure: Figure, title: str, caption: str) -> None:
    """Puts the title above a figure, and the caption, if any, below it."""
    width = figure.get_figwidth()
    figure.suptitle(title, x=0.01, ha="left", weight="bold", size=9)
    if caption:
        figure.supxlabel(
            textwrap.fill(caption, int(20 * width)), x=0.01, ha="left", size=6.5, color=GREY
        )


def save(figure: Figure, path: Path) -> None:
    """Writes a figure in the format of the path's suffix; the same figure gives the same file."""
    name = path.suffix.removeprefix(".")
    with replacing(path) as file:
        figure.savefig(file, format=name, metadata=_METADATA[name])


def printable(text: str, width: int = 24) -> str:
    """A name as figures show it: shortened in the middle, no mathematics, and a box for what the
    font cannot draw.

    >>> printable("patient_0042_follow_up_T1w_2024")
    'patient_0042…up_T1w_2024'
    """
    if len(text) > width:
        text = f"{text[: width // 2]}…{text[-(width // 2 - 1) :]}"
    drawn = "".join(c if ord(c) in _glyphs() else "□" for c in text)
    return drawn.replace("$", r"\$")


def printables(names: Sequence[str], width: int = 24) -> list[str]:
    """Names as figures show them, each unlike the others: where `width` makes two alike, longer, or
    else numbered.

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
    """Regions' names as figures show them, where a bare number would say little.

    >>> region_names(["liver", "7"])
    ['liver', 'region 7']
    """
    return [
        f"region {n}" if n.isdigit() else shown
        for n, shown in zip(names, printables(names, width), strict=True)
    ]


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap())
