"""Laws that every metric obeys, whatever it measures: a new one is held to them without a line
here.
"""

from __future__ import annotations

from dataclasses import fields, replace
from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import measured, pairs, scene, spaced_pairs, values

from segeval.data.regions import Region
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts

LENGTHS = {"tolerance", "limit", "width"}
"""Parameters that are lengths, and so grow with the spacing."""

FLAWED = scene("""
    . . . . . . . . . .     . . . . . . . . . .
    # # # # . . . . . .     . . # # # . . . . .
    # # # # . . . . 2 .     . . # # # . . . 2 .
    # # # # . . . . 2 .     . . # # # . . . 2 .
    . # # . . . . 2 2 .     . . # # # . . . 2 .
    . . . . . . . . . .     . . # # # . . . . .
    . . . . . . . . . .     . . . . . . . . . .
""")
"""Some of region 1 was found, some was missed and some made up; the sizes and the places differ."""

BALLS = tuple(
    (
        sum((axis - c) ** 2 for axis, c in zip(np.ogrid[:9, :10, :11], centre, strict=True))
        < square
    ).astype(np.uint8)
    for centre, square in (((4, 4, 4), 10), ((4, 5, 6), 13))
)


def assert_same(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-10, equal_nan=True)


def statistic(metric, pred, gt, **options):
    return measured(pred, gt, metric.spec.statistic, **options).statistics[metric.spec.statistic]


def with_background(found, voxels):
    """The statistic of the same masks with so many more voxels of background around them."""
    if isinstance(found, Counts):
        return replace(found, tn=found.tn + voxels)
    if isinstance(found, Contingency) and voxels:
        zero = np.zeros(1, np.int64)
        return found + Contingency(zero, zero, np.array([voxels]))
    return found


PARTNERS = {"fp": "fn", "volume_p": "volume_g", "pg": "gp", "pred": "gt", "p": "g"} | {
    f"{moment}_p": f"{moment}_g" for moment in ("n", "sum", "outer")
}


def swapped(found):
    """The statistic with the prediction for the ground truth and the reverse."""
    partner = PARTNERS | {other: one for one, other in PARTNERS.items()}
    return type(found)(
        *(getattr(found, partner.get(field.name, field.name)) for field in fields(found))
    )


@pytest.mark.parametrize("mask", [FLAWED[1], BALLS[1]], ids=["2-D", "3-D"])
def test_a_perfect_pair_scores_the_best_value(rated, mask):
    assert values(rated, mask, mask) == pytest.approx(rated.spec.best, abs=1e-12)


@pytest.mark.parametrize("pair", [FLAWED, BALLS], ids=["2-D", "3-D"])
def test_a_flawed_pair_scores_worse(rated, pair):
    pred, gt = pair
    (flawed,), best = values(rated, pred, gt), rated.spec.best
    if best == inf:
        assert flawed < inf
    else:
        assert abs(flawed - best) > 1e-3


@given(pair=spaced_pairs(labels=2))
def test_values_lie_in_the_range_of_the_card(metric, pair):
    pred, gt, spacing = pair
    low, high = metric.spec.range
    for found in values(
        metric, pred, gt, spacing=spacing, regions=[Region.of(1), Region.of("both", 1, 2)]
    ):
        assert isnan(found) or low - 1e-12 <= found <= high * (1 + 1e-12)


THING, NOTHING = scene("""
    . . .     . . .
    . # #     . . .
    . # .     . . .
""")


@pytest.mark.parametrize("shape", [(3, 3), (3, 3, 1)], ids=["2-D", "3-D"])
@pytest.mark.parametrize(
    ("kind", "pred", "gt"),
    [("both", NOTHING, NOTHING), ("pred", NOTHING, THING), ("gt", THING, NOTHING)],
    ids=["both empty", "prediction empty", "ground truth empty"],
)
def test_empty_masks_score_what_the_card_says(metric, kind, pred, gt, shape):
    pred, gt = pred.reshape(shape), gt.reshape(shape)
    wanted = getattr(metric.spec.empty, kind)
    if wanted is None:  # by formula, of what is known of these masks
        p, g = np.array([pred.sum()], float), np.array([gt.sum()], float)
        pairs_of_labels = np.unique(
            np.stack([gt.ravel(), pred.ravel()]), axis=1, return_counts=True
        )
        by_hand = {
            Counts: Counts(tp=0 * p, fp=p, fn=g, tn=9 - p - g, volume_p=p, volume_g=g),
            Contingency: Contingency(*pairs_of_labels[0].astype(np.int64), pairs_of_labels[1]),
        }
        wanted = metric.spec.formula(by_hand[metric.spec.statistic], **dict(metric.parameters))
    assert_same(values(metric, pred, gt), wanted)


@given(pair=spaced_pairs(labels=2), data=st.data())
def test_flips_do_not_matter(metric, pair, data):
    pred, gt, spacing = pair
    axes = data.draw(st.sets(st.integers(0, gt.ndim - 1), min_size=1))
    flipped = values(metric, np.flip(pred, tuple(axes)), np.flip(gt, tuple(axes)), spacing=spacing)
    assert_same(flipped, values(metric, pred, gt, spacing=spacing))


