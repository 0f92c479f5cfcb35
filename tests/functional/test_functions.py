"""The functions give the command line's numbers, whatever form the masks come in, and average as
they say.
"""

from __future__ import annotations

import doctest
import inspect
from math import inf, isnan

import numpy as np
import pytest
import torch
from helpers.forms import FORMS, GT, PRED, SCORES, SPACING, batch, channels
from helpers.scenes import examples, pairs, scene
from hypothesis import given
from hypothesis import strategies as st

import segeval.functional
from segeval import score
from segeval.functional import (
    boundary_iou,
    dice,
    fbeta,
    generalized_dice,
    hd,
    iou,
    mahalanobis,
    nsd,
    precision,
    recall,
    tp,
    volume_error,
)  # fmt: skip
from segeval.metrics import REGISTRY
from segeval.stateful import SegmentationMetrics
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts


def scored(spec, pred, gt, **options):
    """The command line's values of one case, by region."""
    metric = spec.bind(examples(spec))
    rows = score(pred, gt, metrics=metric.column, **options)
    return (
        rows[metric.column].to_numpy()[-1:]
        if spec.scope == "case"
        else rows[metric.column].to_numpy()
    )


@pytest.mark.parametrize("spec", REGISTRY.values(), ids=REGISTRY)
def test_the_numbers_are_those_of_the_command_line(spec):
    function = getattr(segeval.functional, spec.formula.__name__)
    lengths = {"spacing": SPACING} if "spacing" in inspect.signature(function).parameters else {}
    background = spec.statistic is Counts
    regions = range(0 if background else 1, 4)
    average = {} if spec.scope == "case" else {"average": "none"}
    values = function(
        PRED, GT, **examples(spec), **lengths, **average, per_case=True, num_classes=4
    )
    spacing = SPACING if spec.statistic is not Contingency else None
    expected = [
        scored(spec, p, g, regions=list(regions), spacing=spacing)
        for p, g in zip(PRED, GT, strict=True)
    ]
    if background and not lengths:
        assert spec.unit not in ("length", "volume")
    np.testing.assert_allclose(values, np.reshape(expected, values.shape), rtol=1e-12)


@pytest.mark.parametrize("spec", REGISTRY.values(), ids=REGISTRY)
def test_the_example_of_every_docstring_runs(spec):
    function = getattr(segeval.functional, spec.formula.__name__)
    (test,) = doctest.DocTestFinder().find(function, spec.name, module=False, globs={})
    assert len(test.examples) >= 5
    assert doctest.DocTestRunner().run(test).failed == 0
    parameters = inspect.signature(function).parameters
    assert all(name in function.__doc__ for name in parameters)


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_the_masks_does_not_matter(form):
    pred, gt, options = FORMS[form]
    for function in (dice, hd):
        wanted = function(PRED, GT, average="none", per_case=True)
        found = function(pred, gt, average="none", per_case=True, **options)
        np.testing.assert_array_equal(found, wanted)


def test_what_comes_in_comes_out():
    assert isinstance(dice(PRED, GT), np.float64)
    assert isinstance(dice(PRED, GT, average="none"), np.ndarray)
    value = dice(torch.from_numpy(PRED), torch.from_numpy(GT), average="none")
    assert isinstance(value, torch.Tensor)
    assert value.dtype == torch.float64


def test_a_mask_of_booleans_or_of_scores_has_one_region():
    pred, gt = scene("""
        . # # .     . . # .
        . # # .     . # # .
    """)
    assert dice(pred[None] > 0, gt[None] > 0) == 2 * 3 / (4 + 3)
    assert dice(pred[None] * 0.7, gt[None]) == 2 * 3 / (4 + 3)
    assert dice(pred[None, None] * 0.7, gt[None, None]) == 2 * 3 / (4 + 3)
    assert dice(pred[None] * 2.0 - 1, gt[None], input_format="logits") == 2 * 3 / (4 + 3)
    assert dice(pred[None] * 0.7, gt[None], threshold=0.8) == 0
    assert dice(pred[None] > 0, gt[None] > 0, average="none", include_background=True).tolist() == [
        2 * 4 / (4 + 5), 2 * 3 / (4 + 3),
    ]  # fmt: skip


