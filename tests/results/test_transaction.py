"""Whichever moment a process dies at, a folder of results holds the old ones or the new, whole."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import segeval
from segeval.errors import UsageError
from segeval.results.details import Details
from segeval.results.drawn import mark_of
from segeval.results.folder import HOLDER, JOURNAL, LOCK
from segeval.results.results import Results
from segeval.statistics.curves import Curves

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="the system has no fork and no kill -9"
)
OLD, NEW = 0.25, 0.75
"""The Dice of either results: whoever reads sees whose they are."""
FORMATS = {OLD: ("csv", "json"), NEW: ("json",)}


def results_of(dice: float) -> Results:
    """Results in which every file holds one number; the new ones have no details."""
    return Results(
        pd.DataFrame(
            {"case": ["a"], "region": ["1"], "dice": [dice], "note": [""], "protocol": ["x-01"]}
        ),
        pd.DataFrame({"region": ["1"], "metric": ["dice"], "unit": [""], "n": [1], "mean": [dice]}),
        {"segeval": str(dice), "protocol": {"name": "x", "hash": "01"}, "cases": {}},
        details_of(dice) if dice == OLD else None,
    )


def details_of(dice: float) -> Details:
    return Details(("a",), ("1",), np.full((1, 1), dice), np.ones((1, 1)), Curves.absent(1))


def whole(folder: Path) -> float:
    """Return whose the results in a folder are, which all files must agree on."""
    loaded = Results.load(folder)
    (dice,) = loaded.cases.dice
    assert loaded.summary["mean"].tolist() == [dice]
    assert loaded.run["segeval"] == str(dice)
    assert (loaded.details is not None) == (dice == OLD)
    return float(dice)


def draw(folder: Path) -> Path:
    plot = folder / "plots" / "nsd.png"
    plot.parent.mkdir(exist_ok=True)
    plot.write_text(mark_of(plot.name))
    return plot


DIE = """
import os, signal, sys
sys.path[:0] = {path!r}
from test_transaction import FORMATS, NEW, results_of
results, seen = results_of(NEW), 0
results.to_dict()
STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link")

def die(event, arguments):
    global seen
    if event in STEPS and str(arguments[0]).startswith(folder):
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
for line in sys.stdin:
    step, folder = line.split(maxsplit=1)
    step, folder, seen = int(step), folder.strip(), 0
    child = os.fork()
    if not child:
        results.save(folder, FORMATS[NEW])
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""A process that kills its children at a step of the file system: the one before it was taken."""


def test_a_process_that_is_killed_at_any_step_leaves_the_old_results_or_the_new(tmp_path, caplog):
    """Steps are all that opens, renames or deletes a file in the folder, as Python audits them."""
    code = DIE.format(path=[str(Path(__file__).parent)])
    seen = []
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for step in range(1, 200):
            folder = tmp_path / str(step)
            results_of(OLD).save(folder, FORMATS[OLD])
            plot = draw(folder)
            process.stdin.write(f"{step} {folder}\n")
            process.stdin.flush()
            code = int(process.stdout.readline())
            seen.append(whole(folder))
            # plots of other results are never beside those that are in their place
            assert plot.exists() or seen[-1] == NEW
            if code == 0:
                break
            assert code == -signal.SIGKILL
            # the next one finishes or deletes what was left
            results_of(NEW).save(folder, FORMATS[NEW])
            names = {path.name for path in folder.rglob("*")}
            assert names == {"cases.json", "summary.json", "run.json", "plots"}
        process.stdin.close()
    assert len(seen) > 30
    changed = seen.index(NEW)
    assert 10 < changed < len(seen) - 10
    assert set(seen[changed:]) == {NEW}
    assert not [text for text in caplog.messages if "began another one here" not in text]


SAVE = """
import os, sys, time
sys.path[:0] = {path!r}
from test_transaction import FORMATS, NEW, OLD, results_of
both = results_of(OLD), results_of(NEW)
for line in sys.stdin:
    pause, folder = line.split(maxsplit=1)
    child = os.fork()
    while not child:
        for results in both:
            results.save(folder.strip(), FORMATS[results.cases.dice[0]])
            time.sleep(float(pause))
    print(child, flush=True)
    os.waitpid(child, 0)
    print(flush=True)
