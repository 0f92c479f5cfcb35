"""Labels that cannot agree, or that nobody scores, are told of; legitimate ones are not."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.notices import Notices, noticed
from helpers.scenes import folders

import segeval
from segeval.errors import UsageError

ONE = np.array([[0, 1, 1, 0], [0, 1, 1, 0]], np.uint8)
LEFT = np.array([[1, 1, 0, 0], [1, 1, 0, 0]], np.uint8)


@pytest.mark.parametrize(("pred", "gt"), [(63, 1), (255, 63), (1, 100)])
def test_the_same_mask_with_another_foreground_value_is_an_error(pred, gt, tmp_path):
    preds = {"a": pred * ONE, "b": pred * LEFT, "c": 0 * ONE}
    gts = dict.fromkeys(preds, gt * ONE)
    with pytest.raises(
        UsageError,
        match=rf"predictions hold only \{{0, {pred}\}} and ground truths only \{{0, {gt}\}}.*"
        rf"--binary.*--regions {min(pred, gt)},{max(pred, gt)}",
    ):
        segeval.score_folder(*folders(tmp_path, preds, gts), metrics="dice")


def test_the_ways_out_that_the_error_names_are_ways_out(tmp_path):
    masks = folders(tmp_path, {"a": 63 * ONE}, {"a": ONE})
    assert segeval.score_folder(*masks, metrics="dice", binary=True).cases.dice.tolist() == [1]
    apart = segeval.score_folder(*masks, metrics="dice", regions=[1, 63]).cases
    assert apart.dice.tolist() == [0, 0]
    joined = segeval.score_folder(*masks, metrics="dice", regions="mass=1+63").cases
    assert joined.dice.tolist() == [1]


def test_a_confused_case_of_a_run_of_several_labels_is_a_note_and_no_error(tmp_path):
    preds, gts = {"a": 2 * ONE, "b": 2 * ONE}, {"a": ONE, "b": 2 * ONE}
    heard = Notices()
    results = segeval.score_folder(*folders(tmp_path, preds, gts), metrics="dice", listener=heard)
    notes = results.cases.set_index(["case", "region"]).note
    assert (
        "no label is in both masks: 2 in the prediction, 1 in the ground truth" in notes["a", "1"]
    )
    assert notes["b", "2"] == ""
    (text,) = heard.texts
    assert text.startswith("in 1 of 2 cases no label is in both masks, as their notes say; if")


def test_one_case_by_itself_is_scored_with_a_note():
    row = segeval.score(2 * ONE, ONE, metrics="dice").iloc[0]
    assert row.dice == 0
    assert row.note.endswith(
        "no label is in both masks: 2 in the prediction, 1 in the ground truth"
    )


def test_a_run_whose_sides_share_no_label_is_told(tmp_path):
    preds, gts = {"a": 3 * ONE, "b": 4 * ONE}, {"a": ONE, "b": 2 * ONE}
    (text,) = noticed(tmp_path, preds, gts)
    assert text.startswith("no label is in both predictions (3, 4) and ground truths (1, 2), so")


@pytest.mark.parametrize("pred", [0 * ONE, LEFT])
def test_a_miss_is_no_disjoint_label(pred, tmp_path):
    assert noticed(tmp_path, {"a": pred}, {"a": np.roll(LEFT, 2, 1)}) == []


def test_regions_that_join_labels_share_them(tmp_path):
    assert noticed(tmp_path, {"a": 2 * ONE}, {"a": ONE}, regions="mass=1+2") == []


def test_labels_of_no_region_are_counted_by_side(tmp_path):
    """The labels 1, 2, 3 of nnU-Net scored by the 1, 2, 4 of BraTS."""
    three, four = ONE.copy(), ONE.copy()
    three[0, 0], four[0, 0] = 3, 4
    preds, gts = {"a": three, "b": three, "c": ONE}, {"a": four, "b": four, "c": four}
    texts = noticed(tmp_path, preds, gts, regions="core=1,enhancing=4")
    assert "labels that no region takes are not scored: 3 (in 2) of predictions" in texts


def test_an_ignored_label_is_of_no_region_and_no_notice(tmp_path):
    gt = ONE.copy()
    gt[0, 0] = 255
    assert noticed(tmp_path, {"a": ONE}, {"a": gt}, regions=[1], ignore_label=255) == []


def test_255_beside_classes_of_the_ground_truth_alone_is_told(tmp_path):
    gt = ONE.copy()
    gt[0, 0] = 255
    (text,) = noticed(tmp_path, {"a": ONE, "b": ONE}, {"a": gt, "b": ONE})
    assert text.startswith("label 255 is in 1 ground truths beside other labels, in no prediction")
    assert "--ignore-label 255" in text
    assert noticed(tmp_path / "ignored", {"a": ONE}, {"a": gt}, ignore_label=255) == []


def test_numbered_instances_are_told_from_classes(tmp_path):
    def numbered(count):
        return np.arange(40).clip(max=count).reshape(5, 8).astype(np.uint8)

    masks = {"a": numbered(30), "b": numbered(22)}
    (text,) = noticed(tmp_path, masks, masks)
    assert text.startswith("the ground truths hold labels from 1 on, in every case to another one")
    classes = {"a": numbered(30), "b": numbered(30)}
    assert noticed(tmp_path / "classes", classes, classes) == []
