"""The cards of the formats that tables are written in: CSV, Parquet, JSON and Excel.

The command line's --help reads the cards, so that this module imports pandas, and all else that
takes time, where it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from .cells import FORMULA, escaped, guarded, quoted, unescaped, unguarded

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Write: TypeAlias = Callable[["DataFrame", BinaryIO], None]
Read: TypeAlias = Callable[[Path], Any]


@dataclass(frozen=True, slots=True)
class Export:
    """The card of a format of tables.

    `name` is its suffix without the dot, and what `--format` calls it. `write` puts a table into an
    open file, with `nan`, `inf` and `-inf` where the format has no word for them; `read` returns it
    with every text as it was and numbers that keep their digits, be they texts. `package` is what
    pip installs beyond segeval's own dependencies for either, of the extra `tables`; "" for none.
    """

    name: str
    write: Write
    read: Read
    package: str = ""


ROWS = 1_048_575
"""Number of rows that a sheet of Excel holds below its head."""
EXPORTS: dict[str, Export] = {}
"""The card of every format by its name; tables of a folder are looked for in this order."""


def export(name: str, *, read: Read, package: str = "") -> Callable[[Write], Write]:
    """Register a function as what writes tables of this format; the rest is on its card."""

    def register(write: Write) -> Write:
        EXPORTS[name] = Export(name, write, read, package)
        return write

    return register


def records_of(table: DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as mappings that JSON can hold.

    JSON has no word for nan and inf, so they are texts.
    """
    from segeval.io.nonfinite import spelled

    names = [str(name) for name in table.columns]
    columns = [spelled(table[name].tolist()) for name in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def as_json(table: DataFrame) -> str:
    """Return the rows of a table as a JSON array of objects, one a line."""
    # `DataFrame.to_json` would round to ten digits, and write nan and inf alike as null.
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    lines = ",\n".join(map(encode, records_of(table)))
    return f"[\n{lines}\n]" if lines else "[]"


def _read_csv(path: Path) -> DataFrame:
    """Return all cells as text.

    A case `001` is no number, a region `NA` is not missing, and digits are not rounded.
    """
    import pandas as pd

    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return _with_texts(table, unguarded)


@export("csv", read=_read_csv)
def _write_csv(table: DataFrame, file: BinaryIO) -> None:
    names = [quoted(guarded(str(name))) for name in table.columns]
    columns = [_csv_cells(table[name]) for name in table.columns]
    # pandas would quote a carriage return in later versions of Python alone. There is one line
    # ending on all systems, so that equal tables are equal files.
    lines = map(",".join, (names, *zip(*columns, strict=True)))
    file.writelines(f"{line}\n".encode() for line in lines)


def _csv_cells(column: Series[Any]) -> list[str]:
    """Return a column of a table as cells of CSV; `repr` gives all digits, `nan` and `inf`.

    Each different value is written once: large tables hold few.
    """
    import numpy as np

    if column.dtype == np.float64:
        # by their bits, since NaN equals nothing, and -0.0 is not written as 0.0
        bits, places = np.unique(column.to_numpy().view(np.int64), return_inverse=True)
        cells = np.array([repr(value) for value in bits.view(np.float64).tolist()], object)
        written: list[str] = cells[places].tolist()
        return written
    values = column.tolist()
    cell_of_value = {value: _csv_cell(value) for value in set(values)}
    return [cell_of_value[value] for value in values]


def _csv_cell(value: Any) -> str:
    """Return a text, or a number, as a cell of CSV."""
    return quoted(guarded(value)) if isinstance(value, str) else repr(value)


def _with_texts(table: DataFrame, change: Callable[[str], str]) -> DataFrame:
    """Return a table with other texts in its head and its columns of texts."""
    from .columns import TEXT

    texts = {name: table[name].map(change) for name in table.columns if name in TEXT}
    return table.assign(**texts).rename(columns=change)


def _read_parquet(path: Path) -> DataFrame:
    import pandas as pd
    from pyarrow.parquet import read_table

    # texts that are none would be found where they are used
    read_table(path).validate(full=True)
    return pd.read_parquet(path, engine="pyarrow")


@export("parquet", read=_read_parquet, package="pyarrow")
def _write_parquet(table: DataFrame, file: BinaryIO) -> None:
    table.to_parquet(file, index=False, engine="pyarrow")


def _read_json(path: Path) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(json.loads(path.read_text(encoding="utf-8")))


@export("json", read=_read_json)
def _write_json(table: DataFrame, file: BinaryIO) -> None:
    file.write(f"{as_json(table)}\n".encode())


def _read_xlsx(path: Path) -> DataFrame:
    import pandas as pd

    from .columns import TEXT

    # A region `NA` and the empty one of a failed case are texts, and not missing.
    texts = dict.fromkeys(TEXT, str)
    sheets = pd.read_excel(
        path, engine="openpyxl", sheet_name=None, dtype=texts, keep_default_na=False
    )
    return _with_texts(pd.concat(sheets.values(), ignore_index=True), unescaped)


@export("xlsx", read=_read_xlsx, package="openpyxl")
def _write_xlsx(table: DataFrame, file: BinaryIO) -> None:
    import pandas as pd

    table = _with_texts(table, escaped)
    with pd.ExcelWriter(file, engine="openpyxl") as writer:
        for number, start in enumerate(range(0, max(len(table), 1), ROWS), 1):
            table[start : start + ROWS].to_excel(
                writer, sheet_name=f"Sheet{number}", index=False, na_rep="nan", inf_rep="inf"
            )
        for sheet in writer.book.worksheets:
            for cell in chain.from_iterable(sheet.iter_rows()):
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # an id `=1` is no formula, and `#N/A` no error
                    # nor does it become one when the cell is edited
                    cell.quotePrefix = bool(FORMULA.match(cell.value))
