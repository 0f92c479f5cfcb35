"""Laws that every metric obeys, whatever it measures and on whatever boundary: a new one is held to
them without a line here.
"""

from __future__ import annotations

from dataclasses import fields, replace
from math import inf, isnan

import numpy as np
import pytest
from helpers.scenes import pairs, scene, spaced_pairs, statistic
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from segeval.data.regions import Region
from segeval.metrics import REGISTRY, parse_metric
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


Scores = dict[str, NDArray[np.float64]]


def scores(family, pred, gt, **options) -> Scores:
    """The values of all metrics of a family, by column; the options are those of `measured`."""
    return scores_of(family, statistic(pred, gt, family.need, **options))


def scores_of(family, measured) -> Scores:
    return {metric.column: metric.score(measured) for metric in family.metrics}


def assert_same(actual: Scores, expected: Scores):
    assert actual.keys() == expected.keys()
    for column, values in actual.items():
        np.testing.assert_allclose(
            values, expected[column], rtol=1e-9, atol=1e-10, equal_nan=True, err_msg=column
        )


def with_background(found, voxels):
    """The statistic of the same masks with so many more voxels of background around them."""
    if isinstance(found, Counts):
        return replace(found, tn=found.tn + voxels)
    if isinstance(found, Contingency) and voxels:
        zero = np.zeros(1, np.int64)
        return found + Contingency(zero, zero, np.array([voxels]))
    return found


def framed(family, *masks):
    """The masks, with a frame of background where the image edge is no boundary.

    There a mask that touches the edge has another boundary than in a larger image: that is what the
    setting is for, and no law.
    """
    boundary = family.need.boundary
    if boundary is None or boundary.rule != "voxel" or boundary["image_edge"]:
        return masks
    return tuple(np.pad(mask, 1) for mask in masks)


PARTNERS = {
    "fp": "fn",
    "fn": "fp",
    "pg": "gp",
    "gp": "pg",
    "pred": "gt",
    "gt": "pred",
    "p": "g",
    "g": "p",
}


def partner(name: str) -> str:
    """The field of the ground truth for one of the prediction, and the reverse."""
    if name in PARTNERS:
        return PARTNERS[name]
    stem, mark, side = name.rpartition("_")
    return f"{stem}_{PARTNERS[side]}" if mark and side in ("p", "g") else name


def swapped(found):
    """The statistic with the prediction for the ground truth and the reverse."""
    return type(found)(*(getattr(found, partner(field.name)) for field in fields(found)))


@pytest.mark.parametrize("mask", [FLAWED[1], BALLS[1]], ids=["2-D", "3-D"])
def test_a_perfect_pair_scores_the_best_value(family, mask):
    best = {metric.column: metric.spec.best for metric in family.metrics}
    for column, values in scores(family, mask, mask).items():
        assert best[column] is None or values == pytest.approx(best[column], abs=1e-12), column


@pytest.mark.parametrize("pair", [FLAWED, BALLS], ids=["2-D", "3-D"])
def test_a_flawed_pair_scores_worse(family, pair):
    best = {metric.column: metric.spec.best for metric in family.metrics}
    for column, (flawed,) in scores(family, *pair).items():
        if best[column] == inf:
            assert flawed < inf, column
        elif best[column] is not None:
            assert abs(flawed - best[column]) > 1e-3, column


@given(pair=spaced_pairs(labels=2))
def test_values_lie_in_the_range_of_the_card(family, pair):
    pred, gt, spacing = pair
    regions = [Region.of(1), Region.of("both", 1, 2)]
    measured = statistic(pred, gt, family.need, spacing=spacing, regions=regions)
    for metric in family.metrics:
        low, high = metric.spec.range
        for value in metric.score(measured):
            assert isnan(value) or low - 1e-12 <= value <= high * (1 + 1e-12), metric.column


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
def test_empty_masks_score_what_the_card_says(family, kind, pred, gt, shape):
    pred, gt = pred.reshape(shape), gt.reshape(shape)
    expected = {m.column: np.array([empty_score(m, kind, pred, gt)]) for m in family.metrics}
    assert_same(scores(family, pred, gt), expected)


def empty_score(metric, kind, pred, gt):
    """Return what the card says of empty masks; where that is by formula, of what is known of
    these.
    """
    value = getattr(metric.spec.empty, kind)
    if value is not None:
        return value
    p, g = np.array([pred.sum()], float), np.array([gt.sum()], float)
    labels, count = np.unique(np.stack([gt.ravel(), pred.ravel()]), axis=1, return_counts=True)
    by_hand = {
        Counts: Counts(tp=0 * p, fp=p, fn=g, tn=9 - p - g, volume_p=p, volume_g=g),
        Contingency: Contingency(*labels.astype(np.int64), count),
    }
    return np.ravel(metric.spec.formula(by_hand[metric.spec.statistic], **dict(metric.parameters)))[
        0
    ]


