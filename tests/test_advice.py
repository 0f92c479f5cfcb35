"""Tests that what messages tell the user to install is on PyPI, and that an extra names it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from segeval.io.registry import FORMATS
from segeval.results.exports import EXPORTS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ADVICE = re.compile(r"pip install (?P<what>\{.*?\}(?=[,;.\s]|$)|'[^']+'|[^\s,;]+)")


def texts(path: Path) -> Iterator[str]:
    """The texts of a module, each with `{expression}` where a value goes in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value)
                if isinstance(part, ast.Constant)
                else f"{{{ast.unparse(part.value)}}}"
                for part in node.values
            )


def advised(path: Path) -> Iterator[str]:
    """The distributions that the messages of a module say to install."""
    for text in texts(path):
        for match in ADVICE.finditer(text):
            if match["what"] == "{card.package}":  # of a format, or of an export
                cards = FORMATS if path.parent.name == "io" else EXPORTS
                yield from (card.package for card in cards.values() if card.package)
            else:
                yield match["what"].strip("'")


def test_what_messages_say_to_install_is_in_an_extra():
    found = {name for path in ROOT.glob("segeval/**/*.py") for name in advised(path)}
    found |= {name for path in ROOT.glob("cli/**/*.py") for name in advised(path)}
    extras = PROJECT["optional-dependencies"]
    listed = {re.split(r"[<>=;\[ ]", need)[0] for need in extras["tables"]}
    # never our own name: it is not on PyPI yet, and `segeval` there is another package
    assert found == listed == {"openpyxl", "pyarrow"}
