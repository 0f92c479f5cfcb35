"""Paths in run.json are relative to it, and lead to the masks wherever both are moved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import segeval
from segeval.plots import draw
from segeval.results.results import Results


def paths(run):
    return [Path(case[side]) for case in run["cases"].values() for side in ("pred", "gt")]


@pytest.fixture
def study(three, tmp_path):
    """A folder of masks and of their results."""
    study = tmp_path / "study"
    study.mkdir()
    for side in three:
        shutil.move(side, study)
    return study


def score(study, **options):
    sides = study / "pred", study / "gt"
    return segeval.score_folder(*sides, metrics="dice,hd", output=study / "out", **options)


def test_paths_are_relative_in_the_file_and_absolute_in_memory(study):
    results = score(study)
    written = json.loads((study / "out" / "run.json").read_text())
    assert written["cases"]["a"]["pred"] == "../pred/a.npy"
    assert all(path.is_absolute() for path in paths(results.run))
    assert str(study) not in (study / "out" / "run.json").read_text()
    assert Results.load(study / "out").run == results.run


def test_results_that_are_moved_with_their_masks_are_drawn(study, tmp_path):
    score(study)
    moved = study.rename(tmp_path / "elsewhere")
    loaded = Results.load(moved / "out")
    assert all(path.is_file() for path in paths(loaded.run))
    assert draw(loaded, tmp_path / "plots", kinds=["overlay"])


def test_results_that_are_moved_with_their_masks_are_resumed(study, tmp_path):
    score(study)
    moved = study.rename(tmp_path / "elsewhere")
    results = score(moved, resume=True)
    assert results.run["cases_resumed"] == 3
    assert all(path.is_file() for path in paths(results.run))


def test_results_that_are_saved_elsewhere_still_lead_to_the_masks(study, tmp_path):
    score(study).save(tmp_path / "deep" / "copy")
    assert all(path.is_file() for path in paths(Results.load(tmp_path / "deep" / "copy").run))


def test_a_folder_that_is_a_link_leads_to_the_same_masks(study, tmp_path):
    (tmp_path / "deep" / "real").mkdir(parents=True)
    (study / "out").symlink_to(tmp_path / "deep" / "real")
    score(study)
    for folder in (study / "out", tmp_path / "deep" / "real"):
        assert all(path.is_file() for path in paths(Results.load(folder).run))


def test_absolute_paths_stay_absolute(study, tmp_path):
    score(study, absolute_paths=True)
    written = json.loads((study / "out" / "run.json").read_text())
    assert written["cases"]["a"]["pred"] == str(study / "pred" / "a.npy")
    moved = (study / "out").rename(tmp_path / "elsewhere")
    assert all(path.is_file() for path in paths(Results.load(moved).run))


def test_a_prediction_that_is_missing_has_no_path(study):
    (study / "pred" / "b.npy").unlink()
    results = score(study, missing="empty")
    assert results.run["cases"]["b"]["pred"] is None
    assert Results.load(study / "out").run == results.run
