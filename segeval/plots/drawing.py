"""The kinds of figures there are, and the one door through which they are drawn.

A new kind is a module of this package with a function `figures(source)`, which yields names and
figures, and its name below. It raises `NothingToDraw` for results that hold no data for it.
"""

from __future__ import annotations

import difflib
import importlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import UsageError

if TYPE_CHECKING:
    from segeval.results.results import Results

KINDS = ("distribution", "heatmap", "scatter", "volume", "nsd", "overlay")
FORMATS = ("png", "svg", "pdf")

log = logging.getLogger(__name__)


def draw(
    results: Results,
    directory: str | Path,
    *,
    kinds: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    formats: Sequence[str] = ("png",),
    worst: int = 3,
) -> list[Path]:
    """Draws figures of the results into a folder, and returns the files written.

    Without `kinds` all that the results hold data for; the log (level info) says why others are
    left out. `metrics` are written forms, all of the table's by default. `worst` is the number of
    cases that get an overlay. Raises `UsageError` for unknown kinds, metrics and formats, and for a
    kind that was asked for and has no data.
    """
    import matplotlib as mpl

    from segeval.io.files import make_folder

    from .source import NothingToDraw, Source
    from .style import RC, save

    for asked, known, what in ((kinds or (), KINDS, "kind"), (formats, FORMATS, "format")):
        _check(asked, known, what)
    source = Source.of(results, metrics, worst)
    folder = make_folder(directory)
    written: list[Path] = []
    with mpl.rc_context(RC):
        for kind in dict.fromkeys(kinds or KINDS):
            try:
                for name, figure in importlib.import_module(f"segeval.plots.{kind}").figures(
                    source
                ):
                    for extension in dict.fromkeys(formats):
                        written.append(folder / f"{name}.{extension}")
                        save(figure, written[-1])
            except NothingToDraw as reason:
                if kinds:
                    raise
                log.info("no %s plot: %s", kind, reason)
    return written


def _check(asked: Sequence[str], known: Sequence[str], what: str) -> None:
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise UsageError(f"unknown {what} of plots {name!r}; {hint}")
