"""`segeval explain`: what a run measured and how, and what makes two runs differ."""

from __future__ import annotations

import shutil
import textwrap

import click

from segeval.errors.lines import one_line

from .config import config_option
from .terminal import echo

WIDTH = 100
"""Columns of a line where stdout is no terminal, and at most where it is one."""


@click.command("explain")
@click.argument("what")
@click.argument("other", required=False)
@config_option
def explain_command(what: str, other: str | None) -> None:
    """Tell what a run measured and how; of two, which differences can change which columns.

    WHAT and OTHER are folders that `segeval score` wrote or their run.json, names of protocols, or
    TOML files of protocols.

    \b
    Example:
      segeval explain segeval-results
      segeval explain medpy
      segeval explain segeval-results monai
    """
    from segeval.report.explain import Explained, differences, two

    if other is None:
        _print(Explained.of(what).sentences())
        return
    reasons = differences(*two(what, other))
    if not reasons:
        echo(f"{what} and {other} measure the same.")
        return
    echo(f"{what} against {other}: what can change")
    _print([f"{columns}: {reason}" for columns, reason in reasons])


def _print(sentences: list[str]) -> None:
    """Print sentences as a list, wrapped to the width of the terminal."""
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns)
    for sentence in sentences:
        # escaped first: what is wrapped are our own lines
        text = one_line(sentence)
        echo(*textwrap.wrap(text, width, initial_indent="- ", subsequent_indent="  "))
