"""Areas by code: symmetries of the cell, and shapes whose area is known."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.measure.voxels.areas import face_sizes, surfel_sizes

SPACINGS = st.tuples(*[st.floats(0.1, 10)] * 3) | st.tuples(*[st.floats(0.1, 10)] * 2)


def cells(axes):
    """Every mask of a cell, and its code."""
    for code in range(2 ** (2**axes)):
        yield np.array([code >> k & 1 for k in range(2**axes)], bool).reshape((2,) * axes), code


def code_of(cell):
    return int(np.dot(cell.ravel(), 2 ** np.arange(cell.size)))


@pytest.mark.parametrize("sizes", [surfel_sizes, face_sizes])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 3.0), (1.0, 1.0, 1.0), (2.0, 0.7, 1.3)])
def test_only_cells_of_two_kinds_have_a_size_and_mirrored_turned_or_inverted_ones_have_the_same(
    sizes, spacing
):
    table, axes = sizes(spacing), len(spacing)
    turned = {
        order: sizes(tuple(spacing[axis] for axis in order)) for order in permutations(range(axes))
    }
    for cell, code in cells(axes):
        assert (table[code] > 0) == (cell.any() and not cell.all())
        assert table[code_of(~cell)] == pytest.approx(table[code])
        for axis in range(axes):
            assert table[code_of(np.flip(cell, axis))] == pytest.approx(table[code])
        for order, other in turned.items():
            assert other[code_of(cell.transpose(order))] == pytest.approx(table[code])


@given(SPACINGS)
def test_the_faces_of_a_cell_are_counted_one_by_one(spacing):
    table = face_sizes(spacing)
    for cell, code in cells(len(spacing)):
        pairs = [
            np.count_nonzero(np.diff(cell.astype(int), axis=axis)) for axis in range(len(spacing))
        ]
        shares = [np.prod(spacing) / step / 2 ** (len(spacing) - 1) for step in spacing]
        assert table[code] == pytest.approx(np.dot(pairs, shares))


@given(SPACINGS)
def test_a_plane_across_an_axis_has_the_area_of_a_face(spacing):
    for axis, step in enumerate(spacing):
        half = np.zeros((2,) * len(spacing), bool)
        half[(slice(None),) * axis + (0,)] = True
        for sizes in (surfel_sizes, face_sizes):
            assert sizes(spacing)[code_of(half)] == pytest.approx(np.prod(spacing) / step)


@given(SPACINGS)
def test_one_voxel_is_cut_off_through_the_middles_of_its_edges(spacing):
    middles = np.diag(spacing) / 2
    if len(spacing) == 2:
        expected = np.linalg.norm(middles[0] - middles[1])
    else:
        expected = np.linalg.norm(np.cross(middles[1] - middles[0], middles[2] - middles[0])) / 2
    assert surfel_sizes(spacing)[1] == pytest.approx(expected)


def test_voxels_that_share_no_face_are_cut_off_one_by_one():
    one = surfel_sizes((1.0, 2.0, 3.0))[1]
    for apart in ([0, 3], [0, 7], [0, 3, 5], [0, 3, 5, 6]):
        assert surfel_sizes((1.0, 2.0, 3.0))[sum(2**k for k in apart)] == pytest.approx(
            len(apart) * one
        )


def test_the_cells_of_marching_cubes_have_the_areas_of_surface_distance():
    """Assert that each kind of cell has the area that DeepMind's surface-distance gives for the
    spacing (1.5, 0.8, 0.7).
    """
    voxels = list(product((0, 1), repeat=3))
    kinds = {
        ((1, 1, 1),): 0.21125,
        ((1, 1, 0), (1, 1, 1)): 0.5949999999999999,
        ((1, 0, 1), (1, 1, 0)): 0.4225,
        ((0, 1, 1), (1, 0, 0)): 0.4225,
        ((1, 0, 1), (1, 1, 0), (1, 1, 1)): 0.9137499999999998,
        ((0, 1, 1), (1, 0, 0), (1, 1, 1)): 1.0085109359550988,
        ((0, 1, 1), (1, 0, 1), (1, 1, 0)): 0.63375,
        ((1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)): 0.5599999999999999,
        ((0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 1)): 1.2674999999999998,
        ((0, 1, 1), (1, 0, 0), (1, 1, 0), (1, 1, 1)): 1.5746893751224864,
        ((0, 1, 1), (1, 0, 0), (1, 0, 1), (1, 1, 0)): 1.125,
        ((0, 1, 0), (0, 1, 1), (1, 0, 0), (1, 0, 1)): 1.1899999999999997,
        ((0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 1)): 0.845,
    }
    sizes = surfel_sizes((1.5, 0.8, 0.7))
    for mask, area in kinds.items():
        assert sizes[sum(2**k for k, voxel in enumerate(voxels) if voxel in mask)] == pytest.approx(
            area, rel=1e-12
        )