def axes_of_flips(family):
    """Numbers of axes for which flips do not matter.

    Not three for the rules of meshes: there a square is cut into triangles along a diagonal, whose
    flip is the other one. `mesh` cuts all of them in one direction, as MeshMetrics does;
    `smooth` takes the shorter diagonal, and that direction where both are equal.
    """
    if family.need.boundary is not None and family.need.boundary.card.meshes:
        return (2,)
    return (2, 3)


@given(data=st.data())
def test_flips_do_not_matter(family, data):
    pred, gt, spacing = data.draw(spaced_pairs(labels=2, ndim=axes_of_flips(family)))
    axes = tuple(data.draw(st.sets(st.integers(0, gt.ndim - 1), min_size=1)))
    flipped = scores(family, np.flip(pred, axes), np.flip(gt, axes), spacing=spacing)
    assert_same(flipped, scores(family, pred, gt, spacing=spacing))


@given(pair=spaced_pairs(labels=2), data=st.data())
def test_the_order_of_the_axes_does_not_matter(family, pair, data):
    pred, gt, spacing = pair
    axes = data.draw(st.permutations(range(gt.ndim)))
    in_order = [spacing[axis] for axis in axes]
    turned = scores(family, pred.transpose(axes), gt.transpose(axes), spacing=in_order)
    assert_same(turned, scores(family, pred, gt, spacing=spacing))


@given(pair=spaced_pairs(labels=2), data=st.data())
def test_more_background_around_is_more_true_negatives_and_nothing_else(family, pair, data):
    """So Dice and all distances stay as they are, also where a mask touched the edge of the image:
    of every boundary but those that leave out the image edge.
    """
    *masks, spacing = pair
    pred, gt = framed(family, *masks)
    widths = [(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))) for _ in gt.shape]
    padded = np.pad(pred, widths), np.pad(gt, widths)
    measured = statistic(pred, gt, family.need, spacing=spacing)
    expected = with_background(measured, padded[0].size - pred.size)
    assert_same(scores(family, *padded, spacing=spacing), scores_of(family, expected))


@given(pair=spaced_pairs(labels=2), factor=st.sampled_from([0.1, 0.25, 3, 1000]))
def test_lengths_grow_with_the_spacing_and_volumes_with_its_power(family, pair, factor):
    pred, gt, spacing = pair
    usual = scores(family, pred, gt, spacing=spacing)
    scaled = statistic(pred, gt, family.need, spacing=[step * factor for step in spacing])
    for metric in family.metrics:
        power = {"length": 1, "volume": gt.ndim}.get(metric.spec.unit, 0)
        values = with_lengths(metric, factor).score(scaled)
        assert_same({metric.column: values}, {metric.column: usual[metric.column] * factor**power})


def with_lengths(metric, factor):
    """The metric with so many times the lengths among its parameters."""
    grown = {name: v * factor if name in LENGTHS else v for name, v in metric.parameters}
    return metric.spec.bind(grown)


@given(pair=spaced_pairs(labels=2, full=True), data=st.data())
def test_the_score_of_a_sum_is_the_score_of_the_images_side_by_side(family, pair, data):
    """With so much background between them that every boundary is nearest to its partner in its own
    image. Positions are those in each image, so moments have other sums.
    """
    if family.need.statistic.positional:
        return
    *first, spacing = pair
    shape = (data.draw(st.integers(2, 5)), *first[0].shape[1:])
    second = framed(family, *data.draw(pairs(labels=2, full=True, shape=shape)))
    first = framed(family, *first)
    extent = np.maximum(first[0].shape, second[0].shape) + 1  # of the corners of voxels
    diagonal = float(np.linalg.norm(np.multiply(spacing, extent)))
    space = np.zeros((int(diagonal / spacing[0]) + 1, *first[0].shape[1:]), np.uint8)
    joined = [np.concatenate([a, space, b]) for a, b in zip(first, second, strict=True)]
    total = statistic(*first, family.need, spacing=spacing)
    total = with_background(total + statistic(*second, family.need, spacing=spacing), space.size)
    assert_same(scores(family, *joined, spacing=spacing), scores_of(family, total))


@given(pair=pairs(labels=2))
def test_with_pred_and_gt_exchanged_so_are_their_parts_of_the_statistic(family, pair):
    pred, gt = pair
    exchanged = swapped(statistic(pred, gt, family.need))
    assert_same(scores(family, gt, pred), scores_of(family, exchanged))


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


EXCHANGED = [*zip(SYMMETRIC, SYMMETRIC, strict=True), *DIRECTED]


@given(pair=pairs(labels=2, full=True))
def test_with_pred_and_gt_exchanged_this_metric_becomes_that(family, pair):
    pred, gt = pair
    forward = statistic(pred, gt, family.need)
    back = statistic(gt, pred, family.need)
    for first, second in [(parse_metric(a), parse_metric(b)) for a, b in EXCHANGED]:
        if first.spec in {metric.spec for metric in family.metrics}:
            assert_same({first.column: first.score(back)}, {first.column: second.score(forward)})


def test_every_metric_of_the_lists_is_one_of_a_family():
    assert {parse_metric(form).spec.name for pair in EXCHANGED for form in pair} <= set(REGISTRY)
