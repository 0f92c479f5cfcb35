"""How tables are written to files and read back."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from segeval.errors import UsageError
from segeval.io.files import local_path
from segeval.io.nonfinite import spelled

from .columns import TEXT, typed

if TYPE_CHECKING:
    from pandas import DataFrame

PACKAGES = {"parquet": "pyarrow", "xlsx": "openpyxl"}
"""The packages that formats need beyond segeval's own: those of the extra `tables`."""


def make_folder(path: str | Path) -> Path:
    """The folder, made if need be. Raises `UsageError` where it cannot be."""
    folder = local_path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "a file has its name" if isinstance(error, FileExistsError) else error.strerror
        raise UsageError(
            f"{folder}: cannot make this folder for the results ({why}); give another one"
        ) from error
    return folder


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its place under `path` once it is complete, and leaves no trace
    otherwise.

    Raises `UsageError` where it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("wb") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot write it ({error.strerror or error}); give another folder, or see to "
            f"space and permissions"
        ) from error


def write_table(table: DataFrame, path: Path) -> None:
    """Writes a table in the format of the path's suffix: .csv, .parquet, .json (records) or .xlsx.

    Numbers keep every digit, in .xlsx the first 16. Where a format has no word for them, undefined
    ones are written as `nan` and infinite ones as `inf` and `-inf`. Raises `UsageError` for other
    suffixes, and where a format needs a package that is not installed.
    """
    write = _FORMATS[format_of(path)][0]
    try:
        with replacing(path) as file:
            write(table, file)
    except ImportError as error:
        raise _missing(path, error) from error


def read_table(path: Path) -> DataFrame:
    """A table that `write_table` wrote, every number and every text as it was.

    Raises `UsageError` for a file that is missing or holds something else.
    """
    read = _FORMATS[format_of(path)][1]
    try:
        return typed(read(path))
    except ImportError as error:
        raise _missing(path, error) from error
    except OSError as error:
        why = error.strerror or error
        raise UsageError(
            f"{path}: cannot read it ({why}); check the path and permissions"
        ) from error
    except Exception as error:  # parsers raise anything when the bytes are odd
        why = " ".join(str(error).split())
        raise UsageError(
            f"{path}: wanted a table that segeval wrote, but {why}; write it again with segeval "
            f"score"
        ) from error


def as_json(table: DataFrame) -> str:
    """The rows of a table as a JSON array of objects.

    JSON has no word for nan and inf, so they are texts.
    """
    columns = [spelled(table[name].tolist()) for name in table.columns]
    records = (dict(zip(table.columns, row, strict=True)) for row in zip(*columns, strict=True))
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    lines = ",\n".join(map(encode, records))
    return f"[\n{lines}\n]" if lines else "[]"


def format_of(path: Path) -> str:
    """The format that a path's suffix names. Raises `UsageError` for one that is not written."""
    name = path.suffix.removeprefix(".")
    if name not in _FORMATS:
        raise UsageError(
            f"{path}: tables are written as {', '.join(_FORMATS)}, not {name!r}; choose one of "
            f"these"
        )
    return name


def check_formats(names: Sequence[str]) -> None:
    """Raises `UsageError` for formats that `write_table` does not know or has no package for."""
    for name in names:
        path = Path(f"cases.{name}")
        format_of(path)
        package = PACKAGES.get(name)
        if package and importlib.util.find_spec(package) is None:
            raise _missing(path, ImportError(name=package))


def _missing(path: Path, error: ImportError) -> UsageError:
    return UsageError(
        f"{path}: this format needs a package that is not installed ({error.name or error}); "
        f"pip install {PACKAGES[format_of(path)]}, or choose csv"
    )


def _write_csv(table: DataFrame, file: BinaryIO) -> None:
    table.to_csv(file, index=False, na_rep="nan", lineterminator="\n")


def _read_csv(path: Path) -> DataFrame:
    """All as text at first: a case `001` is no number, a region `NA` is not missing, and digits are
    not rounded.
    """
    import pandas as pd

    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _write_parquet(table: DataFrame, file: BinaryIO) -> None:
    table.to_parquet(file, index=False, engine="pyarrow")


def _read_parquet(path: Path) -> DataFrame:
    import pandas as pd

    return pd.read_parquet(path, engine="pyarrow")


def _write_json(table: DataFrame, file: BinaryIO) -> None:
    file.write(f"{as_json(table)}\n".encode())


def _read_json(path: Path) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(json.loads(path.read_text(encoding="utf-8")))


def _write_xlsx(table: DataFrame, file: BinaryIO) -> None:
    """An id that begins with "=" must not become a formula, so those cells are turned back into
    text.
    """
    import pandas as pd

    with pd.ExcelWriter(file, engine="openpyxl") as writer:
        table.to_excel(writer, index=False, na_rep="nan", inf_rep="inf")
        for sheet in writer.book.worksheets:
            for cell in (
                cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"
            ):
                cell.data_type = "s"


def _read_xlsx(path: Path) -> DataFrame:
    import pandas as pd

    return pd.read_excel(
        path, engine="openpyxl", dtype=dict.fromkeys(TEXT, str), keep_default_na=False
    )


Write = Callable[["DataFrame", BinaryIO], None]
Read = Callable[[Path], Any]
_FORMATS: dict[str, tuple[Write, Read]] = {
    "csv": (_write_csv, _read_csv),
    "parquet": (_write_parquet, _read_parquet),
    "json": (_write_json, _read_json),
    "xlsx": (_write_xlsx, _read_xlsx),
}
FORMATS = tuple(_FORMATS)
"""The formats that tables are written in, the one to look for first at the head."""
