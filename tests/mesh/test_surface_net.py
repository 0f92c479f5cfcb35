"""The surface net against what it says it is, on drawn masks."""

from __future__ import annotations

from itertools import product

import numpy as np
from helpers.scenes import pairs
from hypothesis import given
from hypothesis import strategies as st

from segeval.measure.crops import Crop
from segeval.measure.mesh.net import Net

SPACING = (1.5, 0.7, 2.0)


def net_of(mask, origin=None, spacing=SPACING):
    return Net.of(Crop(mask > 0, origin or (0,) * mask.ndim), spacing[: mask.ndim])


def surroundings(mask, cell):
    """The voxels around a corner: `cell - 1` and `cell` along each axis."""
    padded = np.pad(mask > 0, 1)
    return [padded[tuple(np.add(cell, steps))] for steps in product((0, 1), repeat=mask.ndim)]


@given(pairs())
def test_nodes_are_the_corners_that_have_voxels_inside_and_outside(pair):
    mask = pair[1]
    corners = product(*(range(n + 1) for n in mask.shape))
    assert net_of(mask).cell.tolist() == [
        list(c) for c in corners if 0 < sum(surroundings(mask, c)) < 2**mask.ndim
    ]


@given(pairs())
def test_faces_are_those_between_voxels_inside_and_outside(pair):
    mask, net = pair[1], net_of(pair[1])
    expected = []
    for axis in range(mask.ndim):
        highest = np.argwhere(
            np.diff(np.pad(mask > 0, 1), axis=axis)
        )  # the padded voxel below is the corner above
        expected += [(tuple(corner), axis) for corner in highest.tolist()]
    highest = net.cell[net.face].max(axis=1)
    assert [
        (tuple(c), a) for c, a in zip(highest.tolist(), net.axis.tolist(), strict=True)
    ] == sorted(expected)


@given(pairs(ndim=(3,)))
def test_corners_of_a_quad_go_around_it_from_the_lowest_to_the_highest_and_back(pair):
    net = net_of(pair[1])
    corner = net.cell[net.face]
    assert np.array_equal(corner[:, 0], corner.min(axis=1, initial=99))
    assert np.array_equal(corner[:, 2], corner.max(axis=1, initial=-1))
    assert (np.abs(corner - np.roll(corner, 1, axis=1)).sum(axis=2) == 1).all()


@given(pairs(ndim=(3,)))
def test_faces_that_look_outwards_enclose_the_volume_of_the_mask(pair):
    mask, net = pair[1], net_of(pair[1])
    a, b, c, d = np.moveaxis(net.node[net.face], 1, 0)
    flux = np.einsum(
        "fi,fi->", (a + c) / 2, np.cross(b - a, d - a)
    )  # Gauss: of the identity, it is three volumes
    assert np.isclose(flux / 3, np.count_nonzero(mask) * np.prod(SPACING))


@given(pairs(), st.integers(0, 5))
def test_a_crop_lies_where_its_origin_is(pair, shift):
    mask = pair[1]
    here, moved = net_of(mask), net_of(mask, origin=(shift,) * mask.ndim)
    assert np.array_equal(moved.cell, here.cell + shift)
    assert np.allclose(moved.node, (moved.cell - 0.5) * SPACING[: mask.ndim])
    assert np.array_equal(moved.face, here.face)


def test_a_mask_of_no_voxel_has_an_empty_net():
    net = net_of(np.zeros((0, 0, 0), np.uint8))
    assert (len(net.cell), len(net.face)) == (0, 0)
