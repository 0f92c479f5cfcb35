"""The tables that trainings leave behind: our own history.csv, Lightning's metrics.csv and others.

A table has a column `epoch` or `step`, or both; its other columns hold values.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import Literal, NamedTuple

from segeval.errors import UsageError

By = Literal["epoch", "step"]
AXES: tuple[By, ...] = ("epoch", "step")
"""The columns that say when: everything else in a table holds values."""
NAMES = ("history.csv", "metrics.csv")
"""The tables to look for in a folder."""
Row = dict[str, str]


class Cell(NamedTuple):
    """The values of a column at an epoch or step; several where several rows have one."""

    column: str
    when: float
    values: list[float]


@dataclass(frozen=True, slots=True)
class Log:
    """The numbers of a table, which goes by epoch or by step; cells are in the table's order."""

    by: By
    cells: list[Cell]


def are_logs(paths: Sequence[Path]) -> bool:
    """Return whether these are tables of trainings, or folders with one.

    False for a single folder of results. Raises `UsageError` for some of both, for several folders
    of results, and for a folder that holds neither.
    """
    results = [path for path in paths if not _is_log(path)]
    if not results:
        return True
    folder = results[0]
    if folder.is_dir() and not any(folder.glob("cases.*")):
        raise UsageError(
            f"{folder}: holds neither cases.csv of segeval score nor {' or '.join(NAMES)}; "
            f"{_hint_below(folder)}"
        )
    if len(paths) > 1:
        state = "does not exist"
        if folder.exists():
            state = "is a folder of results"
        raise UsageError(
            f"{folder}: {state}; plot such folders one at a time, and several tables of trainings "
            f"together"
        )
    return False


def _is_log(path: Path) -> bool:
    """Return whether a path is a table, or a folder that holds one.

    Any file counts: reading it says better what is wrong with it.
    """
    if path.is_dir():
        return table_of(path) != path and not (path / "run.json").exists()
    return path.is_file() or path.suffix.lower() == ".csv"


def _hint_below(folder: Path) -> str:
    """Return which folder up to two levels below holds a table, as lightning_logs/version_0."""
    tables = [table for name in NAMES for table in folder.glob(f"*/{name}")]
    tables += [table for name in NAMES for table in folder.glob(f"*/*/{name}")]
    if tables:
        return f"did you mean {min(tables).parent}?"
    return "give the folder of a run, or a CSV file"


def table_of(path: Path) -> Path:
    """Return the table that a path stands for: itself, or the one in the folder."""
    return next((path / name for name in NAMES if (path / name).is_file()), path)


def named_runs(paths: Sequence[Path]) -> dict[str, Path]:
    """Return the tables of runs, named after what tells their paths apart.

    A single one has no name. Raises `UsageError` for a table given twice.

    >>> runs = ["logs/unet/version_0/metrics.csv", "logs/swin/version_0/metrics.csv"]
    >>> list(named_runs([Path(run) for run in runs]))
    ['unet', 'swin']
    """
    tables = [table_of(path).absolute() for path in paths]
    if len(tables) == 1:
        return {"": tables[0]}
    routes = [(*table.parent.parts, table.stem) for table in tables]
    # Folders and file names as one sequence: runs may differ at the start, inside or at the end.
    start = _shared_length(routes)
    end = _shared_length([route[start:][::-1] for route in routes])
    # A path that ends where the others go on is called by its last folder.
    names = ["/".join(route[start : len(route) - end]) or route[start - 1] for route in routes]
    commonest = max(names, key=names.count)
    if names.count(commonest) > 1:
        table = tables[names.index(commonest)]
        raise UsageError(f"{table} is given twice; give every run once")
    return dict(zip(names, tables, strict=True))


def _shared_length(routes: Sequence[Sequence[str]]) -> int:
    """Return how many entries the sequences have in common, from the first one on."""
    columns = zip(*routes, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))


