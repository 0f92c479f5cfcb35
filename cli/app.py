"""The command `segeval`: its commands, and how errors reach the user.

Modules of this package import nothing heavy at their top, so that help and usage errors come at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from segeval.errors import SegevalError
from segeval.version import __version__

from .metrics import metrics
from .plot import plot
from .score import score

FAULT = 70
"""The exit code of an error that should not have happened; sysexits.h calls it EX_SOFTWARE."""


class Stop(click.ClickException):
    """The end of a command in one line on stderr."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def show(self, file: Any = None) -> None:
        """Prints the line."""
        click.echo(self.message, file=file, err=True)


@contextmanager
def stopping() -> Iterator[None]:
    """Makes one line of what a user can mend, and of an interruption."""
    try:
        yield
    except SegevalError as error:
        raise Stop(f"error: {error}", 2) from error
    except OSError as error:
        if error.filename is None:
            raise
        raise Stop(f"error: {error.filename}: {error.strerror}", 2) from error
    except click.UsageError as error:
        message = " ".join(error.format_message().split()).rstrip(".")
        command = error.ctx.command_path if error.ctx else "segeval"
        raise Stop(f"error: {message[:1].lower()}{message[1:]} (see {command} --help)", 2) from error
    except KeyboardInterrupt as error:
        raise Stop(f"stopped{f': {error}' if str(error) else ''}", 130) from error


class App(click.Group):
    """Commands that end in one line when something is wrong."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """As click's."""
        with stopping():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """As click's."""
        with stopping():
            return super().invoke(ctx)


@click.group(
    cls=App,
    commands=[score, plot, metrics],
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="segeval", message="%(prog)s %(version)s")
@click.pass_context
def app(ctx: click.Context) -> None:
    """Score predicted segmentation masks against ground truth: tables, a summary and plots.

    \b
    Example:
      segeval score predictions/ labels/ -o results -m dice,hd95,nsd@2
      segeval plot results --kind heatmap
      segeval metrics nsd
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """The entry point of the process."""
    try:
        app(prog_name="segeval")
    except Exception:
        traceback.print_exc()
        click.echo("error: this is a fault of segeval itself; please report it with the lines above", err=True)
        sys.exit(FAULT)
