"""The error of figures."""

from __future__ import annotations

from segeval.errors import UsageError


class NothingToDraw(UsageError):  # noqa: N818  # it says what is wrong
    """A kind of plot that these results hold no data for.

    Its text says what is missing and how to get it.
    """


class SinglePoint(NothingToDraw):
    """A kind of plot that would show single points, which tables say better."""

    def __init__(self) -> None:
        super().__init__("a single point is no picture; cases.csv has its numbers")
