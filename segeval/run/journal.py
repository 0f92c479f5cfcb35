"""The journal of a run: a line for every finished case, flushed as it comes.

A run that was stopped goes on from it with `--resume`. The first line says what the run is; each
further one is a record. Every line ends with a checksum, so that one that was cut off, or changed,
is told from the others. While a run goes on it holds the lock of its folder.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import IO, Any, TypeAlias

from filelock import FileLock, Timeout

from segeval.errors import UsageError
from segeval.io.files import replacing
from segeval.statistics.statistic import Need

from .record import Record

log = logging.getLogger("segeval")

NAME = "journal.jsonl"
"""The journal's file in the folder of results."""
ASIDE = "journal.earlier.jsonl"
"""Name of a journal of another run, which is kept beside the new one."""
Line: TypeAlias = Mapping[str, Any]
"""Content of a line: the header with the run, or a record."""
LOCK = ".lock"
"""The file that is locked; it lies in the folder only while a run goes on."""


class Journal:
    """The journal in a folder of results, open for one run."""

    def __init__(
        self, file: IO[str], earlier: Mapping[str, Record], put_aside: Path | None
    ) -> None:
        self.earlier = earlier
        """Records that it held before, by id, if the run goes on where another stopped."""
        self.put_aside = put_aside
        """Place that the journal of another run was moved to; None if none lay there."""
        self._file = file

    def append(self, record: Record) -> None:
        """Write a record and flush it, so that it outlives the process from now on."""
        try:
            self._file.write(_line({"record": record.to_json()}))
            self._file.flush()
        except OSError as error:
            raise UsageError(
                f"{self._file.name}: cannot write it ({error.strerror or error}); see to space and "
                "permissions, and go on with --resume"
            ) from error


@contextmanager
def opened(
    folder: Path, header: Mapping[str, Any], needs: Sequence[Need], *, resume: bool
) -> Iterator[Journal]:
    """Open the journal of a folder for a run, under its lock.

    `header` is what the numbers depend on, the protocol and the version of segeval: with `resume`,
    records that were made under an equal one are kept, and the journal of another run is put aside.
    Without `resume` the folder is written anew. `needs` are the statistics to read from the
    records. Raises `UsageError` when another run writes there.
    """
    with locked(folder):
        path = folder / NAME
        earlier: dict[str, Record] = {}
        put_aside = None
        if resume:
            lines = list(_lines(path))
            if _are_of_another_run(lines, header):
                # nothing that was computed is lost because of a changed option
                put_aside = path.replace(_unused(folder / ASIDE))
            else:
                earlier = _earlier(lines, needs)
        for part in folder.glob(f".{NAME}.*.part"):  # of a run that was killed while it began
            part.unlink(missing_ok=True)
        first = {"header": dict(header), "run": _process()}
        # The journal is written anew, which drops failed cases and lines that were cut off. It is
        # replaced as a whole, or a run stopped at this point would lose what was done before.
        with replacing(path) as file:
            file.write(_line(first).encode())
            for record in earlier.values():
                file.write(_line({"record": record.to_json()}).encode())
        journal = path.open("a", encoding="utf-8")
        try:
            yield Journal(journal, earlier, put_aside)
        finally:
            # closing writes again what a full disk did not take, which `append` has told of
            with suppress(OSError):
                journal.close()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which the system takes back from a process that dies.

    Raises `UsageError`, with the process that holds it, when it is taken.
    """
    lock = FileLock(folder / LOCK)
    try:
        # at once or not at all: the run that holds it may take hours
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"{folder}: {_holder(folder)}; wait until it is done, or give another folder with -o"
        ) from None
    except NotImplementedError:  # as on some network drives
        log.warning("%s: cannot be locked there; let no other run write into it", folder)
        yield
        return
    try:
        yield
    finally:
        # removed before it is released: after that it could be the lock of the next run
        with suppress(OSError):  # some systems remove no file that is open
            (folder / LOCK).unlink(missing_ok=True)
        lock.release()


def _are_of_another_run(lines: Sequence[Line], header: Mapping[str, Any]) -> bool:
    """Return whether lines of a journal hold records, and these were not made under this header."""
    # the header comes first: without it, nobody knows what the records are of
    is_ours = bool(lines) and lines[0].get("header") == dict(header)
    return not is_ours and any("record" in line for line in lines)


def _unused(path: Path) -> Path:
    """Return a path, with a number behind its stem if there is such a file already."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(candidate for candidate in chain([path], numbered) if not candidate.exists())


def _earlier(lines: Sequence[Line], needs: Sequence[Need]) -> dict[str, Record]:
    """Return the last record of every case in lines of a journal, by id.

    Cases that failed are left out: they are tried again.
    """
    records: dict[str, Record] = {}
    for line in lines:
        if "record" not in line:
            continue  # the header
        try:
            record = Record.from_json(line["record"], needs)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, UsageError):
            continue  # not a line of ours: its case is scored anew
        if not record.error:
            records[record.pair.id] = record
    return records


def _process() -> dict[str, Any]:
    """Return which process this is, for others that find the folder taken."""
    return {"process": os.getpid(), "host": socket.gethostname(), "started": time.time()}


def _holder(folder: Path) -> str:
    """Return who writes in a folder, as far as its journal says it."""
    run = next(_lines(folder / NAME), {}).get("run")
    if not isinstance(run, dict) or not {"process", "host"} <= run.keys() or _is_gone(run):
        return "another run writes its results there"
    return f"process {run['process']} on {run['host']} writes its results there"


def _is_gone(run: Mapping[str, Any]) -> bool:
    """Return whether the process of a run has ended, as far as this machine can tell.

    The run that holds the lock may not have come to writing its own line yet.
    """
    if os.name != "posix" or run["host"] != socket.gethostname():
        return False
    try:
        os.kill(int(run["process"]), 0)  # no signal: it only asks
    except (OSError, OverflowError, ValueError) as error:  # or it is of another user, or none
        return isinstance(error, ProcessLookupError)
    return False


def _line(content: Mapping[str, Any]) -> str:
    r"""Return a line of the journal: JSON, a tab and the checksum (CRC-32) of the JSON.

    >>> _line({"a": 1})
    '{"a": 1}\tfba18e97\n'
    """
    # strict JSON, in which records have NaN spelt out or in the bytes of arrays
    text = json.dumps(content, ensure_ascii=True, allow_nan=False)
    return f"{text}\t{zlib.crc32(text.encode()):08x}\n"


def _lines(path: Path) -> Iterator[Line]:
    """Yield the content of the lines that are whole; nothing where there is no journal.

    A line is whole if its checksum fits.
    """
    if not path.is_file():
        return
    # as bytes: a line that was cut off or changed need not be text
    # whatever ends a line, as editors change it: JSON in ASCII holds no such character
    for line in path.read_bytes().splitlines():
        text, tab, checksum = line.rpartition(b"\t")
        if not tab or checksum != f"{zlib.crc32(text):08x}".encode():
            continue
        with suppress(ValueError):  # whole, and yet nothing that we wrote
            content = json.loads(text)
            if isinstance(content, dict):
                yield content