def read_log(path: Path, by: By | None = None) -> Log:
    """Return the numbers of a table, or of the one in a folder.

    Unless `by` says otherwise it goes by epoch, and by step where there is but one epoch or none.
    Columns of text are left out. Raises `UsageError` for a file that is no such table.
    """
    path = table_of(path)
    header, rows = _content(path)
    by, moments = _moments(path, header, rows, by)
    values: dict[tuple[str, float], list[float]] = {}
    for name in _numeric(path, header, rows):
        for when, row in zip(moments, rows, strict=True):
            if when is not None and row[name]:
                values.setdefault((name, when), []).append(float(row[name]))
    if not values:
        raise UsageError(f"{path}: holds no values yet; has an epoch ended?")
    return Log(by, [Cell(*key, numbers) for key, numbers in values.items()])


def _content(path: Path) -> tuple[list[str], list[Row]]:
    """Return the names and the rows of a CSV file; a row that is cut short lacks its last cells."""
    lines = _lines(path)
    if not lines:
        raise UsageError(f"{path}: is empty; has an epoch ended?")
    header = [_column_name(cell) for cell in lines[0]]
    doubled = [name for name in header if name and header.count(name) > 1]
    if doubled:
        raise UsageError(
            f"{path}: has {header.count(doubled[0])} columns {doubled[0]}; give every column its "
            f"own name"
        )
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) > len(header):
            raise UsageError(
                f"{path}: row {number} has {len(cells)} cells for {len(header)} columns; write the "
                f"file again"
            )
    texts = [[cell.strip() for cell in cells] for cells in lines[1:] if any(cells)]
    return header, [dict(zip_longest(header, row, fillvalue="")) for row in texts]


def _lines(path: Path) -> list[list[str]]:
    try:
        # Excel writes a byte order mark, which would belong to the first column's name.
        text = path.read_bytes().decode("utf-8-sig")  # line ends as they are
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot read it ({error.strerror}); check the path and permissions"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"{path}: wanted a CSV file of metrics by epoch, but it is not text of that form"
        ) from error


def _column_name(text: str) -> str:
    """Return the name of a column; `Epoch` and `Step` are written small."""
    name = text.strip()
    if name.lower() in AXES:
        return name.lower()
    return name


def _moments(
    path: Path, header: list[str], rows: list[Row], by: By | None
) -> tuple[By, list[float | None]]:
    """Return what a table goes by, and when each row was: None for one that says nothing of it."""
    _check_axis(path, header, [by] if by else AXES)
    epochs = [_number(path, row, "epoch") for row in rows]
    steps = [_number(path, row, "step") for row in rows]
    # A single epoch, as of a training by iterations, would be a curve of one point.
    indistinct = len({*epochs} - {None}) < 2 and len({*steps} - {None}) > 1
    if by == "step" or (by is None and (indistinct or "epoch" not in header)):
        return "step", steps
    return "epoch", _filled(epochs)


def _filled(epochs: list[float | None]) -> list[float | None]:
    """Return the epochs with that of the next row in place of none, and the last one at the end.

    Lightning says the epoch of some values, such as a learning rate, in a later row.
    """
    # Backwards, so that the next epoch is known; after the last row that has one, it goes on.
    filled = list(epochs)
    following = next((epoch for epoch in reversed(epochs) if epoch is not None), None)
    for place in reversed(range(len(epochs))):
        if filled[place] is None:
            filled[place] = following
        following = filled[place]
    return filled


def _check_axis(path: Path, header: list[str], axes: Sequence[By]) -> None:
    """Raise `UsageError` unless a table has one of these columns."""
    if {*axes} & {*header}:
        return
    hint = ""
    if {"case", "region"} <= {*header}:
        hint = "; give the folder of the results, not its table"
    raise UsageError(
        f"{path}: wanted a CSV file with a column {' or '.join(axes)}, but its columns are "
        f"{', '.join(header[:8])}{hint}"
    )


def _number(path: Path, row: Row, axis: By) -> float | None:
    """Return the epoch or step of a row, None if it has none. Raises `UsageError` for another."""
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
    """Return the columns that hold numbers; not those of text.

    Raises `UsageError` for one that holds both.
    """
    numeric = []
    for name in header:
        if not name or name in AXES:
            continue
        cells = [row[name] for row in rows if row[name]]
        texts = [cell for cell in cells if not _is_number(cell)]
        if not texts:
            numeric.append(name)
        elif len(texts) < len(cells):
            raise UsageError(
                f"{path}: wanted numbers in column {name}, came {texts[0]!r} among them; write it "
                f"as a number"
            )
    return numeric