def test_every_channel_is_a_region_of_its_own():
    rng = np.random.default_rng(3)
    gt = rng.integers(0, 2, (2, 3, 6, 7))
    scores = np.clip(gt + rng.normal(0, 0.4, gt.shape), 0, 1)
    for function in (dice, hd):
        found = function(scores, gt, multilabel=True, average="none", per_case=True)
        wanted = [
            [function(s[None], g[None]) for s, g in zip(*case, strict=True)]
            for case in zip(scores, gt, strict=True)
        ]
        np.testing.assert_array_equal(found, wanted)
    assert dice(scores, gt, multilabel=True, average="none", include_background=False).shape == (2,)
    with pytest.raises(segeval.UsageError, match="not for multilabel=True"):
        SegmentationMetrics("rand", multilabel=True).update(scores, gt)


def test_counts_score_the_background_and_surfaces_do_not():
    assert dice(PRED, GT, average="none").shape == (4,)
    assert hd(PRED, GT, average="none").shape == (3,)
    assert dice(PRED, GT, average="none", include_background=False).shape == (3,)
    assert hd(PRED, GT, average="none", include_background=True).shape == (4,)
    np.testing.assert_array_equal(
        hd(PRED, GT, average="none", include_background=True)[1:], hd(PRED, GT, average="none")
    )


def test_voxels_to_ignore_count_for_nothing():
    pred, gt = batch(cases=1, shape=(12,))
    gt[0, 4:7] = 255
    left = np.delete(pred, slice(4, 7), 1), np.delete(gt, slice(4, 7), 1)
    options = {"average": "none", "num_classes": 4}
    np.testing.assert_array_equal(
        dice(pred, gt, ignore_index=255, **options), dice(*left, **options)
    )
    gt[gt == 255] = -100
    np.testing.assert_array_equal(
        dice(pred, gt, ignore_index=-100, **options), dice(*left, **options)
    )
    assert dice(pred, left[1][:, [0] * 12], ignore_index=0, **options).shape == (3,)


def by_hand(pred, gt, classes):
    """Dice of every class of a case from the definition; NaN where a class is in neither mask."""
    sizes = [
        ((pred == k).sum() + (gt == k).sum(), 2 * ((pred == k) & (gt == k)).sum())
        for k in range(classes)
    ]
    return np.array([shared / size if size else np.nan for size, shared in sizes])


@given(st.lists(pairs(labels=3, shape=(4, 5)), min_size=1, max_size=4))
def test_averages_are_orders_of_adding_and_scoring(masks):
    pred, gt = (np.stack(side) for side in zip(*masks, strict=True))
    each = np.array([by_hand(p, g, 4) for p, g in zip(pred, gt, strict=True)])
    size = np.array([[(g == k).sum() for k in range(4)] for g in gt])

    def mean(values, axis=None):
        defined = ~np.isnan(values)
        with np.errstate(invalid="ignore"):
            return np.where(defined, values, 0).sum(axis) / defined.sum(axis)

    micro = (
        (pred == gt).reshape(len(gt), -1).mean(1)
    )  # every voxel has one label, so Dice is the share of right ones
    weighted = np.where(size > 0, size * each, 0).sum(1) / size.sum(1)
    for average, wanted in (("macro", mean(each, 1)), ("micro", micro), ("weighted", weighted)):
        found = dice(pred, gt, num_classes=4, average=average, per_case=True)
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
        np.testing.assert_allclose(
            dice(pred, gt, num_classes=4, average=average), mean(wanted), rtol=1e-12
        )
    np.testing.assert_allclose(
        dice(pred, gt, num_classes=4, average="none"), mean(each, 0), rtol=1e-12
    )
    whole = by_hand(pred, gt, 4)
    np.testing.assert_allclose(
        dice(pred, gt, num_classes=4, average=None, pooled=True), whole, rtol=1e-12
    )
    np.testing.assert_allclose(dice(pred, gt, num_classes=4, pooled=True), mean(whole), rtol=1e-12)


