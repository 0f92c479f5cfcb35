"""Losses of a difference that outliers do not rule: how a map may fail a little, and how much a
large failure costs.

Barron JT. A general and adaptive robust loss function. CVPR (2019). doi:10.1109/CVPR.2019.00446
"""

from __future__ import annotations

import torch
from torch import Tensor

from .checks import check_same, computing, reduced
from .modules import checked, module
from .overlap import Reduction


@checked
def charbonnier_loss(img1: Tensor, img2: Tensor, reduction: Reduction = "none") -> Tensor:
    """√(d² + 1) − 1, d = img1 − img2: quadratic near 0, linear far from it. kornia's, for any
    shape.

    Unreduced by default, as in kornia: `reduction="mean"` gives one number.

    >>> charbonnier_loss(torch.tensor([0.0, 1.0]), torch.zeros(2))
    tensor([0.0000, 0.4142])
    """
    d = _difference(img1, img2)
    return _result(d * (d / (torch.hypot(d, torch.ones_like(d)) + 1)), img1, img2, reduction)


@checked
def welsch_loss(img1: Tensor, img2: Tensor, reduction: Reduction = "none") -> Tensor:
    """1 − exp(−d²/2), d = img1 − img2: at most 1. kornia's, for any shape.

    Unreduced by default, as in kornia: `reduction="mean"` gives one number.

    >>> welsch_loss(torch.tensor([0.0, 1.0]), torch.zeros(2))
    tensor([0.0000, 0.3935])
    """
    return _result(-torch.expm1(-_difference(img1, img2).square() / 2), img1, img2, reduction)


@checked
def cauchy_loss(img1: Tensor, img2: Tensor, reduction: Reduction = "none") -> Tensor:
    """log(d²/2 + 1), d = img1 − img2. kornia's, for any shape.

    Unreduced by default, as in kornia: `reduction="mean"` gives one number.

    >>> cauchy_loss(torch.tensor([0.0, 1.0]), torch.zeros(2))
    tensor([0.0000, 0.4055])
    """
    return _result(torch.log1p(_difference(img1, img2).square() / 2), img1, img2, reduction)


@checked
def geman_mcclure_loss(img1: Tensor, img2: Tensor, reduction: Reduction = "none") -> Tensor:
    """2d² / (d² + 4), d = img1 − img2: at most 2. kornia's, for any shape.

    Unreduced by default, as in kornia: `reduction="mean"` gives one number.

    >>> geman_mcclure_loss(torch.tensor([0.0, 1.0]), torch.zeros(2))
    tensor([0.0000, 0.4000])
    """
    squared = _difference(img1, img2).square()
    return _result(2 * squared / (squared + 4), img1, img2, reduction)


def _difference(img1: Tensor, img2: Tensor) -> Tensor:
    check_same(("img1", "img2"), img1, img2)
    dtype = computing(img1, img2)
    return img1.to(dtype) - img2.to(dtype)


def _result(loss: Tensor, img1: Tensor, img2: Tensor, reduction: Reduction) -> Tensor:
    found = torch.promote_types(img1.dtype, img2.dtype)
    return reduced(loss, reduction).to(found if found.is_floating_point else loss.dtype)


CharbonnierLoss = module("CharbonnierLoss", charbonnier_loss)
WelschLoss = module("WelschLoss", welsch_loss)
CauchyLoss = module("CauchyLoss", cauchy_loss)
GemanMcclureLoss = module("GemanMcclureLoss", geman_mcclure_loss)
