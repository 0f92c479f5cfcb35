"""Tests of what a worker keeps from case to case."""

from __future__ import annotations

import threading

import pytest

from segeval.kernels.workspace import Workspace


def test_what_is_kept_is_made_anew_for_another_key_alone():
    made = []

    def square(number):
        made.append(number)
        return number**2

    with Workspace() as workspace:
        assert [workspace.kept(square, number) for number in (2, 2, 3, 3, 2)] == [4, 4, 9, 9, 4]
    assert made == [2, 3, 2]


def test_each_function_keeps_its_own():
    with Workspace() as workspace:
        assert [workspace.kept(make, 7) for make in (str, float, str)] == ["7", 7.0, "7"]
        first = workspace.kept(list, "ab")
        assert workspace.kept(tuple, "ab") == ("a", "b")
        assert workspace.kept(list, "ab") is first


@pytest.mark.parametrize("limit", [0, 1, 9])
def test_jobs_are_done_by_the_threads_that_the_system_starts(monkeypatch, limit):
    start, started = threading.Thread.start, []

    def limited(thread):
        if len(started) == limit:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    with Workspace(threads=4) as workspace:
        for _ in range(20):
            assert workspace.map(lambda job: job**2, range(50)) == [job**2 for job in range(50)]


def test_the_first_error_in_the_order_of_jobs_is_raised_and_later_jobs_are_not_begun():
    begun, both = [], threading.Barrier(2)

    def fail(job):
        begun.append(job)
        both.wait(timeout=30)  # the first two are at work at the same time
        raise ValueError(f"job {job}")

    with Workspace(threads=2) as workspace, pytest.raises(ValueError, match=r"^job 0$"):
        workspace.map(fail, range(50))
    assert sorted(begun) == [0, 1]
