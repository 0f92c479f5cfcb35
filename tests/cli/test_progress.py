from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from helpers.calling import CUBE

from segeval.cli import progress
from segeval.kernels import store
from segeval.kernels.words import kernel
from segeval.run import run


def test_progress_is_told_in_lines_where_there_is_no_terminal(segeval, folders, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0)
    folders.add("perfect", pred=CUBE)
    folders.add("bad").write_bytes(b"")
    lines = folders.score(segeval, "--jobs", 1).err.splitlines()
    told = [re.sub(r"[\d.e+]+(?=/s| s)", "…", line) for line in lines if " of 3 cases" in line]
    assert told == ["1 of 3 cases, …/s, … s left", "2 of 3 cases, …/s, … s left, mean dice 0.667"]
    assert re.fullmatch(
        r"3 cases in \d+\.\d s, 1 of which failed; the notes in the table of cases say why",
        lines[-2],
    )


def test_a_run_of_which_all_failed_says_so_in_the_end(segeval, folders):
    folders.add("good").write_bytes(b"")
    assert re.search(
        r"^1 case in \d+\.\d s, all of which failed; the notes in the table of cases say why$",
        folders.score(segeval).err,
        re.MULTILINE,
    )


def test_lines_come_seldom(segeval, folders):
    for number in range(30):
        folders.add(f"case{number}")
    assert len(folders.score(segeval).err.splitlines()) == 2  # the end, and where the tables are


def test_without_dice_no_mean_of_it_is_told(segeval, folders, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0)
    folders.add("perfect", pred=CUBE)
    assert "mean dice" not in folders.score(segeval, "-m", "iou").err


def test_what_was_scored_before_an_interruption_is_kept(segeval, folders, monkeypatch):
    folders.add("later")
    evaluate = run.evaluate

    def interrupted(*arguments, **options):
        yield next(evaluate(*arguments, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "evaluate", interrupted)
    answer = folders.score(segeval, "--quiet")
    assert (answer.code, answer.out) == (130, "")
    assert (
        answer.err
        == f"stopped: 1 of 2 cases are in {folders.out}, which run.json marks as incomplete; "
        "--resume goes on with it\n"
    )
    assert len(pd.read_csv(folders.out / "cases.csv")) == 1
    assert json.loads((folders.out / "run.json").read_text())["complete"] is False


def test_an_interruption_before_the_first_case_says_so(segeval, folders, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("segeval.api.pair", interrupted)
    answer = folders.score(segeval)
    assert (answer.code, answer.err) == (130, "stopped: nothing was scored\n")


def test_an_interruption_of_drawing_leaves_the_tables(segeval, folders, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("segeval.plots.draw", interrupted)
    answer = segeval("score", folders.pred, folders.gt, "-o", folders.out, "-m", "dice", "--quiet")
    assert answer.code == 130
    assert (
        answer.err
        == "stopped: the tables are complete, the plots are not; `segeval plot` draws them\n"
    )
    assert json.loads((folders.out / "run.json").read_text())["complete"] is True


def test_a_run_says_that_it_compiles(capsys, monkeypatch, tmp_path):
    for folder in ("cache_folder", "writable_folder"):
        monkeypatch.setattr(store, folder, lambda: tmp_path)
    with progress.reporting(quiet=False):
        kernel(lambda x: x + 4)(1)
    assert re.fullmatch(
        r"note: compiling kernels for this machine \(.*\); they are kept in .*\n",
        capsys.readouterr().err,
    )


def test_what_compiling_takes_does_not_count_for_the_time_left(monkeypatch):
    clock = iter([0.0, 0.0, 100.0, 100.0, 100.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(progress, "seconds_compiled", iter([0.0, 0.0, 90.0]).__next__)
    report = progress.Report()
    report.started(3, ["dice"])
    report.done = 1
    assert report._left == 2 * (100 - 90)


def on_terminal(*arguments: str | Path) -> str:
    """Return what a terminal of 90 columns shows of `segeval`, without control sequences."""
    ours, theirs = pytest.importorskip(
        "pty", reason="Windows has no pseudo-terminals in Python"
    ).openpty()
    environment = os.environ | {"COLUMNS": "90", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "segeval", *map(str, arguments)],
        stdout=theirs,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 1 << 16):
            shown += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown.decode()).replace("\r", "\n")


@pytest.fixture
def screen(folders):
    labels = CUBE.copy()
    labels[3:5] *= 2
    folders.add("good", CUBE, labels)
    return on_terminal(
        "score", folders.pred, folders.gt, "-o", folders.out, "--no-plots", "--jobs", "1"
    )


def test_a_terminal_shows_a_bar_and_tables_that_fit(screen):
    assert re.search(r"scoring [━╸╺ ]+ +1/1", screen)
    assert re.search(r"^ region +dice +iou +precision", screen, re.MULTILINE)
    assert re.search(r"^ region .* assd \(mm\)", screen, re.MULTILINE)
    assert re.search(r"^ mean ", screen, re.MULTILINE)
    assert max(len(line) for line in screen.splitlines() if not line.startswith("tables in ")) <= 90
