"""One case in memory or in files, scored by `segeval.score`."""

from __future__ import annotations

from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.scenes import TWO_LABELS, scene
from PIL import Image

import segeval
from segeval.errors import GeometryMismatch, ReadError, UsageError

BRAIN = [Path(__file__).parents[1] / "sample_data/brain" / side for side in ("pred", "gt")]
PRED, GT = TWO_LABELS


def test_a_case_has_a_row_a_region_and_a_column_a_metric():
    table = segeval.score(PRED, GT, metrics=["dice", "hd95"])
    assert list(table.columns) == ["region", "dice", "hd95", "note"]
    assert list(table.region) == ["1", "2"]
    assert table.dice.tolist() == [2 * 4 / (4 + 6), 2 * 1 / (2 + 1)]
    assert table.hd95.tolist() == [1, 1 * 0.95]
    assert table.note.tolist() == ["", ""]


@pytest.mark.parametrize(
    "kind",
    [
        np.ndarray.tolist,
        torch.from_numpy,
        lambda mask: torch.from_numpy(mask.astype(np.float32)).requires_grad_(),
        lambda mask: mask.astype(np.int64),
        lambda mask: mask.astype(np.float64),
        lambda mask: mask.astype(">i4"),
        np.asfortranarray,
    ],
)
def test_masks_may_be_whatever_holds_whole_numbers(kind):
    pd.testing.assert_frame_equal(segeval.score(kind(PRED), kind(GT)), segeval.score(PRED, GT))


def test_masks_may_be_files_and_give_their_spacing():
    pred, gt = (folder / "right_hemisphere.nii.gz" for folder in BRAIN)
    table = segeval.score(pred, str(gt), metrics="volume_g,hd", regions="fluid=1")
    from_arrays = [np.asarray(segeval.io.read(path).labels) for path in (pred, gt)]
    same = segeval.score(*from_arrays, metrics="volume_g,hd", regions="fluid=1", spacing=(1, 1, 3))
    pd.testing.assert_frame_equal(table, same)
    assert table.volume_g[0] == pytest.approx((from_arrays[1] == 1).sum() * 3 / 1000)


def test_spacing_is_in_millimetres_and_replaces_that_of_the_files(tmp_path):
    Image.fromarray(GT).save(tmp_path / "gt.png")
    options = {"metrics": "hd_gp", "regions": [1]}
    assert segeval.score(PRED, GT, spacing=(1.0, 2.5), **options).hd_gp[0] == 2.5
    assert segeval.score(PRED, tmp_path / "gt.png", spacing=(1.0, 2.5), **options).hd_gp[0] == 2.5
    assert segeval.score(PRED, tmp_path / "gt.png", **options).hd_gp[0] == 1


def test_regions_may_be_named_merged_and_absent():
    table = segeval.score(PRED, GT, metrics="dice", regions={"any": [1, 2], "one": 1, "none": 7})
    assert table.region.tolist() == ["any", "one", "none"]
    assert table.dice.tolist() == pytest.approx(
        [2 * 5 / (6 + 7), 2 * 4 / (4 + 6), nan], nan_ok=True
    )
    assert table.note.tolist() == ["", "", "region in neither mask"]


def test_background_is_scored_when_asked_for():
    table = segeval.score(PRED, GT, metrics="dice", include_background=True)
    assert table.region.tolist() == ["background", "1", "2"]
    assert table.dice[0] == 2 * 12 / (14 + 13)


def test_ignored_voxels_of_the_ground_truth_count_for_nothing():
    pred, gt = scene("""
        1 1 1 1     1 1 . 9
        9 . . .     . . . 9
    """)
    table = segeval.score(pred, gt, metrics="tp,fp,fn,tn", ignore_label=9)
    assert table.region.tolist() == ["1"]  # label 9 is no region, though the prediction holds it
    assert table.iloc[0, 1:5].tolist() == [2, 1, 0, 3]


def test_the_label_to_ignore_may_come_with_the_regions():
    table = segeval.score(
        PRED, GT, metrics="dice", regions={"labels": {"background": 0, "one": 1, "ignore": 2}}
    )
    assert table.region.tolist() == ["one"]
    assert table.dice[0] == 2 * 4 / (4 + 6)


def test_binary_takes_every_value_above_zero_as_one():
    table = segeval.score(PRED, 255 * (GT > 0), metrics="dice", binary=True)
    assert table.region.tolist() == ["1"]
    assert table.dice[0] == 2 * 5 / (6 + 7)


def test_masks_on_different_scales_are_an_error_that_names_binary():
    with pytest.raises(
        ReadError,
        match=r"pred holds only \{0, 1\} and gt only \{0, 255\} \(pred against gt\); pass --binary",
    ):
        segeval.score(GT > 0, 255 * (GT > 0))


def test_metrics_of_a_whole_case_have_a_row_of_their_own():
    table = segeval.score(PRED, GT, metrics="dice,rand,pixel_accuracy").set_index("region")
    assert table.index.tolist() == ["1", "2", "all"]
    assert table.pixel_accuracy.isna().tolist() == [True, True, False]
    assert table.dice.isna().tolist() == [False, False, True]
    assert table.pixel_accuracy["all"] == 17 / 20
    assert table.note.tolist() == ["", "", ""]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"metrics": "dcie"}, UsageError, "unknown metric 'dcie'; did you mean dice"),
        ({"metrics": []}, UsageError, "no metric to compute"),
        ({"regions": "liver"}, UsageError, "region 'liver' is not understood"),
        ({"spacing": (1, 1, 1)}, UsageError, "spacing .* has 3 values for a mask of shape"),
        ({"spacing": (1, 0)}, UsageError, r"spacing must be lengths above 0, not \(1.0, 0.0\)"),
        ({"device": "cuda:99"}, UsageError, "device 'cuda:99': there is no such GPU"),
        ({"gt": GT[1:]}, GeometryMismatch, r"pred shape \(4, 5\) differs from gt shape \(3, 5\)"),
        ({"gt": GT / 2}, ReadError, "gt: holds 0.5, which is not a whole number"),
        ({"pred": -1.0 * PRED}, ReadError, "pred: holds the negative value"),
        ({"pred": "no/such.nii.gz"}, ReadError, "no.such.nii.gz: .*there is no such file"),
    ],
)
def test_a_case_that_cannot_be_scored_is_an_error(options, error, message):
    with pytest.raises(error, match=message):
        segeval.score(**{"pred": PRED, "gt": GT, **options})


def test_none_is_no_mask():
    with pytest.raises(TypeError, match="pred is None; give an array, a tensor or the path of a"):
        segeval.score(None, np.zeros((2, 2), int))


def test_masks_without_a_label_are_told(caplog):
    table = segeval.score(np.zeros((4, 4), int), np.zeros((4, 4), int), metrics="dice")
    assert table.empty
    assert "no mask holds a label above 0, so there is no region to score" in caplog.text


def test_results_are_shown_in_a_line(three):
    text = repr(segeval.score_folder(*three, metrics="dice"))
    assert text.startswith("<Results: cases (3 × ")
    assert len(text) < 100
