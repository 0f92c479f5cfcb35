"""Losses of overlap by the Lovász extension: exact surrogates of 1 − IoU, which sort the errors of
all voxels.

Berman M, Rannen Triki A, Blaschko MB. The Lovász-Softmax loss: a tractable surrogate for the
optimization of the intersection-over-union measure in neural networks. CVPR (2018).
doi:10.1109/CVPR.2018.00464
"""

from __future__ import annotations

import torch
from torch import Tensor

from segeval.errors import UsageError
from segeval.metrics import REGISTRY

from .checks import check_labels, class_weight, computing, reduced
from .counts import SoftCounts
from .modules import checked, module
from .overlap import Reduction, Weight
from .sums import kept, probabilities


@checked
def lovasz_hinge_loss(
    pred: Tensor, target: Tensor, *, ignore_index: int | None = None, reduction: Reduction = "mean"
) -> Tensor:
    """Lovász extension of 1 − IoU of the one region, of hinge errors 1 − z·(2t − 1): kornia's
    `lovasz_hinge_loss`.

    `pred` are logits (N, 1, *spatial), `target` labels 0 and 1, (N, *spatial), in 2-D and any
    other. One value for each sample, then `reduction`.

    Empty: costs 1 + the largest logit, or 0 where that is below −1.

    >>> lovasz_hinge_loss(torch.tensor([[[2.0, -2.0, 0.0]]]), torch.tensor([[1, 0, 1]]))
    tensor(0.5000)
    """
    _check_channels(pred, one=True)
    check_labels(_two(pred), target, ignore_index)
    index, keep = kept(target.flatten(1), ignore_index)
    z, inside = pred.flatten(1).to(computing(pred)), index == 1
    error = torch.where(inside, 1 - z, 1 + z).relu()
    if keep is not None:
        inside, error = inside & keep, error.masked_fill(~keep, 0)
    return reduced((error * _slope(error, inside)).sum(-1), reduction).to(pred.dtype)


@checked
def lovasz_softmax_loss(
    pred: Tensor,
    target: Tensor,
    weight: Weight = None,
    *,
    ignore_index: int | None = None,
    include_background: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
    """Lovász extension of 1 − IoU of each sample and class, of the errors |t − p| of the softmax:
    kornia's.

    `pred` are logits (N, C, *spatial), C above 1, `target` labels (N, *spatial), in 2-D and any
    other. `weight` (C,) multiplies the loss of each class; `reduction` is over samples and classes,
    (N, C).

    Empty: a class in neither costs its largest probability, which is then near 0.

    >>> round(lovasz_softmax_loss(torch.zeros(1, 2, 4), torch.tensor([[0, 0, 1, 1]])).item(), 4)
    0.5
    """
    _check_channels(pred, one=False)
    check_labels(pred, target, ignore_index)
    values = class_weight("weight", weight, pred, pred.shape[1])
    index, keep = kept(target.flatten(1), ignore_index)
    p = probabilities(pred.flatten(2), keep)
    first = 0 if include_background else 1
    losses = [
        _class_loss(own, index == label, keep)
        for label, own in enumerate(p.unbind(1)[first:], first)
    ]
    loss = torch.stack(losses, 1)
    if values is None:
        return reduced(loss, reduction).to(pred.dtype)
    return reduced(loss * values[first:], reduction).to(
        torch.promote_types(pred.dtype, values.dtype)
    )


def _class_loss(p: Tensor, inside: Tensor, keep: Tensor | None) -> Tensor:
    """The loss of a class of each sample, (N,), from its probabilities and whether voxels belong to
    it, (N, V).
    """
    if keep is not None:
        inside = inside & keep
    error = torch.where(inside, 1 - p, p)
    return (error * _slope(error, inside)).sum(-1)


@torch.no_grad()
def _slope(error: Tensor, inside: Tensor) -> Tensor:
    """What each error weighs, (N, V): by how much 1 − IoU grows when its voxel fails after all with
    larger errors.
    """
    bits = error.view(torch.int32 if error.dtype is torch.float32 else torch.int64)
    order = bits.argsort(
        dim=-1, descending=True
    )  # numbers from 0 on sort as their bits do, which goes faster
    found = inside.gather(-1, order).to(torch.int64)
    missed = found.cumsum(-1)
    false = torch.arange(1, found.shape[-1] + 1, device=error.device) - missed
    size = missed[..., -1:]
    loss = 1 - _iou(size - missed, false, missed, error.dtype)
    loss[..., 1:] -= loss[..., :-1].clone()
    return torch.empty_like(error).scatter_(-1, order, loss)


def _iou(tp: Tensor, fp: Tensor, fn: Tensor, dtype: torch.dtype) -> Tensor:
    found: Tensor = REGISTRY["iou"].formula(SoftCounts(tp.to(dtype), fp.to(dtype), fn.to(dtype)))
    return found


def _check_channels(pred: Tensor, *, one: bool) -> None:
    if isinstance(pred, Tensor) and pred.ndim > 2 and (pred.shape[1] == 1) != one:
        wanted = "one channel, the logit of the region" if one else "two channels or more"
        raise UsageError(f"pred must have {wanted}; it has {pred.shape[1]}: {tuple(pred.shape)}")


def _two(pred: Tensor) -> Tensor:
    """Stands for scores of background and region, in checks."""
    return (
        pred.expand(-1, 2, *pred.shape[2:]) if isinstance(pred, Tensor) and pred.ndim > 2 else pred
    )


LovaszHingeLoss = module("LovaszHingeLoss", lovasz_hinge_loss)
LovaszSoftmaxLoss = module("LovaszSoftmaxLoss", lovasz_softmax_loss)
