"""A disk that is full: what was scored is kept, in whatever can be written still."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.processes import Case, cases, ended, with_python

import segeval
from segeval.run import run

CASES = 30
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")


def on_a_full_disk(command: list[str], room: int) -> subprocess.CompletedProcess[str]:
    """The end of a command whose files cannot grow beyond some bytes."""
    limit = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    return ended(with_python(command, limit))


@pytest.fixture
def masks(tmp_path: Path) -> Case:
    return cases(tmp_path, CASES)


def test_a_run_whose_journal_finds_no_room_writes_its_tables_in_the_end(masks, tmp_path):
    answer = on_a_full_disk(masks.command(), room=25_000)
    assert answer.returncode == 1
    (error,) = [line for line in answer.stderr.splitlines() if line.startswith("error: ")]
    assert error.startswith(f"error: {masks.out}/journal.jsonl: cannot write it (File too large)")
    assert "the run goes on, and writes its tables in the end: make room until then" in error
    assert masks.run()["complete"] is True
    assert masks.run()["warnings"] == [error.removeprefix("error: ")]
    whole = masks.into(tmp_path / "whole")
    assert ended(whole.command()).returncode == 0
    assert masks.tables() == whole.tables()
    assert len((masks.out / "journal.jsonl").read_bytes().splitlines()) < 1 + CASES


def test_a_run_whose_tables_find_no_room_prints_its_summary_and_says_what_to_do(masks, tmp_path):
    answer = on_a_full_disk(masks.command(), room=3_000)
    assert answer.returncode == 1
    assert answer.stdout == ended(masks.into(tmp_path / "whole").command()).stdout
    _, last = [line for line in answer.stderr.splitlines() if line.startswith("error: ")]
    assert "cannot write it (File too large)" in last
    assert last.endswith("see to space and permissions, then run it again with --resume")
    assert f"tables in {masks.out}" not in answer.stderr
    # where there is room again, what the journal took is not scored again
    assert ended(masks.command("--resume")).returncode == 0
    assert masks.tables() == masks.into(tmp_path / "whole").tables()


def test_plots_that_find_no_room_leave_the_tables(masks):
    answer = on_a_full_disk(masks.command("--plots"), room=60_000)
    assert answer.returncode == 1
    last = answer.stderr.splitlines()[-1]
    assert last.startswith("error: the plots are not complete: ")
    assert last.endswith("File too large); give another folder, or see to space and permissions; "
                         "`segeval plot` draws them again")  # fmt: skip
    assert masks.run()["complete"] is True
    assert ended([*masks.command()[:3], "plot", str(masks.out)]).returncode == 0


def test_a_disk_that_is_full_from_the_start_is_no_wrong_usage(masks):
    answer = on_a_full_disk(masks.command(), room=100)
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "File too large" in answer.stderr


def test_in_python_results_come_with_a_warning(masks, monkeypatch):
    def full(*arguments: object, **options: object) -> None:
        raise segeval.UsageError("out: cannot write it (No space left on device)")

    monkeypatch.setattr(run.Results, "save", full)
    with pytest.warns(segeval.UnsavedWarning, match=r"^out: cannot write it .*, then run it"):
        results = segeval.score_folder(masks.pred, masks.gt, metrics="dice", output=masks.out)
    assert len(results.cases) == 3 * CASES


def test_tables_that_find_no_room_go_to_where_there_is_some(masks, monkeypatch, tmp_path):
    save = run.Results.save

    def full(results: segeval.Results, folder: str | Path, *arguments: object, **options: object):
        if Path(folder) == masks.out:
            raise segeval.UsageError(f"{folder}: cannot write it (No space left on device)")
        save(results, folder, *arguments, **options)

    monkeypatch.setattr(run.Results, "save", full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.warns(segeval.UnsavedWarning, match=r"; meanwhile the tables are in ") as caught:
        results = segeval.score_folder(masks.pred, masks.gt, metrics="dice", output=masks.out)
    place = str(caught[0].message).rpartition(" ")[2]
    assert segeval.Results.load(place).cases.equals(results.cases)


@pytest.mark.parametrize("place", ["save", "append"])
def test_lack_of_memory_for_what_is_written_costs_no_score(masks, monkeypatch, place):
    def lacking(*arguments: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr({"save": run.Results, "append": run.Journal}[place], place, lacking)
    with pytest.warns(segeval.UnsavedWarning, match=r"^out of memory; "):
        results = segeval.score_folder(masks.pred, masks.gt, metrics="dice", output=masks.out)
    assert len(results.cases) == 3 * CASES


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        (
            "import segeval.run.run as room\nroom.summarise = lacking",
            r"error: out of memory: 30 of 30 cases were scored, but the tables are not written; "
            r"--resume goes on; run it where there is more of it",
        ),
        (
            "import segeval.plots as room\nroom.draw = lacking",
            r"error: the plots are not complete: out of memory; `segeval plot` draws them again",
        ),
        (
            "import segeval.run.workers as room\nroom.score_measured = lacking",
            r"30 cases in \d+\.\d s, all of which failed; the notes in the table of cases say why",
        ),
    ],
    ids=["summary", "plots", "workers"],
)
def test_lack_of_memory_ends_in_a_line_that_says_what_to_do(masks, broken, line):
    lacking = "def lacking(*a, **k):\n    raise MemoryError\n"
    answer = ended(with_python(masks.command("--plots"), lacking + broken))
    assert answer.returncode == 1
    assert pd.Series(answer.stderr.splitlines()).str.fullmatch(line).sum() == 1
    assert len((masks.out / "journal.jsonl").read_bytes().splitlines()) == 1 + CASES


def test_a_case_that_memory_lacks_for_fails_alone_and_says_what_to_do(masks, monkeypatch):
    read = run.evaluate.__globals__["read_case"]

    def lacking(pair, *arguments):
        if pair.id == "case007":
            return np.empty((1 << 62,), np.uint8)
        return read(pair, *arguments)

    monkeypatch.setitem(run.evaluate.__globals__, "read_case", lacking)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", segeval.FailedCasesWarning)
        results = segeval.score_folder(masks.pred, masks.gt, metrics="dice")
    (note,) = results.cases.note[results.cases.note.str.startswith("failed: ")]
    assert note == "failed: case 'case007': out of memory; run with fewer --jobs"
