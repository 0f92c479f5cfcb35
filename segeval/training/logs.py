"""The tables that trainings leave behind: our own history.csv, Lightning's metrics.csv, others with
epoch or step.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Literal

from segeval.errors import UsageError

AXES = ("epoch", "step")
"""The columns that say when: everything else in a table holds values."""
NAMES = ("history.csv", "metrics.csv")
"""The tables to look for in a folder."""
Row = dict[str, str]
By = Literal["epoch", "step"]


@dataclass(frozen=True, slots=True)
class Log:
    """What a table holds: the values, which may be several, of each column at each epoch or step."""

    by: By
    cells: list[tuple[str, float, list[float]]]


def are_logs(paths: Sequence[Path]) -> bool:
    """Whether these are tables of trainings, or folders with one, and not a folder of results.

    Raises `UsageError` for some of both, for several folders of results, and for a folder that
    holds neither.
    """
    others = [path for path in paths if not _is_log(path)]
    if not others:
        return True
    other = others[0]
    if other.is_dir() and not any(other.glob("cases.*")):
        inside = (
            path for name in NAMES for at in ("*", "*/*") for path in other.glob(f"{at}/{name}")
        )
        below = min(inside, default=None)
        hint = (
            f"did you mean {below.parent}?" if below else "give the folder of a run, or a CSV file"
        )
        raise UsageError(
            f"{other}: holds neither cases.csv of segeval score nor {' or '.join(NAMES)}; {hint}"
        )
    if len(paths) > 1:
        what = "is a folder of results" if other.exists() else "does not exist"
        raise UsageError(
            f"{other}: {what}; plot such folders one at a time, and several tables of trainings "
            f"together"
        )
    return False


def table_of(path: Path) -> Path:
    """The table that a path stands for: itself, or the one in the folder."""
    return next((path / name for name in NAMES if (path / name).is_file()), path)


def named_runs(paths: Sequence[Path]) -> dict[str, Path]:
    """The tables of runs, named after what tells their paths apart; a single one has no name.

    Raises `UsageError` for one given twice.

    >>> list(named_runs([Path("logs/unet/version_0/metrics.csv"), Path("logs/swin/version_0/metrics.csv")]))
    ['unet', 'swin']
    """
    tables = [table_of(path).absolute() for path in paths]
    if len(tables) == 1:
        return {"": tables[0]}
    parts = [(*table.parent.parts, table.stem) for table in tables]
    start = _shared(parts)
    end = _shared([part[start:][::-1] for part in parts])
    names = ["/".join(part[start : len(part) - end]) or part[start - 1] for part in parts]
    twice = max(names, key=names.count)
    if names.count(twice) > 1:
        raise UsageError(f"{tables[names.index(twice)]} is given twice; give every run once")
    return dict(zip(names, tables, strict=True))


def read_log(path: Path, by: By | None = None) -> Log:
    """The numbers of a table, or of the one in a folder. Raises `UsageError` for a file that is
    none.

    Unless told, it goes by epoch, and by step where there is but one epoch or none. Columns of text
    are left out.
    """
    path = table_of(path)
    header, rows = _content(path)
    by, whens = _when(path, header, rows, by)
    cells: dict[tuple[str, float], list[float]] = {}
    for name in _numeric(path, header, rows):
        for when, row in zip(whens, rows, strict=True):
            if when is not None and row[name]:
                cells.setdefault((name, when), []).append(float(row[name]))
    if not cells:
        raise UsageError(f"{path}: holds no values yet; has an epoch ended?")
    return Log(by, [(name, when, values) for (name, when), values in cells.items()])


def _content(path: Path) -> tuple[list[str], list[Row]]:
    """The names and the rows of a CSV file; a row that is cut short lacks its last cells."""
    try:
        lines = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), strict=True))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot read it ({error.strerror}); check the path and permissions"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"{path}: wanted a CSV file of metrics by epoch, but it is not text of that form"
        ) from error
    if not lines:
        raise UsageError(f"{path}: is empty; has an epoch ended?")
    header = [
        name.strip().lower() if name.strip().lower() in AXES else name.strip() for name in lines[0]
    ]
    doubled = [name for name in header if name and header.count(name) > 1]
    if doubled:
        raise UsageError(
            f"{path}: has {header.count(doubled[0])} columns {doubled[0]}; give every column its "
            f"own name"
        )
    for number, row in enumerate(lines[1:], 2):
        if len(row) > len(header):
            raise UsageError(
                f"{path}: row {number} has {len(row)} cells for {len(header)} columns; write the "
                f"file again"
            )
    return header, [
        dict(zip_longest(header, map(str.strip, row), fillvalue=""))
        for row in lines[1:]
        if any(row)
    ]


def _when(
    path: Path, header: list[str], rows: list[Row], by: By | None
) -> tuple[By, list[float | None]]:
    """What the table goes by, and when each row was; a row that does not say its epoch goes with
    the next one.
    """
    if not {*([by] if by else AXES)} & {*header}:
        hint = (
            "; give the folder of the results, not its table"
            if {"case", "region"} <= {*header}
            else ""
        )
        wanted, names = by or "epoch or step", ", ".join(header[:8])
        raise UsageError(
            f"{path}: wanted a CSV file with a column {wanted}, but its columns are {names}{hint}"
        )
    epochs, steps = ([_number(path, row, axis) for row in rows] for axis in AXES)
    few = len({*epochs} - {None}) < 2 and len({*steps} - {None}) > 1
    if by == "step" or (by is None and (few or "epoch" not in header)):
        return "step", steps
    following = next((epoch for epoch in reversed(epochs) if epoch is not None), None)
    for at in reversed(range(len(epochs))):
        following = epochs[at] = following if epochs[at] is None else epochs[at]
    return "epoch", epochs


def _number(path: Path, row: Row, axis: str) -> float | None:
    text = row.get(axis, "")
    if not text:
        return None
    if not _is_number(text) or not math.isfinite(float(text)):
        raise UsageError(f"{path}: wanted a number in column {axis}, came {text!r}")
    return float(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numeric(path: Path, header: list[str], rows: list[Row]) -> list[str]:
    """The columns that hold numbers; not those of text. Raises `UsageError` for one that holds
    both.
    """
    found = []
    for name in dict.fromkeys(name for name in header if name and name not in AXES):
        odd = [row[name] for row in rows if row[name] and not _is_number(row[name])]
        if not odd:
            found.append(name)
        elif any(_is_number(row[name]) for row in rows if row[name]):
            raise UsageError(
                f"{path}: wanted numbers in column {name}, came {odd[0]!r} among them; write it as "
                f"a number"
            )
    return found


def _shared(several: Sequence[Sequence[str]]) -> int:
    """How many entries they have in common, from the first one on."""
    columns = enumerate(zip(*several, strict=False))
    return next(
        (place for place, column in columns if len(set(column)) > 1), min(map(len, several))
    )


def _is_log(path: Path) -> bool:
    """Any file, for what is no table is told when it is read, and a folder that holds a table of
    that name.
    """
    if path.is_dir():
        return table_of(path) != path and not (path / "run.json").exists()
    return path.is_file() or path.suffix.lower() == ".csv"
