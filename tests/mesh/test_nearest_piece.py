"""The search for the nearest piece of a surface against its definition."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.kernels.workspace import Workspace
from segeval.measure.mesh.nearest import Pieces, squared_distances
from segeval.measure.mesh.surfaces import Finder, Surface
from segeval.measure.mesh.tree import Tree

WORKSPACE = Workspace()


def to_simplex(point, corners):
    """Distance from a point to the convex hull of a few corners: the nearest of its projections
    that lie within.
    """
    best = np.inf
    for count in range(1, len(corners) + 1):
        for chosen in combinations(corners, count):
            first, *others = chosen
            edges = np.array(others).reshape(-1, 3) - first
            shares = np.linalg.lstsq(edges.T, point - first, rcond=None)[0]
            if (shares >= -1e-9).all() and shares.sum() <= 1 + 1e-9:
                best = min(best, np.linalg.norm(first + shares @ edges - point))
    return best


@st.composite
def triangles(draw):
    """Up to 40 triangles, some of them segments or points, and up to 12 points around."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    corners = rng.normal(size=(draw(st.integers(1, 40)), 1, 3)) + rng.normal(
        scale=0.4, size=(1, 3, 3)
    )
    corners[rng.random(len(corners)) < 0.2, 2] = 0.5
    corners[::5, 2] = corners[::5, 1]
    corners[::11] = corners[::11, :1]
    grid = draw(
        st.sampled_from([0, 0.5])
    )  # on a lattice, points lie on pieces and above their edges
    points = rng.normal(
        scale=draw(st.sampled_from([1.0, 30.0])), size=(draw(st.integers(1, 12)), 3)
    )
    return tuple(np.round(a / grid) * grid if grid else a for a in (corners, points))


@given(triangles())
def test_the_distance_is_that_to_the_nearest_triangle(drawn):
    corners, points = drawn
    surface = Surface(corners.reshape(-1, 3), np.arange(corners.size // 3).reshape(-1, 3))
    expected = [min(to_simplex(point, triangle) for triangle in corners) for point in points]
    assert Finder.of(surface).distances(points, WORKSPACE) == pytest.approx(expected, abs=1e-7)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 15, 16, 17, 300, 5000]))
def test_the_distance_is_that_to_the_nearest_box(seed, count):
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 30, (3, count)).astype(float)
    high, points = low + rng.integers(0, 4, low.shape), rng.integers(-9, 40, (3, 20)).astype(float)
    scale = rng.choice([0.5, 1, 3], 3)
    gap = np.maximum(
        np.maximum(low[:, None] - points[:, :, None], points[:, :, None] - high[:, None]), 0
    )
    squares = squared_distances(
        points.T.copy(), Pieces(Tree.of(low, high, scale), np.empty((9, 0)), scale), WORKSPACE
    )
    assert squares == pytest.approx(((gap * scale[:, None, None]) ** 2).sum(axis=0).min(axis=1))


def test_any_number_of_threads_finds_the_same_to_the_last_bit():
    rng = np.random.default_rng(0)
    vertices, points = rng.normal(size=(300, 3)), rng.normal(size=(70_000, 3))
    finder = Finder.of(Surface(vertices, rng.integers(0, 300, (500, 3))))
    with Workspace(threads=3) as three:
        assert np.array_equal(finder.distances(points, WORKSPACE), finder.distances(points, three))


def test_a_point_of_a_triangle_is_at_distance_zero_exactly():
    corners = np.array([[0.1, 0.2, 0.3], [0.7, 0.11, 0.13], [0.37, 0.9, 0.41]])
    shares = np.random.default_rng(1).dirichlet((1, 1, 1), 50)
    finder = Finder.of(Surface(corners, np.array([[0, 1, 2]])))
    assert (finder.distances(shares @ corners, WORKSPACE) == 0).all()
