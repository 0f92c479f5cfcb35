"""Texts in the cells of tables, as a spreadsheet shows them and our reader takes them back.

A text that a spreadsheet would run as a formula gets an apostrophe before it in CSV, and so does
one that begins with an apostrophe itself: what is read without the first one is the text. In the
files of Excel texts are texts, but characters that XML cannot hold are escaped as its standard has
it, `_xHHHH_` (ECMA-376, ST_Xstring).
"""

from __future__ import annotations

import re

FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠']")
"""Beginnings of texts that a spreadsheet would run or hide; wide characters count, too."""
QUOTED = re.compile(r'[,;"\r\n\t]|^\s|\s$')
"""Characters that a text in CSV is quoted for; where the comma is decimal, `;` parts cells."""
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""An escaped character in Excel's files."""
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""Characters that XML cannot hold or would change, and the `_` of what looks like an escape."""


LONGEST = 32_767
"""Number of characters that a cell of Excel holds."""


def guarded(text: str) -> str:
    """Return a text as a spreadsheet shows it, and does not run it.

    >>> guarded("=1+2"), guarded("liver"), guarded("'a")
    ("'=1+2", 'liver', "''a")
    """
    if FORMULA.match(text):
        return f"'{text}"
    return text


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    return text.removeprefix("'")


def quoted(text: str) -> str:
    """Return a text as a cell of CSV, in quotes where it needs them.

    >>> quoted("a,b"), quoted("liver")
    ('"a,b"', 'liver')
    """
    if QUOTED.search(text):
        doubled = text.replace('"', '""')
        return f'"{doubled}"'
    return text


def escaped(text: str) -> str:
    r"""Return a text as a cell of Excel holds it; one that is too long ends with three dots.

    >>> escaped("a\rb"), escaped("_x000D_")
    ('a_x000D_b', '_x005F_x000D_')
    """
    held = UNPRINTABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    if len(held) > LONGEST:
        return f"{held[: LONGEST - 3]}..."
    return held


def unescaped(text: str) -> str:
    """Return the text that `escaped` was given."""
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
