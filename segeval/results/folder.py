"""The folder of results: who writes there, what is ours in it, and how new results replace old.

All files of new results are written into a sub-folder, `.results.part`, which is renamed to
`.results.new` when they are complete and on disk. From then on the new results hold: their files
are moved into the folder one after the other, run.json last, and who reads in between takes those
that have not been moved from the sub-folder. So a process that dies leaves the old results or the
new ones, whichever moment it was. The next one that writes there finishes the moves.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from segeval.errors import UsageError
from segeval.io.files import delete_parts, is_gone, make_folder, sync
from segeval.io.lines import read_lines
from segeval.protocols.runs import RUN, load_run

from .drawn import PLOTS, delete_drawn
from .exports import EXPORTS

JOURNAL = "journal.jsonl"
"""Name of the journal of runs."""
DETAILS = "details.npz"
"""Name of the file of what figures need."""
HASHES = "sha256"
"""Key in run.json of the hashes of the other files, by name."""
LOCK = ".lock"
"""Name of the file that is locked; it is there only while somebody writes."""
HOLDER = ".running.json"
"""Name of the file that says which process writes; one that died leaves it behind."""
STAGED = ".results.part"
"""Name of the sub-folder of results that are not complete."""
NEW = ".results.new"
"""Name of the sub-folder of results that are complete and about to take their place."""

log = logging.getLogger("segeval")


def tables_in(formats: Sequence[str]) -> list[str]:
    """Return the names of the files of tables in these formats.

    >>> tables_in(["csv"])
    ['cases.csv', 'summary.csv']
    """
    return [f"{table}.{name}" for name in formats for table in ("cases", "summary")]


ALL_NAMES = frozenset([RUN, JOURNAL, DETAILS, *tables_in(list(EXPORTS))])
"""Names of all files that a folder of results may hold."""


@contextmanager
def taken(
    directory: str | Path, formats: Sequence[str], *, overwrite: bool = False
) -> Iterator[Path]:
    """Give the folder, made if need be, to write results of these formats into, under its lock.

    Who has taken it may take it again. What processes that died left half done is finished or
    deleted. Raises `UsageError` where the folder cannot be written, where another run writes, and
    where files that are not of segeval would be replaced, unless `overwrite` says so.
    """
    folder = make_folder(directory)
    names = {RUN, JOURNAL, DETAILS, *tables_in(formats)}
    with ExitStack() as stack:
        try:
            is_first = stack.enter_context(_locked(folder))
            if is_first:
                _tidy(folder)
            _check_ours(folder, names, overwrite=overwrite)
            if is_first:
                _say_who_writes(folder)
        except OSError as error:
            raise UsageError(
                f"{folder}: cannot write the results there ({error.strerror or error}); give "
                "another folder with -o"
            ) from error
        # outside of the handler, which would blame the folder for any `OSError` of the run
        yield folder


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder, which is void once the process that holds it has died.

    Gives whether nobody held it before: who holds it may take it again, and the last one to leave
    releases it. Raises `UsageError`, with the process that holds it, when that is another.
    """
    lock = FileLock(folder / LOCK, is_singleton=True)
    try:
        # at once or not at all: the run that holds it may take hours
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"{folder}: {_holder(folder)}; wait until it is done, or give another folder with -o"
        ) from None
    except NotImplementedError:  # as on some network drives, where newer filelocks know a way
        raise UsageError(
            f"{folder}: its drive knows no locks; give a folder on another one with -o, or install "
            "a newer filelock"
        ) from None
    try:
        yield lock.lock_counter == 1
    finally:
        if lock.lock_counter == 1:
            _leave(folder)
        lock.release()


def _leave(folder: Path) -> None:
    """Delete what lies in a folder only while somebody writes."""
    with suppress(OSError):  # some systems remove no file that is open
        # it stays where the results are still those of the run before, for who reads them
        if later_process(folder) is None:
            (folder / HOLDER).unlink(missing_ok=True)
        # before the lock is released: after that it could be the lock of the next run
        (folder / LOCK).unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    """Finish or delete what processes that died left half done."""
    _put_in_place(folder)
    _discard(folder / STAGED)
    delete_parts(folder)
    delete_parts(folder / PLOTS)


def _say_who_writes(folder: Path) -> None:
    """Write which process holds the lock of a folder, for others that find it taken."""
    path = folder / HOLDER
    path.unlink(missing_ok=True)
    with path.open("x", encoding="utf-8") as file:
        json.dump({"process": os.getpid(), "host": socket.gethostname()}, file)


def _holder(folder: Path) -> str:
    """Return who writes in a folder, as far as that is known."""
    process = _process_in(folder)
    # the one that holds the lock may not have come to writing its own name yet
    if process is None or is_gone(*process):
        return "another run writes its results there"
    return f"process {process[0]} on {process[1]} writes its results there"


