"""The results of a run, as they are in memory and in a folder.

They are its tables, how to repeat it, and what its figures need beyond the tables.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import UsageError
from segeval.io.files import local_path, make_folder, replacing
from segeval.io.nonfinite import spelled
from segeval.protocols.protocol import stamp_of
from segeval.protocols.runs import RUN, load_run

from .details import Details
from .exports import EXPORTS
from .formats import check_formats, read_table, write_table

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The outcome of a run.

    `cases` has one row per case and region, `summary` one per region and metric. `run` is the
    content of run.json: units, regions, inputs, protocol, and whether the run is complete.
    `segeval.results.columns` says what the columns of `cases` mean.
    """

    cases: DataFrame
    summary: DataFrame
    run: dict[str, Any]
    details: Details | None = None

    def save(self, directory: str | Path, formats: Sequence[str] = ("csv",)) -> None:
        """Write cases, summary, run.json and details.npz into a folder, which is made if need be.

        Every file takes its place when it is complete. The folder then holds this run alone: tables
        and details of an earlier one that are not overwritten are deleted. Raises `UsageError` when
        it cannot be written.
        """
        # First of all: nothing is written where a package is missing.
        check_formats(formats)
        folder = make_folder(directory)
        for name in formats:
            write_table(self.cases, folder / f"cases.{name}")
            write_table(self.summary, folder / f"summary.{name}")
        text = json.dumps(spelled(self.run), indent=2, ensure_ascii=False, allow_nan=False)
        with replacing(folder / RUN) as file:
            # a path of bytes that are no UTF-8: written as JSON escapes them
            file.write(f"{text}\n".encode(errors="backslashreplace"))
        if self.details:
            self.details.save(folder / "details.npz")
        # Only now, when all that is new is in its place.
        stale = [
            f"{table}.{name}"
            for name in EXPORTS
            if name not in formats
            for table in ("cases", "summary")
        ]
        if not self.details:
            stale.append("details.npz")
        for name in stale:
            (folder / name).unlink(missing_ok=True)

    @classmethod
    def load(cls, directory: str | Path) -> Results:
        """Return the results in a folder that `save` wrote. Raises `UsageError` when it is none."""
        folder = local_path(directory)
        if not folder.is_dir():
            what = "is a file, not a folder" if folder.exists() else "does not exist"
            raise UsageError(
                f"{folder}: wanted the folder that segeval score wrote, but it {what}; check the "
                f"path"
            )
        cases, summary = _find(folder, "cases"), _find(folder, "summary")
        details = folder / "details.npz"
        results = cls(
            cases=read_table(cases),
            summary=read_table(summary),
            run=load_run(folder / RUN),
            details=Details.load(details) if details.exists() else None,
        )
        _check_stamps(cases, results)
        return results


def _check_stamps(path: Path, results: Results) -> None:
    """Raise `UsageError` for rows measured under another protocol than that of the run."""
    stamp = ""  # of a run that says nothing of its protocol
    if "hash" in results.run.get("protocol", {}):
        stamp = stamp_of(results.run["protocol"])
    if "protocol" not in results.cases:
        raise UsageError(
            f"{path}: wanted a column 'protocol' that says how each row was measured; run segeval "
            f"score again"
        )
    foreign = sorted(set(results.cases["protocol"]) - {stamp})
    if foreign:
        raise UsageError(
            f"{path}: rows measured under {', '.join(foreign)} in the results of a run under "
            f"{stamp or 'no protocol'}; "
            "numbers of two protocols do not mix: keep each run in a folder of its own"
        )


def clear(folder: Path) -> None:
    """Delete the results of an earlier run from a folder: its tables, run.json and details.npz."""
    # run.json goes first: what is left of a folder half cleared does not pass for results.
    for name in (
        RUN,
        "details.npz",
        *(f"{table}.{name}" for name in EXPORTS for table in ("cases", "summary")),
    ):
        (folder / name).unlink(missing_ok=True)


def _find(folder: Path, table: str) -> Path:
    """Return the file of a table in a folder, in whichever format it is.

    Raises `UsageError` where there is none.
    """
    for name in EXPORTS:
        if (path := folder / f"{table}.{name}").is_file():
            return path
    raise UsageError(
        f"{folder}: there is no {table}.csv in it; is this a results folder of segeval score?"
    )