@pytest.mark.parametrize(
    ("pooled", "spacing", "wanted"),
    [
        (True, [(1, 1, 1), (2, 2, 2)], 2 * 8 / (8 + 8 + 8 * 8 + 8 * 16)),
        ("voxels", [(1, 1, 1), (2, 2, 2)], 2 * 8 / (8 + 8 + 8 + 16)),
        (True, [(2, 2, 2), (2, 2, 2)], 2 * 8 / (8 + 8 + 8 + 16)),
        (True, None, 2 * 8 / (8 + 8 + 8 + 16)),
    ],
)
def test_voxels_of_pooled_cases_weigh_their_volume(pooled, spacing, wanted):
    cube, elsewhere = np.zeros((2, 8, 8, 8), int)
    cube[1:3, 1:3, 1:3] = 1
    elsewhere[4:8, 4:6, 4:6] = 1
    pred, gt = np.stack([cube, elsewhere]), np.stack([cube, cube])
    metric = SegmentationMetrics(
        ["dice", "tp", "pixel_accuracy"], average="none", pooled=pooled, num_classes=2
    )
    metric.update(pred, gt, spacing=spacing)
    values = {name: value.tolist() for name, value in metric.compute().items()}
    assert values["dice"][1] == pytest.approx(wanted)
    assert values["tp"][1] == 8
    # of the second case 8 and 16 voxels of 512 are wrong
    large = 8 if pooled is True and spacing and spacing[0] != spacing[1] else 1
    agreeing = (512 + large * (512 - 8 - 16)) / (512 + large * 512)
    assert values["pixel_accuracy"] == pytest.approx(agreeing)


def test_labels_have_no_axis_of_channels():
    """Of a volume of one slice every voxel is boundary, of an image only those at an edge."""
    gt = np.zeros((1, 1, 9, 9), int)
    gt[..., 1:8, 1:8] = 1
    pred = gt.copy()
    pred[..., 4, 4:] = 0
    options = {"tolerance": 0.5, "average": "none", "include_background": False}
    volume = score(pred[0], gt[0], metrics="nsd@0.5")["nsd@0.5"]
    image = score(pred[0, 0], gt[0, 0], metrics="nsd@0.5")["nsd@0.5"]
    assert volume[0] == (45 + 45) / (45 + 49)
    assert nsd(pred, gt, **options, input_format="labels").tolist() == volume.tolist()
    assert nsd(pred, gt, **options).tolist() == image.tolist() != volume.tolist()


def test_distances_are_added_up_before_they_are_scored():
    gt = np.zeros((2, 2, 9), int)
    pred = gt.copy()
    pred[0, 0, 0], gt[0, 0, 3] = 1, 1  # 3 apart
    pred[1, 0, 0], gt[1, 0, 1] = 1, 1  # 1 apart
    assert hd(pred, gt, per_case=True).tolist() == [3, 1]
    assert hd(pred, gt) == (3 + 1) / 2
    assert hd(pred, gt, pooled=True) == 3
    assert nsd(pred, gt, tolerance=2, pooled=True) == 2 / 4
    assert hd(pred, gt, percentile=50, pooled=True) == 2


def test_undefined_is_left_out_and_a_missed_region_is_not():
    empty = np.zeros((1, 4, 4), int)
    mask = empty.copy()
    mask[0, 1, 1] = 1
    both = np.concatenate([empty, mask])
    assert isnan(dice(empty, empty, include_background=False, num_classes=2))
    assert dice(both, both, include_background=False) == 1
    assert dice(np.concatenate([empty, empty]), both, include_background=False) == 0
    assert hd(np.concatenate([empty, empty]), both) == inf


def test_classes_may_be_told_or_seen():
    vector = np.array([2, 0, 2, 1]), np.array([1, 1, 2, 0])
    assert dice(*vector, average="micro") == 0.25
    assert dice(*vector, average="none").tolist() == [0, 0, 2 / 3]
    assert dice(*vector, average="none", num_classes=5).shape == (5,)
    scores = np.eye(3)[vector[0]]
    assert dice(scores, vector[1], average="micro") == 0.25


def test_a_value_by_position_may_be_of_any_parameter():
    with pytest.raises(
        segeval.UsageError, match=r"write nsd\(pred, gt, num_classes=2\) or .*tolerance=2"
    ):
        nsd(PRED, GT, 2)
    with pytest.raises(segeval.UsageError, match=r"write fbeta\(pred, gt, beta=0.5\)"):
        fbeta(PRED, GT, 0.5)


def test_samples_are_one_case_whichever_side_has_channels():
    pred, gt = PRED.ravel(), GT.ravel()
    expected = dice(pred, gt, num_classes=4, per_case=True, average="none")
    assert expected.shape == (1, 4)
    one_hot = np.eye(4, dtype=int)
    for masks in (
        (one_hot[pred], gt),
        (pred, one_hot[gt]),
        (pred[:, None], gt),
        (pred, gt[:, None]),
    ):
        values = dice(*masks, num_classes=4, per_case=True, average="none")
        np.testing.assert_array_equal(values, expected)


