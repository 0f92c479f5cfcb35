"""Voxel boundaries by other neighbourhoods, and without the image edge, against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.brute import directed, masks
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

import segeval
from segeval.kernels.workspace import Workspace
from segeval.measure.voxels.distances import surface_distances
from segeval.measure.voxels.sweep import sweep
from segeval.statistics.boundary import Boundary

KEPT = Workspace()
NO_EDGE = "voxel:connectivity=3,image_edge=no"


def border(mask, boundary):
    """Voxels that an erosion takes away; for it, all beyond the edge is outside, or all inside."""
    around = ndimage.generate_binary_structure(mask.ndim, min(boundary["connectivity"], mask.ndim))
    return np.argwhere(
        mask & ~ndimage.binary_erosion(mask, around, border_value=not boundary["image_edge"])
    )


@settings(max_examples=200)
@given(
    masks(), st.builds(Boundary, connectivity=st.sampled_from([1, 2, 3]), image_edge=st.booleans())
)
def test_distances_are_those_of_the_definition(case, boundary):
    d = surface_distances(sweep(case.pred, case.gt, KEPT, boundary), case.spacing, workspace=KEPT)
    labels = np.setdiff1d(np.union1d(case.pred, case.gt), 0)
    assert len(d.pg) == len(labels)
    for region, label in enumerate(labels):
        p, g = (border(mask == label, boundary) for mask in (case.pred, case.gt))
        for found, one, other in ((d.pg, p, g), (d.gp, g, p)):
            ends = slice(found.start[region], found.start[region + 1])
            elements = np.repeat(found.value[ends], found.size[ends])
            np.testing.assert_allclose(elements, directed(one, other, case.spacing), rtol=1e-9)


@pytest.mark.parametrize("connectivity", [1, 2, 3])
def test_a_mask_that_fills_the_image_has_no_boundary_unless_the_edge_is_one(connectivity):
    full, part = np.ones((2, 6, 8), np.uint8)
    part[:, 4:] = 0
    boundary = Boundary(connectivity=connectivity, image_edge=False)
    d = surface_distances(sweep(full, part, KEPT, boundary), (1.0, 1.0), workspace=KEPT)
    assert d.empty_p.tolist() == [True]
    assert d.gp.value.tolist() == [np.inf]
    assert d.gp.total().tolist() == [6]


def test_threads_change_nothing():
    rng = np.random.default_rng(0)
    gt = ndimage.zoom(rng.integers(0, 3, (8, 10, 12)), 8, order=0).astype(np.uint8)
    pred = np.roll(gt, 2, 1)
    boundary = Boundary(connectivity=3, image_edge=False)
    with Workspace(3) as workspace:
        one, other = (
            surface_distances(sweep(pred, gt, w, boundary), (1.0, 1.0, 2.0), workspace=w)
            for w in (KEPT, workspace)
        )
    np.testing.assert_array_equal(one.pg.value, other.pg.value)
    np.testing.assert_array_equal(one.gp.size, other.gp.size)


def test_a_mask_that_fills_the_image_has_no_boundary_there_and_is_not_empty():
    small = np.zeros((5, 6), np.uint8)
    small[2, 2:4] = 1
    full = np.ones_like(small)
    for pred, gt in ((full, small), (small, full)):
        table = segeval.score(
            pred, gt, metrics="hd,hd95,assd,nsd@1,median_sd", protocol="segeval", boundary=NO_EDGE
        )
        assert table[["hd", "hd95", "assd", "nsd@1"]].values.tolist() == [
            [np.inf, np.inf, np.inf, 0]
        ]
        assert segeval.score(pred, gt, metrics="hd,dice", protocol="seg-metrics").hd[0] == np.inf
    assert np.isnan(segeval.score(full, full, metrics="hd", boundary=NO_EDGE).hd[0])
    assert (
        segeval.score(0 * full, small, metrics="hd", protocol="seg-metrics", regions=1).hd[0] == 0
    )
