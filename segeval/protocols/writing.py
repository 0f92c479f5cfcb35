"""TOML, written: what the standard library reads alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


def toml_of(content: Mapping[str, Any]) -> str:
    """Return a TOML file of keys and of tables; tables within tables stand in line.

    >>> print(toml_of({"mean": "cases", "metrics": {"dice": {"empty": [1, 0, 0]}}}))
    mean = "cases"
    <BLANKLINE>
    [metrics]
    dice = {empty = [1, 0, 0]}
    <BLANKLINE>
    """
    tables = {name: value for name, value in content.items() if isinstance(value, Mapping)}
    # above all tables: below a header, a key would belong to that table
    lines = [_line(name, value) for name, value in content.items() if name not in tables]
    for name, table in tables.items():
        lines += ["", f"[{_key(name)}]", *(_line(key, value) for key, value in table.items())]
    return "\n".join([*lines, ""])


def _line(key: str, value: Any) -> str:
    """Return a key and its value, as they stand on a line or in a table in line."""
    return f"{_key(key)} = {_value(value)}"


def _key(name: str) -> str:
    """Return a key as TOML writes it: in quotes if it holds more than letters, digits, _ and -.

    >>> _key("hd95"), _key("nsd@2")
    ('hd95', '"nsd@2"')
    """
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _value(value: Any) -> str:
    """Return a value as TOML writes it.

    >>> _value([1.0, True, float("nan")])
    '[1.0, true, nan]'
    """
    match value:
        case str():
            return _text(value)
        case bool():
            return str(value).lower()
        case Mapping():
            return f"{{{', '.join(_line(key, item) for key, item in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return repr(value)  # numbers, nan and inf are written as Python writes them


def _text(text: str) -> str:
    """Return a text in quotes, with what TOML does not hold as it is escaped."""
    # JSON escapes what TOML escapes, but for the delete character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
