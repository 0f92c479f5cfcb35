"""Tests that what docs/exactness.md takes for the truth is true: surfaces lie where shapes end, and
areas are the formulas'.
"""

from __future__ import annotations

import numpy as np
import pytest
from families import Golden, Pair, Truth, golden
from scipy.special import ellipe
from shapes import Ball, Box, Ellipsoid, Shape, Shell, Torus, Tube

AT, TURN = (0.3, -1.2, 2.1), (20.0, 50.0, 70.0)
SPHEROID = np.arccos(3 / 5)
"""Angle whose sine is the eccentricity of the half axes 5, 3, 3."""
AREAS = {
    Ball((1, 2), (), 3): 2 * np.pi * 3,
    Ball(AT, (), 3): 4 * np.pi * 3**2,
    Box((1, 2), (30,), (2, 3)): 2 * (4 + 6),
    Box(AT, TURN, (1, 2, 3)): 2 * (2 * 4 + 2 * 6 + 4 * 6),
    Ellipsoid((1, 2), (25,), (5, 3)): 4 * 5 * ellipe(1 - 3**2 / 5**2),
    Ellipsoid(AT, TURN, (5, 3, 3)): 2 * np.pi * (3**2 + 3 * 5 * SPHEROID / np.sin(SPHEROID)),
    Tube(AT, TURN, 2, 4): 4 * np.pi * 2**2 + 2 * np.pi * 2 * 8,
    Torus(AT, TURN, 5, 2): 4 * np.pi**2 * 5 * 2,
    Shell(AT, (), 4, 3): 4 * np.pi * (4**2 + 3**2),
}


@pytest.mark.parametrize("shape", AREAS, ids=str)
def test_surface_is_where_the_distance_is_zero_and_has_its_area(shape: Shape) -> None:
    surface = shape.surface()
    assert np.abs(shape.signed(surface.at)).max() < 1e-6
    assert surface.size.sum() == pytest.approx(AREAS[shape], rel=1e-4)


@pytest.mark.parametrize("shape", AREAS, ids=str)
def test_distance_is_that_of_the_nearest_point_of_the_surface(shape: Shape) -> None:
    points = np.random.default_rng(0).uniform(-7, 7, (15, len(shape.centre))) + shape.centre
    surface = shape.surface().at
    nearest = [np.linalg.norm(surface - point, axis=1).min() for point in points]
    signed = shape.signed(points)
    np.testing.assert_allclose(np.abs(signed), nearest, atol=0.04)
    np.testing.assert_array_equal(shape.inside(points), signed <= 0)


@pytest.mark.parametrize("shape", AREAS, ids=str)
def test_turned_shape_stays_itself(shape: Shape) -> None:
    centred = np.random.default_rng(1).uniform(-5, 5, (50, len(shape.centre)))
    mirrored = shape.signed(
        shape.centre - centred
    )  # every shape here is its own mirror image in its centre
    np.testing.assert_allclose(shape.signed(shape.centre + centred), mirrored, atol=1e-9)


def test_concentric_balls_are_the_difference_of_their_radii_apart() -> None:
    truth = Pair("balls", Ball(AT, (), 5), Ball(AT, (), 3.5), (1, 1, 1)).truth()
    np.testing.assert_allclose(truth[:4], 1.5, rtol=1e-6)
    assert truth.nsd == 0


def test_truth_is_none_where_the_tolerance_is_the_distance() -> None:
    truth = Pair("boxes", Box(AT, (), (5, 4, 4)), Box(AT, (), (4, 3, 3)), (1, 1, 1)).truth()
    assert np.isnan(truth.nsd)
    assert truth.hd == pytest.approx(np.sqrt(3))  # from corner to corner


@pytest.mark.parametrize("case", golden().values(), ids=list(golden()))
def test_truth_is_that_of_the_golden_numbers(case: Golden) -> None:
    own, stored = case.pair.truth(), case.truth
    near = Truth(hd=1e-3, hd95=5e-3, assd=1e-3, masd=1e-3, nsd=np.inf, area_pred=1e-3, area_gt=1e-3)
    for value, known, tolerance in zip(own, stored, near, strict=True):
        assert value == pytest.approx(known, rel=tolerance, nan_ok=True)
    if not np.isnan(stored.nsd):
        assert own.nsd == pytest.approx(stored.nsd, abs=5e-3)


def test_masks_hold_the_voxels_whose_centres_lie_inside() -> None:
    pair = Pair("boxes", Box((0, 0), (), (1.1, 0.6)), Ball((0, 0), (), 1.2), (1.0, 0.5))
    pred, gt = pair.masks()
    assert pred.sum() == 3 * 3  # rows at -1, 0, 1 and columns at -0.5, 0, 0.5
    assert gt.sum() == 3 + 5 + 3  # rows at -1 and 1 reach to 0.66, that at 0 to 1.2
    assert not any(mask[edge].any() for mask in (pred, gt) for edge in (0, -1))
