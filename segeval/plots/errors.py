"""The error of figures."""

from __future__ import annotations

from segeval.errors import UsageError


class NothingToDraw(UsageError):  # noqa: N818  # it says what is wrong
    """A kind of plot that these results hold no data for.

    Its text says what is missing and how to get it.
    """
