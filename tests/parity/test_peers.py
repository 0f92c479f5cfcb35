"""The default convention against MONAI, MedPy, SciPy and scikit-image, run on the same masks."""

from __future__ import annotations

import warnings
from math import isnan

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from medpy.metric import binary as medpy
from monai import metrics as monai
from scenes import SPACINGS, measured, pairs, scene, spaced_pairs, value
from scipy import ndimage
from scipy.spatial.distance import directed_hausdorff
from skimage import metrics as skimage

from segeval.case import Region
from segeval.surface.distances import SurfaceDistances, VolumeDistances

FULL = spaced_pairs(full=True)
FLOAT32 = {"rel": 3e-7, "abs": 3e-7}
"""MONAI computes in float32; its rates cancel to as much."""
INTERPOLATED = {"rel": 3e-5, "abs": 3e-7}
"""torch.quantile interpolates between ranks that it holds in float32."""


def batch(mask, labels=1):
    """One-hot without background, as MONAI takes it: (1, labels, ...)."""
    return torch.from_numpy(np.stack([mask == label for label in range(1, labels + 1)])[None].astype(np.float32))


def theirs(function, *masks, **options):
    """The one number that a peer's function gives, whatever it warns of (empty masks, its own deprecated calls)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(np.squeeze(function(*masks, **options)))


def of_monai(function, pred, gt, **options):
    return theirs(function, batch(pred), batch(gt), **options)


MONAI_CONFUSION = {
    "sensitivity": "recall",
    "specificity": "specificity",
    "precision": "precision",
    "negative predictive value": "npv",
    "miss rate": "fnr",
    "fall out": "fpr",
    "false discovery rate": "fdr",
    "false omission rate": "for",
    "accuracy": "accuracy",
    "balanced accuracy": "balanced_accuracy",
    "f1 score": "dice",
    "matthews correlation coefficient": "mcc",
    "fowlkes mallows index": "fowlkes_mallows",
    "informedness": "informedness",
    "markedness": "markedness",
    "threat score": "iou",
}


@pytest.mark.parametrize(("name", "metric"), MONAI_CONFUSION.items())
@given(pair=pairs(full=True))
def test_monai_confusion_matrix_metrics(name, metric, pair):
    table = monai.get_confusion_matrix(*map(batch, pair), include_background=True)
    number = theirs(monai.compute_confusion_matrix_metric, name, table)
    assert value(metric, *pair) == pytest.approx(number, **FLOAT32, nan_ok=True)


MONAI = {
    "dice": (monai.compute_dice, {"ignore_empty": False}),
    "iou": (monai.compute_iou, {"ignore_empty": False}),
}


@pytest.mark.parametrize("metric", MONAI)
@given(pair=pairs(full=True))
def test_monai_overlaps(metric, pair):
    function, options = MONAI[metric]
    assert value(metric, *pair) == pytest.approx(of_monai(function, *pair, **options), **FLOAT32)


@pytest.mark.parametrize("weight", ["square", "simple", "uniform"])
@given(pair=pairs(labels=3).filter(lambda pair: pair[1].any()))
def test_monai_generalized_dice(weight, pair):
    number = theirs(
        monai.compute_generalized_dice,
        *(batch(mask, labels=3) for mask in pair),
        include_background=True,
        weight_type=weight,
        sum_over_classes=True,
    )
    regions = [Region.of(label) for label in (1, 2, 3)]
    assert value(f"generalized_dice@{weight}", *pair, regions=regions) == pytest.approx(number, **FLOAT32)


MONAI_DISTANCES = {
    "hd": (monai.compute_hausdorff_distance, {}, FLOAT32),
    "hd95": (monai.compute_hausdorff_distance, {"percentile": 95}, INTERPOLATED),
    "hd_pg": (monai.compute_hausdorff_distance, {"directed": True}, FLOAT32),
    "assd": (monai.compute_average_surface_distance, {"symmetric": True}, FLOAT32),
    "asd_pg": (monai.compute_average_surface_distance, {}, FLOAT32),
    "nsd@1": (monai.compute_surface_dice, {"class_thresholds": [1.0]}, FLOAT32),
}


@pytest.mark.parametrize("metric", MONAI_DISTANCES)
@given(pair=FULL)
def test_monai_surface_metrics(metric, pair):
    pred, gt, spacing = pair
    function, options, tolerance = MONAI_DISTANCES[metric]
    number = of_monai(function, pred, gt, include_background=True, spacing=spacing, **options)
    assert value(metric, pred, gt, spacing=spacing) == pytest.approx(number, **tolerance)


THING, NOTHING = scene("""
    . . .     . . .
    . # #     . . .
    . # .     . . .
