"""`segeval explain`: what a run measured and how, and what makes two runs differ."""

from __future__ import annotations

import shutil
import textwrap

import click

WIDTH = 100
"""Columns of a line where stdout is no terminal, and at most where it is one."""


@click.command()
@click.argument("what")
@click.argument("other", required=False)
def explain(what: str, other: str | None) -> None:
    """Tell what a run measured and how; of two, which differences can change which columns.

    WHAT and OTHER are folders that `segeval score` wrote, names of protocols, or TOML files of
    protocols.

    \b
    Example:
      segeval explain segeval-results
      segeval explain medpy
      segeval explain segeval-results monai
    """
    from segeval.report.explain import Explained, differences, two

    if other is None:
        _tell(Explained.of(what).sentences())
        return
    parted = differences(*two(what, other))
    if not parted:
        click.echo(f"{what} and {other} measure the same.")
        return
    click.echo(f"{what} against {other}: what can change")
    _tell([f"{columns}: {reason}" for columns, reason in parted])


def _tell(sentences: list[str]) -> None:
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns)
    for sentence in sentences:
        click.echo(textwrap.fill(sentence, width, initial_indent="- ", subsequent_indent="  "))
