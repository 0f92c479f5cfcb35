"""Tables written to files and read back, in the format that the file's suffix names."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import UsageError
from segeval.io.files import replacing

from .columns import typed
from .exports import EXPORTS, Export

if TYPE_CHECKING:
    from pandas import DataFrame


def write_table(table: DataFrame, path: Path) -> None:
    """Write a table in the format of the path's suffix: .csv, .parquet, .json (records) or .xlsx.

    Numbers keep every digit, in .xlsx the first 16. Where a format has no word for them, undefined
    ones are written as `nan` and infinite ones as `inf` and `-inf`. Raises `UsageError` for other
    suffixes, and where a format needs a package that is not installed.
    """
    card = _card_of(path)
    try:
        with replacing(path) as file:
            card.write(table, file)
    # pandas imports the package of a format only when it writes or reads with it.
    except ImportError as error:
        raise _not_installed(path, card, error) from error


def read_table(path: Path) -> DataFrame:
    """Return a table that `write_table` wrote, every number and every text as it was.

    Raises `UsageError` for a file that is missing or holds something else.
    """
    card = _card_of(path)
    try:
        return typed(card.read(path))
    except ImportError as error:
        raise _not_installed(path, card, error) from error
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


def check_formats(names: Sequence[str]) -> None:
    """Raise `UsageError` for formats that `write_table` does not know or has no package for."""
    for name in names:
        path = Path(f"cases.{name}")
        card = _card_of(path)
        if card.package and importlib.util.find_spec(card.package) is None:
            raise _not_installed(path, card, ImportError(name=card.package))


def _card_of(path: Path) -> Export:
    """Return the card of the format that a path's suffix names."""
    name = path.suffix.removeprefix(".")
    if name not in EXPORTS:
        raise UsageError(
            f"{path}: tables are written as {', '.join(EXPORTS)}, not {name!r}; choose one of these"
        )
    return EXPORTS[name]


def _not_installed(path: Path, card: Export, error: ImportError) -> UsageError:
    return UsageError(
        f"{path}: this format needs a package that is not installed ({error.name or error}); "
        f"pip install {card.package}, or choose csv"
    )
