"""`segeval score`: two folders of masks in; the summary on stdout, tables and plots in a folder."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import click

from segeval.errors import SegevalError

from . import plot
from .config import config_option
from .options import run_options
from .signals import SIGNALS
from .streams import Streams
from .terminal import echo, echo_json

if TYPE_CHECKING:
    from pandas import DataFrame

    from segeval.results.results import Results

    from .progress import Report


@click.command("score", short_help="Score folders of predicted masks against ground truth.")
@click.argument("pred", type=click.Path(readable=False))
@click.argument("gt", type=click.Path(readable=False))
@run_options
@config_option
@click.pass_context
def score_command(
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
    **options: Any,  # the arguments of `score_folder`, by their own names
) -> None:
    """Score predicted masks against ground truth.

    PRED and GT are two folders (or two files) of NIfTI, PNG, TIFF, BMP, GIF or NumPy masks. Masks
    of the same name, sub-folders included, are a case. The summary is printed; OUT gets cases.csv
    (a row a case and region), summary.csv, run.json and plots.

    \b
    Example:
      segeval score predictions/ labels/ -m dice,hd95,nsd@2 --regions liver=1,tumour=2

    Exit code: 0 done, 1 a case failed or something could not be written, 2 wrong usage, 129, 130 or
    143 stopped by a signal, 70 a fault of segeval.
    """
    from segeval.api import score_folder
    from segeval.io.files import local_path
    from segeval.results.drawn import PLOTS
    from segeval.results.folder import tables_in, taken

    from .progress import reporting

    if streams := ctx.find_object(Streams):
        streams.is_of_run = True
    # click gives an empty tuple where none was typed
    options["metrics"] = options["metrics"] or None
    with contextlib.ExitStack() as held:

        def hold() -> None:
            """Hold the folder, which is this run's until its plots are there."""
            held.enter_context(taken(local_path(output), options["formats"], overwrite=True))

        with _logged_once(), reporting(quiet=quiet, on_saved=hold) as report:
            if plots:
                _import_ahead()
            try:
                results = score_folder(pred, gt, output=output, listener=report, **options)
                SIGNALS.release()
            except KeyboardInterrupt:
                raise KeyboardInterrupt(report.left_in(output)) from None
            except MemoryError as error:
                raise MemoryError(report.left_in(output)) from error
        first = results.run["protocol"]["mean"] == "cases"
        _print(results.summary, report.done, cases_first=first, as_json=as_json)
        if report.is_saved:
            report.tell(f"tables in {output}: {', '.join(tables_in(options['formats']))}")
            if plots and report.scored:
                _draw_plots(results, local_path(output) / PLOTS, plot_formats, report)
    # who passes `--failed skip` expects failures: the run has succeeded all the same
    is_whole = not report.failed or options["failed"] == "skip"
    ctx.exit(0 if is_whole and not report.losses else 1)


def _import_ahead() -> None:
    """Begin to import what draws plots, which takes as long as many runs, while masks are scored.

    Threads of kernels leave Python to it.
    """
    module = "segeval.plots.style"
    Thread(target=importlib.import_module, args=(module,), daemon=True).start()


@contextlib.contextmanager
def _logged_once() -> Iterator[None]:
    """Keep what segeval logs and warns of from stderr, where the report tells it.

    Without any handler, Python prints warnings of a logger itself.
    """
    from segeval.errors import FailedCasesWarning, UnsavedWarning

    logger, silent = logging.getLogger("segeval"), logging.NullHandler()
    logger.addHandler(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FailedCasesWarning)
            warnings.simplefilter("ignore", UnsavedWarning)
            yield
    finally:
        logger.removeHandler(silent)


def _print(summary: DataFrame, cases: int, *, cases_first: bool, as_json: bool) -> None:
    """Print the summary to stdout, and not more of it than can be taken in."""
    from segeval.results.exports import as_json as written

    from .overview import COLUMNS, MANY, MANY_LINES, extremes, overview_of

    if as_json:
        echo_json(written(summary))
        return
    # by columns: `DataFrame.to_dict` takes several times as long
    rows = zip(*(summary[name].tolist() for name in COLUMNS), strict=True)
    records = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    title = []
    if cases > 1:
        title.append(f"mean ± standard deviation over {cases:,} cases")
        if cases_first:
            title[0] += ", of the mean over regions"
    is_terminal = sys.stdout.isatty()
    records, part = extremes(records, MANY if is_terminal else MANY_LINES)
    title.append(part)
    if part and not is_terminal:  # where the table has no title
        echo(f"note: printed are {part}", err=True)
    if records:
        overview_of(records, cases, cases_first=cases_first).show(
            title="; ".join(filter(None, title))
        )


def _draw_plots(results: Results, folder: Path, formats: tuple[str, ...], report: Report) -> None:
    """Draw every kind of plot there are data for into a folder, in these formats.

    Plots are an extra: that there is nothing to draw is a note, and no error of the run. Why single
    plots were not drawn goes to stderr unless the command shall be quiet.
    """
    from segeval.plots import draw
    from segeval.plots.errors import NothingToDraw

    from .progress import COMPLETE

    report.tell("drawing plots")
    level = logging.CRITICAL if report.is_quiet else logging.WARNING
    # The collector would go through all that scoring has imported, again and again.
    gc.freeze()
    try:
        with plot.notes_shown(level):
            count = len(draw(results, folder, formats=formats))
        report.tell(f"plots in {folder}: {count} files")
    except NothingToDraw as reason:
        report.tell(f"note: no plots: {reason}")
    except (SegevalError, OSError, MemoryError) as error:
        cause = str(error) or "out of memory"
        report.lost(f"the plots are not complete: {cause}; `segeval plot` draws them again")
    except KeyboardInterrupt:
        raise KeyboardInterrupt(COMPLETE) from None
