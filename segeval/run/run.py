"""A run over many cases: it tells how it goes on, keeps a record of each case, and folds them.

`Run.results` is the way through it: open the journal, take the records of an earlier run, have
`workers.evaluate` score what is left, fold all records by `assemble`, and write the tables.
"""

from __future__ import annotations

import logging
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from segeval.data.limits import MAX_VOXELS
from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.errors.lines import one_line
from segeval.io import Pair
from segeval.io.files import local_path
from segeval.protocols.protocol import Protocol
from segeval.results.folder import cases_in, taken
from segeval.results.results import Results
from segeval.summary import summarise
from segeval.version import __version__

from .assemble import (
    Failed,
    all_regions,
    cases_table,
    details,
)
from .crew import Crew
from .journal import Journal, is_unchanged, opened
from .notices import notices_of_cases, notices_on
from .occurrence import Occurrence
from .pooling import Pooled, pooled_scores
from .record import Record, Scored
from .workers import evaluate

INTERVAL: dict[str, Any] = {"confidence": 0.95, "resamples": 2000, "seed": 0}
"""Settings of the intervals of the summary, the same in every run."""

log = logging.getLogger("segeval")
"""Log of notices and failed cases as warnings, whoever listens."""


class Listener:
    """Hears how a run goes on; this one does not care.

    Notices and failed cases are logged as well, so a listener that overlooks them hides nothing.
    """

    def started(self, cases: int, columns: Sequence[str]) -> None:
        """Hear that so many cases will be scored, by the metrics of these columns."""

    def finished(self, record: Record) -> None:
        """Hear that a case is done, or has failed."""

    def notice(self, text: str) -> None:
        """Hear what the user should know."""

    def lost(self, text: str) -> None:
        """Hear what could not be written; the run goes on."""

    def saving(self, cases: int) -> None:
        """Hear that no more than so many cases will be scored, and that their tables are made."""

    def saved(self) -> None:
        """Hear that the results lie in their folder, which no other run may take yet."""


