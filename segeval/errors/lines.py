"""Texts as a terminal can show them, whatever the names in them hold."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

LISTED = 5
"""Number of names that a sentence lists."""


def one_line(text: str) -> str:
    r"""Return a text in one line, with escapes for what a terminal would obey or not show.

    These are control characters, ends of lines, marks that turn the direction of writing, those of
    no width, and bytes that are no text: all that Python's `repr` escapes, in the same way. A text
    that has been through here comes out as it is.

    >>> print(one_line("a\x1b[31m\n\u202eb"))
    a\x1b[31m\n\u202eb
    """
    if text.isprintable():
        return text
    # the quotes of `repr` go; those within a text are printable, and never come this way
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def listed(names: Collection[object], most: int = LISTED) -> str:
    """Return some of the names, and how many more there are.

    >>> listed(range(8))
    '0, 1, 2, 3, 4 and 3 more'
    """
    text = ", ".join(map(str, islice(names, most)))
    return text if len(names) <= most else f"{text} and {len(names) - most:,} more"