""")


@pytest.mark.parametrize("metric", ["hd", "hd_pg", "assd", "nsd@1"])
@pytest.mark.parametrize(("pred", "gt"), [(NOTHING, THING), (THING, NOTHING), (NOTHING, NOTHING)])
def test_monai_agrees_on_empty_masks_where_it_defines_a_value(metric, pred, gt):
    function, options, _ = MONAI_DISTANCES[metric]
    number = of_monai(function, pred, gt, include_background=True, **options)
    assert value(metric, pred, gt) == pytest.approx(number, nan_ok=True)


def test_monai_agrees_on_the_dice_of_empty_masks_but_for_hallucinations_that_it_leaves_out():
    assert value("dice", NOTHING, THING) == of_monai(monai.compute_dice, NOTHING, THING) == 0
    assert isnan(value("dice", NOTHING, NOTHING))
    assert isnan(of_monai(monai.compute_dice, NOTHING, NOTHING))
    assert value("dice", THING, NOTHING) == 0
    assert isnan(of_monai(monai.compute_dice, THING, NOTHING))


MEDPY_COUNTS = {
    "dice": medpy.dc,
    "iou": medpy.jc,
    "precision": medpy.precision,
    "recall": medpy.recall,
    "specificity": medpy.specificity,
    "relative_volume_error": medpy.ravd,
}


@pytest.mark.parametrize("metric", MEDPY_COUNTS)
@given(pair=pairs(full=True))
def test_medpy_counts(metric, pair):
    # where nothing lies outside of the ground truth, it is 0 or NaN in MedPy, as the version of NumPy will have it
    assume(metric != "specificity" or (pair[1] == 0).any())
    number = theirs(MEDPY_COUNTS[metric], *pair)
    assert value(metric, *pair) == pytest.approx(number, rel=1e-12, abs=1e-12, nan_ok=True)


MEDPY_DISTANCES = {
    "hd": medpy.hd,
    "hd_pooled@95": medpy.hd95,
    "assd": medpy.assd,
    "asd_pg": medpy.asd,
    "asd_gp": lambda pred, gt, **options: medpy.asd(gt, pred, **options),
}


@pytest.mark.parametrize("metric", MEDPY_DISTANCES)
@given(pair=FULL)
def test_medpy_surface_metrics(metric, pair):
    pred, gt, spacing = pair
    number = theirs(MEDPY_DISTANCES[metric], pred, gt, voxelspacing=spacing, connectivity=1)
    assert value(metric, pred, gt, spacing=spacing) == pytest.approx(number, rel=1e-9, abs=1e-9)


def surface(mask):
    return mask & ~ndimage.binary_erosion(mask)


@pytest.mark.parametrize(("statistic", "part"), [(SurfaceDistances, surface), (VolumeDistances, lambda mask: mask)])
@given(pair=FULL)
def test_the_sets_of_distances_are_those_of_scipys_euclidean_distance_transform(statistic, part, pair):
    pred, gt, spacing = pair
    found = measured(pred, gt, statistic, spacing=spacing).statistics[statistic]
    p, g = part(pred == 1), part(gt == 1)
    for ours, of, to in ((found.pg, p, g), (found.gp, g, p)):
        transform = ndimage.distance_transform_edt(~to, sampling=spacing)
        assert np.repeat(ours.value, ours.size) == pytest.approx(np.sort(transform[of]), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (3.0, 0.8, 0.7), (0.4, 2.5, 5.0)])
@pytest.mark.parametrize("moved", [1, 17])
def test_in_larger_volumes_with_stray_voxels_the_distances_are_scipys_too(spacing, moved):
    rng = np.random.default_rng(moved)
    gt = rng.integers(0, 4, (5, 9, 14)).repeat(6, 0).repeat(8, 1).repeat(11, 2).astype(np.uint8)
    pred = np.where(rng.random(gt.shape) < 1e-3, rng.integers(0, 4, gt.shape), np.roll(gt, moved, axis=2)).astype(
        np.uint8
    )
    regions = [Region.of(1), Region.of("two", 2, 3), Region.of(3)]
    found = measured(pred, gt, SurfaceDistances, spacing=spacing, regions=regions).statistics[SurfaceDistances]
    for at, region in enumerate(regions):
        p, g = (surface(np.isin(mask, list(region.labels))) for mask in (pred, gt))
        for ours, of, to in ((found.pg, p, g), (found.gp, g, p)):
            ends = slice(ours.start[at], ours.start[at + 1])
            transform = ndimage.distance_transform_edt(~to, sampling=spacing)
            np.testing.assert_allclose(np.repeat(ours.value[ends], ours.size[ends]), np.sort(transform[of]), rtol=1e-9)


@given(pair=FULL)
def test_scipy_directed_hausdorff(pair):
    pred, gt, spacing = pair
    p, g = (np.argwhere(surface(mask == 1)) * np.array(spacing) for mask in (pred, gt))
    assert value("hd_pg", pred, gt, spacing=spacing) == pytest.approx(directed_hausdorff(p, g)[0], rel=1e-9)
    assert value("hd_gp", pred, gt, spacing=spacing) == pytest.approx(directed_hausdorff(g, p)[0], rel=1e-9)


@given(pair=pairs(labels=3))
def test_scikit_image_variation_of_information(pair):
    pred, gt = pair
    both_ways = sum(skimage.variation_of_information(gt, pred))
    assert value("variation_of_information", pred, gt) == pytest.approx(both_ways, rel=1e-9, abs=1e-9)


@given(pair=pairs(full=True))
def test_scikit_image_hausdorff_of_solid_masks(pair):
    assert value("hd_volume", *pair) == pytest.approx(skimage.hausdorff_distance(*(mask == 1 for mask in pair)))


def ball(radius, shift):
    """A ball in 24 × 24 × 24 voxels, off the centre by `shift`."""
    return sum((axis - 11.5 - s) ** 2 for axis, s in zip(np.ogrid[:24, :24, :24], shift, strict=True)) <= radius**2


ONE_PAIR = {
    "hd": 3.3166,
    "hd95": 3.0,
    "hd_pooled@95": 3.0,
    "assd": 1.3503,
    "masd": 1.3358,
    "asd_pg": 1.2064,
    "nsd@1": 0.5379,
}


@pytest.mark.parametrize(("metric", "number"), ONE_PAIR.items())
def test_one_pair_of_balls_whose_numbers_the_documentation_gives(metric, number):
    pred, gt = ball(8, (0, 0, 0)), ball(9, (2, 1, 0))
    assert value(metric, pred, gt) == pytest.approx(number, abs=5e-5)


def test_tools_that_average_both_shares_give_another_nsd():
    pred, gt = ball(8, (0, 0, 0)), ball(9, (2, 1, 0))
    assert (value("overlap_pg@1", pred, gt) + value("overlap_gp@1", pred, gt)) / 2 == pytest.approx(0.5453, abs=5e-5)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), SPACINGS[:3]])
def test_on_larger_masks_all_tools_agree(spacing):
    pred, gt = ball(8, (0, 0, 0)), ball(9, (2, 1, 0))
    options = {"include_background": True, "spacing": spacing}
    monai_hd95 = of_monai(monai.compute_hausdorff_distance, pred, gt, percentile=95, **options)
    monai_assd = of_monai(monai.compute_average_surface_distance, pred, gt, symmetric=True, **options)
    medpy_hd95 = medpy.hd95(pred, gt, voxelspacing=spacing)
    medpy_assd = medpy.assd(pred, gt, voxelspacing=spacing)
    assert value("hd95", pred, gt, spacing=spacing) == pytest.approx(monai_hd95, **INTERPOLATED)
    assert value("hd_pooled@95", pred, gt, spacing=spacing) == pytest.approx(medpy_hd95, rel=1e-9)
    assert value("assd", pred, gt, spacing=spacing) == pytest.approx(medpy_assd, rel=1e-9)
    assert medpy_assd == pytest.approx(monai_assd, **FLOAT32)
