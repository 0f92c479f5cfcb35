"""The standard streams of the command, which a closed pipe or a full disk does not stop.

What is printed may be lost; what is scored may not. So a stream takes everything, and remembers
that it could not pass something on: the command ends as it would, and says so in the end.
"""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


class Outlet(io.RawIOBase):
    """The lower end of a standard stream, which takes all bytes and never raises."""

    def __init__(self, raw: io.RawIOBase | None) -> None:
        self._raw = raw
        self.failure = ""
        """The reason why something was not passed on; "" where everything was."""

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the number of the stream; raises `OSError` where it is closed."""
        if self._raw is None:
            raise OSError("the stream is closed")
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._raw is not None and self._raw.isatty()

    def write(self, data: Any) -> int:
        """Pass bytes on, and return how many were taken: all of them where that fails."""
        if self._raw is None:
            self.failure = self.failure or "it is closed"
            return len(data)
        try:
            written = self._raw.write(data)
            while written is None:  # a pipe that is full, of a kind that is not waited for
                select.select([], [self._raw], [])
                written = self._raw.write(data)
        except OSError as error:
            self.failure = self.failure or str(error.strerror or error)
            return len(data)
        except ValueError as error:  # a library has closed it
            self.failure = self.failure or str(error)
            return len(data)
        return written


@dataclass(slots=True)
class Streams:
    """State of stdout and stderr, which click hands to commands as the object of its context."""

    outlets: dict[str, Outlet]
    """The lower ends by the names of the streams."""
    is_json: bool = False
    """True where stdout holds JSON, to which nothing else may be added."""
    is_of_run: bool = False
    """True where masks are scored: a reader that goes away misses what may matter."""

    def losses(self) -> dict[str, str]:
        """Return why what was printed is incomplete, by the name of the stream."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        return {name: outlet.failure for name, outlet in self.outlets.items() if outlet.failure}


@contextmanager
def lasting_streams() -> Iterator[Streams]:
    """Have stdout and stderr take everything within the block, also where they are closed."""
    _fill_gaps()
    before = sys.stdout, sys.stderr
    outlets = {}
    for name, stream in zip(("stdout", "stderr"), before, strict=True):
        buffer = getattr(stream, "buffer", None)
        # where Python shall not buffer, the lower end is in the place of the buffer
        raw = getattr(buffer, "raw", buffer)
        # a stream that lies nowhere in the system, as those of tests, does not fail
        if stream is None or isinstance(raw, io.RawIOBase):
            outlets[name] = Outlet(raw)
            setattr(sys, name, _text(outlets[name], stream))
    try:
        yield Streams(outlets)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def _fill_gaps() -> None:
    """Open what closed standard streams leave free: files of results would get their numbers.

    What a library writes to stderr would then go into them.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # the system gives the lowest number that is free, which is this one
            os.open(os.devnull, os.O_RDWR)


def _text(outlet: Outlet, before: Any) -> io.TextIOWrapper:
    """Return a stream of text into an outlet, like the one that was there before."""
    encoding, by_lines, through = "utf-8", True, False
    if before is not None:
        before.flush()
        encoding, by_lines = before.encoding, before.line_buffering
        through = before.write_through
    # a name that the stream cannot encode is no reason to lose the rest
    return io.TextIOWrapper(
        io.BufferedWriter(outlet),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=by_lines,
        write_through=through,
    )