@dataclass(slots=True, eq=False, kw_only=True)
class Run:
    """Scores pairs of masks under a protocol, and keeps a record of each.

    With an output folder, records are appended to the journal there as they come, and all tables
    are written in the end, also when the run is interrupted; run.json then says that it is not
    complete.
    """

    protocol: Protocol
    """Protocol of all cases."""
    pairs: Sequence[Pair]
    """Files of the cases, in the order of the tables."""
    jobs: int
    """Number of threads."""
    device: str = "cpu"
    """Device that measures: "cpu", "cuda:0", ..."""
    listener: Listener = field(default_factory=Listener)
    """Object that hears how the run goes on."""
    output: str | os.PathLike[str] | None = None
    """Folder for the journal and the tables; None writes nothing."""
    formats: Sequence[str] = ("csv",)
    """Formats of the tables."""
    overwrite: bool = False
    """Whether files in the folder that are not of segeval may be replaced."""
    absolute_paths: bool = False
    """Whether run.json has absolute paths, in place of those relative to it."""
    max_voxels: int = MAX_VOXELS
    """Voxels of a mask at most."""
    resume: bool = False
    """True where cases of the journal, of files that have not changed, are not scored again."""
    failed: Failed = "error"
    """Choice for cases that fail."""
    warnings: list[str] = field(default_factory=list, init=False)
    """Notices so far."""
    losses: list[str] = field(default_factory=list, init=False)
    """Notices of what could not be written."""
    _records: dict[int, Record] = field(default_factory=dict, init=False)
    """Records so far, by the position of their pair."""
    _resumed: int = field(default=0, init=False)
    """Number of cases that were taken from the journal."""
    _is_saved: bool = field(default=False, init=False)
    """Whether results lie in the output folder."""
    _started: float = field(default_factory=time.time, init=False)
    """Time at which the run was made, in seconds since 1970."""
    _clock: float = field(default_factory=time.monotonic, init=False)
    """Reading of a clock that nobody sets, at that time."""

    def notice(self, text: str) -> None:
        """Tell the user, now and in run.json."""
        # names in it may hold ends of lines, and what a terminal would obey
        text = one_line(text)
        self.warnings.append(text)
        log.warning("%s", text)
        self.listener.notice(text)

    def _lose(self, text: str) -> None:
        """Tell the user what could not be written, now and, if that can be, in run.json."""
        text = one_line(text)
        self.losses.append(text)
        self.warnings.append(text)
        log.error("%s", text)
        self.listener.lost(text)

    def results(self) -> Results:
        """Score every case, and return the results.

        Raises `UsageError` when nothing can be written to the output from the start, and after all
        cases, of which the journal keeps the records, where the two sides turn out to hold one
        label each that is not the same. What cannot be written later, `losses` tells of: the
        results are complete. A case that fails raises nothing: it has a row in the table that says
        why.
        """
        with self._journal() as journal:
            columns = [metric.column for metric in self.protocol.metrics]
            # not before the journal is open: another run may hold the folder
            self.listener.started(len(self.pairs), columns)
            try:
                if journal and self.resume:
                    self._take_earlier(journal)
                self._score(journal)
            except KeyboardInterrupt:
                self._broken_off()
                raise
            except BaseException:  # a listener raises it to cancel the run, and is not asked again
                self.listener = Listener()
                self._broken_off()
                raise
            self._check_labels()
            return self._finished()

    def _broken_off(self) -> None:
        """Write the results of what is done, unless those in the folder are of more cases.

        These stay then. The journal has the records, in either case.
        """
        done = len(self._records)
        if self.output is not None and cases_in(local_path(self.output)) > done:
            self.listener.saving(done)
            return
        self._finished()

    def _finished(self) -> Results:
        """Return the results of the records that there are, once they are written."""
        self.listener.saving(len(self._records))
        results = self._folded()
        try:
            self._save(results)
        except (UsageError, MemoryError) as error:
            self._lose(
                f"{_reason(error)}, then run it again with --resume{self._elsewhere(results)}"
            )
        else:
            if self.output is not None:
                self.listener.saved()
        return results

    def _elsewhere(self, results: Results) -> str:
        """Save results that found no room among temporary files, and return what to tell of that.

        Returns "" where they find no room there, either.
        """
        try:
            folder = tempfile.mkdtemp(prefix="segeval-results-")
        except OSError:
            return ""
        try:
            results.save(folder, self.formats)
        except (UsageError, MemoryError):
            shutil.rmtree(folder, ignore_errors=True)
            return ""
        return f"; meanwhile the tables are in {folder}"

    def _score(self, journal: Journal | None) -> None:
        """Score the cases that there is no record of, and append each to the journal."""
        waiting = [place for place in range(len(self.pairs)) if place not in self._records]
        crew = Crew(self.jobs, self.device, self.notice)
        outcomes = evaluate(
            self.pairs, waiting, self.protocol, crew=crew, max_voxels=self.max_voxels
        )
        with closing(outcomes):
            for position, record in outcomes:
                self._records[position] = record
                # before anyone hears of it: what a listener raises costs no case
                if journal and not self._append(journal, record):
                    journal = None
                if record.error:
                    log.warning("failed: %s", record.error)
                self.listener.finished(record)

    def _append(self, journal: Journal, record: Record) -> bool:
        """Append a record to the journal, and return whether that could be done."""
        try:
            journal.append(record)
        except (UsageError, MemoryError) as error:
            self._lose(
                f"{_reason(error)}; the run goes on, and writes its tables in the end: make room "
                "until then"
            )
            return False
        return True

    def _check_labels(self) -> None:
        """Raise `UsageError` where each side of all cases holds one label, and another one."""
        scored = [record.scored for record in self._records.values() if record.scored]
        Occurrence.of([case.measured.contingency for case in scored]).check(self.protocol)

    def _take_earlier(self, journal: Journal) -> None:
        """Take the records of cases whose files are what they were, and say how many these are."""
        earlier = journal.earlier
        if earlier.others and not earlier.records:
            self.notice(
                "the journal is of other metrics, regions or options, or of another version, and "
                "stays as it is: all cases are scored anew"
            )
        if not earlier.records:
            return
        for position, pair in enumerate(self.pairs):
            record = earlier.records.get(pair.id)
            if record is None or not is_unchanged(record, pair):
                continue
            # files that were moved are the same, under the paths that they have now
            record = replace(record, pair=pair)
            self._records[position] = record
            self.listener.finished(record)
        self._resumed = len(self._records)
        self.notice(
            f"{self._resumed} of {len(self.pairs)} cases were scored before and are taken from the "
            "journal"
        )

    def _folded(self) -> Results:
        """Return the results of the records that there are, which may not be all.

        Gives the notices about the run as a whole on the way, since they are part of run.json.
        """
        records = [self._records[position] for position in sorted(self._records)]
        scored = [record.scored for record in records if record.scored]
        regions = all_regions(records, self.protocol)
        counts = [case.measured.counts_of(regions) for case in scored]
        cases = cases_table(records, regions, self.protocol, self.failed)
        for text in notices_of_cases(records, self.protocol):
            self.notice(text)
        if self.failed == "worst" and records and not regions:
            self.notice(
                "no case could be read, so that no region is known in which the failed ones would "
                "count as the worst; name the regions to score"
            )
        units = _units(scored)
        failures = sum(bool(record.error) for record in records)
        pooled = Pooled()
        if self.failed != "worst" or not failures:  # a failed case adds no voxels to a sum
            pooled = pooled_scores(scored, counts, regions, self.protocol)
        for text in notices_on(regions, counts, scored, pooled, self.protocol):
            self.notice(text)
        summary = summarise(
            cases,
            length_unit=units["length"],
            volume_unit=units["volume"],
            metrics=self.protocol.metrics,
            pooled=pooled.by_volume,
            pooled_voxels=pooled.by_voxels,
            failed=failures,
            **INTERVAL,
        )
        content = self._content(records, regions, units)
        return Results(cases, summary, content, details(records, counts, regions))

    def _content(
        self, records: Sequence[Record], regions: Sequence[Region], units: dict[str, str]
    ) -> dict[str, Any]:
        """Return the content of run.json."""
        started = datetime.fromtimestamp(self._started, timezone.utc)
        return {
            "segeval": __version__,
            "complete": len(records) == len(self.pairs),
            "cases_asked": len(self.pairs),
            "cases_done": len(records),
            "cases_failed": sum(bool(record.error) for record in records),
            "cases_resumed": self._resumed,
            "failed": self.failed,
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._clock, 3),
            "jobs": self.jobs,
            "device": self.device,
            "max_voxels": self.max_voxels,
            "environment": {
                "python": platform.python_version(),
                "numpy": np.__version__,
                "platform": platform.platform(),
            },
            "protocol": self.protocol.to_dict(),
            "interval": {"method": "percentile bootstrap of the mean over cases", **INTERVAL},
            "units": units,
            "regions": {region.name: sorted(region.labels) for region in regions},
            "warnings": self.warnings,
            "cases": {record.pair.id: record.summary() for record in records},
        }

    def _save(self, results: Results) -> None:
        """Write the results into the output folder, if there is one."""
        if self.output is not None:
            results.save(
                local_path(self.output),
                self.formats,
                overwrite=self.overwrite,
                absolute_paths=self.absolute_paths,
            )
            self._is_saved = True

    @contextmanager
    def _journal(self) -> Iterator[Journal | None]:
        """Open the journal in the folder of the output, which no other run may write into then.

        Raises `UsageError` when it cannot be written.
        """
        if self.output is None:
            yield None
            return
        protocol = self.protocol.to_dict()
        header = {
            "segeval": __version__,
            "protocol": protocol["hash"],
            # values of a record stand in the order of metrics, which the hash does not know
            "metrics": list(protocol["metrics"]),
            "regions": protocol["regions"] and list(protocol["regions"]),
        }
        with (
            taken(local_path(self.output), self.formats, overwrite=self.overwrite) as folder,
            opened(folder, header, self.protocol.needs, resume=self.resume) as journal,
        ):
            yield journal
            # not before new results have taken the place of those that these records are of
            if self._is_saved and not self.resume:
                self._forget_earlier(journal)

    def _forget_earlier(self, journal: Journal) -> None:
        """Delete from the journal what is of runs before; where that fails, it stays."""
        try:
            journal.forget_earlier()
        except (OSError, UsageError, MemoryError) as error:
            log.warning("%s keeps the records of earlier runs: %s", self.output, error)


def _reason(error: UsageError | MemoryError) -> str:
    """Return why something could not be written."""
    return str(error) or "out of memory; see to more of it"


def _units(scored: Sequence[Scored]) -> dict[str, str]:
    """Return the units of lengths and of volumes; those of cases that differ, joined by a slash.

    Without a scored case they are "".
    """
    return {
        "length": "/".join(sorted({case.space.unit for case in scored})),
        "volume": "/".join(sorted({case.space.volume_unit for case in scored})),
    }
