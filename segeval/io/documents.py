"""JSON and TOML files: the one door through which they are read, whatever they are of.

Behind it they are tables of sane size and depth, in which no key stands twice.
"""

from __future__ import annotations

import json
import os
import reprlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from segeval.errors import UsageError

from .files import local_path

# the standard library reads TOML from Python 3.11 on
if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST = 2**22
"""Bytes of a file that users write by hand; what runs leave behind grows with their cases."""
DEEPEST = 50
"""Levels of lists and tables inside each other."""
TEXT_OR_NONE = (str, type(None))
"""Shape, for `check_shape`, of a text that may be missing."""
MOST_DOTS = 200
"""Dots in a line of TOML, whose parser takes hours for keys of many parts."""


def load_json(
    path: str | os.PathLike[str], wanted: str, remedy: str, *, largest: int = LARGEST
) -> dict[str, Any]:
    """Return the object in a JSON file of UTF-8, with or without a byte order mark.

    Raises `UsageError`, which says what was `wanted`, for anything else; `remedy` is what to do
    where the content is at fault.
    """
    return _loaded(local_path(path), _parsed_json, wanted, remedy, largest)


def load_toml(path: str | os.PathLike[str], wanted: str, remedy: str) -> dict[str, Any]:
    """Return the table in a TOML file, as `load_json` does."""
    return _loaded(local_path(path), _parsed_toml, wanted, remedy, LARGEST)


def check_shape(content: Any, shape: Any, place: str = "") -> None:
    """Raise `ValueError`, which names the `place`, for content that is of another shape.

    A shape is a type, of which `float` takes whole numbers, too; a tuple of types, of which one
    must fit; a list with the shape of all items; or a mapping with the shapes of keys, which may be
    missing, or with that of every key under `...`.

    >>> check_shape({"sizes": [1, "2"]}, {"sizes": [int], "name": str})
    Traceback (most recent call last):
    ValueError: .sizes[1] is '2'
    """
    if isinstance(shape, dict) and isinstance(content, dict):
        for key in content:
            inner = shape.get(key, shape.get(..., object))
            check_shape(content[key], inner, f"{place}.{key}")
    elif isinstance(shape, list) and isinstance(content, list):
        for number, item in enumerate(content):
            check_shape(item, shape[0], f"{place}[{number}]")
    elif isinstance(shape, (dict, list)) or not _fits(content, shape):
        raise ValueError(f"{place} is {reprlib.repr(content)}")


def _fits(content: Any, shape: type | tuple[type, ...]) -> bool:
    """Return whether a value is of a type, or of one of several; a truth value is no number."""
    types = shape if isinstance(shape, tuple) else (shape,)
    if isinstance(content, bool):
        return bool in types or object in types
    return isinstance(content, types) or (float in types and isinstance(content, int))


def _loaded(
    path: Path, parse: Callable[[str], Any], wanted: str, remedy: str, largest: int
) -> dict[str, Any]:
    """Return what a file holds. Raises `UsageError` as `load_json` does."""
    try:
        content = parse(_text(path, largest))
        _check_depth(content)
    except OSError as error:
        raise UsageError(
            f"{path}: wanted {wanted}, but it cannot be read: {error.strerror}; check the path"
        ) from error
    # parsers call themselves for each list in a list, and fail where these are many
    except (ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise UsageError(
            f"{path}: wanted {wanted}, but it cannot be read as such ({why}); {remedy}"
        ) from error
    if not isinstance(content, dict):
        raise UsageError(
            f"{path}: wanted {wanted}, but it holds a {type(content).__name__}; {remedy}"
        )
    return content


def _text(path: Path, largest: int) -> str:
    """Return the text of a file. Raises `ValueError` for one that is too large, or no UTF-8."""
    # not by the size that is said of it: pipes and devices say none
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise ValueError(f"more than {largest:,} bytes")
    return data.decode("utf-8-sig")


def _parsed_json(text: str) -> Any:
    """Return the value of a text. Raises `ValueError` for what is no JSON."""
    return json.loads(text, object_pairs_hook=_with_distinct_keys)


def _with_distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of pairs. Raises `ValueError` for two values of one key."""
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"two values of {max(keys, key=keys.count)!r}")
    return content


def _parsed_toml(text: str) -> Any:
    """Return the table of a text. Raises `ValueError` for what is no TOML."""
    if any(line.count(".") > MOST_DOTS for line in text.splitlines()):
        raise ValueError(f"a line of more than {MOST_DOTS} dots")
    return tomllib.loads(text)


def _check_depth(content: Any) -> None:
    """Raise `ValueError` for lists and tables that lie too deep inside each other."""
    level = [content]
    # level by level: what calls itself for each would fail as the parsers do
    for _ in range(DEEPEST):
        tables = [value for value in level if isinstance(value, (dict, list))]
        if not tables:
            return
        level = [inner for table in tables for inner in _values(table)]
    raise ValueError(f"more than {DEEPEST} levels of lists and tables inside each other")


def _values(table: dict[str, Any] | list[Any]) -> Iterable[Any]:
    """Return the values in a table or a list."""
    return table.values() if isinstance(table, dict) else table
