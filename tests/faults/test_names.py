"""Names that attack a terminal: what is printed is escaped, what is in tables is as it was."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from helpers.processes import Case, ended, with_python

import segeval
from segeval.cli.app import command_line
from segeval.errors.lines import one_line

TITLE = "\x1b]0;owned\x07"
HOSTILE = {
    f"a{TITLE}": r"a\x1b]0;owned\x07",
    "b\x1b[31m\x9b31m": r"b\x1b[31m\x9b31m",
    "c[red]c": "c[red]c",
    "d\nerror: d": r"d\nerror: d",
    "e\re": r"e\re",
    "f\tf": r"f\tf",
    "g\u202egnp\u2066": r"g\u202egnp\u2066",
    "h\u200b\u200d\ufeff": r"h\u200b\u200d\ufeff",
    "i$\\frac{1}{$": "i$\\frac{1}{$",
    "j\x7f\x08": r"j\x7f\x08",
}
"""Names, and what is shown of them."""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such names of files")


@pytest.fixture
def masks(tmp_path) -> Case:
    """Three cases for each name: one is good, one damaged, and one has no prediction."""
    mask = np.zeros((8, 8), np.uint8)
    mask[2:6, 2:5] = 1
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
        for name in HOSTILE:
            for end in ("", "-bad", "-missing"):
                np.save(tmp_path / side / f"{name}{end}.npy", mask)
    for name in HOSTILE:
        (tmp_path / "pred" / f"{name}-bad.npy").write_bytes(b"")
        (tmp_path / "pred" / f"{name}-missing.npy").unlink()
    return Case(tmp_path / "pred", tmp_path / "gt", tmp_path / f"out{TITLE}")


@pytest.fixture
def regions(tmp_path) -> list[str]:
    """The option for regions of these names, and for one that occurs in no mask."""
    path = tmp_path / "regions.json"
    path.write_text(json.dumps(dict.fromkeys(HOSTILE, 1) | {f"absent{TITLE}": 9}))
    return ["--regions", str(path), "--missing", "skip"]


def is_clean(text: str) -> bool:
    """Whether a text is lines that a terminal shows as they are."""
    return all(line.isprintable() for line in text.removesuffix("\n").split("\n"))


def test_all_that_is_printed_is_escaped_and_ids_are_as_they_were(masks, regions):
    answer = ended(masks.command(*regions, "--plots", "-m", "dice,hd95,nsd@1"))
    assert answer.returncode == 1
    assert is_clean(answer.stdout + answer.stderr)
    rows, lines = answer.stdout.splitlines(), answer.stderr.splitlines()
    for shown in HOSTILE.values():
        assert sum(bool(re.match(rf"{re.escape(shown)} +1\.000", row)) for row in rows) == 1
        assert sum(f"/{shown}-bad.npy: wanted" in line for line in lines) == 1
    assert sum(line.startswith("failed: ") for line in lines) == len(HOSTILE)
    title = HOSTILE[f"a{TITLE}"][1:]
    absent = f"note: 1 of 11 regions occur in no mask: absent{title}; the masks hold labels "
    assert any(line.startswith(absent) for line in lines)
    assert f"tables in {masks.out.parent}/out{title}: cases.csv, summary.csv" in lines
    assert lines[-1].startswith(f"plots in {masks.out.parent}/out{title}/plots: ")
    assert masks.run()["cases"].keys() == {
        f"{name}{end}" for name in HOSTILE for end in ("", "-bad")
    }
    assert HOSTILE.keys() < masks.run()["regions"].keys()


def test_json_and_quiet_runs_are_escaped_too(masks, regions):
    answer = ended(masks.command(*regions, "--json", "--quiet"))
    assert is_clean(answer.stdout + answer.stderr)
    summary = json.loads(answer.stdout)
    assert [row["region"] for row in summary][: len(HOSTILE)] == list(HOSTILE)


def test_a_terminal_with_a_bar_shows_no_name_as_it_is(masks, regions):
    ours, theirs = pytest.importorskip("pty", reason="no pseudo-terminals").openpty()
    process = subprocess.Popen(
        masks.command(*regions),
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"COLUMNS": "200", "TERM": "xterm"},
    )
    os.close(theirs)
    received = b""
    try:
        while chunk := os.read(ours, 1 << 16):
            received += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 1
    # what rich itself sends: colours, and moves of the cursor
    screen = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", received.decode())
    assert is_clean(screen.replace("\r", "\n"))
    for shown in HOSTILE.values():
        assert f"{shown}-bad.npy: wanted" in screen
        assert re.search(rf"^ {re.escape(shown)} +1\.000", screen, re.MULTILINE)


@pytest.mark.parametrize("name", HOSTILE)
def test_errors_of_every_command_are_one_line(name):
    for called in (
        ["score", name, name],
        ["plot", name],
        ["explain", name],
        ["explain", "monai", name],
        ["metrics", name],
        ["score", "sample_data", "sample_data", "-m", name],
        ["score", "sample_data", "sample_data", "--regions", f"{name}=x"],
        ["score", "sample_data", "sample_data", "--jobs", name],
        ["metrics", "--config", name],
        [name],
        [f"--{name}"],
    ):
        answer = CliRunner().invoke(command_line, called, prog_name="segeval")
        assert answer.exit_code == 2
        assert (answer.stdout, answer.stderr.count("\n")) == ("", 1)
        assert is_clean(answer.stderr)


@pytest.mark.parametrize(("name", "shown"), HOSTILE.items())
def test_errors_and_notices_in_python_are_one_line(name, shown, tmp_path, caplog):
    with pytest.raises(segeval.UsageError, match=re.escape(shown)) as caught:
        segeval.score_folder(name, name)
    assert is_clean(str(caught.value))
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
        np.save(tmp_path / side / "a.npy", np.ones((4, 4), np.uint8))
    results = segeval.score_folder(
        tmp_path / "pred", tmp_path / "gt", metrics="dice", regions={name: 5, "b": 1}
    )
    (notice,) = results.run["warnings"]
    assert shown in notice
    assert is_clean(notice)
    assert is_clean(caplog.messages[-1])


def test_warnings_logs_and_tracebacks_of_libraries_are_escaped():
    before = "import logging, warnings\nimport segeval.cli.metrics as room\n"
    before += f"def _list(specs):\n    warnings.warn({TITLE!r})\n"
    before += (
        f"    logging.getLogger('library').warning({TITLE!r})\n    raise ValueError({TITLE!r})\n"
    )
    before += "room._list = _list"
    answer = ended(with_python([sys.executable, "-m", "segeval", "metrics"], before))
    assert answer.returncode == 70
    assert is_clean(answer.stderr)
    shown = r"\x1b]0;owned\x07"
    lines = answer.stderr.splitlines()
    assert lines[:2] == [f"UserWarning: {shown}", shown]
    assert f"ValueError: {shown}" in lines


@pytest.mark.parametrize(("name", "shown"), HOSTILE.items())
def test_what_is_escaped_once_stays_as_it_is(name, shown):
    assert one_line(name) == shown == one_line(shown)


def test_names_in_any_script_are_shown_as_they_are():
    for text in ("Größe_läsion", "肝臓", "печень", "كبد", "e\u0301", "🫁", "a b"):
        assert one_line(text) == text
