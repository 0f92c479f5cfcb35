"""A run over many cases: what it tells while it goes on, what it keeps, and what it leaves behind."""

from __future__ import annotations

import csv
import logging
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from segeval.arrays import Singles
from segeval.data.case import Region
from segeval.errors import UsageError
from segeval.io import Pair
from segeval.io.files import local_path
from segeval.protocols.protocol import Protocol
from segeval.results.results import Results, clear
from segeval.summary import summarise
from segeval.version import __version__

from .assemble import (
    all_regions,
    cases_table,
    details,
    failed_scores,
    nsd_curve,
    pooled_scores,
    tolerances,
)
from .evaluate import SPILLED, Outcome, evaluate_pairs
from .notices import remarks_on
from .scoring import Scores

INTERVAL: dict[str, Any] = {"confidence": 0.95, "resamples": 2000, "seed": 0}
"""How the intervals of the summary are made, the same in every run."""

MOST_CURVES = 1000
"""NSD curves are kept of runs with so many regions at most: of thousands of instances they would
fill the disk.
"""

log = logging.getLogger("segeval")
"""Where notices and failed cases go as warnings, whoever listens."""

PARTIAL = "cases.partial.csv"
"""The rows of a run that goes on; what is left of one that crashed."""


class Listener:
    """What hears how a run goes on; this one does not care.

    Notices and failed cases are logged as well, so a listener that overlooks them hides nothing.
    """

    def started(self, cases: int, columns: Sequence[str]) -> None:
        """So many cases will be scored, by the metrics of these columns."""

    def finished(self, outcome: Outcome) -> None:
        """A case is done, or has failed."""

    def notice(self, text: str) -> None:
        """Something the user should know."""


class Run:
    """Scores pairs of masks under a protocol, and keeps of each no more than its results need.

    With an `output` folder, rows are appended to `cases.partial.csv` there as they come, and all
    tables are written in the end, also when the run is interrupted; run.json then says that it is
    not complete.
    """

    def __init__(
        self,
        protocol: Protocol,
        pairs: Sequence[Pair],
        *,
        jobs: int,
        device: str = "cpu",
        listener: Listener | None = None,
        output: str | os.PathLike[str] | None = None,
        formats: Sequence[str] = ("csv",),
    ) -> None:
        self.protocol = protocol
        self.pairs = pairs
        self.jobs = jobs
        self.device = device
        self.listener = listener or Listener()
        self.output = None if output is None else local_path(output)
        self.formats = formats
        self.warnings: list[str] = []
        self._outcomes: dict[int, Outcome] = {}
        self._curves: dict[int, Singles] = {}
        self._waiting: list[int] = []
        self._tolerance = np.empty(0)
        self._started = time.time()

    def notice(self, text: str) -> None:
        """Tell the user, now and in run.json."""
        self.warnings.append(text)
        log.warning("%s", text)
        self.listener.notice(text)

    def results(self) -> Results:
        """Scores every case. Raises `UsageError` when the output cannot be written."""
        with _row_log(self.output, self.protocol) as write_rows:
            self.listener.started(
                len(self.pairs), [metric.column for metric in self.protocol.metrics]
            )
            try:
                for position, outcome in evaluate_pairs(
                    self.pairs, self.protocol, jobs=self.jobs, device=self.device
                ):
                    self._take(position, outcome)
                    write_rows(
                        outcome.pair.id, outcome.scores or failed_scores(outcome, self.protocol)
                    )
                    if outcome.error:
                        log.warning("failed: %s", outcome.error)
                    self.listener.finished(outcome)
            except KeyboardInterrupt:
                self._save(self._assembled())
                raise
            results = self._assembled()
            self._save(results)
        return results

    def _take(self, position: int, outcome: Outcome) -> None:
        """Keeps an outcome, with its distances only until the tolerances of the NSD curves are
        known.
        """
        self._outcomes[position] = outcome
        self._waiting.append(position)
        first = next(
            (o for o in map(self._outcomes.get, range(len(self.pairs))) if o is None or o.grid),
            None,
        )
        if first is None or first.grid is None:
            return
        surface = self.protocol.surface
        if surface and first.measured and not len(self._tolerance):
            many = len(first.measured.regions) > MOST_CURVES
            self._tolerance = np.empty(0) if many else tolerances(first.grid.spacing)
        for at in self._waiting:
            waiting = self._outcomes[at]
            if surface and waiting.measured and len(self._tolerance):
                self._curves[at] = nsd_curve(waiting.measured.statistics[surface], self._tolerance)
            self._outcomes[at] = waiting.slim()
        self._waiting = []

    def _assembled(self) -> Results:
        done = sorted(self._outcomes)
        outcomes = [self._outcomes[at] for at in done]
        regions = all_regions(outcomes, self.protocol)
        counts = [o.measured.counts_of(regions) for o in outcomes if o.measured]
        cases = cases_table(outcomes, regions, self.protocol)
        spilled = sum(SPILLED in outcome.remarks for outcome in outcomes)
        if spilled:
            self.notice(f"{spilled} of {len(outcomes)} cases {SPILLED}; their rows say so")
        for text in remarks_on(
            regions, counts, [o.grid for o in outcomes if o.grid], self.protocol
        ):
            self.notice(text)
        units = _units(outcomes)
        pooled = pooled_scores(outcomes, counts, regions, self.protocol)
        first = [metric.column for metric in self.protocol.metrics if metric.mean_first == "cases"]
        summary = summarise(
            cases,
            length_unit=units["length"],
            volume_unit=units["volume"],
            pooled=pooled,
            cases_first=first,
            **INTERVAL,
        )
        curves = {row: self._curves[at] for row, at in enumerate(done) if at in self._curves}
        kept = details(outcomes, counts, curves, self._tolerance, regions)
        return Results(cases, summary, self._record(outcomes, regions, units), kept)

    def _record(
        self, outcomes: Sequence[Outcome], regions: Sequence[Region], units: dict[str, str]
    ) -> dict[str, Any]:
        """The content of run.json."""
        return {
            "segeval": __version__,
            "complete": len(outcomes) == len(self.pairs),
            "cases_asked": len(self.pairs),
            "cases_done": len(outcomes),
            "cases_failed": sum(bool(o.error) for o in outcomes),
            "started": datetime.fromtimestamp(self._started, timezone.utc).isoformat(timespec="seconds"),
            "seconds": round(time.time() - self._started, 3),
            "jobs": self.jobs,
            "device": self.device,
            "environment": {
                "python": platform.python_version(), "numpy": np.__version__, "platform": platform.platform(),
            },
            "protocol": self.protocol.to_dict(),
            "interval": {"method": "percentile bootstrap of the mean over cases", **INTERVAL},
            "units": units,
            "regions": {region.name: sorted(region.labels) for region in regions},
            "warnings": self.warnings,
            "cases": {o.pair.id: _case_record(o) for o in outcomes},
        }  # fmt: skip

    def _save(self, results: Results) -> None:
        if self.output is not None:
            results.save(self.output, self.formats)
            (self.output / PARTIAL).unlink(missing_ok=True)  # its rows are in the tables now


