"""Distances between corners of voxels against the definition: all cells and all pairs of corners,
one by one.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from helpers.brute import masks
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from segeval.kernels.workspace import Workspace
from segeval.measure.voxels.areas import face_sizes, surfel_sizes
from segeval.measure.voxels.distances import corner_distances
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import SurfaceDistances

KEPT = (
    Workspace()
)  # of one worker: what a case leaves behind in its buffers must not reach the next
SIZES = {"surfel": surfel_sizes, "face": face_sizes}
BOUNDARIES = [Boundary(rule, sizes=sizes) for rule in SIZES for sizes in ("own", "equal")]


def measured(pred, gt, spacing, boundary, *, labels=None, workspace=KEPT) -> SurfaceDistances:
    return corner_distances(pred, gt, spacing, labels, boundary=boundary, workspace=workspace)


def elements(mask, spacing, boundary):
    """The corners whose cell is partly in a mask, and the size of each."""
    around = np.pad(mask, 1)
    cells = np.zeros(tuple(n + 1 for n in mask.shape), np.int64)
    for k, step in enumerate(product((0, 1), repeat=mask.ndim)):
        part = tuple(slice(start, start + n) for start, n in zip(step, cells.shape, strict=True))
        cells += around[part].astype(np.int64) << k
    at = (cells > 0) & (cells < 2 ** (2**mask.ndim) - 1)
    sizes = SIZES[boundary.rule](spacing)[cells[at]]
    return np.argwhere(at), sizes if boundary["sizes"] == "own" else np.ones(len(sizes), np.int64)


def histogram(one, sizes, other, spacing):
    """Size at each distance from one set of corners to the other."""
    total = defaultdict(float)
    for corner, size in zip(one, sizes, strict=True):
        squares = (((other - corner) * spacing) ** 2).sum(1)
        total[round(float(np.sqrt(squares.min(initial=np.inf))), 9)] += size
    return sorted(total.items())


def assert_identical(one: SurfaceDistances, other: SurfaceDistances) -> None:
    for way in ("pg", "gp"):
        for name in ("start", "value", "size"):
            np.testing.assert_array_equal(
                getattr(getattr(one, way), name), getattr(getattr(other, way), name)
            )


@settings(max_examples=200)
@given(masks(), st.sampled_from(BOUNDARIES))
def test_distances_and_sizes_are_those_of_the_definition(case, boundary):
    result = measured(case.pred, case.gt, case.spacing, boundary)
    labels = np.setdiff1d(np.union1d(case.pred, case.gt), 0)
    assert len(result.pg) == len(labels)
    for region, label in enumerate(labels):
        (p, size_p), (g, size_g) = (
            elements(mask == label, case.spacing, boundary) for mask in (case.pred, case.gt)
        )
        for found, expected in (
            (result.pg, histogram(p, size_p, g, case.spacing)),
            (result.gp, histogram(g, size_g, p, case.spacing)),
        ):
            ends = slice(found.start[region], found.start[region + 1])
            assert found.size.dtype == (np.int64 if boundary["sizes"] == "equal" else np.float64)
            np.testing.assert_allclose(
                found.value[ends], [value for value, _ in expected], rtol=1e-8
            )
            np.testing.assert_allclose(found.size[ends], [size for _, size in expected], rtol=1e-9)


@given(masks(), st.lists(st.sampled_from([0, 1, 2, 3, 7, 255, 300, 65535, 65536]), max_size=6))
def test_regions_come_as_asked_for(case, labels):
    boundary = Boundary("surfel")
    everything = measured(case.pred, case.gt, case.spacing, boundary)
    occurring = np.setdiff1d(np.union1d(case.pred, case.gt), 0).tolist()
    order = [occurring.index(label) if label in occurring else -1 for label in labels]
    chosen = measured(case.pred, case.gt, case.spacing, boundary, labels=np.array(labels, np.int64))
    assert_identical(chosen, everything.select(order))


def blobs(shape, seed):
    """Three labels that touch each other, the background and the edges."""
    rng = np.random.default_rng(seed)
    fields = [ndimage.gaussian_filter(rng.standard_normal(shape), 3) for _ in range(4)]
    return np.argmax(fields, 0).astype(np.uint8)


def transformed(one, other, spacing, boundary):
    """Size at each distance, by SciPy's transform."""
    (p, sizes), (g, _) = (elements(mask, spacing, boundary) for mask in (one, other))
    elsewhere = np.ones(tuple(n + 1 for n in one.shape), bool)
    elsewhere[tuple(g.T)] = False
    distances = ndimage.distance_transform_edt(elsewhere, sampling=spacing)[tuple(p.T)]
    return np.array(sorted(zip(distances, sizes, strict=True)))


