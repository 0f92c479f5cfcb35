"""`segeval score`: two folders of masks in; the summary on stdout, tables and plots in a folder."""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.plots import FORMATS as PLOT_FORMATS
from segeval.results.exports import EXPORTS

from . import plot
from .types import spacing, words

if TYPE_CHECKING:
    from pandas import DataFrame

    from segeval.results.results import Results

MISSING = ("error", "skip", "empty")


@click.command(short_help="Score folders of predicted masks against ground truth.")
@click.argument("pred", type=click.Path(readable=False))
@click.argument("gt", type=click.Path(readable=False))
@click.option(
    "-o", "--output", default="segeval-results", show_default=True, metavar="OUT", help="Folder for tables and plots.",
)  # fmt: skip
@click.option(
    "-m", "--metric", "metrics", multiple=True,
    help="Metrics, repeated or separated by commas: dice, hd95, nsd@2 (tolerance 2 mm). `segeval metrics` lists them.  "
    "[default: those that the protocol reports; dice, iou, precision, recall, volume_similarity, "
    "hd95, assd]",
)  # fmt: skip
@click.option(
    "--protocol", default="segeval", show_default=True, metavar="NAME|FILE",
    help="Whose definitions the metrics follow: segeval, medpy, monai, deepmind, kits23, …, a TOML file, or all for "
    "every tool's number side by side. `segeval explain NAME` tells what one means.",
)  # fmt: skip
@click.option(
    "--boundary", metavar="RULE",
    help="Where the boundary of a mask is, in place of the protocol's rule: voxel, voxel:connectivity=2, surfel, face, "
    "solid, mesh or smooth.",
)  # fmt: skip
@click.option(
    "--regions", metavar="SPEC|FILE",
    help="Labels to score: 1,2 or liver=1,tumour=2 or whole=1+2+4,core=1+4; or a JSON file of names and labels, such "
    "as an nnU-Net dataset.json.  [default: every label above 0]",
)  # fmt: skip
@click.option(
    "--include-background/--no-background",
    default=None,
    help="Score the background (label 0) too, or not.  [default: the protocol's]",
)
@click.option(
    "--ignore-label", type=int, metavar="N", help="Leave voxels out whose ground truth is N."
)
@click.option("--binary", is_flag=True, help="Take every value above 0 as 1.")
@click.option(
    "--spacing", callback=spacing, metavar="0.8,0.8,2.5",
    help="Voxel size in mm by array axis, in place of what the files say.",
)  # fmt: skip
@click.option(
    "--geometry-tolerance", type=float, default=1e-3, show_default=True, metavar="X",
    help="How far the grids of a pair may differ: spacings by X, relative; positions by 100 X voxels.",
)  # fmt: skip
@click.option(
    "--colors", type=click.Path(readable=False), metavar="FILE",
    help='JSON file of the labels of colour images: {"#ff0000": 1, "0,255,0": 2}.',
)  # fmt: skip
@click.option(
    "--pred-suffix", default="", metavar="S",
    help="End of the predictions' names that is no part of the case, such as _seg.",
)  # fmt: skip
@click.option("--gt-suffix", default="", metavar="S", help="The same for the ground truths.")
@click.option(
    "--missing", type=click.Choice(MISSING), default="error", show_default=True,
    help="A ground truth without a prediction: stop, leave it out, or score an empty prediction.",
)  # fmt: skip
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda|cuda:1",
    help="Where to compute.",
)
@click.option("--jobs", type=int, metavar="N", help="Threads.  [default: one a core]")
@click.option(
    "--format", "formats", multiple=True, default=["csv"], show_default=True, callback=words(*EXPORTS),
    metavar=",".join(EXPORTS), help="Formats of the tables.",
)  # fmt: skip
@click.option(
    "--plots/--no-plots", default=True, show_default=True, help="Draw plots into OUT/plots."
)
@click.option(
    "--plot-format", "plot_formats", multiple=True, default=["png"], show_default=True, callback=words(*PLOT_FORMATS),
    metavar=",".join(PLOT_FORMATS), help="Formats of the plots.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Tell of failures and errors alone.")
@click.pass_context
def score(
    ctx: click.Context,
    /,
    *,
    pred: str,
    gt: str,
    output: str,
    plots: bool,
    plot_formats: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **options: Any,  # the arguments of `score_folder` by their own names: a misspelt one is an error there
) -> None:
    """Score predicted masks against ground truth.

    PRED and GT are two folders (or two files) of NIfTI, PNG, TIFF, BMP, GIF or NumPy masks. Masks
    of the same name, sub-folders included, are a case. The summary is printed; OUT gets cases.csv
    (a row a case and region), summary.csv, run.json and plots.

    \b
    Example:
      segeval score predictions/ labels/ -m dice,hd95,nsd@2 --regions liver=1,tumour=2

    Exit code: 0 done, 1 a case failed, 2 wrong usage.
    """
    from segeval.api import score_folder
    from segeval.plots.drawing import delete_drawn

    from .progress import reporting

    folder = Path(output, "plots")
    options["metrics"] = options["metrics"] or None
    with _told_once(), reporting(quiet=quiet) as report:
        try:
            results = score_folder(pred, gt, output=output, listener=report, **options)
        except KeyboardInterrupt:
            if report.cases:  # the tables are those of this run
                delete_drawn(folder)
            raise KeyboardInterrupt(report.left_in(output)) from None
    first = results.run["protocol"]["mean"] == "cases"
    _print(results.summary, report.scored, cases_first=first, as_json=as_json)
    tables = ", ".join(
        f"{table}.{name}" for name in options["formats"] for table in ("cases", "summary")
    )
    report.tell(f"tables in {output}: {tables}")
    delete_drawn(folder)
    if plots and report.scored:
        report.tell("drawing plots")
        report.tell(_draw(results, folder, plot_formats, quiet=quiet))
    ctx.exit(1 if report.failed else 0)


@contextlib.contextmanager
def _told_once() -> Iterator[None]:
    """Keep what segeval logs and warns of from stderr, where the report tells it."""
    from segeval.errors import FailedCasesWarning

    logger, silent = logging.getLogger("segeval"), logging.NullHandler()
    logger.addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FailedCasesWarning)
            yield
    finally:
        logger.removeHandler(silent)


def _print(summary: DataFrame, cases: int, *, cases_first: bool, as_json: bool) -> None:
    """Prints the summary to stdout; on a terminal not more of it than can be taken in."""
    from segeval.results.exports import as_json as written

    from .overview import extremes, overview_of

    if as_json:
        click.echo(written(summary))
        return
    records = [
        {str(name): value for name, value in record.items()}
        for record in summary.to_dict("records")
    ]
    shown, part = extremes(records) if sys.stdout.isatty() else (records, "")
    if shown:
        over = f"mean ± standard deviation over {cases:,} cases" if cases > 1 else ""
        over += ", of the mean over regions" * (over != "" and cases_first)
        overview_of(shown).show(title="; ".join(filter(None, (over, part))))


def _draw(results: Results, folder: Path, formats: tuple[str, ...], *, quiet: bool) -> str:
    """Draws every kind of plot there are data for, and returns what to tell of it."""
    from segeval.plots import draw
    from segeval.plots.errors import NothingToDraw

    try:
        with plot.remarks(logging.CRITICAL if quiet else logging.WARNING):
            return f"plots in {folder}: {len(draw(results, folder, formats=formats))} files"
    except NothingToDraw as reason:
        return f"note: no plots: {reason}"
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "the tables are complete, the plots are not; `segeval plot` draws them"
        ) from None
