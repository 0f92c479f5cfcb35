"""Folders of masks, scored by `segeval.score_folder`: the numbers, the notices and the cases that
fail.
"""

from __future__ import annotations

import shutil
from math import inf
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.scenes import TWO_LABELS, folders

import segeval
from segeval.errors import UsageError
from segeval.run.run import Listener

SAMPLES = Path(__file__).parents[1] / "sample_data"
BRAIN = (SAMPLES / "brain/pred", SAMPLES / "brain/gt")
PRED, GT = TWO_LABELS


class Heard(Listener):
    """A listener that remembers."""

    def __init__(self):
        self.calls = []

    def started(self, cases, columns):
        self.calls.append(("started", cases))

    def finished(self, outcome):
        self.calls.append(("finished", outcome.pair.id))

    def notice(self, text):
        self.calls.append(("notice", text))

    @property
    def notices(self):
        return [text for kind, text in self.calls if kind == "notice"]


def test_a_run_scores_every_case_as_score_does():
    results = segeval.score_folder(
        *BRAIN, metrics="dice,hd95,nsd@1,volume_g", regions="fluid=1,grey=2,white=3"
    )
    names = ["cerebellum", "left_hemisphere", "right_hemisphere"]
    assert results.cases.case.tolist() == [name for name in names for _ in range(3)]
    for name, rows in results.cases.groupby("case"):
        alone = segeval.score(
            *(folder / f"{name}.nii.gz" for folder in BRAIN),
            metrics="dice,hd95,nsd@1,volume_g",
            regions="fluid=1,grey=2,white=3",
        )
        pd.testing.assert_frame_equal(
            rows.drop(columns=["case", "protocol"]).reset_index(drop=True), alone
        )
    assert results.run["units"] == {"length": "mm", "volume": "ml"}
    units = results.summary.set_index("metric").unit
    assert [units[metric].unique().tolist() for metric in ("dice", "hd95", "volume_g")] == [
        [""],
        ["mm"],
        ["ml"],
    ]


def test_images_without_spacing_are_measured_in_pixels():
    results = segeval.score_folder(
        SAMPLES / "nuclei/pred", SAMPLES / "nuclei/gt", metrics="dice,assd"
    )
    assert results.run["units"] == {"length": "px", "volume": "px"}
    assert results.cases.case.nunique() == 16
    assert results.cases.dice.min() == pytest.approx(
        0.293, abs=5e-4
    )  # as sample_data/README.md says


def test_every_case_has_a_row_for_every_region_of_the_run(three):
    cases = segeval.score_folder(*three, metrics="dice,rand,volume_g,hd").cases
    rows = cases.set_index(["case", "region"])
    assert list(rows.index) == [(case, region) for case in "abc" for region in ("1", "2", "all")]
    assert rows.loc[("b", "2"), "note"] == "region in neither mask"
    assert rows.loc[("b", "2"), ["dice", "hd"]].isna().all()
    assert rows.loc[("b", "2"), "volume_g"] == 0
    assert rows.loc[("c", "1"), "note"] == "region in neither mask"
    assert rows.rand.isna().tolist() == [True, True, False] * 3


def test_the_summary_counts_what_is_undefined_and_pools_the_counts(three):
    results = segeval.score_folder(*three, metrics="dice,hd,rand,volume_error")
    summary = results.summary.set_index(["metric", "region"])
    one = summary.loc[("dice", "1")]
    assert (one.n, one.n_undefined, one.n_infinite) == (2, 1, 0)
    assert one["mean"] == 2 * 4 / (4 + 6)
    assert one.pooled == 2 * (4 + 4) / (10 + 10)
    assert summary.loc[("dice", "2")].pooled == 2 * 1 / (2 + 1)
    assert summary.loc[("volume_error", "1")].pooled == 2 * (4 - 6)
    assert np.isnan(summary.loc[("hd", "1")].pooled)
    assert summary.loc[("rand", "all")].pooled < 1
    assert ("dice", "mean") in summary.index


def test_a_run_of_one_case_pools_to_that_case(tmp_path):
    metrics = (
        "dice,mcc,kappa,generalized_dice,weighted_kappa,variation_of_information,"
        "relative_volume_error"
    )
    results = segeval.score_folder(*folders(tmp_path, {"a": PRED}, {"a": GT}), metrics=metrics)
    summary = results.summary[results.summary.region != "mean"]
    assert summary.pooled.tolist() == pytest.approx(summary["mean"].tolist())


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_the_number_of_jobs_changes_no_number(three, jobs):
    results = segeval.score_folder(*three, jobs=jobs)
    pd.testing.assert_frame_equal(results.cases, segeval.score_folder(*three).cases)


def test_the_options_of_score_are_those_of_a_run(tmp_path):
    pred, gt = folders(tmp_path, {"a": PRED}, {"a": np.where(GT == 1, 255, GT)})
    options = {
        "metrics": "dice,hd",
        "ignore_label": 2,
        "binary": True,
        "spacing": (2, 3),
        "include_background": True,
    }
    results = segeval.score_folder(pred, gt, **options)
    alone = segeval.score(pred / "a.npy", gt / "a.npy", **options)
    pd.testing.assert_frame_equal(results.cases.drop(columns=["case", "protocol"]), alone)


@pytest.fixture
def unpaired(tmp_path):
    """Two ground truths of which one has no prediction, and a prediction too many."""
    return folders(tmp_path, {"a": GT, "extra": GT}, {"a": GT, "b": GT})


