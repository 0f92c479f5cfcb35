"""Tests of the one door of JSON and TOML files: what does not come through it, from any of them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from segeval.cli.app import command_line
from segeval.errors import UsageError
from segeval.io import load_colors
from segeval.io.documents import DEEPEST, LARGEST, MOST_DOTS, load_json, load_toml
from segeval.protocols import convention
from segeval.protocols.regions import parse_regions
from segeval.protocols.runs import load_run


def configure(path: Path) -> None:
    """Run the command line with a file of options; its error is that of segeval."""
    call = ["score", "nowhere", "nowhere", "--config", str(path)]
    raise CliRunner().invoke(command_line, call, standalone_mode=False).exception.__cause__


JSON_DOORS = [parse_regions, load_colors, load_run, convention]
TOML_DOORS = [convention, configure]
JSON = {
    "a list in a list, 100,000 times": ("[" * 100_000, "cannot be read as such"),
    "tables in tables": ('{"a":' * 100_000, "cannot be read as such"),
    "a little too deep": (
        '{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1),
        f"more than {DEEPEST} levels of lists and tables inside each other",
    ),
    "a list": ("[1]", "it holds a list"),
    "a text": ('"a"', "it holds a str"),
    "two values of a key": ('{"a": 1, "b": 2, "a": 2}', "two values of 'a'"),
    "two values further in": ('{"labels": {"a": 1, "a": 2}}', "two values of 'a'"),
    "a number of 5,000 digits": ('{"a": ' + "9" * 5000 + "}", "cannot be read as such"),
    "no UTF-8": (b'{"\xff": 1}', "'utf-8' codec can't decode"),
    "nothing": ("", "cannot be read as such"),
    "zeros": ("\0" * 9, "cannot be read as such"),
}
TOML = {
    "a list in a list, 100,000 times": ("a = " + "[" * 100_000, "cannot be read as such"),
    "tables in tables": ("a = " + "{a = " * 100_000, "cannot be read as such"),
    "a little too deep": (
        "[" + ".".join("a" * (DEEPEST + 1)) + "]",
        f"more than {DEEPEST} levels of lists and tables inside each other",
    ),
    "a key of many parts": (
        "a." * MOST_DOTS * 2 + "a = 1",
        f"a line of more than {MOST_DOTS} dots",
    ),
    "two values of a key": ("a = 1\na = 2", "cannot be read as such"),
    "a number of 5,000 digits": (f"a = {'9' * 5000}", "cannot be read as such"),
    "no UTF-8": (b"a = '\xff'", "'utf-8' codec can't decode"),
    "zeros": ("\0" * 9, "cannot be read as such"),
}


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("door", JSON_DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize(("content", "message"), JSON.values(), ids=JSON)
def test_json_that_is_refused(content, message, door, tmp_path):
    path = write(tmp_path / "a.json", content)
    name = re.escape(str(path))
    with pytest.raises(UsageError, match=rf"^{name}: wanted .*, but .*{message}.*; \S") as caught:
        door(path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("door", TOML_DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize(("content", "message"), TOML.values(), ids=TOML)
def test_toml_that_is_refused(content, message, door, tmp_path):
    path = write(tmp_path / "a.toml", content)
    name = re.escape(str(path))
    with pytest.raises(UsageError, match=rf"^{name}: wanted .*, but .*{message}.*; see docs/\S"):
        door(path)


@pytest.mark.parametrize("load", [load_json, load_toml])
def test_a_file_that_is_too_large_is_not_read_to_its_end(load, tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(2**40)  # a hole, which takes no room and does not fit into memory
    with pytest.raises(UsageError, match=f"more than {LARGEST:,} bytes"):
        load(path, "a table", "write less")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no device of zeros")
def test_a_device_without_end_is_read_no_further():
    with pytest.raises(UsageError, match=f"more than {LARGEST:,} bytes"):
        load_json("/dev/zero", "a table", "write less")


def test_keys_of_many_parts_are_read(tmp_path):
    """The parser takes time with the square of their number: a key of 10,000 parts took hours."""
    lines = (".".join("a" * (DEEPEST - 2)) + f".b{number} = 1" for number in range(20_000))
    path = write(tmp_path / "a.toml", "\n".join(lines))
    content = load_toml(path, "a table", "write less")
    for _ in range(DEEPEST - 2):
        content = content["a"]
    assert len(content) == 20_000


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_what_is_as_deep_as_may_be_is_read(mark, tmp_path):
    text = '{"a":' * (DEEPEST - 1) + "1" + "}" * (DEEPEST - 1)
    content = load_json(write(tmp_path / "a.json", mark + text.encode()), "a table", "write less")
    for _ in range(DEEPEST - 1):
        content = content["a"]
    assert content == 1


@pytest.mark.parametrize("load", [load_json, load_toml])
def test_a_file_that_is_not_there(load, tmp_path):
    with pytest.raises(
        UsageError, match=r"nowhere: wanted a table, but it cannot be read: No such"
    ):
        load(tmp_path / "nowhere", "a table", "write less")
