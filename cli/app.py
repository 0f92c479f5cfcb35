"""The command `segeval`: its commands, and how errors reach the user.

Modules of this package import nothing heavy at their top, so that help and usage errors come at
once.
"""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any

import click

from segeval.errors import SegevalError
from segeval.version import __version__

from .explain import explain_command
from .metrics import metrics_command
from .plot import plot
from .score import score_command
from .warming import warm_up

FAULT = 70
"""The exit code of an error that should not have happened; sysexits.h calls it EX_SOFTWARE."""


class Refused(click.ClickException):
    """The end of a command that a user can mend, in one line on stderr."""

    exit_code = 2
    """Exit code of wrong usage, as click has it."""

    def show(self, file: Any = None) -> None:
        """Print the line."""
        click.echo(self.message, file=file, err=True)


class Stopped(Refused):
    """The end of a command that was interrupted."""

    exit_code = 130
    """Exit code that shells use: 128 and the number of SIGINT."""


@contextmanager
def ending_in_one_line() -> Iterator[None]:
    """Make one line of errors that a user can mend, and of an interruption.

    All other errors are faults of segeval, of which `main` shows the traceback.
    """
    try:
        yield
    except SegevalError as error:
        raise Refused(f"error: {error}") from error
    except OSError as error:
        # Errors of streams name no file: click itself ends quietly when a pipe is closed.
        if error.filename is None:
            raise
        raise Refused(f"error: {error.filename}: {error.strerror}") from error
    except click.UsageError as error:
        # click would print the usage of the command above it, which is more than one line
        raise Refused(f"error: {_in_one_line(error)}") from error
    except KeyboardInterrupt as error:
        # click would print `Aborted!` and exit with 1, as if a case had failed
        raise Stopped(": ".join(filter(None, ("stopped", str(error))))) from error


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
        with ending_in_one_line():
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
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line in a process of its own."""
    # at the usual 700, collecting takes a tenth of the time that imports take
    gc.set_threshold(100_000)
    for stream in (sys.stdout, sys.stderr):
        # a name that the stream cannot encode is no reason to lose the rest
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        # click ends by SystemExit, which is no `Exception` and passes the handler below
        command_line(prog_name="segeval")
    except Exception:
        traceback.print_exc()
        click.echo(
            "error: this is a fault of segeval itself; please report it with the lines above",
            err=True,
        )
        sys.exit(FAULT)
