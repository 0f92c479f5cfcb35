"""kornia's losses on random inputs: the same values and gradients, and modules that take the same
parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import kornia.losses
import pytest
import torch
from helpers.calls import labels, logits
from torch import Tensor

import segeval.losses as losses

HALF = {torch.float16: 2e-3, torch.bfloat16: 2e-2}
"""Relative error that a result in so few digits may have."""


def assert_same(
    name: str, *tensors: Tensor, values: float = 1e-6, gradients: float = 1e-5, **options: Any
) -> None:
    """Values, relative, and gradients, relative to the largest, of our function and kornia's and of
    both modules.
    """
    ours, theirs = (getattr(home, name) for home in (losses, kornia.losses))

    def result(function: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
        pred = tensors[0].clone().requires_grad_()
        loss = function(pred, *tensors[1:], **options)
        (grad,) = torch.autograd.grad(loss.sum(), pred)
        return loss.detach(), grad

    (loss, grad), (want, want_grad) = result(ours), result(theirs)
    assert loss.dtype == want.dtype
    torch.testing.assert_close(loss, want, rtol=values, atol=values * float(want.abs().max()))
    torch.testing.assert_close(
        grad, want_grad, rtol=gradients, atol=gradients * float(want_grad.abs().max())
    )


def weights(classes: int) -> Tensor:
    return torch.rand(classes, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


@pytest.fixture
def images() -> tuple[Tensor, Tensor]:
    """Logits (2, 4, 9, 8) and labels; the first sample lacks class 3, the last ignores pixels."""
    target = labels(4, 9, 8)
    target[0] = target[0].clamp(max=2)
    target[1, :3] = -100
    return logits(4, 9, 8), target


@pytest.mark.parametrize("average", ["micro", "macro"])
@pytest.mark.parametrize("weight", [None, weights(4)], ids=["equal", "weighted"])
def test_dice(images: tuple[Tensor, Tensor], average: str, weight: Tensor | None) -> None:
    assert_same("dice_loss", *images, average=average, weight=weight)
    assert_same("dice_loss", *images, average=average, weight=weight, eps=1.0)
    assert_same(
        "dice_loss", images[0], labels(4, 9, 8), average=average, weight=weight, ignore_index=2
    )


@pytest.mark.parametrize("average", ["micro", "macro"])
def test_dice_where_there_is_little(average: str) -> None:
    assert_same("dice_loss", logits(1, 4, 5), labels(1, 4, 5), average=average)
    assert_same("dice_loss", logits(3, 1, 1), labels(3, 1, 1), average=average)
    ignored = torch.full((2, 4, 5), -100)
    assert_same("dice_loss", logits(3, 4, 5), ignored, average=average)
    assert_same("dice_loss", logits(3, 4, 5), ignored, average=average, eps=0.0)


def test_tversky(images: tuple[Tensor, Tensor]) -> None:
    for alpha, beta in ((0.5, 0.5), (1.0, 1.0), (0.3, 0.7), (0.0, 1.0), (1.0, 0.0)):
        assert_same("tversky_loss", *images, alpha=alpha, beta=beta)
    assert_same("tversky_loss", *images, alpha=0.3, beta=0.7, eps=1.0)
    assert_same("tversky_loss", logits(1, 4, 5), labels(1, 4, 5), alpha=0.3, beta=0.7)
    assert_same("tversky_loss", logits(3, 4, 5), torch.full((2, 4, 5), -100), alpha=0.3, beta=0.7)


def test_lovasz() -> None:
    assert_same("lovasz_softmax_loss", logits(4, 9, 8), labels(4, 9, 8))
    assert_same("lovasz_softmax_loss", logits(4, 9, 8), labels(2, 9, 8), weight=weights(4))
    assert_same("lovasz_hinge_loss", logits(1, 9, 8), labels(2, 9, 8))
    assert_same("lovasz_hinge_loss", logits(1, 9, 8), labels(1, 9, 8))


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weight", [None, weights(4)], ids=["equal", "weighted"])
def test_focal(images: tuple[Tensor, Tensor], reduction: str, weight: Tensor | None) -> None:
    for alpha in (None, 0.25):
        for gamma in (0.0, 0.5, 2.0):
            assert_same(
                "focal_loss", *images, alpha=alpha, gamma=gamma, reduction=reduction, weight=weight
            )
    volume = logits(4, 3, 4, 5), labels(4, 3, 4, 5)
    assert_same("focal_loss", *volume, alpha=0.25, reduction=reduction, weight=weight)
    assert_same(
        "focal_loss", 100 * volume[0], volume[1], alpha=0.25, reduction=reduction, weight=weight
    )
    assert_same("focal_loss", logits(1, 4, 5), labels(1, 4, 5), alpha=0.25, reduction=reduction)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_binary_focal(reduction: str) -> None:
    for spatial in ((9, 8), (3, 4, 5)):
        target = labels(2, 3, *spatial).double()
        target[0, 0, 0] = -100
        for options in (
            {},
            {"alpha": None, "gamma": 0.0},
            {"pos_weight": weights(3), "weight": weights(3)},
        ):
            assert_same(
                "binary_focal_loss_with_logits",
                logits(3, *spatial),
                target,
                reduction=reduction,
                **options,
            )


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_heat_maps(reduction: str) -> None:
    maps, others = (
        logits(3, 8, 9, seed=seed).flatten(2).softmax(2).view(2, 3, 8, 9) for seed in (0, 1)
    )
    others[:, 0] = 0
    for name in ("js_div_loss_2d", "kl_div_loss_2d"):
        assert_same(name, maps, others, reduction=reduction)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_robust(reduction: str) -> None:
    one, two = logits(3, 8, 9), 10 * logits(3, 8, 9, seed=1)
    for name in ("charbonnier_loss", "welsch_loss", "cauchy_loss", "geman_mcclure_loss"):
        assert_same(name, one, two, reduction=reduction)
        assert_same(name, one, one, reduction=reduction)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_similarity(padding: str, reduction: str) -> None:
    options = {"padding": padding, "reduction": reduction}
    images = logits(3, 12, 14).sigmoid(), logits(3, 12, 14, seed=1).sigmoid()
    assert_same("ssim_loss", *images, window_size=5, **options)
    assert_same("ssim_loss", *images, window_size=11, max_val=2.0, eps=1e-6, **options)
    volumes = logits(2, 6, 7, 8).sigmoid(), logits(2, 6, 7, 8, seed=1).sigmoid()
    assert_same("ssim3d_loss", *volumes, window_size=3, **options)


def test_images() -> None:
    images = logits(3, 12, 14).sigmoid(), logits(3, 12, 14, seed=1).sigmoid()
    assert_same("psnr_loss", *images, max_val=2.0)
    assert_same("inverse_depth_smoothness_loss", images[0][:, :1], images[1])
    for reduction in ("sum", "mean"):
        assert_same("total_variation", images[0], reduction=reduction)
        assert_same("total_variation", images[0][0, 0], reduction=reduction)
        assert_same("total_variation", images[0][..., :1], reduction=reduction)


MODULES: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("DiceLoss", ("macro", 1.0), {"weight": weights(4)}, "labels"),
    ("TverskyLoss", (0.3, 0.7), {}, "labels"),
    ("LovaszSoftmaxLoss", (), {"weight": weights(4)}, "labels"),
    ("FocalLoss", (0.25,), {"gamma": 1.5, "weight": weights(4)}, "labels"),
    ("BinaryFocalLossWithLogits", (0.25,), {"reduction": "mean"}, "flags"),
    ("HausdorffERLoss", (1.0, 4), {"reduction": "sum"}, "one channel"),
    ("SSIMLoss", (5,), {"padding": "valid"}, "image"),
    ("MS_SSIMLoss", ((0.5, 1.0, 2.0),), {"compensation": 1.0}, "image"),
    ("PSNRLoss", (2.0,), {}, "image"),
    ("CharbonnierLoss", (), {"reduction": "sum"}, "image"),
    ("WelschLoss", ("mean",), {}, "image"),
    ("CauchyLoss", (), {}, "image"),
    ("GemanMcclureLoss", (), {}, "image"),
]


@pytest.mark.parametrize(
    ("name", "args", "options", "other"), MODULES, ids=[name for name, *_ in MODULES]
)
def test_modules(name: str, args: tuple[Any, ...], options: dict[str, Any], other: str) -> None:
    pred = logits(4, 20, 18)
    target = labels(4, 20, 18)
    second = {
        "labels": target,
        "flags": labels(2, 4, 20, 18).double(),
        "one channel": target[:, None],
        "image": logits(4, 20, 18, seed=1).sigmoid(),
    }[other]
    pred = pred if other in ("labels", "flags") else pred.sigmoid()
    ours, theirs = (
        getattr(home, name)(*args, **options)(pred, second) for home in (losses, kornia.losses)
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-9)


def test_modules_of_other_shapes() -> None:
    pred, target = logits(1, 9, 8), labels(2, 9, 8)
    torch.testing.assert_close(
        losses.LovaszHingeLoss()(pred, target), kornia.losses.LovaszHingeLoss()(pred, target)
    )
    volume, others = logits(2, 6, 7, 8).sigmoid(), logits(2, 6, 7, 8, seed=1).sigmoid()
    torch.testing.assert_close(
        losses.SSIM3DLoss(3)(volume, others), kornia.losses.SSIM3DLoss(3)(volume, others)
    )
    regions = labels(2, 1, 6, 7, 8)
    erosions = [home.HausdorffERLoss3D(k=3)(volume, regions) for home in (losses, kornia.losses)]
    torch.testing.assert_close(*erosions, rtol=1e-6, atol=0)
    assert losses.TotalVariation()(volume).equal(kornia.losses.TotalVariation()(volume))
    smooth = [home.InverseDepthSmoothnessLoss()(pred, pred + 1) for home in (losses, kornia.losses)]
    torch.testing.assert_close(*smooth)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("spatial", [(9, 8), (1, 8), (4, 5, 6)], ids=["image", "row", "volume"])
def test_erosions(spatial: tuple[int, ...], reduction: str) -> None:
    """Gradients too, where blocks of wrong voxels keep erosions above 0; kornia's kernel is of
    single precision.
    """
    target = torch.zeros(2, 1, *spatial, dtype=torch.int64)
    target[..., 2:] = 1
    wrong = torch.cat([target == 1, target == 0], 1)
    pred, name = (
        0.8 * wrong + 0.2 * logits(2, *spatial).sigmoid(),
        f"HausdorffERLoss{'3D' * (len(spatial) == 3)}",
    )
    found = []
    for home in (losses, kornia.losses):
        maps = pred.clone().requires_grad_()
        loss = getattr(home, name)(k=3, reduction=reduction)(maps, target)
        found.append((loss.detach(), torch.autograd.grad(loss.sum(), maps)[0]))
    (loss, grad), (want, want_grad) = found
    assert want.sum() > 0
    torch.testing.assert_close(loss, want, rtol=1e-6, atol=1e-6 * float(want.abs().max()))
    torch.testing.assert_close(grad, want_grad, rtol=1e-5, atol=1e-6 * float(want_grad.abs().max()))


@pytest.mark.parametrize("dtype", HALF, ids=str)
def test_half_precision(dtype: torch.dtype, images: tuple[Tensor, Tensor]) -> None:
    """Ours computes in single precision and rounds at the end; kornia's rounds on the way too."""
    pred, target = images[0].to(dtype), images[1]
    tolerance = {"values": HALF[dtype], "gradients": 4 * HALF[dtype]}
    assert_same("dice_loss", pred, target, **tolerance)
    assert_same("dice_loss", pred, target, average="macro", **tolerance)
    assert_same("tversky_loss", pred, target, alpha=0.3, beta=0.7, **tolerance)
    assert_same("focal_loss", pred, target, alpha=0.25, reduction="mean", **tolerance)
    assert_same("lovasz_softmax_loss", pred, labels(4, 9, 8), **tolerance)
    assert_same("cauchy_loss", pred, pred.flip(0), reduction="mean", **tolerance)
    maps = images[0].flatten(2).softmax(2).view_as(pred).to(dtype)
    assert_same("js_div_loss_2d", maps, maps.flip(0), **tolerance)


def test_three_dimensions_are_those_of_a_flat_image() -> None:
    """kornia has these in 2-D alone; what adds up over space cannot tell a volume from its slices
    side by side.
    """
    volume, target = logits(4, 3, 4, 5), labels(4, 3, 4, 5)
    flat, flat_target = volume.flatten(2, 3), target.flatten(1, 2)
    for name, options in (
        ("dice_loss", {}),
        ("tversky_loss", {"alpha": 0.3, "beta": 0.7}),
        ("lovasz_softmax_loss", {}),
    ):
        want = getattr(kornia.losses, name)(flat, flat_target, **options)
        torch.testing.assert_close(
            getattr(losses, name)(volume, target, **options), want, rtol=1e-6, atol=0
        )
    flags = labels(2, 3, 4, 5)
    want = kornia.losses.lovasz_hinge_loss(flat[:, :1], flags.flatten(1, 2))
    torch.testing.assert_close(
        losses.lovasz_hinge_loss(volume[:, :1], flags), want, rtol=1e-6, atol=0
    )
