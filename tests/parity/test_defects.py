"""Tests of where a tool is wrong: its number and the protocol's, side by side, and why the
protocol's is right.

Numbers without a call are of tools that do not run beside these tests; they were taken with the
versions that the protocols name.
"""

from __future__ import annotations

import json
import sys
import warnings
from math import inf, isnan
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.peers import ITK, MONAI, TORCHMETRICS, number
from helpers.scenes import scene
from monai import metrics as monai
from torchmetrics.functional import segmentation as torchmetrics

import segeval
from segeval.metrics import lookup


def ours(protocol, metric, pred, gt, spacing=None):
    """The protocol's number of region 1."""
    return float(
        segeval.score(
            pred, gt, metrics=metric, protocol=protocol, regions=[1], spacing=spacing
        ).iloc[0, 1]
    )


def at(place, shape):
    """A mask of one voxel."""
    mask = np.zeros(shape, np.uint8)
    mask[place] = 1
    return mask


def test_torchmetrics_takes_height_for_width():
    """Rows 1 and 11 of 12 are 10 apart; its search ends at row 9, the width."""
    pred, gt = at((1, 1), (12, 9)), at((11, 1), (12, 9))
    assert ours("torchmetrics", "hd", pred, gt) == 11 - 1
    try:
        theirs = number(TORCHMETRICS["hd"], pred == 1, gt == 1, (1.0, 1.0))
    except IndexError:
        theirs = None
    assert theirs != 11 - 1


def test_torchmetrics_weighs_a_region_absent_from_the_ground_truth_by_other_images_or_not_at_all():
    """Region 2 is made up here. It must cost something, and no more or less for what else is in the
    batch.
    """
    pred, gt = scene("""
        1 1 . 2     1 1 . .
        1 1 . 2     1 1 . .
    """)
    alone, companion = (
        [np.stack([mask == label for label in (1, 2)]) for mask in pair]
        for pair in ((pred, gt), (gt, gt))
    )
    companion[0][1, 0, 3] = companion[1][1, 0, 3] = True
    score_alone, score_beside = (
        torchmetrics.generalized_dice_score(
            *(
                torch.from_numpy(np.stack(masks).astype(np.int64))
                for masks in zip(*batch, strict=True)
            ),
            num_classes=2,
        )
        for batch in ([alone], [alone, companion])
    )
    assert float(score_alone[0]) == 1  # what was made up costs nothing
    assert float(score_beside[0]) < 1  # the same image, beside another one
    rows = segeval.score(
        pred, gt, metrics="generalized_dice", regions=[1, 2], protocol="torchmetrics"
    )
    assert rows.iloc[-1, 1] == pytest.approx(2 * 4 / (2 * 4 + 2))  # both regions weigh 1/4²


@pytest.mark.parametrize(("place", "theirs"), [((0, 0), 1.0), ((1, 1), 1.0), ((3, 5), 0.0)])
def test_metrics_reloaded_measures_nsd_to_an_empty_mask_by_where_the_other_one_lies(place, theirs):
    """NSD at 4 of one voxel in 5 × 7 against nothing: no boundary is near, so 0. It measures to the
    image's corner.
    """
    gt = at(place, (5, 7))
    assert (
        ours("metrics-reloaded", "nsd@4", 0 * gt, gt)
        == ours("metrics-reloaded", "nsd@4", gt, 0 * gt)
        == 0
    )
    assert theirs == (np.hypot(*place) <= 4)


def test_metrics_reloaded_has_no_lr_plus_for_what_is_found_without_a_false_alarm():
    """A true positive is infinitely likelier than a false one where there are none; it says NaN
    (test_golden.py).
    """
    mask = at((1, 1), (3, 3))
    assert ours("metrics-reloaded", "lr_plus", mask, mask) == inf


def test_metrics_reloaded_calls_the_npv_of_a_full_prediction_0():
    """Nothing was left out, so no share of it is right or wrong: undefined."""
    assert isnan(ours("metrics-reloaded", "npv", np.ones((3, 3), np.uint8), at((1, 1), (3, 3))))


def test_panoptica_ranks_nsd_as_if_less_were_better():
    """Its Metric.NSD is declared decreasing; boundaries that agree have an NSD of 1."""
    assert lookup("overlap_mean").higher_is_better
    assert lookup("nsd").higher_is_better


def test_seg_metrics_scores_a_complete_miss_as_a_perfect_distance():
    """The protocol repeats it, for that is its number; protocol segeval says what it is."""
    gt = at((1, 1), (4, 4))
    assert ours("seg-metrics", "hd95", 0 * gt, gt) == ours("seg-metrics", "assd", gt, 0 * gt) == 0
    assert ours("segeval", "hd95", 0 * gt, gt) == inf


def test_seg_metrics_finds_no_boundary_of_masks_that_fill_the_image_and_calls_that_perfect_too():
    """Its contour leaves out the image edge. In protocol segeval the edge is boundary, and the
    masks agree.
    """
    full = np.ones((4, 4), np.uint8)
    assert ours("seg-metrics", "hd", full, full) == ours("segeval", "hd", full, full) == 0


def test_monai_makes_0_of_a_mean_over_nothing():
    """A model that predicts nothing gets the HD95 of a perfect one."""
    gt = at((1, 1), (4, 4))
    metric = monai.HausdorffDistanceMetric(include_background=True, percentile=95)
    empty, full = (torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (0 * gt, gt))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty masks, and its own deprecated calls
        metric(empty, full)
        assert float(metric.aggregate()) == 0
    assert isnan(ours("monai", "hd95", 0 * gt, gt))
    assert isnan(number(MONAI["hd95"], gt == 2, gt == 1, (1.0, 1.0)))


def test_medpy_has_a_specificity_where_nothing_could_be_left_out():
    """0 or, with NumPy 2.4, NaN: there is no voxel outside a ground truth that fills the image."""
    full = np.ones((3, 3), np.uint8)
    assert isnan(ours("medpy", "specificity", full, full))


LARGEST = [("fnr", "gt", inf), ("fdr", "pred", inf), ("fpr", "pred", 0)]


@pytest.mark.parametrize(("metric", "empty", "wanted"), LARGEST)
def test_simpleitk_divides_by_zero_to_the_largest_double(metric, empty, wanted):
    """It stands for infinite; and the FPR of an empty prediction is 0 of all background, a division
    by no zero.
    """
    mask = at((1, 1), (4, 4))
    pred, gt = (0 * mask, mask) if empty == "pred" else (mask, 0 * mask)
    assert number(ITK[metric], pred == 1, gt == 1, (1.0, 1.0)) == sys.float_info.max
    assert ours("itk", metric, pred, gt) == wanted


def test_meshmetrics_leaves_the_mesh_open_where_a_mask_touches_the_edge_of_an_image():
    """Only in 2-D. With background around, which should change nothing, its numbers are the
    protocol's.
    """
    golden = Path(__file__).parents[1] / "golden"
    theirs = json.loads((golden / "meshmetrics.json").read_text())["010"]["1"]
    with np.load(golden / "masks.npz") as masks:
        found = ours("meshmetrics", "assd", masks["010_pred"], masks["010_gt"], (1.0, 1.0))
    assert found == pytest.approx(theirs["padded: assd"], rel=1e-6)
    assert theirs["assd"] > 2 * found
