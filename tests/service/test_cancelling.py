"""A run is cancelled by whatever its listener raises: nothing that was done is lost."""

from __future__ import annotations

import json

import pytest
from helpers.calling import Folders

from segeval import Listener, Results, score_folder
from segeval.results.folder import LOCK

CASES = [f"case{number}" for number in range(8)]


class CancelledError(Exception):
    """What a service may raise."""


class Cancelling(Listener):
    """Cancels the run after some cases."""

    def __init__(self, after: int) -> None:
        self.left = after

    def finished(self, record) -> None:
        self.left -= 1
        if not self.left:
            raise CancelledError("by the user")


class Counting(Listener):
    """Counts cases, and how many of them are scored now."""

    def __init__(self) -> None:
        self.cases: list[str] = []

    def finished(self, record) -> None:
        self.cases.append(record.pair.id)


@pytest.fixture
def folders(tmp_path):
    folders = Folders(tmp_path / "pred", tmp_path / "gt", tmp_path / "out")
    for case in CASES:
        folders.add(case)
    return folders


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_was_done_is_in_the_tables_and_the_journal(folders, jobs):
    with pytest.raises(CancelledError, match="by the user"):
        score_folder(
            folders.pred, folders.gt, output=folders.out, jobs=jobs, listener=Cancelling(3)
        )
    run = json.loads((folders.out / "run.json").read_text(encoding="utf-8"))
    assert (run["complete"], run["cases_done"]) == (False, 3)
    assert len(Results.load(folders.out).cases) == 3
    assert not (folders.out / LOCK).exists()

    resumed = score_folder(folders.pred, folders.gt, output=folders.out, resume=True)
    assert resumed.run["complete"]
    assert resumed.run["cases_resumed"] == 3
    whole = score_folder(folders.pred, folders.gt)
    assert resumed.cases.drop(columns="note").equals(whole.cases.drop(columns="note"))


def test_cases_that_were_not_begun_do_not_begin(folders):
    listener = Counting()
    with pytest.raises(CancelledError):
        score_folder(folders.pred, folders.gt, jobs=1, listener=Cancelling(1))
    score_folder(folders.pred, folders.gt, jobs=1, listener=listener)
    assert sorted(listener.cases) == CASES
