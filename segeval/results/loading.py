"""Results read from a folder, and what to tell of those that are not whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import UsageError
from segeval.io.files import sha256_of
from segeval.protocols.runs import RUN, WANTED, load_run

from .content import checked, stamp_in, unknown
from .details import Details
from .exports import EXPORTS
from .folder import DETAILS, HASHES, JOURNAL, NEW, later_process, listed_in, place_of, state_of
from .formats import read_table
from .paths import as_absolute

if TYPE_CHECKING:
    from pandas import DataFrame

ATTEMPTS = 20
"""Number of times that results are read which take their place in that moment."""


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """The results in a folder."""

    cases: DataFrame
    summary: DataFrame
    run: dict[str, Any]
    details: Details | None
    notices: tuple[str, ...]
    """Sentences on what is missing, or does not belong together."""


def load(folder: Path) -> Loaded:
    """Return the results in a folder, of one run though others take their place meanwhile.

    Raises `UsageError` where there is no table of cases, and for files that hold something else.
    """
    for _ in range(ATTEMPTS - 1):
        before = state_of(folder)
        try:
            loaded = _read(folder)
        except (UsageError, OSError):
            # a file may have been moved between looking for it and reading it
            if state_of(folder) == before and not (folder / NEW).exists():
                raise
        else:
            if state_of(folder) == before:
                return loaded
        time.sleep(0.02)
    return _read(folder)


def _read(folder: Path) -> Loaded:
    """Return the results as they lie in a folder in this moment."""
    run = _run_of(folder)
    listed = listed_in(run or {})
    paths = {table: _find(folder, table, listed) for table in ("cases", "summary")}
    if paths["cases"] is None:
        raise UsageError(_without_cases(folder))
    cases = read_table(paths["cases"])
    _check_stamps(paths["cases"], cases, run)
    summary = cases[:0]
    if paths["summary"]:
        summary = read_table(paths["summary"])
    paths["details"] = None
    # those of the run before may lie there until they are deleted
    if listed is None or DETAILS in listed:
        paths["details"] = place_of(folder, DETAILS)
    present = [path for path in paths.values() if path and path.is_file()]
    content = as_absolute(unknown() if run is None else run, folder)
    content.pop(HASHES, None)
    return Loaded(
        cases,
        summary,
        content,
        _details_in(paths["details"]),
        tuple(_notices(folder, present, listed, has_run=run is not None)),
    )


def _details_in(path: Path | None) -> Details | None:
    """Return the details in a file, None where there is none."""
    if path is None or not path.is_file():
        return None
    return Details.load(path)


def _run_of(folder: Path) -> dict[str, Any] | None:
    """Return the content of run.json; None if there is none."""
    path = place_of(folder, RUN)
    if not path.exists():
        return None
    run = load_run(path)
    try:
        return checked(run)
    except ValueError as error:
        raise UsageError(
            f"{path}: wanted {WANTED}, but {error}; run segeval score again"
        ) from error


def _find(folder: Path, table: str, listed: dict[str, str] | None) -> Path | None:
    """Return the file of a table in a folder, in whichever format it is; None if there is none.

    Those that the run has written come first.
    """
    names = [f"{table}.{name}" for name in EXPORTS]
    names.sort(key=lambda name: name not in (listed or {}))
    paths = (place_of(folder, name) for name in names)
    return next((path for path in paths if path.is_file()), None)


def _without_cases(folder: Path) -> str:
    """Return what to tell of a folder without a table of cases."""
    if (folder / JOURNAL).is_file():
        return (
            f"{folder}: there is no cases.csv in it, but the journal of a run that has not ended; "
            "go on with segeval score --resume"
        )
    return f"{folder}: there is no cases.csv in it; is this a results folder of segeval score?"


def _check_stamps(path: Path, cases: DataFrame, run: dict[str, Any] | None) -> None:
    """Raise `UsageError` for rows measured under another protocol than that of the run."""
    if "protocol" not in cases:
        raise UsageError(
            f"{path}: wanted a column 'protocol' that says how each row was measured; run segeval "
            f"score again"
        )
    if run is None:
        return
    stamp = stamp_in(run)
    # a row may lack it, which is NaN then
    foreign = sorted({str(protocol) for protocol in cases["protocol"]} - {stamp})
    if foreign:
        raise UsageError(
            f"{path}: rows measured under {', '.join(foreign)} in the results of a run under "
            f"{stamp or 'no protocol'}; "
            "numbers of two protocols do not mix: keep each run in a folder of its own"
        )


def _notices(
    folder: Path, present: list[Path], listed: dict[str, str] | None, *, has_run: bool
) -> Iterator[str]:
    """Yield what to tell of results that are not whole, or not of one run."""
    if not has_run:
        yield (
            f"{folder / RUN}: is missing; units, regions, files and protocol of these results are "
            "not known"
        )
    missing = {name for name in listed or () if not place_of(folder, name).is_file()}
    if not any(path.name.startswith("summary.") for path in present):
        missing.add("summary.csv")
    for name in sorted(missing):
        yield f"{folder / name}: is missing from these results"
    for path in present:
        if listed is not None and listed.get(path.name) != sha256_of(path):
            yield (
                f"{path}: is not as the run of {RUN} left it; it was changed since, or is of "
                "another run"
            )
    if process := later_process(folder):
        yield (
            f"{folder}: these are results of an earlier run: process {process[0]} on {process[1]} "
            "began another one here that has not ended, or broke off; --resume goes on with it"
        )
