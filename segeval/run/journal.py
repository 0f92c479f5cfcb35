"""The journal of runs into a folder: a line for every finished case, flushed as it comes.

A run that was stopped goes on from it with `--resume`. A line with a header says what run the
records below it are of. A new run writes below what there is, so that nothing is lost before its
results are complete.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from segeval.data.provenance import Input
from segeval.errors import SegevalError, UsageError
from segeval.io import Pair
from segeval.io.files import append_to, replacing
from segeval.io.lines import line_of, read_lines
from segeval.io.source import provenance
from segeval.io.stacks import provenance_of_stack
from segeval.results.folder import JOURNAL
from segeval.statistics.statistic import Need

from .record import Record


@dataclass(slots=True, eq=False)
class Earlier:
    """Records that a journal held before a run."""

    records: dict[str, Record] = field(default_factory=dict)
    """Last record of every case that was scored under the same header, by id; those that failed
    are tried again."""
    others: bool = False
    """Whether there are records under another header."""

    @classmethod
    def of(cls, path: Path, header: Mapping[str, Any], needs: Sequence[Need]) -> Earlier:
        """Return the records in a journal, for a run with this header and these needs."""
        earlier = cls()
        is_same = False
        for line in read_lines(path):
            if "header" in line:
                is_same = line["header"] == dict(header)
            elif "record" in line and is_same:
                earlier._take(line["record"], needs, len(header["metrics"]))
            elif "record" in line:
                earlier.others = True
        return earlier

    def _take(self, content: Mapping[str, Any], needs: Sequence[Need], metrics: int) -> None:
        """Take a record, unless it failed or is not a line of ours: its case is scored anew."""
        with suppress(ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            record = Record.from_json(content, needs)
            if record.scored and record.scored.scores.values.shape[1:] == (metrics,):
                self.records[record.pair.id] = record


def is_unchanged(record: Record, pair: Pair) -> bool:
    """Return whether a record is of these files as they are now."""
    before = record.pair
    paths = ((before.pred, pair.pred), (before.gt, pair.gt), (before.roi, pair.roi))
    return all(_is_same(source, *both) for source, both in zip(record.inputs, paths, strict=True))


def _is_same(source: Input | None, before: Path | None, path: Path | None) -> bool:
    """Return whether a file is what was read: of the same size and time, or of the same hash.

    The hash is taken only where the time or the path differs from `before`: reading all masks of a
    run takes about as long as scoring them.
    """
    if source is None or path is None:
        return source is None and path is None
    try:
        if path.is_dir():
            return provenance_of_stack(path).sha256 == source.sha256
        status = path.stat()
        if status.st_size != source.bytes:
            return False
        same_file = before == path.absolute()
        if same_file and status.st_mtime_ns == source.modified:
            return True
        # copied or touched since: the content decides
        return provenance(path).sha256 == source.sha256
    except (OSError, SegevalError):
        return False


class Journal:
    """The journal in a folder of results, open for one run."""

    def __init__(self, path: Path, earlier: Earlier, begin: int) -> None:
        self.earlier = earlier
        """Records that it held before, if the run goes on where another stopped."""
        self._path = path
        self._file: IO[str] = append_to(path)
        self._begin = begin
        """Place where the lines of this run begin."""

    def append(self, record: Record) -> None:
        """Write a record and flush it, so that it outlives the process from now on."""
        self.write(line_of({"record": record.to_json()}))

    def write(self, text: str) -> None:
        """Write a text and flush it."""
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            raise UsageError(
                f"{self._path}: cannot write it ({error.strerror or error})"
            ) from error

    def forget_earlier(self) -> None:
        """Delete what the journal held before this run, which must be over."""
        self.close()
        if self._begin:
            with self._path.open("rb") as source, replacing(self._path) as file:
                source.seek(self._begin)
                shutil.copyfileobj(source, file)

    def close(self) -> None:
        """Close the file."""
        # closing writes again what a full disk did not take, which `append` has told of
        with suppress(OSError):
            self._file.close()


@contextmanager
def opened(
    folder: Path, header: Mapping[str, Any], needs: Sequence[Need], *, resume: bool
) -> Iterator[Journal]:
    """Open the journal of a folder that is taken for a run.

    `header` is what the numbers depend on, the protocol and the version of segeval: with `resume`,
    records that were made under an equal one are taken. `needs` are the statistics to read from
    them. Raises `UsageError` when it can be neither read nor written.
    """
    path = folder / JOURNAL
    try:
        journal = _begun(path, header, Earlier.of(path, header, needs) if resume else Earlier())
    except OSError as error:
        raise UsageError(
            f"{path}: cannot read and write it ({error.strerror or error}); see to its "
            "permissions, or give another folder"
        ) from error
    try:
        yield journal
    finally:
        journal.close()


def _begun(path: Path, header: Mapping[str, Any], earlier: Earlier) -> Journal:
    """Return the journal, below whose lines the header of a run has been written."""
    first = line_of({"header": dict(header)})
    if next(read_lines(path), None) is None:
        # there is none, or it is a file of somebody else, which may be replaced
        with replacing(path) as file:
            file.write(first.encode())
        return Journal(path, earlier, begin=0)
    journal = Journal(path, earlier, begin=path.stat().st_size)
    # what a run that was killed could not end would spoil the next line
    journal.write(f"\n{first}")
    return journal
