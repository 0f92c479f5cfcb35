"""The relaxed net against shapes whose surface is known, and against what must not change it."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels.workspace import Workspace
from segeval.measure.crops import Crop
from segeval.measure.mesh.net import Net
from segeval.measure.mesh.smoothing import relaxed
from segeval.measure.mesh.surfaces import Surface, between
from segeval.statistics.boundary import Boundary

MASKS = st.sampled_from([(6, 7), (4, 5, 6)]).flatmap(lambda shape: arrays(np.bool_, shape))
SPACING = (2.0, 0.7, 1.1)


def grid(extent, spacing):
    """The positions of voxels around 0, at least so far to all sides."""
    axes = (np.arange(-np.ceil(extent / h) - 1, np.ceil(extent / h) + 2) * h for h in spacing)
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def net_of(mask, spacing):
    return Net.of(Crop(mask, (0,) * mask.ndim), spacing)


def smooth(mask, spacing):
    return relaxed(net_of(mask, spacing), spacing)


def ball(radius, spacing, centre=(0.31, -0.22, 0.17)):
    at = np.array(centre[: len(spacing)])
    return np.linalg.norm(grid(radius + 1, spacing) - at, axis=-1) <= radius


def about_zero(net, mask, spacing):
    """Positions of the nodes where the middle voxel of the mask is at 0."""
    return net.node - np.array(mask.shape) // 2 * np.array(spacing)


@pytest.mark.parametrize(
    ("spacing", "radii", "bounds"),
    [  # relative errors of HD, HD95, ASSD and area
        ((1.0, 1.0), (12.3, 10.1), (0.15, 0.13, 0.01, 0.005)),
        ((0.5, 0.5, 0.5), (8.0, 6.5), (0.07, 0.03, 0.005, 0.005)),
        ((1.0, 1.0, 1.0), (12.3, 10.1), (0.12, 0.04, 0.005, 0.005)),
        ((1.5, 0.8, 0.8), (14.0, 11.0), (0.09, 0.04, 0.005, 0.01)),
        ((0.7, 0.7, 3.5), (15.6, 12.1), (0.15, 0.07, 0.005, 0.01)),
    ],
)
def test_distances_and_areas_of_concentric_balls(spacing, radii, bounds):
    outer, inner = (ball(r, spacing) for r in radii)
    outer, inner = (
        np.pad(m, [((w - n) // 2,) * 2 for n, w in zip(m.shape, outer.shape, strict=True)])
        for m in (outer, inner)
    )
    surfaces = [Surface.of(smooth(mask, spacing)) for mask in (outer, inner)]
    found = between(*surfaces, Boundary("smooth"), Workspace())
    both, truth = found.pg + found.gp, radii[0] - radii[1]
    areas = [2 * np.pi * r if len(spacing) == 2 else 4 * np.pi * r**2 for r in radii]
    errors = [
        max(way.quantile(1)[0] for way in (found.pg, found.gp)) / truth - 1,
        max(way.quantile(0.95)[0] for way in (found.pg, found.gp)) / truth - 1,
        both.mean()[0] / truth - 1,
        max(
            abs(way.total()[0] / area - 1)
            for way, area in zip((found.pg, found.gp), areas, strict=True)
        ),
    ]
    assert (np.abs(errors) <= bounds).all(), errors


@pytest.mark.parametrize(
    ("spacing", "mean", "most"),
    [((1.0, 1.0, 1.0), 0.05, 0.2), ((0.7, 1.4, 0.7), 0.05, 0.4), ((3.0, 1.0, 1.0), 0.14, 0.55)],
)
def test_nodes_of_a_torus_lie_on_it(spacing, mean, most):
    def signed(at):
        return np.hypot(np.hypot(at[..., 0], at[..., 1]) - 14.2, at[..., 2]) - 5.1

    turn = np.linalg.qr(np.array([[0.8, 0.5, 0.1], [-0.3, 0.9, 0.4], [0.2, -0.3, 0.9]]))[0]
    mask = signed(grid(21, spacing) @ turn) <= 0
    distance = np.abs(signed(about_zero(smooth(mask, spacing), mask, spacing) @ turn))
    assert distance.mean() < mean
    assert distance.max() < most


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (3.0, 0.7, 1.1), (1.0, 2.0), (0.5, 0.5)])
def test_boxes_along_the_grid_stay_where_their_voxels_are(spacing):
    mask = np.zeros((11, 15, 14)[: len(spacing)], np.bool_)
    mask[(slice(2, 10), slice(3, 14), slice(1, 12))[: len(spacing)]] = True
    np.testing.assert_allclose(
        smooth(mask, spacing).node, net_of(mask, spacing).node, rtol=0, atol=1e-12
    )


def test_a_step_between_boxes_is_a_crease_too():
    mask = np.zeros((16, 8, 18), np.bool_)
    mask[1:15, 1:7, 1:9] = mask[1:8, 1:7, 1:17] = True
    net = net_of(mask, (1.0, 1.0, 1.0))
    np.testing.assert_allclose(relaxed(net, (1.0, 1.0, 1.0)).node, net.node, rtol=0, atol=1e-12)


def test_a_turned_box_becomes_flat():
    turn = np.linalg.qr(np.array([[1, 0.4, 0.2], [-0.4, 1, 0.3], [-0.2, -0.3, 1]]))[0]
    mask = (np.abs(grid(20, (1.0, 1.0, 1.0)) @ turn) <= (10.3, 9.2, 8.4)).all(axis=-1)
    at = np.abs(about_zero(smooth(mask, (1.0, 1.0, 1.0)), mask, (1.0, 1.0, 1.0)) @ turn)
    side = (at[:, 1] < 6) & (
        at[:, 2] < 5
    )  # of the faces across the first axis, away from their edges
    assert np.abs(at[side, 0] - 10.3).mean() < 0.1


@given(MASKS)
def test_nodes_stay_in_their_cells(mask):
    spacing = SPACING[: mask.ndim]
    net = net_of(mask, spacing)
    moved = np.abs(relaxed(net, spacing).node - net.node)
    assert (moved <= np.array(spacing) / 2 * (1 + 1e-9)).all()


@given(MASKS, st.data())
def test_axes_may_be_swapped_and_flipped(mask, data):
    axes = data.draw(st.sampled_from(list(permutations(range(mask.ndim)))))
    flipped = data.draw(st.sets(st.sampled_from(range(mask.ndim))))
    spacing = SPACING[: mask.ndim]
    expected = smooth(mask, spacing).node
    for axis in flipped:
        expected[:, axis] = (mask.shape[axis] - 1) * spacing[axis] - expected[:, axis]
    turned = smooth(
        np.flip(mask, tuple(flipped)).transpose(axes), tuple(spacing[a] for a in axes)
    ).node
    found = np.empty_like(turned)
    found[:, axes] = turned
    np.testing.assert_allclose(_sorted(found), _sorted(expected), rtol=0, atol=1e-9)


def _sorted(node):
    return node[np.lexsort(np.round(node, 6).T)]


@given(MASKS)
def test_voxels_may_lie_anywhere_and_outside_of_the_image_is_outside_of_the_mask(mask):
    spacing = SPACING[: mask.ndim]
    padded = np.pad(mask, [(3, 2)] * mask.ndim)
    moved = smooth(padded, spacing).node - 3 * np.array(spacing)
    np.testing.assert_allclose(moved, smooth(mask, spacing).node, rtol=0, atol=1e-9)


@given(MASKS)
def test_lengths_scale_with_the_spacing(mask):
    spacing = SPACING[: mask.ndim]
    tripled = smooth(mask, tuple(3 * h for h in spacing)).node
    np.testing.assert_allclose(tripled, 3 * smooth(mask, spacing).node, rtol=0, atol=1e-9)


def test_parts_that_do_not_touch_do_not_matter_to_each_other():
    mask = np.zeros((30, 12, 12), np.bool_)
    mask[3:10, 3:9, 2:7] = mask[10, 4, 4] = True
    alone = smooth(mask, SPACING).node
    mask[16:25, 2:9, 3:10] = True
    np.testing.assert_allclose(smooth(mask, SPACING).node[: len(alone)], alone, rtol=0, atol=1e-12)


def test_any_number_of_threads_gives_the_same_bits():
    nets = [net_of(ball(r, SPACING), SPACING) for r in (5, 6, 7, 8)]
    with Workspace(threads=2) as two:
        shared = two.map(lambda net: relaxed(net, SPACING).node, nets)
    assert all(
        (relaxed(net, SPACING).node == node).all() for net, node in zip(nets, shared, strict=True)
    )


def test_one_voxel_shrinks_towards_its_centre_and_keeps_a_size():
    mask = np.zeros((3, 3, 3), np.bool_)
    mask[1, 1, 1] = True
    net = smooth(mask, SPACING)
    np.testing.assert_allclose(net.node.mean(axis=0), SPACING)
    assert Surface.of(net).size().min() > 0


def test_no_voxel_no_node():
    assert smooth(np.zeros((3, 4), np.bool_), (1.0, 1.0)).node.shape == (0, 2)
    assert smooth(np.zeros((3, 4, 2), np.bool_), (1.0, 1.0, 1.0)).node.shape == (0, 3)
