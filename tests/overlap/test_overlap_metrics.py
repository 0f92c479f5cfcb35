"""Every metric of counts, on a drawn scene, with its arithmetic."""

from __future__ import annotations

from math import inf, isnan, sqrt

import numpy as np
import pytest
from helpers.scenes import scene, value, values

import segeval
from segeval.data.regions import Region

PRED, GT = scene("""
    . . . . . .     . . . . . .
    . # # # . .     . . # # # .
    . # # # . .     . . # # # .
    . . . . . .     . . . # # .
    . . . . . .     . . . . . .
""")
TP, FP, FN, TN = 4, 2, 4, 20


@pytest.mark.parametrize(
    ("metric", "expected"),
    {
        "tp": TP,
        "fp": FP,
        "fn": FN,
        "tn": TN,
        "volume_p": 4 + 2,
        "volume_g": 4 + 4,
        "dice": 2 * 4 / (2 * 4 + 2 + 4),
        "iou": 4 / (4 + 2 + 4),
        "precision": 4 / (4 + 2),
        "recall": 4 / (4 + 4),
        "specificity": 20 / (20 + 2),
        "npv": 20 / (20 + 4),
        "fpr": 2 / (20 + 2),
        "fnr": 4 / (4 + 4),
        "fdr": 2 / (4 + 2),
        "for": 4 / (20 + 4),
        "fbeta@2": 5 * 4 / (5 * 4 + 4 * 4 + 2),
        "fbeta@0.5": 1.25 * 4 / (1.25 * 4 + 0.25 * 4 + 2),
        "tversky:alpha=0.3,beta=0.7": 4 / (4 + 0.3 * 2 + 0.7 * 4),
        "accuracy": 24 / 30,
        "balanced_accuracy": (4 / 8 + 20 / 22) / 2,
        "mcc": (4 * 20 - 2 * 4) / sqrt(6 * 8 * 22 * 24),
        "kappa": (24 / 30 - (6 * 8 + 24 * 22) / 30**2) / (1 - (6 * 8 + 24 * 22) / 30**2),
        "informedness": 4 / 8 + 20 / 22 - 1,
        "markedness": 4 / 6 + 20 / 24 - 1,
        "lr_plus": (4 / 8) / (2 / 22),
        "fowlkes_mallows": sqrt(4 / 6 * 4 / 8),
        "volume_similarity": 1 - abs(4 - 2) / (2 * 4 + 2 + 4),
        "volume_error": 6 - 8,
        "relative_volume_error": (6 - 8) / 8,
        "ravd": 100 * (8 - 6) / 8,
        "absolute_volume_error": 8 - 6,
        "generalized_dice": 2 * 4 / (2 * 4 + 2 + 4),
    }.items(),
)
def test_a_scene_of_known_counts(metric, expected):
    assert value(metric, PRED, GT) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("shape", "spacing", "element"),
    [((5, 6), (0.5, 2.0), 0.5 * 2), ((5, 6, 1), (0.5, 2.0, 3.0), 0.5 * 2 * 3 / 1000)],
)
def test_volumes_are_in_square_millimetres_in_two_dimensions_and_in_millilitres_in_three(
    shape, spacing, element
):
    pred, gt = PRED.reshape(shape), GT.reshape(shape)
    assert value("volume_p", pred, gt, spacing=spacing) == pytest.approx(6 * element)
    assert value("volume_error", pred, gt, spacing=spacing) == pytest.approx((6 - 8) * element)
    assert value("absolute_volume_error", pred, gt, spacing=spacing) == pytest.approx(2 * element)
    assert value("relative_volume_error", pred, gt, spacing=spacing) == pytest.approx(-2 / 8)


def test_fbeta_one_and_even_tversky_are_dice_and_full_tversky_is_iou():
    assert value("fbeta@1", PRED, GT) == value("dice", PRED, GT)
    assert value("tversky:alpha=0.5,beta=0.5", PRED, GT) == value("dice", PRED, GT)
    assert value("tversky:alpha=1,beta=1", PRED, GT) == value("iou", PRED, GT)


