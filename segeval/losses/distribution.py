"""Divergences between heat maps: each channel is a distribution over the image."""

from __future__ import annotations

import torch
from torch import Tensor

from .checks import check_same, check_scores, computing, reduced
from .modules import checked, module
from .overlap import Reduction


@checked
def js_div_loss_2d(pred: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Jensen-Shannon divergence of heat maps (N, C, H, W), ½ KL(t ‖ m) + ½ KL(p ‖ m) with m = ½ (p
    + t): kornia's.

    One value for each map, (N, C), in nats, from 0 to log 2; then `reduction`. The maps should sum
    to 1.

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
    """Kullback-Leibler divergence Σ t log(t / p) of heat maps (N, C, H, W), in nats: kornia's.

    One value for each map, (N, C); then `reduction`. The maps should sum to 1. Infinite, by
    definition, where pred is 0 and target is not: a softmax over the map keeps pred above 0.

    Empty: two maps of zeros cost 0.

    >>> kl_div_loss_2d(torch.tensor([[[[0.25, 0.75]]]]), torch.tensor([[[[0.0, 1.0]]]]))
    tensor(0.2877)
    """
    p, t = _maps(pred, target)
    return reduced(_divergence(t, p), reduction).to(pred.dtype)


def _maps(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    check_scores(pred, (2,))
    check_same(("pred", "target"), pred, target)
    dtype = computing(pred, target)
    return pred.to(dtype), target.to(dtype)


def _divergence(p: Tensor, q: Tensor) -> Tensor:
    """Σ p log(p / q) of each map; where p is 0 nothing is added, nor has it a slope."""
    nothing = (p == 0) & (q >= 0) & q.isfinite()
    p, q = torch.where(nothing, 1.0, p), torch.where(nothing, 1.0, q)
    return (p * (p.log() - q.log())).flatten(2).sum(2)


JSDivLoss2d = module("JSDivLoss2d", js_div_loss_2d)
KLDivLoss2d = module("KLDivLoss2d", kl_div_loss_2d)
