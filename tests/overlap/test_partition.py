"""Partition metrics against their definitions over voxels and pairs of voxels, and against
scikit-learn's formulas.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import isnan, log2, nan, sqrt

import numpy as np
import pytest
from helpers.scenes import pairs, scene, value
from hypothesis import given

MASKS = pairs(labels=3, ndim=(1, 2, 3), longest=4)


def flat(pair):
    """The two labels of every voxel, (pred, gt)."""
    return [mask.ravel().tolist() for mask in pair]


def kinds_of_pairs(pred, gt):
    """Count the pairs of voxels that are together in (both, pred alone, gt alone, none)."""
    kinds = Counter(
        (p == q, g == h) for (p, g), (q, h) in combinations(zip(pred, gt, strict=True), 2)
    )
    return [kinds[kind] for kind in ((True, True), (True, False), (False, True), (False, False))]


def quotient(top, bottom):
    return top / bottom if bottom else nan


def entropy(labels):
    return -sum(n / len(labels) * log2(n / len(labels)) for n in Counter(labels).values())


@given(pair=MASKS)
def test_rand_is_the_share_of_pairs_on_which_both_masks_agree(pair):
    both, pred, gt, none = kinds_of_pairs(*flat(pair))
    assert value("rand", *pair) == pytest.approx(
        quotient(both + none, both + pred + gt + none), nan_ok=True
    )


@given(pair=MASKS)
def test_adjusted_rand_is_its_formula_in_kinds_of_pairs(pair):
    """As scikit-learn has it: 2 (tp tn - fn fp) / ((tp + fn) (fn + tn) + (tp + fp) (fp + tn))."""
    tp, fp, fn, tn = kinds_of_pairs(*flat(pair))
    expected = quotient(2 * (tp * tn - fn * fp), (tp + fn) * (fn + tn) + (tp + fp) * (fp + tn))
    assert value("adjusted_rand", *pair) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@given(pair=MASKS)
def test_information_is_entropy_known_and_variation_what_is_left(pair):
    pred, gt = flat(pair)
    joint = entropy(list(zip(pred, gt, strict=True)))
    assert value("mutual_information", *pair) == pytest.approx(
        entropy(pred) + entropy(gt) - joint, abs=1e-12
    )
    assert value("variation_of_information", *pair) == pytest.approx(
        2 * joint - entropy(pred) - entropy(gt), abs=1e-12
    )


@given(pair=MASKS)
def test_global_consistency_error_is_the_mean_local_error_of_the_better_direction(pair):
    pred, gt = flat(pair)

    def error(one, other):
        """Mean over voxels of the share of their segment in `one` that their segment in `other`
        lacks.
        """
        cells, segments = Counter(zip(one, other, strict=True)), Counter(one)
        return sum(
            (segments[a] - cells[a, b]) / segments[a] for a, b in zip(one, other, strict=True)
        ) / len(one)

    assert value("global_consistency_error", *pair) == pytest.approx(
        min(error(pred, gt), error(gt, pred)), abs=1e-12
    )


@given(pair=MASKS)
def test_multiclass_mcc_is_the_correlation_of_the_indicators(pair):
    pred, gt = (np.equal.outer(np.arange(4), labels).astype(float) for labels in flat(pair))
    p, g = (side - side.mean(1, keepdims=True) for side in (pred, gt))
    expected = quotient((p * g).sum(), sqrt((p * p).sum() * (g * g).sum()))
    assert value("multiclass_mcc", *pair) == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    ("metric", "cost"),
    [
        ("multiclass_kappa", lambda a, b: a != b),
        ("weighted_kappa", lambda a, b: abs(a - b)),
        ("weighted_kappa@quadratic", lambda a, b: (a - b) ** 2),
    ],
)
@given(pair=MASKS)
def test_kappa_is_one_minus_the_cost_found_over_the_cost_of_chance(metric, cost, pair):
    pred, gt = flat(pair)
    found = np.mean([cost(p, g) for p, g in zip(pred, gt, strict=True)])
    chance = np.mean([cost(p, g) for p in pred for g in gt])
    assert value(metric, *pair) == pytest.approx(1 - quotient(found, chance), abs=1e-9, nan_ok=True)


@given(pair=MASKS)
def test_accuracy_and_iou_over_all_labels(pair):
    pred, gt = (np.array(labels) for labels in flat(pair))
    labels = np.union1d(pred, gt)
    iou = {
        label: ((pred == label) & (gt == label)).sum() / ((pred == label) | (gt == label)).sum()
        for label in labels
    }
    assert value("pixel_accuracy", *pair) == pytest.approx((pred == gt).mean())
    assert value("mean_iou", *pair) == pytest.approx(np.mean(list(iou.values())))
    assert value("frequency_weighted_iou", *pair) == pytest.approx(
        np.mean([iou[label] for label in gt])
    )


def test_partition_metrics_do_not_care_which_label_is_which_but_the_others_do():
    pred, gt = scene("""
        1 1 2     2 2 1
        1 1 2     2 2 1
    """)
    assert value("rand", pred, gt) == value("adjusted_rand", pred, gt) == 1
    assert value("variation_of_information", pred, gt) == 0
    assert value("pixel_accuracy", pred, gt) == 0
    assert value("mean_iou", pred, gt) == 0


def test_a_refinement_costs_no_consistency_error():
    pred, gt = scene("""
        1 1 2     1 1 1
        3 3 2     1 1 1
    """)
    assert value("global_consistency_error", pred, gt) == 0


def test_steps_of_the_weighted_kappa_are_differences_of_labels_not_of_ranks():
    pred, gt = scene("""
        0 1 4     0 4 4
    """)
    found, chance = (0 + 3 + 0) / 3, np.mean([abs(p - g) for p in (0, 1, 4) for g in (0, 4, 4)])
    assert value("weighted_kappa", pred, gt) == pytest.approx(1 - found / chance)


def test_what_needs_two_labels_is_undefined_on_a_constant_pair():
    same = np.ones((3, 3), np.uint8)
    assert all(
        isnan(value(m, same, same)) for m in ("adjusted_rand", "multiclass_mcc", "multiclass_kappa")
    )
