"""The card of a kind of plot: everything that the rest of the package needs to know about it.

The names of the kinds are those of the modules in `segeval.plots.kinds`. They are listed without
importing any, since that would import matplotlib; a card is read when its kind is drawn or
documented.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pkgutil import iter_modules
from typing import TYPE_CHECKING, TypeAlias

from . import kinds
from .errors import NothingToDraw, SinglePoint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .source import Source

KINDS = tuple(module.name for module in iter_modules(kinds.__path__))
"""The kinds of plots, by name."""

Figures: TypeAlias = "Iterator[tuple[str, Figure]]"
"""Figures of one kind, each with what its file's name says after that of the kind: the number of a
page or a metric, or nothing for the only figure.
"""
Drawing: TypeAlias = "Callable[[Source], Figures]"
"""Function that draws the figures of a kind one after the other; it may begin at the call."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something of a run that a kind of plot cannot do without.

    `words` name it in the docs. Where `met` says that it is not there, `advice` says what is
    missing and what to do; without advice there are single points alone.
    """

    words: str
    met: Callable[[Source], bool]
    advice: str = ""

    def check(self, source: Source) -> None:
        """Raise `NothingToDraw` where the run lacks it."""
        if self.met(source):
            return
        raise NothingToDraw(self.advice) if self.advice else SinglePoint()


@dataclass(frozen=True, slots=True)
class PlotKind:
    """A kind of plot.

    It has its name, what it shows, what it needs of a run, and the function that draws it. `shows`
    is a clause without a full stop, as the docs have it.
    """

    name: str
    shows: str
    needs: tuple[Need, ...]
    drawing: Drawing

    def figures(self, source: Source) -> Figures:
        """Begin to draw, and return the figures of this kind, which may be drawn as they are taken.

        Raises `NothingToDraw` where a need is not met.
        """
        for need in self.needs:
            need.check(source)
        return self.drawing(source)


_CARDS: dict[str, PlotKind] = {}


def plot_kind(*, shows: str, needs: tuple[Need, ...] = ()) -> Callable[[Drawing], Drawing]:
    """Make a function that draws figures the kind of plot that its module is named after."""

    def register(drawing: Drawing) -> Drawing:
        name = drawing.__module__.rpartition(".")[2]
        _CARDS[name] = PlotKind(name, shows, needs, drawing)
        return drawing

    return register


def card_of(name: str) -> PlotKind:
    """Return the card of one of `KINDS`; its module is imported, and matplotlib with it."""
    importlib.import_module(f"{kinds.__name__}.{name}")
    return _CARDS[name]