def test_a_beta_above_one_rewards_recall_and_one_below_rewards_precision():
    assert value("precision", PRED, GT) > value("recall", PRED, GT)
    assert value("fbeta@0.5", PRED, GT) > value("fbeta@2", PRED, GT)


def test_likelihood_ratio_is_infinite_without_a_false_positive():
    assert value("lr_plus", PRED * GT, GT) == inf


def test_relative_volume_error_is_infinite_where_nothing_was_to_be_found():
    assert value("relative_volume_error", PRED, 0 * GT) == inf
    assert value("relative_volume_error", 0 * PRED, GT) == -1


def test_correlation_and_kappa_of_a_mask_that_fills_the_image_are_undefined_or_chance():
    full = np.ones_like(GT)
    assert isnan(value("mcc", full, GT))
    assert value("kappa", full, GT) == 0
    assert isnan(value("kappa", full, full))


def test_products_of_four_counts_of_a_large_image_do_not_overflow():
    pred, gt = np.zeros((2, 4000, 4000), np.uint8)
    pred[:3000, :2000] = gt[1000:, :2000] = 1
    tp, fp, fn, tn = 4e6, 2e6, 2e6, 8e6
    assert value("mcc", pred, gt) == pytest.approx((tp * tn - fp * fn) / ((tp + fp) * (tn + fn)))


ORGANS = scene("""
    1 1 1 1 1 . . .     1 1 1 1 . . . .
    1 1 1 1 1 . . .     1 1 1 1 . . . .
    . . . . . . 2 .     . . . . . . 2 2
    . . . . . . . 3     . . . . . . . .
""")
"""Label 1: TP 8, FP 2; label 2: TP 1, FN 1; label 3: FP 1, and absent from the ground truth."""


def test_generalized_dice_weighs_each_region_by_its_true_size():
    options = {"regions": [Region.of(1), Region.of(2)]}
    uniform = 2 * (8 + 1) / (18 + 3)
    simple = 2 * (8 / 8 + 1 / 2) / (18 / 8 + 3 / 2)
    square = 2 * (8 / 64 + 1 / 4) / (18 / 64 + 3 / 4)
    assert value("generalized_dice@uniform", *ORGANS, **options) == pytest.approx(uniform)
    assert value("generalized_dice@simple", *ORGANS, **options) == pytest.approx(simple)
    assert value("generalized_dice", *ORGANS, **options) == pytest.approx(square)


def test_in_generalized_dice_a_region_absent_from_gt_takes_the_largest_weight_of_its_case():
    options = {"regions": [Region.of(1), Region.of(2), Region.of(3)]}
    assert value("generalized_dice", *ORGANS, **options) == pytest.approx(
        2 * (8 / 64 + 1 / 4) / (18 / 64 + 3 / 4 + 1 * 1 / 4)
    )
    assert value("generalized_dice", *ORGANS, regions=[Region.of(3)]) == 0


def test_every_region_has_its_own_row_whether_or_not_regions_overlap():
    regions = [Region.of("first", 1), Region.of("any", 1, 2, 3), Region.of("small", 2, 3)]
    expected = [2 * 8 / (10 + 8), 2 * 9 / (12 + 10), 2 * 1 / (2 + 2)]
    assert values("dice", *ORGANS, regions=regions) == pytest.approx(expected)


def test_generalized_dice_of_a_case_without_a_region_is_undefined():
    nothing = np.zeros((4, 4), np.uint8)
    assert np.isnan(segeval.score(nothing, nothing, metrics="generalized_dice").generalized_dice[0])
    assert (
        segeval.score(
            nothing, nothing, metrics="generalized_dice", protocol="monai"
        ).generalized_dice[0]
        == 1
    )
