"""`segeval plot`: the figures of a run, drawn again from its tables."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from .types import Words, joined

KINDS = ("distribution", "heatmap", "scatter", "volume", "nsd", "overlay")
FORMATS = ("png", "svg", "pdf")


@click.command(short_help="Draw the plots of a run again.")
@click.argument("results", type=click.Path(readable=False))
@click.option(
    "--kind", "kinds", type=Words(*KINDS), multiple=True, callback=joined,
    help="Kinds of plots.  [default: all there are data for]",
)
@click.option("-m", "--metric", "metrics", multiple=True, help="Metrics to show, as the tables name them.  [default: all]")
@click.option(
    "--format", "formats", type=Words(*FORMATS), multiple=True, default=["png"], callback=joined, show_default=True,
    help="Formats of the plots.",
)
@click.option("-o", "--output", metavar="DIR", help="Folder for the plots.  [default: RESULTS/plots]")
@click.option("--worst", type=click.IntRange(min=0), default=3, show_default=True, metavar="K", help="Cases to show as overlays.")
def plot(
    results: str,
    kinds: tuple[str, ...],
    metrics: tuple[str, ...],
    formats: tuple[str, ...],
    output: str | None,
    worst: int,
) -> None:
    """Draw the plots of a run again.

    RESULTS is the folder that `segeval score` wrote.

    \b
    Example:
      segeval plot segeval-results --kind heatmap,scatter -m dice,hd95 --format pdf
    """
    from segeval.plots import draw
    from segeval.results import Results

    folder = Path(output) if output else Path(results, "plots")
    with remarks():
        written = draw(
            Results.load(results), folder, kinds=kinds or None, metrics=metrics or None, formats=formats, worst=worst
        )
    for path in written:
        click.echo(path)


@contextmanager
def remarks(*, quiet: bool = False) -> Iterator[None]:
    """Prints what segeval logs to stderr: why a plot was not drawn."""
    logger = logging.getLogger("segeval")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("note: %(message)s"))
    handler.setLevel(logging.CRITICAL if quiet else logging.INFO)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
