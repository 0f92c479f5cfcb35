"""Losses of a difference that outliers do not rule: quadratic near 0 and slower far from it.

Barron JT. A general and adaptive robust loss function. CVPR (2019). doi:10.1109/CVPR.2019.00446
"""

from __future__ import annotations

import torch
from torch import Tensor

from .checks import Reduction, check_alike, reduced, working_dtype
from .modules import checked, module


@checked
def charbonnier_loss(img1: Tensor, img2: Tensor, reduction: Reduction = "none") -> Tensor:
    """Return √(d² + 1) − 1, d = img1 − img2: linear far from 0. kornia's, for any shape.

    Unreduced by default, as in kornia: `reduction="mean"` gives one number.

    >>> charbonnier_loss(torch.tensor([0.0, 1.0]), torch.zeros(2))
    tensor([0.0000, 0.4142])
    """
    d = _difference(img1, img2)
    # d² / (√(d² + 1) + 1): the same, without the difference of two numbers near 1.
    root = torch.hypot(d, torch.ones_like(d))
    return _result(d * (d / (root + 1)), img1, img2, reduction)


@checked
def welsch_loss(img1: Tensor, img2: Tensor, reduction: Reduction = "none") -> Tensor:
    """Return 1 − exp(−d²/2), d = img1 − img2: at most 1. kornia's, for any shape.

    Unreduced by default, as in kornia: `reduction="mean"` gives one number.

    >>> welsch_loss(torch.tensor([0.0, 1.0]), torch.zeros(2))
    tensor([0.0000, 0.3935])
    """
    return _result(-torch.expm1(-_difference(img1, img2).square() / 2), img1, img2, reduction)


@checked
def cauchy_loss(img1: Tensor, img2: Tensor, reduction: Reduction = "none") -> Tensor:
    """Return log(d²/2 + 1), d = img1 − img2. kornia's, for any shape.

    Unreduced by default, as in kornia: `reduction="mean"` gives one number.

    >>> cauchy_loss(torch.tensor([0.0, 1.0]), torch.zeros(2))
    tensor([0.0000, 0.4055])
    """
    return _result(torch.log1p(_difference(img1, img2).square() / 2), img1, img2, reduction)


@checked
def geman_mcclure_loss(img1: Tensor, img2: Tensor, reduction: Reduction = "none") -> Tensor:
    """Return 2d² / (d² + 4), d = img1 − img2: at most 2. kornia's, for any shape.

    Unreduced by default, as in kornia: `reduction="mean"` gives one number.

    >>> geman_mcclure_loss(torch.tensor([0.0, 1.0]), torch.zeros(2))
    tensor([0.0000, 0.4000])
    """
    squared = _difference(img1, img2).square()
    return _result(2 * squared / (squared + 4), img1, img2, reduction)


def _difference(img1: Tensor, img2: Tensor) -> Tensor:
    """Return img1 − img2, in single precision at least."""
    check_alike(("img1", "img2"), img1, img2)
    dtype = working_dtype(img1, img2)
    return img1.to(dtype) - img2.to(dtype)


def _result(loss: Tensor, img1: Tensor, img2: Tensor, reduction: Reduction) -> Tensor:
    """Return the reduced loss, in the dtype of the images unless they hold integers."""
    dtype = torch.promote_types(img1.dtype, img2.dtype)
    loss = reduced(loss, reduction)
    return loss.to(dtype) if dtype.is_floating_point else loss


CharbonnierLoss = module("CharbonnierLoss", charbonnier_loss)
WelschLoss = module("WelschLoss", welsch_loss)
CauchyLoss = module("CauchyLoss", cauchy_loss)
GemanMcclureLoss = module("GemanMcclureLoss", geman_mcclure_loss)