def _process_in(folder: Path) -> tuple[int, str] | None:
    """Return number and host of the process that began to write in a folder; None if none did."""
    try:
        content = json.loads((folder / HOLDER).read_text(encoding="utf-8"))
        return int(content["process"]), str(content["host"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def later_process(folder: Path) -> tuple[int, str] | None:
    """Return number and host of a process that began after the results here were written."""
    with suppress(OSError):
        began = (folder / HOLDER).stat().st_mtime_ns
        if began > place_of(folder, RUN).stat().st_mtime_ns:
            return _process_in(folder)
    return None


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give an empty folder for the files of new results, which take their place when it is left.

    `folder` is one that is `taken`. If an error leaves it, the old results stay.
    """
    staged = folder / STAGED
    try:
        staged.mkdir()
        try:
            yield staged
            sync(staged)
            staged.rename(folder / NEW)
        except BaseException:
            _discard(staged)
            raise
        sync(folder)
        _put_in_place(folder)
    except UsageError as error:
        # a file is called by the place that it is to take
        message = str(error).replace(f"{STAGED}{os.sep}", "")
        raise UsageError(message) from error.__cause__
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder}: cannot write it ({error.strerror or error}); see to "
            "space and permissions"
        ) from error


def place_of(folder: Path, name: str) -> Path:
    """Return where a file of the results lies, or would lie."""
    new = folder / NEW
    if (new / name).is_file() and not new.is_symlink():
        return new / name
    return folder / name


def cases_in(folder: Path) -> int:
    """Return the number of cases in the results of a folder; 0 where there are none."""
    with suppress(UsageError):
        cases = load_run(place_of(folder, RUN)).get("cases")
        return len(cases) if isinstance(cases, dict) else 0
    return 0


def state_of(folder: Path) -> tuple[object, ...]:
    """Return what changes whenever other results take their place, or are about to."""
    state: list[object] = []
    for path in (folder / RUN, folder / NEW):
        try:
            status = path.stat()
        except OSError:
            state.append(None)
        else:
            state.append((status.st_ino, status.st_mtime_ns))
    return tuple(state)


def listed_in(run: dict[str, Any]) -> dict[str, str] | None:
    """Return the hashes of the files that a run has written, by name; None if it tells none."""
    hashes = run.get(HASHES)
    if not isinstance(hashes, dict):
        return None
    # a name of anything else may lead out of the folder
    return {name: str(hashes[name]) for name in hashes if name in ALL_NAMES}


def _put_in_place(folder: Path) -> None:
    """Move results that are complete to where they belong, if there are any.

    What the run before wrote, its plots included, and this one has not, is deleted.
    """
    new = folder / NEW
    # run.json goes last: without it, all others have been moved
    if place_of(folder, RUN).parent == new:
        names = {RUN, JOURNAL, *(listed_in(load_run(new / RUN)) or {})}
        for name in sorted(names - {RUN, JOURNAL}):
            if (new / name).is_file():
                (new / name).replace(folder / name)
        for name in _ours(folder) - names:
            (folder / name).unlink(missing_ok=True)
        delete_drawn(folder / PLOTS)
        (new / RUN).replace(folder / RUN)
        sync(folder)
    _discard(new)


def _discard(path: Path) -> None:
    """Delete a sub-folder of ours. Raises `UsageError` for what is not; a link is not followed."""
    if path.is_dir() and not path.is_symlink():
        # whoever wrote parts there has died: the folder is locked
        for file in (*map(path.joinpath, ALL_NAMES), *path.glob(".*.part")):
            file.unlink(missing_ok=True)
        with suppress(OSError):
            path.rmdir()
    if path.exists() or path.is_symlink():
        raise UsageError(
            f"{path}: wanted to write results under this name for a while, but there is something "
            "that segeval has not written; move it, or give another folder with -o"
        )


def _ours(folder: Path) -> frozenset[str]:
    """Return the names of files in a folder that segeval wrote, as its run.json or journal tell."""
    with suppress(UsageError):
        run = load_run(folder / RUN)
        if listed := listed_in(run):
            return frozenset([RUN, JOURNAL, *listed])
        if {"segeval", "protocol"} <= run.keys():
            return ALL_NAMES
    # without a run.json there are no tables of ours, be there a journal of ours or not
    if next(read_lines(folder / JOURNAL), None) is None:
        return frozenset()
    return frozenset([JOURNAL])


def _check_ours(folder: Path, names: set[str], *, overwrite: bool) -> None:
    """Raise `UsageError` for files of these names in a folder that are not of segeval."""
    if (folder / PLOTS).is_symlink():
        raise UsageError(
            f"{folder / PLOTS}: wanted to write plots there, but it is a link, which is not "
            "followed; remove it, or give another folder with -o"
        )
    present = sorted(
        name for name in names if (folder / name).exists() or (folder / name).is_symlink()
    )
    if not present:
        return
    for name in present:
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            raise UsageError(
                f"{folder / name}: wanted to write a file, but a folder has its name; give another "
                "folder with -o"
            )
    if overwrite:
        return
    ours = _ours(folder)
    foreign = [name for name in present if name not in ours or (folder / name).is_symlink()]
    if foreign:
        raise UsageError(
            f"{folder}: wanted to write results, but it holds {', '.join(foreign)}, which segeval "
            "has not written; give another folder with -o, or replace them with --overwrite"
        )