"""
"""A process whose children save results until they are killed."""


def test_thirty_kills_at_random_moments_and_readers_meanwhile(tmp_path, caplog):
    results_of(OLD).save(tmp_path, FORMATS[OLD])
    rng = random.Random(0)
    seen = set()
    with subprocess.Popen(
        [sys.executable, "-c", SAVE.format(path=[str(Path(__file__).parent)])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(40):
            has_readers = number >= 30
            process.stdin.write(f"{0.3 * has_readers} {tmp_path}\n")
            process.stdin.flush()
            child = int(process.stdout.readline())
            try:
                for _ in range(5 * has_readers):
                    seen.add(whole(tmp_path))
                time.sleep(rng.random() * 0.1)
            finally:
                os.kill(child, signal.SIGKILL)
                process.stdout.readline()
            seen.add(whole(tmp_path))
        process.stdin.close()
    assert seen == {OLD, NEW}
    # readers may be told that another run is going on, but never of files of two runs
    assert not [text for text in caplog.messages if "began another one here" not in text]


def test_a_write_that_fails_leaves_the_old_results(tmp_path, monkeypatch):
    results_of(OLD).save(tmp_path)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"0/cases\.csv: cannot write it \(No space left on dev"):
        results_of(NEW).save(tmp_path)
    assert whole(tmp_path) == OLD
    assert [path.name for path in tmp_path.glob(".*")] == [HOLDER]


KILLED = """
import os, signal, sys, segeval
class Killed(segeval.Listener):
    def finished(self, record):
        os.kill(os.getpid(), signal.SIGKILL)
pred, gt, out, metrics = sys.argv[1:]
segeval.score_folder(pred, gt, metrics=metrics, output=out, listener=Killed(), jobs=1)
"""


def begin(three, out, metrics):
    """Begin a run, which is killed after its first case, and return the number of its process."""
    command = [sys.executable, "-c", KILLED, *three, out, metrics]
    with subprocess.Popen(command) as process:
        assert process.wait() == -signal.SIGKILL
    return process.pid


def test_a_run_that_breaks_off_leaves_the_results_before_it_and_says_so(three, tmp_path, caplog):
    out = tmp_path / "out"
    first = segeval.score_folder(*three, metrics="dice", output=out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    plot = draw(out)
    number = begin(three, out, "dice,iou")
    assert plot.exists()
    caplog.clear()
    assert Results.load(out).cases.equals(first.cases)
    (text,) = caplog.messages
    assert f"process {number} on " in text
    assert "began another one here that has not ended, or broke off; --resume goes on" in text
    after = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    assert after.pop(JOURNAL).startswith(before.pop(JOURNAL))
    assert after.pop(HOLDER)
    after.pop(LOCK)
    assert after == before


def test_a_run_that_is_stopped_leaves_results_of_more_cases(three, tmp_path):
    out = tmp_path / "out"
    segeval.score_folder(*three, metrics="dice", output=out)
    before = (out / "cases.csv").read_bytes()

    class Stop(segeval.Listener):
        def finished(self, record):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        segeval.score_folder(*three, metrics="iou", output=out, listener=Stop(), jobs=1)
    assert (out / "cases.csv").read_bytes() == before
    results = segeval.score_folder(*three, metrics="iou", output=out, resume=True)
    assert results.run["cases_resumed"] == 1
    assert "iou" in Results.load(out).cases


def test_a_run_that_was_begun_without_resume_loses_nothing_of_the_one_before(three, tmp_path):
    out = tmp_path / "out"
    segeval.score_folder(*three, metrics="dice", output=out)
    begin(three, out, "dice")
    results = segeval.score_folder(*three, metrics="dice", output=out, resume=True)
    assert results.run["cases_resumed"] == 3


def test_a_journal_holds_no_more_than_the_last_run_once_that_is_complete(three, tmp_path):
    out = tmp_path / "out"
    for metric in ("dice", "iou"):
        segeval.score_folder(*three, metrics=metric, output=out)
    lines = [
        json.loads(line.rpartition("\t")[0])
        for line in (out / JOURNAL).read_text().splitlines()
        if line
    ]
    assert [line["header"]["metrics"] for line in lines if "header" in line] == [["iou"]]
    assert len(lines) == 4


def test_the_clock_of_a_run_is_not_that_of_the_wall(three, monkeypatch):
    """Set back by an hour while it scores."""
    wall = iter([1e9, 1e9 - 3600] + [1e9 - 3600] * 100)
    monkeypatch.setattr(time, "time", lambda: next(wall))
    run = segeval.score_folder(*three, metrics="dice").run
    assert 0 <= run["seconds"] < 600
    assert all(case["seconds"] >= 0 for case in run["cases"].values())
