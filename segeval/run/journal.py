"""The journal of a run: a line for every finished case, flushed as it comes.

A run that was stopped goes on from it.

The first line says what the run is; each further one is a record. Every line ends with a checksum,
so that one that was cut off, or changed, is told from the others. While a run goes on it holds the
lock of its folder.
"""

from __future__ import annotations

import json
import os
import socket
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from segeval.errors import UsageError
from segeval.io.files import replacing
from segeval.statistics.statistic import Need

from .record import Record

NAME = "journal.jsonl"
LOCK = ".lock"


class Journal:
    """The journal in a folder of results, open for one run.

    `earlier` are the records that it held before, by id, if the run goes on where another stopped.
    """

    def __init__(self, file: IO[str], earlier: Mapping[str, Record]) -> None:
        self.earlier = earlier
        self._file = file

    def append(self, record: Record) -> None:
        """Write a record, so that it outlives the process from now on."""
        self._file.write(_line({"record": record.to_json()}))
        self._file.flush()


@contextmanager
def opened(
    folder: Path, header: Mapping[str, Any], needs: Sequence[Need], *, resume: bool
) -> Iterator[Journal]:
    """Open the journal of a folder for a run, under its lock.

    `header` is what the numbers depend on: with `resume`, records that were made under an equal one
    are kept, and all others are dropped. Raises `UsageError` when another run writes there.
    """
    with _locked(folder):
        path = folder / NAME
        earlier = _earlier(path, header, needs) if resume else {}
        first = {"header": dict(header), "run": _process()}
        with replacing(path) as file:  # as a whole: what was done before must not be lost here
            file.write(_line(first).encode())
            for record in earlier.values():
                file.write(_line({"record": record.to_json()}).encode())
        with path.open("a", encoding="utf-8") as file:
            yield Journal(file, earlier)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which the system takes back from a process that dies."""
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"{folder}: {_holder(folder)}; wait until it is done, or give another folder with -o"
        ) from None
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        lock.release()


def _earlier(path: Path, header: Mapping[str, Any], needs: Sequence[Need]) -> dict[str, Record]:
    """Return the last record of every case that was scored under an equal header."""
    first, *lines = list(_lines(path)) or [{}]
    if first.get("header") != dict(header):
        return {}
    records = (Record.from_json(line["record"], needs) for line in lines)
    return {record.pair.id: record for record in records if not record.error}


def _process() -> dict[str, Any]:
    """Return which process this is, for others that find the folder taken."""
    return {"process": os.getpid(), "host": socket.gethostname(), "started": time.time()}


def _holder(folder: Path) -> str:
    first = next(_lines(folder / NAME), {})
    if "run" not in first:
        return "another run writes its results there"
    return f"process {first['run']['process']} on {first['run']['host']} writes its results there"


def _line(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=True, allow_nan=False)
    return f"{text}\t{zlib.crc32(text.encode()):08x}\n"


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the lines of a journal that are whole."""
    if not path.is_file():
        return
    for line in path.read_bytes().split(b"\n"):
        text, tab, checksum = line.rpartition(b"\t")
        if tab and checksum == f"{zlib.crc32(text):08x}".encode():
            yield json.loads(text)
