"""Tests of what a worker keeps from case to case."""

from __future__ import annotations

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
