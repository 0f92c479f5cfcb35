"""Rows of text under headings: drawn on a terminal, plain and aligned anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segeval.errors.lines import one_line

from .terminal import echo

if TYPE_CHECKING:
    from rich.table import Table

_GAP = 3
"""Characters between two columns on a terminal."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cells by row and column, of which the first column names the row."""

    head: tuple[str, ...]
    """Headings of the columns."""
    rows: Sequence[tuple[str, ...]]
    """Cells of each row, as many as there are columns."""
    total: bool = False
    """True where the last row stands apart, as one that sums up the others."""

    def show(self, *, wrap: bool = False, title: str = "") -> None:
        """Print to stdout, with a title on terminals.

        On a terminal that is too narrow, the last column is wrapped, or columns go on below.
        """
        sheet = self._escaped()
        if not sys.stdout.isatty():
            echo(*sheet.lines())
            return
        from rich.console import Console

        console = Console()
        first, *others = [sheet] if wrap else sheet.parts(console.width)
        console.print(first._drawn(title))
        for part in others:
            console.print(part._drawn(""))

    def lines(self) -> list[str]:
        """Return the rows as text, two spaces between columns.

        >>> Sheet(("region", "dice"), [("1", "0.9"), ("liver", "0.8")]).lines()
        ['region  dice', '1       0.9', 'liver   0.8']
        """
        widths = self._widths()
        rows = [self.head, *self.rows]
        return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]

    def parts(self, width: int) -> list[Sheet]:
        """Return the sheet cut into sheets that are no wider.

        Each has the first column, and one other at least.

        >>> wide = Sheet(("region", "dice", "iou"), [("liver", "0.9", "0.8")])
        >>> [part.head for part in wide.parts(15)]
        [('region', 'dice'), ('region', 'iou')]
        """
        first, *widths = self._widths()
        groups: list[list[int]] = []
        room = 0
        for column, column_width in enumerate(widths, 1):
            room -= column_width + _GAP
            if room < 0 or not groups:
                groups.append([])
                room = width - first - column_width - _GAP - 1
            groups[-1].append(column)
        return [self._only([0, *columns]) for columns in groups]

    def _escaped(self) -> Sheet:
        """Return the sheet with cells of one line each."""
        head, *rows = [tuple(map(one_line, row)) for row in (self.head, *self.rows)]
        return Sheet(head, rows, self.total)

    def _only(self, columns: Sequence[int]) -> Sheet:
        """Return the sheet of these columns, without the rows that have nothing in them."""
        head = tuple(self.head[column] for column in columns)
        rows = [tuple(row[column] for column in columns) for row in self.rows]
        filled = [row for row in rows if any(row[1:])]
        # the total may be empty here itself: then the last row left is none
        return Sheet(head, filled, self.total and rows[-1:] == filled[-1:])

    def _widths(self) -> list[int]:
        """Return the width of every column in characters."""
        return [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]

    def _drawn(self, title: str) -> Table:
        """Return the sheet as rich draws it; only the last column may be wrapped."""
        from rich import box
        from rich.markup import escape
        from rich.table import Table
        from rich.text import Text

        shown = escape(one_line(title)) or None
        table = Table(box=box.SIMPLE_HEAD, title=shown, title_justify="left", pad_edge=False)
        for column, heading in enumerate(self.head, 1):
            # as `Text`, in which square brackets are no markup
            table.add_column(Text(heading), no_wrap=column < len(self.head))
        for number, row in enumerate(self.rows, 1):
            rows_below = len(self.rows) - number
            is_total = self.total and rows_below == 0
            table.add_row(
                *map(Text, row),
                style="bold" if is_total else "",
                end_section=self.total and rows_below == 1,
            )
        return table