def assert_as_transformed(result, pred, gt, spacing, boundary, *, labels):
    """Check the distances of labels, both ways, against those of a distance transform."""
    for region, label in enumerate(labels):
        for distances, start, end in ((result.pg, pred, gt), (result.gp, gt, pred)):
            expected = transformed(start == label, end == label, spacing, boundary)
            ends = slice(distances.start[region], distances.start[region + 1])
            value, size = distances.value[ends], distances.size[ends]
            # the transform has one row for each corner, and rounds otherwise
            up_to = np.searchsorted(expected[:, 0], value * (1 + 1e-9), "right")
            np.testing.assert_allclose(
                np.cumsum(size), np.cumsum(expected[:, 1])[up_to - 1], rtol=1e-9
            )
            np.testing.assert_allclose(value, np.unique(expected[:, 0].round(9)), rtol=1e-8)


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
@pytest.mark.parametrize(
    ("shape", "spacing"),
    [((24, 40, 75), (1.5, 0.8, 0.8)), ((8, 40, 70), (5.0, 0.7, 0.9)), ((90, 150), (1.0, 3.0))],
)
@pytest.mark.parametrize("far", [False, True])
def test_larger_masks_agree_with_a_distance_transform(far, shape, spacing, boundary):
    gt = blobs(shape, 1)
    gt = np.concatenate([gt, *[np.zeros_like(gt)] * 2], axis=-1) if far else gt
    pred = np.flip(gt).copy() if far else np.roll(gt, (2, -3, 4)[: gt.ndim], range(gt.ndim))
    result = measured(pred, gt, spacing, boundary)
    assert_as_transformed(result, pred, gt, spacing, boundary, labels=(1, 2, 3))


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
@pytest.mark.parametrize("step", [5, 12, 30, 63, 64])
def test_few_near_things_before_a_far_mask_are_all_found(boundary, step):
    """Searches nearby are given up where most are in vain, and taken up again where one is not."""
    pred, gt = np.zeros((2, 80, 2048), np.uint8)
    pred[2, :2040] = 1
    gt[70, :] = 1
    gt[5, 1400:2040:step] = 1
    result = measured(pred, gt, (1.0, 1.0), boundary)
    assert_as_transformed(result, pred, gt, (1.0, 1.0), boundary, labels=(1,))


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
@pytest.mark.parametrize("shape", [(60, 90, 110), (500, 700)])
def test_neither_threads_nor_memory_order_change_a_bit(shape, boundary):
    gt = blobs(shape, 2)
    pred = np.roll(gt, 2, 0)
    pred[: shape[0] // 4] = np.flip(gt[: shape[0] // 4])
    spacing = (1.3, 0.7, 0.9)[-gt.ndim :]
    one = measured(pred, gt, spacing, boundary)
    with Workspace(3) as workspace:
        assert_identical(measured(pred, gt, spacing, boundary, workspace=workspace), one)
        turned = [np.asfortranarray(mask) for mask in (pred, gt)]
        assert_identical(measured(*turned, spacing, boundary, workspace=workspace), one)


@pytest.mark.parametrize("rule", SIZES)
def test_an_image_full_of_mask_has_its_edge_as_boundary(rule):
    full = np.ones((6, 8), np.uint16)
    d = measured(full, full, (2.0, 1.0), Boundary(rule))
    corners = 4 * (np.hypot(2, 1) / 2 if rule == "surfel" else (2 + 1) / 2)
    assert d.size_g == pytest.approx(2 * 7 * 1.0 + 2 * 5 * 2.0 + corners)
    assert d.pg.value.tolist() == [0]


def test_a_label_in_one_mask_only_is_infinitely_far():
    pred, gt = np.zeros((2, 5, 5), np.uint8)
    pred[1:4, 1:4] = 4
    d = measured(pred, gt, (1.0, 1.0), Boundary("face"))
    assert d.pg.value.tolist() == [np.inf]
    assert d.pg.total().tolist() == [4 * 3]
    assert d.empty_g.tolist() == [True]


def test_masks_without_foreground_have_no_region():
    assert (
        len(measured(*np.zeros((2, 3, 4, 5), np.uint8), (1.0, 1.0, 1.0), Boundary("surfel")).pg)
        == 0
    )
