"""`segeval plot`: the figures of a run, drawn again from its tables, and curves of trainings."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

from segeval.plots import FORMATS, KINDS

from .config import config_option
from .terminal import echo, logged_by_echo
from .types import words

if TYPE_CHECKING:
    from pathlib import Path

    from segeval.training.series import Series

OF_RESULTS = ("kinds", "worst")
"""Options that do something for results alone."""
OF_LOGS = ("smooth", "per_region", "by", "unit")
"""Options that do something for tables of trainings alone."""
GIVEN = (ParameterSource.COMMANDLINE, ParameterSource.DEFAULT_MAP)
"""Sources of an option that the user gave: typed, or in a file of options."""


@click.command(short_help="Draw the plots of a run again, or the curves of trainings.")
@click.argument(
    "paths", type=click.Path(readable=False), nargs=-1, required=True, metavar="RESULTS | CSV..."
)
@click.option(
    "--kind", "kinds", multiple=True, callback=words(*KINDS), metavar=",".join(KINDS),
    help="Of results, the kinds of plots.  [default: all there are data for]",
)  # fmt: skip
@click.option(
    "-m", "--metric", "metrics", multiple=True,
    help="Metrics to show; of trainings dice, val/dice or dice/liver, too.  "
    "[default: all of the table]",
)  # fmt: skip
@click.option(
    "--format", "formats", multiple=True, default=["png"], show_default=True,
    callback=words(*FORMATS), metavar=",".join(FORMATS), help="Formats of the plots.",
)  # fmt: skip
@click.option(
    "-o", "--output", metavar="DIR",
    help="Folder for the plots.  [default: plots in RESULTS, or beside the first CSV]",
)  # fmt: skip
@click.option(
    "--worst", type=click.IntRange(min=0), default=3, show_default=True, metavar="K",
    help="Of results, how many cases to show as overlays, the worst first.",
)  # fmt: skip
@click.option(
    "--smooth", type=float, default=0, show_default=True, metavar="S",
    help="Of trainings: below 1 the weight of an exponential moving average, "
    "from 2 on the width of a centred one.",
)  # fmt: skip
@click.option(
    "--per-region/--mean", default=None,
    help="Of trainings: each region, or the mean over them.  "
    "[default: each for one run, the mean for several]",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["epoch", "step"]),
    help="Of trainings: the axis.  [default: epoch if there are several]",
)  # fmt: skip
@click.option(
    "--unit", default="", metavar="U", help="Of trainings: the unit of distances, such as mm."
)
@config_option
@click.pass_context
def plot(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    kinds: tuple[str, ...],
    metrics: tuple[str, ...],
    formats: tuple[str, ...],
    output: str | None,
    worst: int,
    smooth: float,
    per_region: bool | None,
    by: Literal["epoch", "step"] | None,
    unit: str,
) -> None:
    """Draw the plots of a run again, or the curves of trainings.

    RESULTS is the folder that `segeval score` wrote. CSV is the table of a training, one row an
    epoch or step: what `segeval.History` wrote, the metrics.csv of Lightning, or the folder of
    either. Several are drawn together.

    \b
    Example:
      segeval plot segeval-results --kind heatmap,scatter -m dice,hd95 --format pdf
      segeval plot lightning_logs/version_0 --smooth 0.6
      segeval plot unet/history.csv swin/history.csv -m val/dice -o figures
    """
    from segeval.io.files import local_path
    from segeval.training.logs import are_logs

    given = [local_path(path) for path in paths]
    logs = are_logs(given)
    _refuse(ctx, OF_RESULTS if logs else OF_LOGS, "trainings" if logs else "results")
    first = given[0] if given[0].is_dir() or not logs else given[0].parent
    folder = local_path(output) if output else first / "plots"
    if logs:
        from segeval.plots.curves import draw_curves

        written = draw_curves(
            _runs(given, by),
            folder,
            metrics=metrics or None,
            smooth=smooth,
            per_region=per_region,
            unit=unit,
            formats=formats,
        )
    else:
        from segeval.plots import draw
        from segeval.results.results import Results

        results = Results.load(given[0])
        with notes_shown():
            written = draw(
                results,
                folder,
                kinds=kinds or None,
                metrics=metrics or None,
                formats=formats,
                worst=worst,
            )
    echo(*written)


def _runs(tables: Sequence[Path], by: Literal["epoch", "step"] | None) -> dict[str, list[Series]]:
    """Return the series of each training, by its name."""
    from segeval.history import History
    from segeval.training.logs import named_runs

    return {name: History.read(table, by=by).series() for name, table in named_runs(tables).items()}


def _refuse(ctx: click.Context, names: tuple[str, ...], what: str) -> None:
    """Raise a usage error for the first of these options that was given: it means nothing here."""
    for option in ctx.command.params:
        # a default has a source of its own, so one that is typed is refused as well
        if option.name in names and ctx.get_parameter_source(option.name) in GIVEN:
            raise click.BadParameter(f"means nothing for {what}; leave it out", ctx, option)


@contextmanager
def notes_shown(level: int = logging.INFO) -> Iterator[None]:
    """Print what segeval logs, from this level on, to stderr: why a plot was not drawn."""
    logger = logging.getLogger("segeval")
    handler = logged_by_echo(level, "note: %(message)s")
    before = logger.level
    # at CRITICAL it prints nothing, and still keeps Python from printing warnings itself
    logger.addHandler(handler)
    # the level that is usual, WARNING, would drop notes before the handler sees them
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
