"""`segeval plot`: the figures of a run, drawn again from its tables."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from .types import words

KINDS = ("distribution", "heatmap", "scatter", "volume", "nsd", "overlay")
FORMATS = ("png", "svg", "pdf")


@click.command(short_help="Draw the plots of a run again.")
@click.argument("results", type=click.Path(readable=False))
@click.option(
    "--kind", "kinds", multiple=True, callback=words(*KINDS), metavar=",".join(KINDS),
    help="Kinds of plots.  [default: all there are data for]",
)  # fmt: skip
@click.option("-m", "--metric", "metrics", multiple=True, help="Metrics to show.  [default: all of the table]")
@click.option(
    "--format", "formats", multiple=True, default=["png"], show_default=True, callback=words(*FORMATS),
    metavar=",".join(FORMATS), help="Formats of the plots.",
)  # fmt: skip
@click.option("-o", "--output", metavar="DIR", help="Folder for the plots.  [default: RESULTS/plots]")
@click.option(
    "--worst", type=click.IntRange(min=0), default=3, show_default=True, metavar="K",
    help="How many cases to show as overlays, the worst first.",
)  # fmt: skip
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
def remarks(level: int = logging.INFO) -> Iterator[None]:
    """Prints what segeval logs, from this level on, to stderr: why a plot was not drawn."""
    logger = logging.getLogger("segeval")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("note: %(message)s"))
    handler.setLevel(level)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
