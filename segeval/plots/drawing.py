"""The one door through which plots of results are drawn and written."""

from __future__ import annotations

import contextlib
import difflib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import UsageError
from segeval.results.drawn import FORMATS as FORMATS
from segeval.results.drawn import is_drawn, mark_of

from .card import KINDS, card_of
from .errors import NothingToDraw, SinglePoint

if TYPE_CHECKING:
    from segeval.results.results import Results

    from .card import Figures

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
    """Draw figures of the results into a folder, and return the files written.

    Without `kinds` all that the results hold data for; the log (level info) says why others are
    left out. `metrics` are written forms, all of the table's by default. `worst` is the number of
    cases that get an overlay. Raises `UsageError` for unknown kinds, metrics and formats, and for a
    kind that was asked for and has no data.
    """
    import matplotlib as mpl

    from segeval.io.files import make_folder

    from .source import Source
    from .style import RC

    _check(kinds or (), KINDS, "kind")
    _check(formats, FORMATS, "format")
    # Before the folder is made, so that results without a figure leave none behind.
    source = Source.of(results, metrics, worst)
    folder = make_folder(directory)
    written: list[Path] = []
    missing = _Missing(fatal=bool(kinds))
    with mpl.rc_context(RC):
        begun = {}
        for kind in dict.fromkeys(kinds or KINDS):
            with missing.noting(kind):
                begun[kind] = card_of(kind).figures(source)
        for kind, figures in begun.items():
            with missing.noting(kind):
                written.extend(_write(kind, figures, folder, formats))
    missing.tell()
    return written


def stem_of(kind: str, part: str) -> str:
    """Return the name, without suffix, of the file of a figure.

    >>> stem_of("nsd", ""), stem_of("overlay", "2"), stem_of("heatmap", "monai/hd95")
    ('nsd', 'overlay-2', 'heatmap-monai-hd95')
    """
    return "-".join(filter(None, (kind, part))).replace(":", "-").replace("/", "-")


class _Missing:
    """The kinds that cannot be drawn, by the reason."""

    def __init__(self, *, fatal: bool) -> None:
        """Begin with none; where it is `fatal`, the first is an error."""
        self._fatal = fatal
        self._kinds: dict[tuple[int, str], list[str]] = {}

    @contextlib.contextmanager
    def noting(self, kind: str) -> Iterator[None]:
        """Take down that a kind cannot be drawn. Raises `NothingToDraw` where it was asked for."""
        try:
            yield
        except NothingToDraw as reason:
            if self._fatal:
                raise
            # A warning reaches who scores with the usual metrics, and would wait for these plots.
            level = logging.WARNING if isinstance(reason, SinglePoint) else logging.INFO
            self._kinds.setdefault((level, str(reason)), []).append(kind)

    def tell(self) -> None:
        """Log each reason once, with its kinds."""
        for (level, reason), kinds in self._kinds.items():
            log.log(level, "no %s plot: %s", ", ".join(kinds), reason)


def _write(kind: str, figures: Figures, folder: Path, formats: Sequence[str]) -> Iterator[Path]:
    """Draw the figures of a kind, and yield the files written, each once it is there."""
    from .style import save

    for part, figure in figures:
        for extension in dict.fromkeys(formats):
            path = folder / f"{stem_of(kind, part)}.{extension}"
            if path.exists() and not is_drawn(path):
                raise UsageError(
                    f"{path}: wanted to draw a plot, but there is a file that segeval has not "
                    "drawn; move it, or give another folder"
                )
            save(figure, path, title=mark_of(path.name))
            yield path


def _check(names: Sequence[str], known: Sequence[str], what: str) -> None:
    """Raise `UsageError` for the first of the names that is not known."""
    for name in names:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise UsageError(f"unknown {what} of plots {name!r}; {hint}")
