"""The distances and the default numbers against SciPy, scikit-image and several tools at once, on
the same masks.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.peers import PEERS, number
from helpers.scenes import SPACINGS, pairs, spaced_pairs, statistic, value
from hypothesis import given
from medpy.metric import binary as medpy
from monai import metrics as monai
from scipy import ndimage
from scipy.spatial.distance import directed_hausdorff
from skimage import metrics as skimage

import segeval
from segeval.data.regions import Region
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import SurfaceDistances
from segeval.statistics.statistic import Need

FULL = spaced_pairs(full=True)


@pytest.mark.parametrize("weight", ["square", "simple", "uniform"])
@given(pair=pairs(labels=3).filter(lambda pair: pair[1].any()))
def test_monai_generalized_dice_of_several_regions(weight, pair):
    """With the weights of absent regions that its other functions have no use for."""
    one_hot = [
        torch.from_numpy(np.stack([mask == label for label in (1, 2, 3)])[None].astype("f4"))
        for mask in pair
    ]
    theirs = monai.compute_generalized_dice(*one_hot, weight_type=weight, sum_over_classes=True)
    rows = segeval.score(
        *pair, metrics=f"generalized_dice@{weight}", regions=[1, 2, 3], protocol="monai"
    )
    assert rows.iloc[-1, 1] == pytest.approx(float(theirs), rel=3e-7, abs=3e-7)


def surface(mask):
    return mask & ~ndimage.binary_erosion(mask)


@pytest.mark.parametrize(("rule", "part"), [("voxel", surface), ("solid", lambda mask: mask)])
@given(pair=FULL)
def test_the_sets_of_distances_are_those_of_scipys_euclidean_distance_transform(rule, part, pair):
    pred, gt, spacing = pair
    distances = statistic(pred, gt, Need(SurfaceDistances, Boundary(rule)), spacing=spacing)
    p, g = part(pred == 1), part(gt == 1)
    for ours, of, to in ((distances.pg, p, g), (distances.gp, g, p)):
        transform = ndimage.distance_transform_edt(~to, sampling=spacing)
        assert np.repeat(ours.value, ours.size) == pytest.approx(
            np.sort(transform[of]), rel=1e-9, abs=1e-9
        )


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (3.0, 0.8, 0.7), (0.4, 2.5, 5.0)])
@pytest.mark.parametrize("moved", [1, 17])
def test_in_larger_volumes_with_stray_voxels_the_distances_are_scipys_too(spacing, moved):
    rng = np.random.default_rng(moved)
    gt = rng.integers(0, 4, (5, 9, 14)).repeat(6, 0).repeat(8, 1).repeat(11, 2).astype(np.uint8)
    pred = np.where(
        rng.random(gt.shape) < 1e-3, rng.integers(0, 4, gt.shape), np.roll(gt, moved, axis=2)
    ).astype(np.uint8)
    regions = [Region.of(1), Region.of("two", 2, 3), Region.of(3)]
    distances = statistic(pred, gt, SurfaceDistances, spacing=spacing, regions=regions)
    for place, region in enumerate(regions):
        p, g = (surface(np.isin(mask, list(region.labels))) for mask in (pred, gt))
        for ours, of, to in ((distances.pg, p, g), (distances.gp, g, p)):
            ends = slice(ours.start[place], ours.start[place + 1])
            transform = ndimage.distance_transform_edt(~to, sampling=spacing)
            np.testing.assert_allclose(
                np.repeat(ours.value[ends], ours.size[ends]), np.sort(transform[of]), rtol=1e-9
            )


@given(pair=FULL)
def test_scipy_directed_hausdorff(pair):
    pred, gt, spacing = pair
    p, g = (np.argwhere(surface(mask == 1)) * np.array(spacing) for mask in (pred, gt))
    assert value("hd_pg", pred, gt, spacing=spacing) == pytest.approx(
        directed_hausdorff(p, g)[0], rel=1e-9
    )
    assert value("hd_gp", pred, gt, spacing=spacing) == pytest.approx(
        directed_hausdorff(g, p)[0], rel=1e-9
    )


@given(pair=pairs(labels=3))
def test_scikit_image_variation_of_information(pair):
    pred, gt = pair
    both_ways = sum(skimage.variation_of_information(gt, pred))
    assert value("variation_of_information", pred, gt) == pytest.approx(
        both_ways, rel=1e-9, abs=1e-9
    )


@given(pair=pairs(full=True))
def test_scikit_image_hausdorff_of_solid_masks(pair):
    assert value("hd_volume", *pair) == pytest.approx(
        skimage.hausdorff_distance(*(mask == 1 for mask in pair))
    )


def ball(radius, shift):
    """A ball in 24 × 24 × 24 voxels, off the centre by `shift`."""
    return (
        sum((axis - 11.5 - s) ** 2 for axis, s in zip(np.ogrid[:24, :24, :24], shift, strict=True))
        <= radius**2
    )


ONE_PAIR = [  # what docs/conventions.md says of these balls
    (
        "segeval",
        {
            "hd": 3.3166,
            "hd95": 3.0,
            "assd": 1.3503,
            "masd": 1.3358,
            "asd_pg": 1.2064,
            "nsd@1": 0.5379,
        },
    ),
    ("monai", {"hd": 3.3166, "hd95": 3.0, "asd_pg": 1.2064, "assd": 1.3503, "nsd@1": 0.5379}),
    ("monai-subvoxel", {"hd95": 3.0, "nsd@1": 0.6215}),
    ("medpy", {"hd": 3.3166, "hd95": 3.0, "assd": 1.3503}),
    ("medpy-0.4", {"assd": 1.3358}),
    ("metrics-reloaded", {"hd95": 3.0, "assd": 1.3503, "masd": 1.3358, "nsd@1": 0.5379}),
    ("panoptica", {"hd95": 3.0, "assd": 1.3358, "nsd@1": 0.5453}),
    ("deepmind", {"hd": 3.3166, "hd95": 3.0, "asd_gp": 1.1664, "asd_pg": 0.9278, "nsd@1": 0.6215}),
    ("seg-metrics", {"hd": 3.3166, "hd95": 2.8284, "assd": 1.0579}),
    ("itk", {"hd": 3.3166}),
]


@pytest.mark.parametrize(
    ("protocol", "numbers"), ONE_PAIR, ids=[protocol for protocol, _ in ONE_PAIR]
)
def test_one_pair_of_balls_whose_numbers_the_documentation_gives(protocol, numbers):
    pred, gt = ball(8, (0, 0, 0)), ball(9, (2, 1, 0))
    row = segeval.score(pred, gt, metrics=list(numbers), protocol=protocol).iloc[0]
    for form, wanted in numbers.items():
        assert row[form] == pytest.approx(wanted, abs=5e-5), form
        if form in PEERS.get(protocol, ()):
            assert number(PEERS[protocol][form], pred, gt, (1.0, 1.0, 1.0)) == pytest.approx(
                wanted, abs=5e-5
            ), form


def test_medpys_other_connectivities_are_other_boundaries():
    """MedPy's connectivity 3 and seg-metrics' contour are one boundary, but for the image edge."""
    pred, gt, spacing = ball(8, (0, 0, 0)), ball(9, (2, 1, 0)), (1.0, 0.7, 2.0)
    for connectivity in (1, 2, 3):
        options = {
            "spacing": spacing,
            "protocol": "medpy",
            "boundary": f"voxel:connectivity={connectivity}",
        }
        row = segeval.score(pred, gt, metrics="hd,hd95,assd", **options).iloc[0]
        theirs = [f(pred, gt, spacing, connectivity) for f in (medpy.hd, medpy.hd95, medpy.assd)]
        np.testing.assert_allclose(row[["hd", "hd95", "assd"]].astype(float), theirs, rtol=1e-9)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), SPACINGS[:3]])
def test_on_larger_masks_the_tools_agree_with_one_another_where_their_protocols_do(spacing):
    pred, gt = ball(8, (0, 0, 0)), ball(9, (2, 1, 0))
    wanted = value("assd", pred, gt, spacing=spacing)
    assert number(PEERS["medpy"]["assd"], pred, gt, spacing) == pytest.approx(wanted, rel=1e-9)
    assert number(PEERS["monai"]["assd"], pred, gt, spacing) == pytest.approx(wanted, rel=3e-7)
