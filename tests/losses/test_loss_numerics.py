"""Slopes that are those of the values, and finite numbers where logits, targets or precision are
extreme.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from helpers.calls import LABELLED, ONE_CHANNEL, Call, every, labels, logits
from torch import Tensor

import segeval.losses as losses


def assert_finite(loss: Tensor, pred: Tensor) -> None:
    (grad,) = torch.autograd.grad(loss.sum(), pred)
    assert loss.isfinite().all()
    assert grad.isfinite().all()


def called(name: str, pred: Tensor, target: Tensor, **options: Any) -> Tensor:
    loss: Tensor = getattr(losses, name)(pred, target, **LABELLED[name], **options)
    return loss


def test_every_loss_is_among_the_calls() -> None:
    functions = {name for name in losses.__all__ if name[0].islower()}
    assert functions - {call.name for call in every()} == {
        "deep_supervision",
        "signed_distance_map",
        "soft_skeleton",
    }


@pytest.mark.parametrize("call", every(), ids=str)
def test_gradients_are_those_of_finite_differences(call: Call) -> None:
    assert torch.autograd.gradcheck(call, call.pred.clone().requires_grad_())


@pytest.mark.parametrize("name", ["dice_loss", "focal_loss", "dice_ce_loss", "hausdorff_dt_loss"])
def test_gradients_have_gradients(name: str) -> None:
    call = Call(name, logits(3, 2, 2), (labels(3, 2, 2),), LABELLED[name])
    assert torch.autograd.gradgradcheck(call, call.pred.clone().requires_grad_())


@pytest.mark.parametrize("name", ["dice_loss", "focal_loss", "dice_ce_loss"])
def test_backward_may_go_twice(name: str) -> None:
    pred = logits(3, 4, 5).requires_grad_()
    loss = called(name, pred, labels(3, 4, 5))
    first, second = (torch.autograd.grad(loss, pred, retain_graph=True)[0] for _ in range(2))
    assert first.equal(second)


@pytest.mark.parametrize("name", ["dice_loss", "focal_loss", "dice_ce_loss"])
def test_functional_transforms(name: str) -> None:
    """`torch.func` goes through, and gives the gradient that backward gives."""
    call = Call(name, logits(3, 4, 5), (labels(3, 4, 5),), LABELLED[name])
    pred = call.pred.clone().requires_grad_()
    torch.testing.assert_close(
        torch.func.grad(call)(call.pred), torch.autograd.grad(call(pred), pred)[0]
    )


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_extreme_logits(name: str, size: float) -> None:
    target = labels(3, 6, 7)
    right = torch.nn.functional.one_hot(target, 3).movedim(-1, 1).float()
    pred = (size * right).requires_grad_()
    loss = called(name, pred, target)
    assert_finite(loss, pred)
    if size > 0 and name not in ("boundary_loss",):
        assert loss.item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize("voxels", [0, 1], ids=["background", "one voxel"])
def test_targets_with_next_to_nothing(name: str, voxels: int) -> None:
    target = torch.zeros(2, 6, 7, dtype=torch.int64)
    target.view(-1)[:voxels] = 1
    for pred in (logits(3, 6, 7).float(), torch.zeros(2, 3, 6, 7), 1e4 * logits(3, 6, 7).float()):
        pred.requires_grad_()
        assert_finite(called(name, pred, target), pred)


@pytest.mark.parametrize("name", LABELLED)
def test_nothing_but_ignored_voxels(name: str) -> None:
    pred = logits(3, 6, 7).float().requires_grad_()
    assert_finite(called(name, pred, torch.full((2, 6, 7), -100), ignore_index=-100), pred)


@pytest.mark.parametrize("name", LABELLED)
def test_ignored_voxels_may_hold_anything(name: str) -> None:
    """Not even a NaN under an ignored voxel reaches the loss, or the gradient of another voxel."""
    target, pred = labels(3, 6, 7), logits(3, 6, 7).float()
    target[:, :2] = -100
    spoilt = pred.clone()
    spoilt[:, :, :2] = torch.nan
    found = []
    for scores in (pred, spoilt):
        scores.requires_grad_()
        loss = called(name, scores, target, ignore_index=-100)
        (grad,) = torch.autograd.grad(loss, scores)
        found.append((loss.detach(), grad[:, :, 2:]))
        assert not grad[:, :, :2].any()
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("name", sorted(ONE_CHANNEL))
def test_one_channel_is_two_of_which_one_is_0(name: str) -> None:
    pred, target = logits(1, 6, 7), labels(2, 6, 7)
    two = torch.cat([torch.zeros_like(pred), pred], 1)
    torch.testing.assert_close(
        called(name, pred, target), called(name, two, target, include_background=False)
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", LABELLED)
def test_autocast(name: str, dtype: torch.dtype) -> None:
    """Under autocast a network gives scores of half the precision: the loss is finite, and right
    but for that.
    """
    torch.manual_seed(0)
    network, images, target = (
        torch.nn.Conv2d(1, 3, 3, padding=1),
        torch.randn(2, 1, 6, 7),
        labels(3, 6, 7),
    )
    with torch.autocast("cpu", dtype=dtype):
        pred = network(images)
        assert pred.dtype is dtype
        loss = called(name, pred, target)
    loss.backward()
    assert all(
        part.grad is not None and part.grad.isfinite().all() for part in network.parameters()
    )
    assert loss.item() == pytest.approx(
        called(name, pred.detach().double(), target).item(), rel=1e-2, abs=1e-2
    )


EMPTY = {
    "dice_loss": 0, "tversky_loss": 0, "jaccard_loss": 0, "focal_tversky_loss": 0,
    "generalized_dice_loss": 0, "dice_ce_loss": 0, "dice_focal_loss": 0, "boundary_loss": 0,
    "hausdorff_dt_loss": 0, "cldice_loss": 0, "focal_loss": 0, "lovasz_softmax_loss": 0,
}  # fmt: skip


@pytest.mark.parametrize("name", LABELLED)
def test_what_both_empty_costs(name: str) -> None:
    """Background alone, and surely predicted: classes 1 and 2 are in neither."""
    pred = torch.zeros(2, 3, 6, 7)
    pred[:, 0] = 100
    assert called(name, pred, torch.zeros(2, 6, 7, dtype=torch.int64)).item() == pytest.approx(
        EMPTY[name], abs=1e-5
    )


def kept(loss: Callable[[Tensor, Tensor], Tensor], pred: Tensor, target: Tensor) -> float:
    """Return the memory that the loss keeps for its gradient, in sizes of the prediction."""
    sizes: dict[int, int] = {}

    def noted(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(noted, lambda tensor: tensor):
        value = loss(pred.clone().requires_grad_(), target)
    assert value.requires_grad
    return sum(sizes.values()) / (pred.numel() * pred.element_size())


def test_what_is_kept_for_the_gradient() -> None:
    """Two maps for each erosion; the softmax, its errors and what they cost; the softmax and the
    logits themselves.
    """
    pred, target = logits(3, 16, 16), labels(3, 16, 16)
    assert kept(losses.HausdorffERLoss(k=10), pred.softmax(1), target[:, None]) < 22
    assert kept(losses.hausdorff_dt_loss, pred, target) < 3.5
    assert kept(losses.jaccard_loss, pred, target) < 3


def test_what_both_empty_costs_elsewhere() -> None:
    nothing = torch.zeros(2, 6, 7, 1)
    assert losses.region_dice_loss(nothing, nothing) == 0
    assert losses.region_dice_loss(nothing, nothing, average="macro") == 0
    assert losses.soft_dice_loss(torch.full_like(nothing, -100), nothing).tolist() == [0, 0]
    assert (
        losses.lovasz_hinge_loss(torch.full((1, 1, 4), -2.0), torch.zeros(1, 4, dtype=torch.int64))
        == 0
    )
    assert (
        losses.lovasz_hinge_loss(torch.full((1, 1, 4), 2.0), torch.zeros(1, 4, dtype=torch.int64))
        == 3
    )
    ignored = torch.full((1, 4), -100)
    assert losses.dice_loss(torch.zeros(1, 3, 4), ignored) == 1
    assert losses.dice_loss(torch.zeros(1, 3, 4), ignored, average="macro") == 1
    assert losses.tversky_loss(torch.zeros(1, 3, 4), ignored, 0.5, 0.5) == 1
    maps = torch.zeros(1, 2, 4, 4)
    assert losses.js_div_loss_2d(maps, maps) == losses.kl_div_loss_2d(maps, maps) == 0


def test_many_voxels_in_single_precision() -> None:
    """Some 100,000 small numbers add up without losing digits."""
    pred, target = logits(3, 600, 600, samples=1), labels(3, 600, 600, samples=1)
    for name in (
        "dice_loss",
        "tversky_loss",
        "jaccard_loss",
        "generalized_dice_loss",
        "focal_loss",
    ):
        single, double = (called(name, scores, target).item() for scores in (pred.float(), pred))
        assert single == pytest.approx(double, rel=1e-6), name
