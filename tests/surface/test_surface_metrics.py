"""Every surface metric against plain NumPy on all pairs of voxels, and on drawn scenes with their
arithmetic.
"""

from __future__ import annotations

from math import hypot, inf, isnan, nan, sqrt

import numpy as np
import pytest
from helpers.scenes import SPACINGS, pairs, scene, spaced_pairs, value, values
from hypothesis import given
from hypothesis import strategies as st

from segeval.data.regions import Region

SLACK = 1 + 1e-6
WIDE = st.sampled_from([(3, 140), (2, 3, 70), (70, 2, 3), (66, 5)]).flatmap(
    lambda shape: st.tuples(
        pairs(labels=1, full=True, shape=shape),
        st.lists(st.sampled_from(SPACINGS), min_size=3, max_size=3),
    )
)
PAIRS = st.one_of(
    spaced_pairs(labels=2, full=True),
    WIDE.map(lambda drawn: (*drawn[0], tuple(drawn[1][: drawn[0][0].ndim]))),
)


def boundary(mask):
    """Voxels of the mask with one of 4 (2-D) or 6 (3-D) neighbours outside, or without one."""
    inner = np.ones_like(mask)
    for axis in range(mask.ndim):
        for step in (-1, 1):
            neighbour = np.roll(np.pad(mask, 1), step, axis)
            inner &= neighbour[(slice(1, -1),) * mask.ndim]
    return mask & ~inner


def to_nearest(voxels, others, spacing):
    """Distance of each voxel of one mask to the nearest of another's."""
    of, to = (np.argwhere(mask) * np.array(spacing) for mask in (voxels, others))
    return np.sqrt(((of[:, None] - to[None]) ** 2).sum(-1)).min(1)


def both_ways(pred, gt, spacing):
    return to_nearest(pred, gt, spacing), to_nearest(gt, pred, spacing)


def share(pg, gp, tolerance):
    return np.mean(np.concatenate([pg, gp]) <= tolerance * SLACK)


OF_BOUNDARIES = {
    "hd": lambda pg, gp: max(pg.max(), gp.max()),
    "hd95": lambda pg, gp: max(np.percentile(pg, 95), np.percentile(gp, 95)),
    "hd33.3": lambda pg, gp: max(np.percentile(pg, 33.3), np.percentile(gp, 33.3)),
    "hd_pooled": lambda pg, gp: np.percentile([*pg, *gp], 100),
    "hd_pooled@95": lambda pg, gp: np.percentile([*pg, *gp], 95),
    "hd_pg": lambda pg, gp: pg.max(),
    "hd_gp": lambda pg, gp: gp.max(),
    "hd_pg@95": lambda pg, gp: np.percentile(pg, 95),
    "hd_gp@95": lambda pg, gp: np.percentile(gp, 95),
    "assd": lambda pg, gp: (pg.sum() + gp.sum()) / (len(pg) + len(gp)),
    "masd": lambda pg, gp: (pg.mean() + gp.mean()) / 2,
    "asd_pg": lambda pg, gp: pg.mean(),
    "asd_gp": lambda pg, gp: gp.mean(),
    "median_sd": lambda pg, gp: np.median([*pg, *gp]),
    "std_sd": lambda pg, gp: np.std([*pg, *gp]),
    "rmsd": lambda pg, gp: np.sqrt(np.mean(np.square([*pg, *gp]))),
    "nsd@0": lambda pg, gp: share(pg, gp, 0),
    "nsd@1": lambda pg, gp: share(pg, gp, 1),
    "nsd@2.6": lambda pg, gp: share(pg, gp, 2.6),
    "overlap_pg@1": lambda pg, gp: np.mean(pg <= SLACK),
    "overlap_gp@1": lambda pg, gp: np.mean(gp <= SLACK),
}


@pytest.mark.parametrize(("metric", "formula"), OF_BOUNDARIES.items(), ids=OF_BOUNDARIES)
@given(pair=PAIRS)
def test_metrics_of_boundaries_are_their_formula_over_all_pairs_of_boundary_voxels(
    metric, formula, pair
):
    pred, gt, spacing = pair
    expected = formula(*both_ways(boundary(pred == 1), boundary(gt == 1), spacing))
    assert value(metric, pred, gt, spacing=spacing) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(pair=PAIRS)
def test_nsd_auc_is_the_mean_of_nsd_over_the_tolerances(pair):
    pred, gt, spacing = pair
    steps, limit = 2000, 3.0
    pg, gp = both_ways(boundary(pred == 1), boundary(gt == 1), spacing)
    curve = [share(pg, gp, (step + 0.5) / steps * limit) for step in range(steps)]
    assert value("nsd_auc@3", pred, gt, spacing=spacing) == pytest.approx(
        np.mean(curve), abs=1 / steps
    )


