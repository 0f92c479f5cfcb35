"""A system that starts no more threads: the work is done by those that there are."""

from __future__ import annotations

import sys

import pytest
from helpers.processes import ended, with_python

from segeval.run.crew import Crew

LIMITED = """
import threading
start, left = threading.Thread.start, {threads}
def limited(thread):
    global left
    left -= 1
    if left < 0:  # a stack of 32 TiB, for which no system has room
        threading.stack_size(1 << 45)
    start(thread)
threading.Thread.start = limited
"""


@pytest.mark.skipif(sys.platform == "win32", reason="stacks of another kind")
@pytest.mark.parametrize("threads", [0, 1, 2])
def test_cases_are_scored_by_the_threads_there_are(three_cases, tmp_path, threads):
    command = three_cases.command("--jobs", 1000, "-m", "dice,hd95,nsd@1")
    answer = ended(with_python(command, LIMITED.format(threads=threads)))
    assert (answer.returncode, answer.stderr.count("note: ")) == (0, 1)
    assert (
        f"note: the system starts {threads} of 3 threads, and the work goes on with these; ask for "
        "fewer with --jobs, or raise its limit (ulimit -u)\n"
    ) in answer.stderr
    whole = three_cases.into(tmp_path / "whole")
    assert ended(whole.command("-m", "dice,hd95,nsd@1")).returncode == 0
    assert three_cases.tables() == whole.tables()


def test_threads_are_no_more_than_cases_and_those_inside_no_more_than_cores(monkeypatch):
    monkeypatch.setattr("segeval.run.crew.cores", lambda: 8)
    crew = Crew(jobs=1000)
    assert [crew.workers(cases) for cases in (0, 1, 3, 5000)] == [1, 1, 3, 1000]
    assert [crew.helpers(cases) for cases in (0, 1, 3, 5000)] == [8, 8, 2, 1]
    assert Crew(jobs=2).helpers(1) == 2


def test_what_ends_a_thread_is_raised_and_ends_the_others():
    def serve(cases):
        for case in cases:
            if case == 2:
                raise ZeroDivisionError("case 2")
            yield case

    outcomes = Crew(jobs=2).outcomes(serve, range(10))
    with pytest.raises(ZeroDivisionError, match="case 2"):
        list(outcomes)


def test_no_further_case_is_begun_when_nobody_takes_outcomes():
    begun = []

    def serve(cases):
        for case in cases:
            begun.append(case)
            yield case

    outcomes = Crew(jobs=2).outcomes(serve, range(1000))
    next(outcomes)
    outcomes.close()
    assert len(begun) <= 2 * 2
