"""Divergences between heat maps: each channel is a distribution over the image."""

from __future__ import annotations

import torch
from torch import Tensor

from .checks import Reduction, check_alike, check_scores, reduced, working_dtype
from .modules import checked, module


@checked
def js_div_loss_2d(pred: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Return the Jensen-Shannon divergence of heat maps (N, C, H, W): kornia's.

    ½ KL(t ‖ m) + ½ KL(p ‖ m) with m = ½ (p + t). One value for each map, (N, C), in nats, from 0 to
    log 2; then `reduction`. The maps should sum to 1.

    Empty: two maps of zeros cost 0.

    Source: Nibali A, He Z, Morgan S, Prendergast L. Numerical coordinate regression with
    convolutional neural networks. arXiv:1801.07372 (2018)

    >>> js_div_loss_2d(torch.tensor([[[[1.0, 0.0]]]]), torch.tensor([[[[0.0, 1.0]]]]))
    tensor(0.6931)
    """
    p, t = _maps(pred, target)
    mean = (p + t) / 2
    return reduced((_divergence(t, mean) + _divergence(p, mean)) / 2, reduction).to(pred.dtype)


@checked
def kl_div_loss_2d(pred: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Return the Kullback-Leibler divergence Σ t log(t / p) of heat maps: kornia's.

    Maps are (N, C, H, W). One value for each, (N, C), in nats; then `reduction`. The maps should
    sum to 1. Infinite, by definition, where pred is 0 and target is not: a softmax over the map
    keeps pred above 0.

    Empty: two maps of zeros cost 0.

    >>> kl_div_loss_2d(torch.tensor([[[[0.25, 0.75]]]]), torch.tensor([[[[0.0, 1.0]]]]))
    tensor(0.2877)
    """
    p, t = _maps(pred, target)
    return reduced(_divergence(t, p), reduction).to(pred.dtype)


def _maps(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return both maps in the dtype to compute in."""
    check_scores(pred, (2,))
    check_alike(("pred", "target"), pred, target)
    dtype = working_dtype(pred, target)
    return pred.to(dtype), target.to(dtype)


def _divergence(p: Tensor, q: Tensor) -> Tensor:
    """Return Σ p log(p / q) of each map; where p is 0 nothing is added, nor has it a slope."""
    # Both are 1 there, of which the logarithm is 0 and its gradient finite.
    nothing = (p == 0) & (q >= 0) & q.isfinite()
    p, q = torch.where(nothing, 1.0, p), torch.where(nothing, 1.0, q)
    return (p * (p.log() - q.log())).flatten(2).sum(2)


JSDivLoss2d = module("JSDivLoss2d", js_div_loss_2d)
KLDivLoss2d = module("KLDivLoss2d", kl_div_loss_2d)
