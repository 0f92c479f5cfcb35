"""Runs that are killed: what is scored is never scored again, and never another number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.processes import Case, cases, ended

CASES = 40
METRICS = "dice,hd95,nsd@1,rand"
KILLING = """
import json, os, random, signal, sys, time
import segeval

pred, gt, out, moment = sys.argv[1:]

class Telling(segeval.Listener):
    '''Writes a byte where the moment begins in which the run is to be killed.'''
    def started(self, cases, columns):
        if moment == "any":
            os.write(pipe, b"x")
    def finished(self, record):
        time.sleep(0.003)
    def saving(self, cases):
        global start
        if moment == "saving":
            start = time.monotonic()
            os.write(pipe, b"x")

def score(out):
    segeval.score_folder(
        pred, gt, metrics="METRICS", output=out, resume=True, listener=Telling(), jobs=2
    )

reading, pipe = os.pipe()
score(out + "-warm")
start = time.monotonic()
score(out + "-warm2")
os.read(reading, 9)
# of the whole run, or from when tables are written on
took = time.monotonic() - start
rng = random.Random(0)
complete = 0
for _ in range(30):
    child = os.fork()
    if child == 0:
        score(out)
        os._exit(0)
    os.read(reading, 1)
    time.sleep(rng.random() * took * 0.6)
    os.kill(child, signal.SIGKILL)
    complete += os.waitpid(child, 0)[1] == 0
print(json.dumps(complete))
""".replace("METRICS", METRICS)
"""Python that kills runs 30 times: forks of one process, which has everything loaded already."""
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


@pytest.fixture
def masks(tmp_path: Path) -> Case:
    return cases(tmp_path, CASES)


def kill(masks: Case, moment: str) -> int:
    """How many of 30 runs were done before they were killed."""
    command = [sys.executable, "-W", "ignore", "-c", KILLING, *map(str, (masks.pred, masks.gt))]
    killing = subprocess.run(
        [*command, str(masks.out), moment], capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(killing.stdout)


@pytest.mark.parametrize("moment", ["any", "saving"])
def test_a_run_killed_thirty_times_ends_as_one_that_was_not(masks, tmp_path, moment):
    assert kill(masks, moment) <= 20
    whole = masks.into(tmp_path / "whole")
    assert ended(whole.command("-m", METRICS)).returncode == 0
    assert ended(masks.command("-m", METRICS, "--resume")).returncode == 0
    assert masks.run()["cases_resumed"] > 0
    assert masks.tables() == whole.tables()
