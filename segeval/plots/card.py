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
from .errors import NothingToDraw

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
"""Function that draws the figures of a kind one after the other."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something of a run that a kind of plot cannot do without.

    `words` name it in the docs. Where `met` says that it is not there, `advice` says what is
    missing and what to do.
    """

    words: str
    advice: str
    met: Callable[[Source], bool]


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
        """Draw the figures of this kind. Raises `NothingToDraw` where a need is not met."""
        # In a generator: needs are looked at when the first figure is asked for, not at the call.
        for need in self.needs:
            if not need.met(source):
                raise NothingToDraw(need.advice)
        yield from self.drawing(source)


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
