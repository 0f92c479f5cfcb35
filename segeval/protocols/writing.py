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
    lines = [_line(name, value) for name, value in content.items() if name not in tables]
    for name, table in tables.items():
        lines += ["", f"[{_key(name)}]", *(_line(key, value) for key, value in table.items())]
    return "\n".join([*lines, ""])


def _line(key: str, value: Any) -> str:
    return f"{_key(key)} = {_value(value)}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _value(value: Any) -> str:
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
    # JSON escapes what TOML escapes, but for the delete character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
