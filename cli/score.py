"""`segeval score`: two folders of masks in; the summary on stdout, tables and plots in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import plot
from .types import Spacing, Words, joined

if TYPE_CHECKING:
    from pandas import DataFrame

    from segeval.results import Results

DEFAULTS = "dice, iou, precision, recall, volume_similarity, hd95, assd"
FORMATS = ("csv", "parquet", "json", "xlsx")
MISSING = ("error", "skip", "empty")


@click.command(short_help="Score folders of predicted masks against ground truth.")
@click.argument("pred", type=click.Path(readable=False))
@click.argument("gt", type=click.Path(readable=False))
@click.option("-o", "--output", default="segeval-results", show_default=True, metavar="OUT", help="Folder for tables and plots.")
@click.option(
    "-m", "--metric", "metrics", multiple=True, default=[DEFAULTS], show_default=True,
    help="Metrics, by name or with parameters: dice, hd95, nsd@2 (tolerance 2 mm). `segeval metrics` lists them.",
)
@click.option(
    "--regions", metavar="SPEC|FILE",
    help="Labels to score: 1,2 or liver=1,tumour=2 or whole=1+2+4,core=1+4; or a JSON file of names and labels, such as "
    "an nnU-Net dataset.json.  [default: every label above 0]",
)
@click.option("--include-background", is_flag=True, help="Score label 0 too.")
@click.option("--ignore-label", type=int, metavar="N", help="Leave voxels out whose ground truth is N.")
@click.option("--binary", is_flag=True, help="Take every value above 0 as 1.")
@click.option("--spacing", type=Spacing(), metavar="0.8,0.8,2.5", help="Voxel size in mm by array axis, instead of the files'.")
@click.option(
    "--geometry-tolerance", type=float, default=1e-3, show_default=True, metavar="X",
    help="Relative difference between the spacings of a pair that is let pass.",
)
@click.option("--colors", type=click.Path(readable=False), metavar="FILE", help='JSON file of colour images: {"#ff0000": 1, "0,255,0": 2}.')
@click.option("--pred-suffix", default="", metavar="S", help="End of predictions' names that is no part of the case, such as _seg.")
@click.option("--gt-suffix", default="", metavar="S", help="The same of ground truths.")
@click.option(
    "--missing", type=click.Choice(MISSING), default="error", show_default=True,
    help="A ground truth without a prediction: stop, leave it out, or score an empty prediction.",
)
@click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda|cuda:1", help="Where to compute.")
@click.option("--jobs", type=int, metavar="N", help="Threads.  [default: one a core]")
@click.option(
    "--format", "formats", type=Words(*FORMATS), multiple=True, default=["csv"], callback=joined, show_default=True,
    help="Formats of the tables.",
)
@click.option("--plots/--no-plots", default=True, show_default=True, help="Draw plots into OUT/plots.")
@click.option(
    "--plot-format", "plot_formats", type=Words(*plot.FORMATS), multiple=True, default=["png"], callback=joined,
    show_default=True, help="Formats of the plots.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Tell of failures and errors alone.")
@click.pass_context
def score(
    ctx: click.Context,
    *,
    pred: str,
    gt: str,
    output: str,
    plots: bool,
    plot_formats: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Score predicted masks against ground truth.

    PRED and GT are two folders (or two files) of NIfTI, PNG, TIFF, BMP, GIF or NumPy masks. Masks of the same
    name, sub-folders included, are a case. The summary is printed; OUT gets cases.csv (a row a case and region),
    summary.csv, run.json and plots.

    \b
    Example:
      segeval score predictions/ labels/ -m dice,hd95,nsd@2 --regions liver=1,tumour=2

    Exit code: 0 done, 1 a case failed, 2 wrong usage.
    """  # `options` are the arguments of `score_folder` by their own names, all that are not named above
    from segeval.api import score_folder

    from .progress import reporting

    with reporting(options["metrics"], quiet=quiet) as report:
        try:
            results = score_folder(pred, gt, output=output, listener=report, **options)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(report.left_in(output)) from None
    remark = _print(results.summary, as_json=as_json)
    plotted = _draw(results, Path(output, "plots"), plot_formats, quiet=quiet) if plots and report.scored else 0
    if not quiet:
        tables = ", ".join(f"{table}.{name}" for name in options["formats"] for table in ("cases", "summary"))
        lines = [f"shown are {remark}"] if remark else []
        lines.append(f"tables in {output}: {tables}")
        lines += [f"plots in {Path(output, 'plots')}: {plotted} files"] if plotted else []
        click.echo("\n".join(lines), err=True)
    ctx.exit(1 if report.failed else 0)


def _print(summary: DataFrame, *, as_json: bool) -> str:
    """Prints the summary to stdout, and returns which part of it that is, if not all."""
    from segeval.table import as_json as written

    from .overview import extremes, overview

    if as_json:
        click.echo(written(summary))
        return ""
    records = [{str(name): value for name, value in record.items()} for record in summary.to_dict("records")]
    shown, remark = extremes(records) if sys.stdout.isatty() else (records, "")
    if shown:
        overview(shown).show(title="mean ± standard deviation over cases")
    return remark


def _draw(results: Results, folder: Path, formats: tuple[str, ...], *, quiet: bool) -> int:
    """Draws every kind of plot there are data for, and returns how many files that makes."""
    from segeval.plots import draw

    with plot.remarks(quiet=quiet):
        return len(draw(results, folder, formats=formats))