def test_every_case_may_have_its_spacing():
    each = hd(PRED, GT, spacing=[SPACING, (1, 1, 1), (3, 2, 1)], per_case=True)
    expected = [
        hd(PRED[n : n + 1], GT[n : n + 1], spacing=s)
        for n, s in enumerate([SPACING, (1, 1, 1), (3, 2, 1)])
    ]
    np.testing.assert_array_equal(each, expected)
    assert volume_error(PRED, GT, spacing=SPACING) == pytest.approx(
        volume_error(PRED, GT) * np.prod(SPACING) / 1000, abs=1e-12
    )


def test_cases_of_a_list_may_have_axes_and_spacings_of_their_own():
    cases = [PRED[0], PRED[1, 0]], [GT[0], GT[1, 0]]
    distances = hd(*cases, spacing=[SPACING, SPACING[1:]], per_case=True)
    expected = [
        hd(PRED[:1], GT[:1], spacing=SPACING),
        hd(PRED[1:2, 0], GT[1:2, 0], spacing=SPACING[1:]),
    ]
    np.testing.assert_array_equal(distances, expected)


def test_numbers_of_numpy_are_numbers():
    wanted = dice(PRED, GT, num_classes=4, ignore_index=2)
    assert dice(PRED, GT, num_classes=np.int64(4), ignore_index=np.int64(2)) == wanted


def test_masks_of_any_rank_are_counted():
    for shape in ((5,), (4, 5), (3, 4, 5), (2, 3, 4, 5)):
        pred, gt = batch(2, 3, shape)
        assert tp(pred, gt, average="micro", input_format="labels") == pytest.approx(
            (pred == gt).sum() / 2
        )


def test_generalized_dice_is_one_number_a_case():
    assert generalized_dice(PRED, GT, per_case=True).shape == (3,)
    assert "average" not in inspect.signature(generalized_dice).parameters


