"""The cards of the formats that tables are written in: CSV, Parquet, JSON and Excel.

The command line's --help reads the cards, so that this module imports pandas, and all else that
takes time, where it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

if TYPE_CHECKING:
    from pandas import DataFrame

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


EXPORTS: dict[str, Export] = {}
"""The card of every format by its name; tables of a folder are looked for in this order."""


def export(name: str, *, read: Read, package: str = "") -> Callable[[Write], Write]:
    """Register a function as what writes tables of this format; the rest is on its card."""

    def register(write: Write) -> Write:
        EXPORTS[name] = Export(name, write, read, package)
        return write

    return register


def as_json(table: DataFrame) -> str:
    """Return the rows of a table as a JSON array of objects, one a line.

    JSON has no word for nan and inf, so they are texts.
    """
    from segeval.io.nonfinite import spelled

    columns = [spelled(table[name].tolist()) for name in table.columns]
    records = (dict(zip(table.columns, row, strict=True)) for row in zip(*columns, strict=True))
    # `DataFrame.to_json` would round to ten digits, and write nan and inf alike as null.
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    lines = ",\n".join(map(encode, records))
    return f"[\n{lines}\n]" if lines else "[]"


def _read_csv(path: Path) -> DataFrame:
    """Return all cells as text.

    A case `001` is no number, a region `NA` is not missing, and digits are not rounded.
    """
    import pandas as pd

    return pd.read_csv(path, dtype=str, keep_default_na=False)


@export("csv", read=_read_csv)
def _write_csv(table: DataFrame, file: BinaryIO) -> None:
    # One line ending on all systems, so that equal tables are equal files.
    table.to_csv(file, index=False, na_rep="nan", lineterminator="\n")


def _read_parquet(path: Path) -> DataFrame:
    import pandas as pd

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
    return pd.read_excel(path, engine="openpyxl", dtype=texts, keep_default_na=False)


@export("xlsx", read=_read_xlsx, package="openpyxl")
def _write_xlsx(table: DataFrame, file: BinaryIO) -> None:
    import pandas as pd

    with pd.ExcelWriter(file, engine="openpyxl") as writer:
        table.to_excel(writer, index=False, na_rep="nan", inf_rep="inf")
        for sheet in writer.book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":  # an id that begins with "=" is no formula
                        cell.data_type = "s"
