"""The command `segeval`: its commands, and how errors reach the user.

Modules of this package import nothing heavy at their top, so that help and usage errors come at
once.
"""

from __future__ import annotations

import errno
import gc
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from segeval.errors import SegevalError, UsageError
from segeval.version import __version__

from . import config
from .explain import explain_command
from .metrics import metrics_command
from .plot import plot
from .score import score_command
from .signals import SIGNALS
from .streams import Streams, lasting_streams
from .terminal import echo, echo_traceback, logged_by_echo, show_by_echo
from .warming import warm_up

LOSS = 1
"""The exit code where something failed, and what could be kept was kept."""
USAGE = 2
"""The exit code of wrong usage, as click has it."""
FAULT = 70
"""The exit code of an error that should not have happened; sysexits.h calls it EX_SOFTWARE."""
PIPE = 141
"""The exit code that shells give a command whose reader has gone: 128 and the number of SIGPIPE."""
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""Errors of a disk that is full or broken, which no usage of ours mends."""


class Ended(click.ClickException):
    """The end of a command with one line on stderr."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click calls it a class variable

    def show(self, file: Any = None) -> None:  # noqa: ARG002  # click hands none over
        """Print the line."""
        echo(self.message, err=True)


@contextmanager
def ending_in_one_line() -> Iterator[None]:
    """Make one line of errors that a user can mend, and of an interruption.

    All other errors are faults of segeval, of which `main` shows the traceback.
    """
    try:
        yield
    except SegevalError as error:
        raise Ended(f"error: {error}", _exit_code(error.__cause__)) from error
    except OSError as error:
        if error.filename is None:
            raise
        text = f"error: {os.fsdecode(error.filename)}: {error.strerror}"
        raise Ended(text, _exit_code(error)) from error
    except MemoryError as error:
        text = ": ".join(filter(None, ("error: out of memory", str(error))))
        raise Ended(f"{text}; run it where there is more of it", LOSS) from error
    except click.UsageError as error:
        # click would print the usage of the command above it, which is more than one line
        raise Ended(f"error: {_in_one_line(error)}", USAGE) from error
    except KeyboardInterrupt as error:
        # click would print `Aborted!` and exit with 1, as if a case had failed
        text = ": ".join(filter(None, ("stopped", str(error))))
        raise Ended(text, SIGNALS.exit_code) from error


@contextmanager
def naming_options_of_a_file(ctx: click.Context) -> Iterator[None]:
    """Say of wrong usage that options came from a file, too, unless that is said."""
    try:
        yield
    except UsageError as error:
        path = ctx.meta.get(config.FILE)
        if path is None or path in str(error):
            raise
        raise UsageError(f"{error} (options are from {path}, too)") from error.__cause__


def _exit_code(cause: BaseException | None) -> int:
    """Return the exit code for an error that comes from another one, or from none."""
    return LOSS if isinstance(cause, OSError) and cause.errno in DISK else USAGE


def _in_one_line(error: click.UsageError) -> str:
    """Return what click says of a wrong call as segeval says it, and where to read more."""
    # messages of click may span lines, begin with a capital and end with a full stop
    message = " ".join(error.format_message().split()).rstrip(".")
    command = "segeval"
    if error.ctx:
        command = error.ctx.command_path
    return f"{message[:1].lower()}{message[1:]} (see {command} --help)"


class App(click.Group):
    """Commands that end in one line when something is wrong."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Parse a command line as click does."""
        with ending_in_one_line():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command as click does."""
        # a group parses the command lines of its commands in here, too
        with ending_in_one_line(), naming_options_of_a_file(ctx):
            return super().invoke(ctx)


@click.group(
    cls=App,
    commands=[score_command, plot, explain_command, metrics_command, warm_up],
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="segeval", message="%(prog)s %(version)s")
@click.pass_context
def command_line(ctx: click.Context) -> None:
    """Score predicted segmentation masks against ground truth: tables, a summary and plots.

    \b
    Example:
      segeval score predictions/ labels/ -o results -m dice,hd95,nsd@2
      segeval plot results --kind heatmap
      segeval explain results
      segeval metrics nsd
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())  # in lines of our own


def main() -> None:
    """Run the command line in a process of its own."""
    # at the usual 700, collecting takes a tenth of the time that imports take
    gc.set_threshold(100_000)
    # libraries get no way to the terminal but ours
    warnings.showwarning = show_by_echo  # type: ignore[assignment]  # it prints in one place
    logging.lastResort = logged_by_echo(logging.WARNING)
    with lasting_streams() as streams, SIGNALS.heard():
        code = _ended(streams)
        loss = _lost(streams)
    if code > 128:
        # a case that is being scored still would have the process wait for it
        os._exit(code)
    sys.exit(code or loss)


def _ended(streams: Streams) -> int:
    """Run the command, and return its exit code."""
    try:
        command_line(prog_name="segeval", obj=streams)
    except SystemExit as end:  # as click ends
        return int(end.code or 0)
    except Exception:
        echo_traceback()
        echo(
            "error: this is a fault of segeval itself; please report it with the lines above",
            err=True,
        )
    return FAULT


def _lost(streams: Streams) -> int:
    """Tell of what could not be printed, where that can be, and return the exit code."""
    losses = streams.losses()
    if losses == {"stdout": os.strerror(errno.EPIPE)} and not streams.is_of_run:
        return PIPE  # as `segeval metrics | head`
    for name, reason in losses.items():
        text = (
            f"error: {name} cannot be written ({reason}): what was printed there is incomplete, "
            "files are not"
        )
        if "stderr" not in losses:
            echo(text, err=True)
        elif not streams.is_json:
            echo(text)
    return LOSS if losses else 0