@pytest.mark.parametrize("width", [0.6, 1.0, 2.0])
@given(pair=PAIRS)
def test_boundary_iou_is_the_iou_of_what_lies_nearer_than_the_width_to_the_own_boundary(
    width, pair
):
    pred, gt, spacing = pair
    bands = []
    for mask in (pred == 1, gt == 1):
        band = mask.copy()
        band[mask] = to_nearest(mask, boundary(mask), spacing) < width / SLACK
        bands.append(band)
    expected = (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
    assert value(f"boundary_iou@{width}", pred, gt, spacing=spacing) == pytest.approx(expected)


@given(pair=PAIRS)
def test_metrics_of_solid_masks_are_their_formula_over_all_pairs_of_voxels(pair):
    pred, gt, spacing = pair
    pg, gp = both_ways(pred == 1, gt == 1, spacing)
    assert value("hd_volume", pred, gt, spacing=spacing) == pytest.approx(max(pg.max(), gp.max()))
    average = value("average_hd_volume", pred, gt, spacing=spacing)
    assert average == pytest.approx((pg.mean() + gp.mean()) / 2, rel=1e-9, abs=1e-9)


@given(pair=PAIRS)
def test_centroid_distance_is_that_of_the_mean_positions(pair):
    pred, gt, spacing = pair
    p, g = (np.argwhere(mask == 1) * np.array(spacing) for mask in (pred, gt))
    assert value("centroid_distance", pred, gt, spacing=spacing) == pytest.approx(
        np.linalg.norm(p.mean(0) - g.mean(0)), rel=1e-9, abs=1e-9
    )


@given(pair=PAIRS)
def test_mahalanobis_is_the_centroid_distance_in_units_of_the_common_covariance(pair):
    pred, gt, spacing = pair
    p, g = (np.argwhere(mask == 1) * np.array(spacing) for mask in (pred, gt))
    expected = nan
    if min(len(p), len(g)) > 1:
        spread = (len(p) * np.cov(p.T) + len(g) * np.cov(g.T)) / (len(p) + len(g))
        if np.linalg.matrix_rank(spread, tol=1e-9) == gt.ndim:
            shift = p.mean(0) - g.mean(0)
            expected = sqrt(shift @ np.linalg.inv(spread) @ shift)
    assert value("mahalanobis", pred, gt, spacing=spacing) == pytest.approx(
        expected, rel=1e-6, abs=1e-9, nan_ok=True
    )


@given(pair=spaced_pairs(labels=3, full=True))
def test_regions_are_measured_as_if_each_were_alone_whether_or_not_they_overlap(pair):
    pred, gt, spacing = pair
    regions = [
        Region.of("whole", 1, 2, 3),
        Region.of(2),
        Region.of("core", 1, 3),
        Region.of(1),
        Region.of("none", 9),
    ]
    for metric in ("hd", "assd", "boundary_iou@1.5", "centroid_distance", "average_hd_volume"):
        found = values(metric, pred, gt, spacing=spacing, regions=regions)
        alone = [
            value(
                metric,
                *(np.isin(mask, list(region.labels)).astype(np.uint8) for mask in (pred, gt)),
                spacing=spacing,
            )
            for region in regions
        ]
        assert found == pytest.approx(alone, rel=1e-12, abs=1e-12, nan_ok=True)


def test_one_missing_row_is_one_row_away():
    pred, gt = scene("""
        . . . .     . . . .
        . # # .     . # # .
        . . . .     . # # .
        . . . .     . . . .
    """)
    assert value("hd", pred, gt) == 1
    assert value("asd_pg", pred, gt) == 0
    assert value("asd_gp", pred, gt) == (0 + 0 + 1 + 1) / 4
    assert value("assd", pred, gt) == (2 * 0 + 2 * 0 + 2 * 1) / (2 + 4)
    assert value("masd", pred, gt) == (0 + 2 / 4) / 2
    assert value("nsd@0.5", pred, gt) == (2 + 2) / (2 + 4)
    assert value("nsd@1", pred, gt) == 1


def test_spacing_is_in_the_order_of_the_array_axes():
    pred, gt = scene("""
        # . . .     . . . .
        . . . .     . . . .
        . . . .     . . . #
    """)
    assert value("hd", pred, gt, spacing=(5.0, 0.5)) == pytest.approx(hypot(2 * 5.0, 3 * 0.5))
    assert value("centroid_distance", pred, gt, spacing=(5.0, 0.5)) == pytest.approx(
        hypot(2 * 5.0, 3 * 0.5)
    )


def test_the_inside_is_not_boundary_but_voxels_at_the_edge_of_the_image_are():
    pred, gt = scene("""
        # # #     # # #
        # # #     # . #
        # # #     # # #
    """)
    assert (
        value("assd", pred, gt) == 0
    )  # the hole's neighbours are boundary already, the centre is none
    assert value("boundary_iou@1", pred, gt) == 1
    assert value("hd_volume", pred, gt) == 1  # all voxels count there


def test_in_a_stack_of_one_slice_every_voxel_is_boundary():
    pred, gt = scene("""
        . . .     # # #
        . # .     # # #
        . . .     # # #
    """)
    assert value("overlap_gp@0", pred, gt) == 0 / 8
    assert value("overlap_gp@0", pred[None], gt[None]) == 1 / 9


def test_a_voxel_whose_diagonal_neighbour_alone_is_missing_is_no_boundary():
    pred, gt = scene("""
        . . . .     . # # #
        . # . .     # # # #
        . . . .     # # # #
        . . . .     # # # #
    """)
    assert value("hd_pg", pred, gt) == 1


def test_percentiles_are_interpolated_between_the_distances():
    pred, gt = np.zeros((2, 1, 12), np.uint8)
    gt[0, 0] = 1
    pred[0, :11] = 1  # distances 0, 1, ..., 10
    assert value("hd_pg@95", pred, gt) == pytest.approx(9.5)
    assert value("hd95", pred, gt) == pytest.approx(9.5)
    assert value("hd_pooled@50", pred, gt) == pytest.approx((4 + 5) / 2)
    assert value("median_sd", pred, gt) == pytest.approx((4 + 5) / 2)


def test_a_tolerance_that_is_a_distance_of_the_grid_holds_despite_the_headers_single_precision():
    pred, gt = scene("""
        # . .     . . #
    """)
    float32 = float(np.float32(0.8))
    assert float32 > 0.8
    assert value("nsd@1.6", pred, gt, spacing=(1, float32)) == 1
    assert value("nsd@1.59", pred, gt, spacing=(1, float32)) == 0


def test_a_width_that_is_a_distance_of_the_grid_leaves_it_out_despite_single_precision():
    pred, gt = scene("""
        # # # # #     # # # # #
        # # # # #     # # # # #
        # # # # #     # # . # #
        # # # # #     # # # # #
        # # # # #     # # # # #
    """)
    float32 = float(np.float32(0.7))
    assert float32 < 0.7
    assert value("boundary_iou@0.7", pred, gt, spacing=(float32, float32)) == 16 / (16 + 4)
    assert value("boundary_iou@0.71", pred, gt, spacing=(float32, float32)) == 24 / 24


@given(pair=pairs(labels=1), limit=st.floats(1e-300, 1e300))
def test_nsd_auc_is_never_more_than_one(pair, limit):
    pred, gt = pair
    found = value(f"nsd_auc@{limit!r}", pred, gt)
    assert np.isnan(found) or 0 <= found <= 1


def test_nsd_auc_grows_from_the_distance_on():
    pred, gt = scene("""
        # . .     . . #
    """)
    assert value("nsd_auc@2", pred, gt) == 0
    assert value("nsd_auc@8", pred, gt) == (8 - 2) / 8


def test_a_missed_lesion_moves_the_directed_percentile_more_than_the_pooled_one():
    pred, gt = np.zeros((2, 40, 40), np.uint8)
    pred[2:12, 2:12] = gt[2:12, 2:12] = 1
    gt[30:32, 30:32] = 1
    assert value("hd", pred, gt) == pytest.approx(hypot(20, 20))
    assert value("hd95", pred, gt) > value("hd_pooled@95", pred, gt)
    assert value("hd_pg", pred, gt) == 0


@pytest.mark.parametrize(
    ("metric", "one_empty"), [("hd95", inf), ("assd", inf), ("nsd@1", 0), ("boundary_iou@2", 0)]
)
def test_one_empty_mask_is_as_bad_as_can_be_and_two_are_undefined(metric, one_empty):
    pred, gt = scene("""
        # .     . .
        . .     . .
    """)
    assert value(metric, pred, gt) == value(metric, gt, pred) == one_empty
    assert isnan(value(metric, gt, gt))


@pytest.mark.parametrize("place", [0, 150])
def test_mahalanobis_is_undefined_for_masks_that_lie_in_a_plane_wherever_it_is(place):
    """An oblique plane far from the first voxel: what rounding leaves of its thickness must not
    count as one.
    """
    pred, gt = np.zeros((2, 200, 40, 400), np.uint8)
    for step in range(20):
        pred[place : place + 5, 10 + step, 300 + step] = 1
        gt[place : place + 4, 11 + step, 301 + step] = 1
    assert isnan(value("mahalanobis", pred, gt, spacing=(0.3, 0.7, 0.9)))
