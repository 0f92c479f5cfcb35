"""Signed distance maps against SciPy's distance transform and against all pairs of voxels; what is
made of them.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.calls import labels, logits
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from segeval.losses import BoundaryLoss, boundary_loss, hausdorff_dt_loss, signed_distance_map


def by_pairs(inside: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """The map by looking at every pair of voxels."""
    if inside.all() or not inside.any():
        return np.zeros(inside.shape)
    points = np.argwhere(np.ones_like(inside)) * spacing
    apart = np.linalg.norm(points[:, None] - points, axis=-1)
    flat = inside.ravel()
    signed = np.where(
        flat, -np.where(flat, np.inf, apart).min(1), np.where(flat, apart, np.inf).min(1)
    )
    return signed.reshape(inside.shape)


@given(st.data())
def test_the_map_is_the_least_of_all_pairs(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    spacing = tuple(data.draw(st.floats(0.25, 4)) for _ in shape)
    flat = data.draw(
        st.lists(st.integers(0, 2), min_size=int(np.prod(shape)), max_size=int(np.prod(shape)))
    )
    target = torch.tensor(flat).view(1, *shape)
    found = signed_distance_map(target, 3, spacing=spacing)[0].numpy()
    for label in range(3):
        np.testing.assert_allclose(
            found[label], by_pairs(target[0].numpy() == label, spacing), rtol=1e-6
        )


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.5, 0.8, 0.8)])
def test_the_map_is_scipys(spacing: tuple[float, ...]) -> None:
    target = torch.zeros(2, 12, 20, 24, dtype=torch.uint8)
    target[0, 3:9, 4:12, 5:20], target[0, 5, 6, 7:9] = 1, 0
    target[1, :, :3], target[1, 4:, 10:, 10:] = 1, 2
    found = signed_distance_map(target, 3, spacing=spacing)
    for sample in range(2):
        for label in range(3):
            inside = (target[sample] == label).numpy()
            outside, depth = (
                distance_transform_edt(mask, sampling=spacing) for mask in (~inside, inside)
            )
            want = outside - depth if inside.any() else np.zeros(inside.shape)
            np.testing.assert_allclose(found[sample, label], want, rtol=1e-6, atol=1e-6)


def scipy_maps(target: Tensor, classes: int) -> Tensor:
    masks = torch.nn.functional.one_hot(target, classes).movedim(-1, 1).bool().numpy()
    return torch.from_numpy(
        np.stack(
            [
                [distance_transform_edt(~m) - distance_transform_edt(m) for m in sample]
                for sample in masks
            ]
        )
    )


def test_boundary_loss_is_the_mean_of_p_times_the_map() -> None:
    pred, target = logits(3, 7, 8), labels(3, 7, 8)
    product = pred.softmax(1) * scipy_maps(target, 3)
    assert boundary_loss(pred, target).item() == pytest.approx(
        product[:, 1:].mean().item(), rel=1e-6
    )
    assert boundary_loss(pred, target, include_background=True).item() == pytest.approx(
        product.mean().item(), rel=1e-6
    )
    maps = signed_distance_map(target, 3)
    assert boundary_loss(pred, target, distances=maps) == boundary_loss(pred, target)
    assert BoundaryLoss()(pred, target, distances=maps) == boundary_loss(pred, target)


def test_boundary_loss_is_one_voxel_less_inside_in_kervadecs_code() -> None:
    pred, target = logits(3, 7, 8), labels(3, 7, 8)
    inside = torch.nn.functional.one_hot(target, 3).movedim(-1, 1)
    theirs = scipy_maps(target, 3) + inside  # its `res` is edt(~m)·~m − (edt(m) − 1)·m
    want = (pred.softmax(1) * theirs)[:, 1:].mean().item()
    assert boundary_loss(pred, target, distances=theirs).item() == pytest.approx(want)


def test_ignored_voxels_are_left_out_of_the_mean() -> None:
    pred, target = logits(3, 7, 8), labels(3, 7, 8)
    target[:, :2] = -100
    maps = signed_distance_map(target, 3)
    want = (pred.softmax(1) * maps)[:, 1:, 2:].mean().item()
    assert boundary_loss(pred, target).item() == pytest.approx(want)


def test_hausdorff_loss_grows_with_the_square_of_the_displacement() -> None:
    def displaced(by: int) -> float:
        target = torch.zeros(1, 40, dtype=torch.int64)
        target[:, 5:10] = 1
        pred = 100.0 * torch.nn.functional.one_hot(target.roll(by, 1), 2).movedim(-1, 1)
        return hausdorff_dt_loss(pred, target).item()

    assert displaced(0) == 0
    assert displaced(20) / displaced(10) == pytest.approx(4, rel=0.2)
