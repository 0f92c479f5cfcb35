"""The one door to the terminal: lines of text, whatever the names and messages in them hold."""

from __future__ import annotations

import json
import logging
import traceback

import click

from segeval.errors.lines import one_line

from .streams import Streams


def echo(*lines: object, err: bool = False) -> None:
    """Print lines to stdout or stderr, each as one line."""
    for line in lines:
        click.echo(one_line(str(line)), err=err)


def echo_json(text: str) -> None:
    r"""Print JSON to stdout, of which the ends of lines are kept.

    What a terminal would obey is written with the escapes of JSON.

    >>> echo_json('{"\u202e": 1}')
    {"\u202e": 1}
    """
    context = click.get_current_context(silent=True)
    if context and (streams := context.find_object(Streams)):
        streams.is_json = True
    # JSON itself is printable: what is not stands in one of its texts
    click.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))


def echo_traceback() -> None:
    """Print the traceback of the error that is being handled to stderr."""
    echo(*traceback.format_exc().rstrip("\n").split("\n"), err=True)


class _Lines(logging.Handler):
    """A handler that prints each record as one line on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record."""
        echo(self.format(record), err=True)


def logged_by_echo(level: int, form: str = "%(message)s") -> logging.Handler:
    """Return a handler of what is logged from a level on: a line of this form on stderr each."""
    handler = _Lines(level)
    handler.setFormatter(logging.Formatter(form))
    return handler


def show_by_echo(message: Warning | str, category: type[Warning], *_place: object) -> None:
    """Print a warning of Python as a line on stderr, in place of `warnings.showwarning`."""
    echo(f"{category.__name__}: {message}", err=True)