ERRORS = {
    "rank": (
        lambda: dice(PRED, GT[0]),
        r"pred of shape \(3, 7, 8, 9\) holds 3 cases, gt of shape \(7, 8, 9\) 7",
    ),
    "shape": (
        lambda: dice(PRED, GT[:, 1:]),
        r"pred of shape \(3, 7, 8, 9\) and gt of shape \(3, 6, 8, 9\) do not fit",
    ),
    "one-hot without channels": (
        lambda: dice(GT[0, 0, 0], GT[0, 0, 0], input_format="one-hot"),
        r"pred of shape \(9,\) and gt of shape \(9,\) do not fit",
    ),
    "nothing": (lambda: dice(PRED[:0], GT[:0]), r"pred of shape \(0, 7, 8, 9\) holds no voxel"),
    "label": (
        lambda: dice(PRED, GT, num_classes=3),
        "holds the label 3, but there are 3 classes, 0 to 2",
    ),
    "channels": (lambda: dice(SCORES, GT, num_classes=3), r"num_classes=3, but .* has 4 channels"),
    "negative": (
        lambda: dice(PRED - 1, GT),
        "pred holds the label -1; labels start at 0: give it as ignore_index",
    ),
    "fraction": (
        lambda: dice(PRED + 0.5, GT, input_format="labels"),
        "pred: holds .* not a whole number",
    ),
    "logits": (
        lambda: dice(SCORES[:, :1], GT % 2),
        "pred holds values from .* pass input_format='logits'",
    ),
    "nan": (lambda: dice(SCORES * np.nan, GT), "pred holds NaN"),
    "nan mask": (lambda: dice(SCORES[:, :1] * np.nan, GT % 2), "pred holds NaN"),
    "binary": (
        lambda: dice(GT[:, None] / 4.0, GT),
        "gt holds the label 3; a binary mask holds 0 and 1",
    ),
    "doubt": (
        lambda: dice(channels(PRED)[..., 0], channels(GT)[..., 0]),
        "gt looks one-hot .* pass input_format='one-hot'",
    ),
    "pairs": (lambda: dice(np.eye(3)[[0, 1, 1]] * 0.9, np.eye(3)[[0, 2, 1]]), "gt looks one-hot"),
    "255": (
        lambda: dice(255 * (PRED > 0), GT > 0),
        r"the masks hold 255 for 1; give booleans \(mask > 0\)",
    ),
    "half": (lambda: dice(torch.from_numpy(PRED), GT * 1j), "gt has the dtype complex128"),
    "shapes of vectors": (
        lambda: boundary_iou(PRED[0, 0], GT[0, 0], width=2),
        "need masks of 2 or 3 axes, these have 1",
    ),
    "mixed axes": (
        lambda: mahalanobis([PRED[0], PRED[0, 0]], [GT[0], GT[0, 0]]),
        "some cases have 2 axes and others 3",
    ),
    "masks or channels": (
        lambda: dice(PRED / 4, GT),
        "may be masks of 3 axes, or .* channels; pass input_format='one-hot', num_classes",
    ),
    "labels or channels": (
        lambda: dice(channels(PRED), channels(GT)),
        "may be masks of 4 axes, or .* of channels",
    ),
    "one-hot": (lambda: dice(SCORES, GT, input_format="one-hot"), "pred is not one-hot"),
    "format": (
        lambda: dice(PRED, GT, input_format="hot"),
        "input_format is one of auto, labels, .* not 'hot'",
    ),
    "average": (
        lambda: dice(PRED, GT, average="mean"),
        "average is one of none, macro, micro, weighted, not 'mean'",
    ),
    "threshold": (
        lambda: dice(PRED, GT, threshold=1.5),
        "threshold is a probability between 0 and 1, not 1.5",
    ),
    "classes": (
        lambda: dice(PRED, GT, num_classes=1),
        "num_classes is a whole number from 2 .* not 1",
    ),
    "ignore": (
        lambda: dice(PRED, GT, ignore_index="x"),
        "ignore_index is one label, a whole number, not 'x'",
    ),
    "pooled": (lambda: dice(PRED, GT, pooled="mm"), 'True, False or "voxels", not'),
    "both": (lambda: dice(PRED, GT, pooled=True, per_case=True), "give one of them"),
    "text": (
        lambda: dice("pred", GT),
        "pred is a NumPy array, a torch tensor or a list .* not a str",
    ),
    "complex": (lambda: dice(PRED * 1j, GT), "pred has the dtype complex128"),
    "list": (
        lambda: dice(list(PRED), GT),
        "pred and gt are lists of as many cases each, or arrays; came a list of 3 and a ndarray",
    ),
    "lists": (lambda: dice(list(PRED), list(GT)[:2]), "a list of 3 and a list of 2"),
    "axes": (
        lambda: hd(PRED[:, 0, 0], GT[:, 0, 0]),
        "surface metrics need masks of 2 or 3 axes, these have 1",
    ),
    "spacing": (
        lambda: hd(PRED, GT, spacing=(1, 2)),
        r"spacing \(1.0, 2.0\) has 2 values for a mask of shape",
    ),
    "spacing text": (
        lambda: hd(PRED, GT, spacing="mm"),
        "spacing is one length an axis, .* not 'mm'",
    ),
    "percentile": (
        lambda: hd(PRED, GT, percentile=101),
        "percentile must be above 0 and at most 100, not 101",
    ),
    "multilabel": (
        lambda: dice(PRED, GT[:, :1], multilabel=True),
        "multilabel=True wants pred and gt of one shape",
    ),
    "many": (lambda: dice(np.array([[0, 70000, 1]]), np.array([[0, 1, 1]])), "labels up to 65,535"),
}


@pytest.mark.parametrize("what", ERRORS)
def test_errors_say_what_was_wanted_and_what_came(what):
    call, text = ERRORS[what]
    with pytest.raises(segeval.SegevalError, match=text):
        call()


def test_unknown_and_missing_arguments_are_errors():
    with pytest.raises(segeval.UsageError, match="hd has no argument 'spacng'; did you mean 's"):
        hd(PRED, GT, spacng=(1, 1, 1))
    with pytest.raises(
        segeval.UsageError, match=r"nsd needs .*; write nsd\(pred, gt, tolerance=…\)"
    ):
        nsd(PRED, GT)
    with pytest.raises(AttributeError, match=r"'dise'; did you mean 'dice'\?"):
        segeval.functional.dise  # noqa: B018  # asking is the test


def test_precision_and_recall_trade_places():
    np.testing.assert_array_equal(
        precision(PRED, GT, average="none"), recall(GT, PRED, average="none")
    )
    assert iou(PRED, PRED) == 1