@contextmanager
def _row_log(folder: Path | None, protocol: Protocol) -> Iterator[Callable[[str, Scores], None]]:
    """A function that appends the rows of a case to the folder's partial table; results of an
    earlier run go first.

    Raises `UsageError` when they cannot be written.
    """
    if folder is None:
        yield lambda name, scores: None
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        clear(folder)
        with (folder / PARTIAL).open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(
                [
                    "case",
                    "region",
                    *(metric.column for metric in protocol.metrics),
                    "note",
                    "protocol",
                ]
            )
            stamp = protocol.stamp

            def write(name: str, scores: Scores) -> None:
                for region, values, note in zip(
                    scores.regions, scores.values.tolist(), scores.notes, strict=True
                ):
                    rows.writerow([name, region, *values, note, stamp])
                file.flush()

            yield write
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot write the results there ({error.strerror}); give another folder "
            f"with -o"
        ) from error


def _units(outcomes: Sequence[Outcome]) -> dict[str, str]:
    grids = [o.grid for o in outcomes if o.grid]
    return {
        "length": "/".join(sorted({grid.unit for grid in grids})),
        "volume": "/".join(sorted({grid.volume_unit for grid in grids})),
    }


def _case_record(outcome: Outcome) -> dict[str, Any]:
    sides = {"pred": outcome.pair.pred, "gt": outcome.pair.gt}
    record: dict[str, Any] = {side: path and str(path.absolute()) for side, path in sides.items()}
    record["files"] = {
        side: found and {"bytes": found.bytes, "sha256": found.sha256}
        for side, found in zip(sides, outcome.inputs, strict=True)
    }
    record["seconds"] = round(outcome.seconds, 4)
    if outcome.error:
        record["error"] = outcome.error
    return record | ({"remarks": list(outcome.remarks)} if outcome.remarks else {})
