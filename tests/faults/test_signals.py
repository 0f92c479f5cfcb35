"""Signals: the first stops a run and saves it, a second one does no harm, the third stops all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from helpers.processes import Case, cases, ended, with_python

import segeval

CASES = 30
HEARD = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
"""Signals as they usually are: whoever runs the tests may have them ignored, as nohup does."""
SLOW = """
import time, segeval.run.workers as workers
score = workers.score_measured
def slow(*things):
    time.sleep(0.1)
    return score(*things)
workers.score_measured = slow
"""
SLOW_SUMMARY = """
import os, pathlib, time, segeval.run.run as run
summarise = run.summarise
def slow_summary(*tables, **settings):
    pathlib.Path(os.environ["MARK"]).touch()
    time.sleep(float(os.environ["SECONDS"]))
    return summarise(*tables, **settings)
run.summarise = slow_summary
"""
"""The tables take a while, and a file appears when they are begun."""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def masks(tmp_path: Path) -> Case:
    return cases(tmp_path, CASES)


@contextmanager
def running(masks: Case, before: str, *, seconds: float = 0):
    environment = os.environ | {"MARK": str(masks.out) + ".mark", "SECONDS": str(seconds)}
    command = with_python(masks.command("--jobs", 2), HEARD + before)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def until(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def scored(masks: Case) -> int:
    """The number of cases in the journal so far."""
    journal = masks.out / "journal.jsonl"
    return journal.read_bytes().count(b"\n") - 1 if journal.exists() else 0


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_saves_what_is_scored(masks, name):
    with running(masks, SLOW) as process:
        until(lambda: scored(masks) >= 3)
        process.send_signal(signal.Signals[name])
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.Signals[name]
    done = masks.run()["cases_done"]
    assert 3 <= done < CASES
    assert masks.run()["complete"] is False
    assert pd.read_csv(masks.out / "cases.csv").case.nunique() == done
    assert err.splitlines()[-1] == (
        f"stopped: {done} of {CASES} cases are in {masks.out}, which run.json marks as incomplete; "
        "--resume goes on with it"
    )


def test_a_second_signal_while_tables_are_written_does_not_harm_them(masks, tmp_path):
    with running(masks, SLOW + SLOW_SUMMARY, seconds=1) as process:
        until(lambda: scored(masks) >= 3)
        process.send_signal(signal.SIGINT)
        until(Path(f"{masks.out}.mark").exists)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "what was scored is saved before this stops; a third signal stops at once" in err
    assert pd.read_csv(masks.out / "cases.csv").case.nunique() == masks.run()["cases_done"] >= 3


def test_a_first_signal_while_tables_are_written_does_not_harm_them(masks):
    with running(masks, SLOW_SUMMARY, seconds=1) as process:
        until(Path(f"{masks.out}.mark").exists)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert err.splitlines()[-1] == (
        "stopped: the tables are complete, the plots are not; `segeval plot` draws them"
    )
    assert masks.run()["complete"] is True


def test_a_third_signal_stops_at_once_and_the_journal_is_whole(masks, tmp_path):
    with running(masks, SLOW + SLOW_SUMMARY, seconds=1000) as process:
        until(lambda: scored(masks) >= 3)
        process.send_signal(signal.SIGINT)
        until(Path(f"{masks.out}.mark").exists)
        for _ in range(2):
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    done = scored(masks)
    assert err.splitlines()[-1] == (
        f"stopped: {done} of {CASES} cases were scored, but the tables are not written; --resume "
        "goes on"
    )
    assert ended(masks.command("--resume")).returncode == 0
    assert masks.run()["cases_resumed"] == done
    whole = masks.into(tmp_path / "whole")
    assert ended(whole.command()).returncode == 0
    assert masks.tables() == whole.tables()


def test_a_signal_that_the_caller_ignores_is_ignored(masks):
    ignoring = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    with running(masks, ignoring + SLOW) as process:
        until(lambda: scored(masks) >= 3)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert masks.run()["complete"] is True


def test_python_keeps_its_own_handlers_and_scores_in_any_thread(masks):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    during: list[object] = []

    class Asking(segeval.Listener):
        def saving(self, cases: int) -> None:
            during.extend(signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM))

    def score() -> None:
        segeval.score_folder(masks.pred, masks.gt, metrics="dice", listener=Asking())

    thread = threading.Thread(target=score)
    thread.start()
    thread.join()
    assert during == before