def test_a_missing_prediction_stops_the_run_unless_told_otherwise(unpaired):
    with pytest.raises(
        UsageError, match="1 ground truth without a prediction: b; add them, or pass --missing skip"
    ):
        segeval.score_folder(*unpaired)


def test_a_missing_prediction_may_be_skipped(unpaired):
    heard = Heard()
    results = segeval.score_folder(*unpaired, missing="skip", listener=heard)
    assert set(results.cases.case) == {"a"}
    assert heard.notices == [
        "1 ground truth without a prediction, skipped: b",
        "1 prediction without a ground truth, left out: extra",
    ]
    assert results.run["warnings"] == heard.notices


def test_a_missing_prediction_may_count_as_empty(unpaired):
    cases = segeval.score_folder(*unpaired, missing="empty", metrics="dice,hd").cases.set_index(
        ["case", "region"]
    )
    assert cases.loc[("b", "1"), "dice"] == 0
    assert cases.loc[("b", "1"), "hd"] == inf
    assert (
        cases.loc[("b", "1"), "note"]
        == "region not in the prediction; prediction missing: scored as empty"
    )


def test_another_policy_for_missing_predictions_is_refused(unpaired):
    with pytest.raises(UsageError, match="missing is one of error, skip, empty, not 'ignore'"):
        segeval.score_folder(*unpaired, missing="ignore")


def test_a_case_that_fails_does_not_stop_the_others(three):
    pred, gt = three
    (pred / "b.npy").write_bytes(b"no array")
    np.save(pred / "c.npy", GT[1:])
    results = segeval.score_folder(pred, gt, metrics="dice")
    failed = results.cases.set_index("case").loc[["b", "c"]]
    assert failed.region.tolist() == ["", ""]
    assert failed.dice.isna().all()
    assert failed.note.str.startswith("failed: ").all()
    assert "b.npy" in failed.note["b"]
    assert "pred shape (3, 5) differs from gt shape (4, 5)" in failed.note["c"]
    assert set(results.cases.case[results.cases.region != ""]) == {"a"}
    assert results.summary.set_index(["metric", "region"]).loc[("dice", "1"), "n"] == 1
    assert results.run["cases_failed"] == 2
    assert "differs" in results.run["cases"]["c"]["error"]


def test_a_run_in_which_every_case_fails_still_has_its_tables(three):
    pred, gt = three
    for name in "abc":
        np.save(pred / f"{name}.npy", GT[1:])
    results = segeval.score_folder(pred, gt)
    assert results.cases.region.tolist() == ["", "", ""]
    assert len(results.summary) == 0
    assert results.run["cases_failed"] == 3


def test_a_listener_hears_how_the_run_goes_on(three):
    heard = Heard()
    segeval.score_folder(*three, metrics="dice", regions=[1, 2, 9], listener=heard, jobs=1)
    assert heard.calls[0] == ("started", 3)
    assert [name for kind, name in heard.calls if kind == "finished"] == ["a", "b", "c"]
    assert heard.notices == [
        "1 of 3 regions occur in no mask: 9; the masks hold labels 1, 2; check --regions"
    ]


def test_the_same_folder_twice_is_noticed(three):
    heard = Heard()
    segeval.score_folder(three[1], three[1], metrics="dice", listener=heard)
    assert "is both the prediction and the ground truth" in heard.notices[0]


def test_masks_without_foreground_are_noticed(tmp_path):
    heard = Heard()
    results = segeval.score_folder(*folders(tmp_path, {"a": 0 * GT}, {"a": 0 * GT}), listener=heard)
    assert heard.notices == ["no mask holds a label above 0: there is no region to score"]
    assert len(results.cases) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jobs": 0}, "jobs must be at least 1, not 0; leave it out to use every core"),
        ({"formats": ("doc",)}, "doc"),
        ({"metrics": "nsd"}, "metric 'nsd' needs a value for tolerance"),
        ({"device": "cuda:99"}, "device 'cuda:99': there is no such GPU"),
        ({"pred_suffix": "_x"}, "whose names end in '_x' .--pred-suffix., but none of 3 does"),
    ],
)
def test_a_run_that_cannot_start_is_an_error(three, options, message):
    with pytest.raises(UsageError, match=message):
        segeval.score_folder(*three, **options)


def test_two_files_are_a_run_of_one_case(three):
    results = segeval.score_folder(three[0] / "a.npy", three[1] / "a.npy", metrics="dice")
    assert results.cases.case.unique().tolist() == ["a"]


def test_subfolders_and_suffixes_name_cases(tmp_path):
    pred, gt = folders(tmp_path, {"a_seg": GT}, {"a": GT})
    for folder, name in ((pred, "a_seg"), (gt, "a")):
        (folder / "more").mkdir()
        shutil.copy(folder / f"{name}.npy", folder / "more")
    results = segeval.score_folder(pred, gt, pred_suffix="_seg", metrics="dice", regions=[1])
    assert results.cases.case.tolist() == ["a", "more/a"]
    assert results.cases.dice.tolist() == [1, 1]


@pytest.mark.parametrize("listener", [None, Heard()])
def test_failures_and_notices_are_warnings_of_the_logger(three, caplog, listener):
    np.save(three[0] / "b.npy", np.ones((2, 2)))
    results = segeval.score_folder(*three, metrics="dice", regions=[1, 2, 9], listener=listener)
    told = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    (note,) = results.cases.note[results.cases.case == "b"]
    (notice,) = results.run["warnings"]
    assert told == [("segeval", "WARNING", note), ("segeval", "WARNING", notice)]
    assert note.startswith("failed: case 'b': pred shape (2, 2) differs from gt shape (4, 5)")
