"""Surfaces, the elements that stand for them, and distances between meshes."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.scenes import pairs
from hypothesis import given
from hypothesis import strategies as st

from segeval.kernels.workspace import Workspace
from segeval.measure.crops import Crop
from segeval.measure.mesh.net import Net
from segeval.measure.mesh.surfaces import Elements, Surface, between
from segeval.statistics.boundary import Boundary

WORKSPACE = Workspace()
TRIANGLE = Surface(np.array([[0, 0, 0], [0, 3, 0], [0, 0, 4.0]]), np.array([[0, 1, 2]]))
SEGMENT = Surface(np.array([[0, 1, 1], [0, 4, 5.0]]), np.array([[0, 1, 1]]))


def of_mask(mask, spacing=(1.0, 1.0, 1.0)):
    return Surface.of(Net.of(Crop(mask > 0, (0,) * mask.ndim), spacing[: mask.ndim]))


def box(*sides):
    """The surface of a box of voxels."""
    return of_mask(np.ones(sides, np.uint8))


def test_the_size_of_a_piece_is_its_area_or_its_length():
    assert TRIANGLE.size().tolist() == [6]
    assert SEGMENT.size().tolist() == [5]


def test_elements_of_a_triangle():
    elements = Elements.quadrature(TRIANGLE)
    assert elements.points[:3].tolist() == TRIANGLE.vertices.tolist()
    assert elements.points[3].tolist() == pytest.approx([0, 1, 4 / 3])
    assert elements.size == pytest.approx([6 / 12] * 3 + [6 * 3 / 4])


def test_elements_of_a_segment():
    elements = Elements.quadrature(SEGMENT)
    assert elements.points.tolist() == [[0, 1, 1], [0, 4, 5], [0, 2.5, 3]]
    assert elements.size == pytest.approx([5 / 6, 5 / 6, 5 * 4 / 6])


@pytest.mark.parametrize("power", [0, 1, 2])
def test_elements_integrate_quadratic_polynomials_exactly(power):
    elements = Elements.quadrature(TRIANGLE)
    # over the triangle below 4 - 4/3 y, the integral of y^n
    exact = 4 * 3 ** (power + 1) / (power + 1) - 4 / 3 * 3 ** (power + 2) / (power + 2)
    assert elements.size @ elements.points[:, 1] ** power == pytest.approx(exact)
    segment = Elements.quadrature(SEGMENT)
    assert segment.size @ segment.points[:, 1] ** power == pytest.approx(
        5 / 3 * (4 ** (power + 1) - 1) / (power + 1)
    )


@given(pairs())
def test_elements_are_positive_and_add_up_to_the_surface_each_point_once(pair):
    surface = of_mask(pair[1], (1.5, 0.7, 2.0))
    elements = Elements.quadrature(surface)
    assert (elements.size > 0).all()
    assert elements.size.sum() == pytest.approx(surface.size().sum())
    vertices = elements.points[: len(elements.points) - len(surface.pieces)]
    assert len(np.unique(vertices, axis=0)) == len(vertices)


def test_quads_are_split_along_the_shorter_diagonal():
    net = Net.of(Crop(np.ones((1, 1, 1), np.bool_), (0, 0, 0)), (1.0, 1.0, 1.0))
    node = net.node.copy()
    node[net.face[0, 0]] += 0.2 * (node[net.face[0, 2]] - node[net.face[0, 0]])
    diagonals = [set(net.face[0, [0, 2]].tolist()), set(net.face[0, [1, 3]].tolist())]
    split = Surface.of(net._replace(node=node)).pieces[:2]
    assert set(split[0].tolist()) & set(split[1].tolist()) == diagonals[0]
    tied = Surface.of(net).pieces[:2]
    assert set(tied[0].tolist()) & set(tied[1].tolist()) == diagonals[1]


def test_smooth_measures_from_the_corners_of_a_box():
    outer, inner = box(12, 12, 12), box(8, 8, 8)
    inner = inner._replace(vertices=inner.vertices + 2)
    found = between(outer, inner, Boundary("smooth"), WORKSPACE)
    assert found.pg.quantile(1) == pytest.approx(np.sqrt(2**2 + 2**2 + 2**2))
    assert found.gp.value == pytest.approx([2])


@given(st.floats(0.1, 100))
def test_a_surface_is_at_distance_zero_from_itself(scale):
    surface = box(3, 4, 2)
    surface = surface._replace(vertices=surface.vertices * scale)
    for rule in ("mesh", "smooth"):
        found = between(surface, surface, Boundary(rule), WORKSPACE)
        assert found.pg.value.tolist() == [0]


def test_a_surface_without_a_piece_is_infinitely_far_away():
    nothing = of_mask(np.zeros((0, 0, 0), np.uint8))
    found = between(box(1, 1, 1), nothing, Boundary("mesh"), WORKSPACE)
    assert found.pg.value.tolist() == [np.inf]
    assert found.pg.total().tolist() == [6]
    assert found.gp.empty.tolist() == [True]


def test_equal_elements_are_counted_and_pieces_without_a_size_are_not():
    flat = Surface(TRIANGLE.vertices, np.array([[0, 1, 2], [0, 0, 0]]))
    found = between(flat, TRIANGLE, Boundary("smooth", sizes="equal"), WORKSPACE)
    assert found.pg.total().tolist() == [4]
    assert found.pg.size.dtype == np.int64
