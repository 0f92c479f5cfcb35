"""The engine's distances against the definition: all pairs of voxels in small masks, SciPy's
transform in larger.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers.brute import border, directed, masks
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from segeval.kernels.workspace import Workspace
from segeval.measure.voxels.distances import surface_distances
from segeval.measure.voxels.sweep import sweep
from segeval.statistics.distances import Distances, SurfaceDistances

KEPT = (
    Workspace()
)  # of one worker: what a case leaves behind in its buffers must not reach the next


def measured(pred, gt, spacing, *, solid=False, labels=None, workspace=KEPT) -> SurfaceDistances:
    return surface_distances(
        sweep(pred, gt, workspace), spacing, labels, solid=solid, workspace=workspace
    )


def elements(d: Distances, region: int):
    ends = slice(d.start[region], d.start[region + 1])
    return np.repeat(d.value[ends], d.size[ends])


def assert_identical(one: SurfaceDistances, other: SurfaceDistances) -> None:
    for way in ("pg", "gp"):
        for name in ("start", "value", "size"):
            np.testing.assert_array_equal(
                getattr(getattr(one, way), name), getattr(getattr(other, way), name)
            )


@given(masks())
def test_the_contingency_table_comes_along(case):
    table = sweep(case.pred, case.gt, KEPT).contingency
    pairs, count = np.unique(
        np.stack([case.gt.ravel(), case.pred.ravel()]), axis=1, return_counts=True
    )
    np.testing.assert_array_equal([table.gt, table.pred, table.count], [*pairs, count])


@settings(max_examples=200)
@given(masks(), st.booleans())
def test_distances_are_those_of_the_definition(case, solid):
    result = measured(case.pred, case.gt, case.spacing, solid=solid)
    labels = np.union1d(case.pred, case.gt)
    assert len(result.pg) == len(labels[labels > 0])
    for region, label in enumerate(labels[labels > 0]):
        p, g = case.pred == label, case.gt == label
        voxels_p, voxels_g = (np.argwhere(mask) if solid else border(mask) for mask in (p, g))
        for found, one, other in ((result.pg, voxels_p, voxels_g), (result.gp, voxels_g, voxels_p)):
            np.testing.assert_allclose(
                elements(found, region), directed(one, other, case.spacing), rtol=1e-9
            )


@given(
    masks(),
    st.lists(st.sampled_from([0, 1, 2, 3, 7, 255, 300, 65535, 65536]), max_size=6),
    st.booleans(),
)
def test_regions_come_as_asked_for(case, labels, solid):
    everything = measured(case.pred, case.gt, case.spacing, solid=solid)
    occurring = np.setdiff1d(np.union1d(case.pred, case.gt), 0).tolist()
    order = [occurring.index(label) if label in occurring else -1 for label in labels]
    chosen = measured(
        case.pred, case.gt, case.spacing, solid=solid, labels=np.array(labels, np.int64)
    )
    assert_identical(chosen, everything.select(order))


def blobs(shape, labels, seed, dtype=np.uint8):
    rng = np.random.default_rng(seed)
    fields = np.stack(
        [ndimage.gaussian_filter(rng.standard_normal(shape), 3) for _ in range(labels + 1)]
    )
    return np.concatenate(
        [[0], rng.choice(np.arange(1, np.iinfo(dtype).max), labels, replace=False)]
    )[fields.argmax(0)].astype(dtype)


def transformed(one, other, spacing):
    """Sorted distances from the border of one mask to that of the other, by SciPy."""
    at_p, at_g = (mask & ~ndimage.binary_erosion(mask) for mask in (one, other))
    return np.sort(ndimage.distance_transform_edt(~at_g, sampling=spacing)[at_p])


def moved(mask):
    return np.roll(mask, (2, -3, 4)[: mask.ndim], range(mask.ndim))


def far_apart(mask):
    """Three copies of the mask at one end of a longer array, for a prediction at the other end."""
    return np.concatenate([mask, np.zeros_like(mask), np.zeros_like(mask)], axis=-1)


def strewn(mask):
    rng = np.random.default_rng(5)
    stray = mask.copy()
    stray.flat[rng.integers(0, mask.size, mask.size // 300)] = mask.flat[
        rng.integers(0, mask.size, mask.size // 300)
    ]
    return stray


PREDICTIONS = {
    "same": lambda gt: (gt.copy(), gt),
    "moved": lambda gt: (moved(gt), gt),
    "mirrored": lambda gt: (np.flip(gt).copy(), gt),
    "strewn": lambda gt: (strewn(gt), gt),
    "apart": lambda gt: (np.flip(far_apart(gt), -1).copy(), far_apart(gt)),
}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("shape", "spacing"),
    [
        ((24, 40, 75), (1.5, 0.8, 0.8)),
        ((24, 40, 75), (1.0, 1.0, 1.0)),
        ((8, 40, 70), (5.0, 0.7, 0.9)),
        ((90, 150), (0.5, 0.5)),
        ((90, 150), (1.0, 3.0)),
    ],
)
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_larger_masks_agree_with_a_distance_transform(prediction, shape, spacing, dtype):
    pred, gt = PREDICTIONS[prediction](blobs(shape, 4, 1, dtype))
    result = measured(pred, gt, spacing)
    for region, label in enumerate(np.setdiff1d(gt, 0)):
        for found, one, other in ((result.pg, pred, gt), (result.gp, gt, pred)):
            expected = transformed(one == label, other == label, spacing)
            np.testing.assert_allclose(elements(found, region), expected, rtol=1e-9)


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("shape", [(30, 60, 70), (300, 500)])
def test_neither_threads_nor_memory_order_change_a_bit(prediction, shape):
    pred, gt = PREDICTIONS[prediction](blobs(shape, 5, 2))
    spacing = (1.3, 0.7, 0.9)[-pred.ndim :]
    one = measured(pred, gt, spacing)
    with Workspace(3) as workspace:
        assert_identical(measured(pred, gt, spacing, workspace=workspace), one)
        turned = [np.asfortranarray(mask) for mask in (pred, gt)]
        assert_identical(measured(*turned, spacing, workspace=workspace), one)


def test_masks_in_fortran_order_are_not_copied():
    pred, gt = (np.asfortranarray(blobs((9, 20, 30), 2, seed)) for seed in (3, 4))
    swept = sweep(pred, gt, KEPT)
    assert np.shares_memory(swept.pred.mask, pred)
    assert np.shares_memory(swept.gt.mask, gt)


def test_a_volume_of_one_slice_is_boundary_all_over_and_an_image_is_not():
    block = np.zeros((7, 7), np.uint8)
    block[1:6, 1:6] = 1
    assert measured(block, block, (1.0, 1.0)).pg.total() == 4 * 4
    assert measured(block[None], block[None], (1.0, 1.0, 1.0)).pg.total() == 5 * 5


def test_the_image_edge_is_boundary():
    full = np.ones((6, 8), np.uint8)
    assert measured(full, full, (1.0, 1.0)).gp.total() == 2 * 8 + 2 * 4


def test_a_label_in_one_mask_only_is_infinitely_far():
    pred, gt = np.zeros((2, 5, 5), np.uint8)
    pred[1:4, 1:4] = 4
    d = measured(pred, gt, (1.0, 1.0))
    assert elements(d.pg, 0).tolist() == [np.inf] * 8
    assert d.empty_g.tolist() == [True]
    assert elements(measured(pred, gt, (1.0, 1.0), solid=True).pg, 0).tolist() == [np.inf] * 9


def test_a_statistic_outlives_the_buffers():
    pred, gt = PREDICTIONS["mirrored"](blobs((90, 150), 4, 6))
    first = measured(pred, gt, (1.0, 1.0))
    before = first.pg.value.copy()
    measured(gt, gt, (2.0, 3.0))
    np.testing.assert_array_equal(first.pg.value, before)


def test_more_labels_than_eight_bits_hold():
    rng = np.random.default_rng(7)
    gt = np.kron(rng.permutation(40 * 60).reshape(40, 60), np.ones((4, 5), np.int64)).astype(
        np.uint16
    )
    pred = np.roll(gt, (1, 2), (0, 1))
    result = measured(pred, gt, (1.0, 1.0))
    assert len(result.pg) == 40 * 60 - 1
    for label in (1, 700, 2399):
        np.testing.assert_allclose(
            elements(result.pg, label - 1),
            directed(border(pred == label), border(gt == label), (1.0, 1.0)),
            rtol=1e-9,
        )


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_distances_scale_with_the_spacing(factor):
    pred, gt = PREDICTIONS["mirrored"](blobs((90, 150), 3, 8))
    one, scaled = (measured(pred, gt, (k * 1.5, k * 0.8)) for k in (1.0, factor))
    np.testing.assert_allclose(scaled.pg.value, one.pg.value * factor, rtol=1e-12)
    np.testing.assert_array_equal(scaled.pg.size, one.pg.size)