@given(pair=spaced_pairs(labels=2), data=st.data())
def test_the_order_of_the_axes_does_not_matter(metric, pair, data):
    pred, gt, spacing = pair
    axes = data.draw(st.permutations(range(gt.ndim)))
    turned = values(
        metric, pred.transpose(axes), gt.transpose(axes), spacing=[spacing[axis] for axis in axes]
    )
    assert_same(turned, values(metric, pred, gt, spacing=spacing))


@given(pair=spaced_pairs(labels=2), data=st.data())
def test_more_background_around_is_more_true_negatives_and_nothing_else(metric, pair, data):
    """So Dice and all distances stay as they are, also where a mask touched the edge of the image."""
    pred, gt, spacing = pair
    widths = [(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))) for _ in range(gt.ndim)]
    padded = np.pad(pred, widths), np.pad(gt, widths)
    wanted = with_background(
        statistic(metric, pred, gt, spacing=spacing), padded[0].size - pred.size
    )
    assert_same(values(metric, *padded, spacing=spacing), metric.score(wanted))


@given(pair=spaced_pairs(labels=2), factor=st.sampled_from([0.1, 0.25, 3, 1000]))
def test_lengths_grow_with_the_spacing_and_volumes_with_its_power(metric, pair, factor):
    pred, gt, spacing = pair
    grown = {name: v * factor if name in LENGTHS else v for name, v in metric.parameters}
    scaled = values(metric.spec.bind(grown), pred, gt, spacing=[s * factor for s in spacing])
    power = {"length": 1, "volume": gt.ndim}.get(metric.spec.unit, 0)
    assert_same(scaled, values(metric, pred, gt, spacing=spacing) * factor**power)


@given(pair=spaced_pairs(labels=2, full=True), data=st.data())
def test_the_score_of_a_sum_is_the_score_of_the_images_side_by_side(added, pair, data):
    """With so much background between them that every boundary is nearest to its partner in its own
    image.
    """
    pred, gt, spacing = pair
    other = data.draw(
        pairs(labels=2, full=True, shape=(data.draw(st.integers(2, 5)), *gt.shape[1:]))
    )
    diagonal = float(np.linalg.norm(np.multiply(spacing, np.maximum(gt.shape, other[1].shape))))
    space = np.zeros((int(diagonal / spacing[0]) + 1, *gt.shape[1:]), np.uint8)
    joined = [
        np.concatenate([one, space, another])
        for one, another in zip((pred, gt), other, strict=True)
    ]
    total = statistic(added, pred, gt, spacing=spacing) + statistic(added, *other, spacing=spacing)
    assert_same(
        values(added, *joined, spacing=spacing), added.score(with_background(total, space.size))
    )


@given(pair=pairs(labels=2))
def test_with_pred_and_gt_exchanged_so_are_their_parts_of_the_statistic(metric, pair):
    pred, gt = pair
    exchanged = swapped(statistic(metric, pred, gt))
    assert_same(values(metric, gt, pred), metric.score(exchanged))


SYMMETRIC = [
    *(
        "dice",
        "iou",
        "accuracy",
        "mcc",
        "kappa",
        "fowlkes_mallows",
        "volume_similarity",
        "absolute_volume_error",
    ),
    *("fbeta@1", "tversky:alpha=0.5,beta=0.5", "tp", "tn"),
    *(
        "hd",
        "hd95",
        "hd_pooled@95",
        "hd_mean@95",
        "overlap_mean@1",
        "assd",
        "masd",
        "median_sd",
        "std_sd",
        "rmsd",
        "nsd@1",
        "nsd_auc@2",
        "boundary_iou@1.5",
    ),
    *("centroid_distance", "mahalanobis", "hd_volume", "average_hd_volume"),
    *(
        "rand",
        "adjusted_rand",
        "mutual_information",
        "variation_of_information",
        "global_consistency_error",
    ),
    *(
        "multiclass_mcc",
        "multiclass_kappa",
        "weighted_kappa",
        "weighted_kappa@quadratic",
        "pixel_accuracy",
        "mean_iou",
    ),
]
DIRECTED = [
    *(
        ("precision", "recall"),
        ("fdr", "fnr"),
        ("npv", "specificity"),
        ("for", "fpr"),
        ("fp", "fn"),
    ),
    *(
        ("markedness", "informedness"),
        ("volume_p", "volume_g"),
        ("hd_pg", "hd_gp"),
        ("hd_pg@95", "hd_gp@95"),
    ),
    *(("asd_pg", "asd_gp"), ("overlap_pg@1", "overlap_gp@1")),
    ("tversky:alpha=0.3,beta=0.7", "tversky:alpha=0.7,beta=0.3"),
]


@pytest.mark.parametrize(("one", "other"), [*zip(SYMMETRIC, SYMMETRIC, strict=True), *DIRECTED])
@given(pair=pairs(labels=2, full=True))
def test_with_pred_and_gt_exchanged_this_metric_becomes_that(one, other, pair):
    pred, gt = pair
    assert_same(values(one, gt, pred), values(other, pred, gt))
