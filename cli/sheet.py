"""Rows of text under headings, as they look best: drawn on a terminal, plain and aligned anywhere
else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

_GAP = 3
"""Characters between two columns on a terminal."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cells by row, the first column naming the row. The last row stands apart if `total`."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    total: bool = False

    def show(self, *, wrap: bool = False, title: str = "") -> None:
        """Prints to stdout. On a terminal that is too narrow, the last column is wrapped, or
        columns go on below.

        The title is for terminals alone.
        """
        if not sys.stdout.isatty():
            click.echo("\n".join(self.lines()))
            return
        from rich.console import Console

        console = Console()
        for number, part in enumerate([self] if wrap else self.parts(console.width)):
            console.print(part._drawn(title if number == 0 else ""))

    def lines(self) -> list[str]:
        """The rows as text, two spaces between columns.

        >>> Sheet(("region", "dice"), [("1", "0.9"), ("liver", "0.8")]).lines()
        ['region  dice', '1       0.9', 'liver   0.8']
        """
        widths = self._widths()
        rows = [self.head, *self.rows]
        return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]

    def parts(self, width: int) -> list[Sheet]:
        """The sheet cut into sheets that are no wider, each with the first column; one other at
        least.
        """
        first, *widths = self._widths()
        groups: list[list[int]] = []
        room = 0
        for column, wide in enumerate(widths, 1):
            room -= wide + _GAP
            if room < 0 or not groups:
                groups.append([])
                room = width - first - wide - _GAP - 1
            groups[-1].append(column)
        return [self._only([0, *columns]) for columns in groups]

    def _only(self, columns: Sequence[int]) -> Sheet:
        """The sheet of these columns, without the rows that have nothing in them."""
        rows = [tuple(row[at] for at in columns) for row in self.rows]
        left = [row for row in rows if any(row[1:])]
        return Sheet(
            tuple(self.head[at] for at in columns), left, self.total and rows[-1:] == left[-1:]
        )

    def _widths(self) -> list[int]:
        return [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]

    def _drawn(self, title: str) -> Table:
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(
            box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False
        )
        for column, heading in enumerate(self.head, 1):
            table.add_column(Text(heading), no_wrap=column < len(self.head))
        for left, row in zip(reversed(range(len(self.rows))), self.rows, strict=True):
            style = "bold" if self.total and left == 0 else ""
            table.add_row(*map(Text, row), style=style, end_section=self.total and left == 1)
        return table
