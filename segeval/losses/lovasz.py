"""Losses of overlap by the Lovász extension: exact surrogates of 1 − IoU, which sort all errors.

Berman M, Rannen Triki A, Blaschko MB. The Lovász-Softmax loss: a tractable surrogate for the
optimization of the intersection-over-union measure in neural networks. CVPR (2018).
doi:10.1109/CVPR.2018.00464
"""

from __future__ import annotations

import torch
from torch import Tensor

from segeval.errors import UsageError

from .checks import Reduction, Weight, check_labels, reduced, working_dtype
from .classes import Classes
from .counts import SoftCounts
from .modules import checked, module
from .sums import index_and_keep, probabilities

_BITS = {torch.float32: torch.int32, torch.float64: torch.int64}
"""The integers as wide as a kind of numbers."""


@checked
def lovasz_hinge_loss(
    pred: Tensor, target: Tensor, *, ignore_index: int | None = None, reduction: Reduction = "mean"
) -> Tensor:
    """Return the Lovász extension of 1 − IoU of the one region, of hinge errors: kornia's.

    The hinge error of a logit z is 1 − z·(2t − 1), or 0 where that is less. `pred` are logits (N,
    1, *spatial), `target` labels 0 and 1, (N, *spatial), in 2-D and any other. One value for each
    sample, then `reduction`.

    Empty: costs 1 + the largest logit, or 0 where that is below −1.

    >>> lovasz_hinge_loss(torch.tensor([[[2.0, -2.0, 0.0]]]), torch.tensor([[1, 0, 1]]))
    tensor(0.5000)
    """
    _check_channels(pred, one=True)
    check_labels(_background_and_region(pred), target, ignore_index)
    index, keep = index_and_keep(target.flatten(1), ignore_index)
    z, inside = pred.flatten(1).to(working_dtype(pred)), index == 1
    error = torch.where(inside, 1 - z, 1 + z).relu()
    if keep is not None:
        inside, error = inside & keep, error.masked_fill(~keep, 0)
    # Between two orders of the errors the extension is linear, and the slopes are constant.
    loss = (error * _slopes(error, inside)).sum(-1)
    return reduced(loss, reduction).to(pred.dtype)


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
    """Return the Lovász extension of 1 − IoU of each sample and class, of errors |t − p|: kornia's.

    p is the softmax. `pred` are logits (N, C, *spatial), C above 1, `target` labels (N, *spatial),
    in 2-D and any other. `weight` (C,) multiplies the loss of each class; `reduction` is over
    samples and classes, (N, C).

    Empty: a class in neither costs its largest probability, which is then near 0.

    >>> round(lovasz_softmax_loss(torch.zeros(1, 2, 4), torch.tensor([[0, 0, 1, 1]])).item(), 4)
    0.5
    """
    _check_channels(pred, one=False)
    classes = Classes.of(pred, target, weight, ignore_index, include_background=include_background)
    index, keep = index_and_keep(target.flatten(1), ignore_index)
    by_class = probabilities(pred.flatten(2), keep).unbind(1)
    losses = [_class_loss(by_class[label], index == label, keep) for label in classes.labels]
    loss = classes.weighted(torch.stack(losses, 1))
    return reduced(loss, reduction).to(classes.dtype)


def _class_loss(p: Tensor, inside: Tensor, keep: Tensor | None) -> Tensor:
    """Return the loss of a class of each sample, (N,).

    `p` are its probabilities and `inside` the voxels that belong to it, (N, V).
    """
    if keep is not None:
        inside = inside & keep
    error = torch.where(inside, 1 - p, p)
    return (error * _slopes(error, inside)).sum(-1)


@torch.no_grad()
def _slopes(error: Tensor, inside: Tensor) -> Tensor:
    """Return what each error weighs, (N, V): the gradient of the Lovász extension.

    It is by how much 1 − IoU grows when its voxel fails after all with larger errors: algorithm 1
    of the paper.
    """
    # Numbers from 0 on sort as their bits do, and integers are sorted faster.
    bits = error.view(_BITS[error.dtype])
    order = bits.argsort(dim=-1, descending=True)
    # Of the voxels with the largest errors, up to each one: those inside are missed, those outside
    # are false.
    in_region = inside.gather(-1, order).to(torch.int64)
    fn = in_region.cumsum(-1)
    fp = torch.arange(1, in_region.shape[-1] + 1, device=error.device) - fn
    tp = fn[..., -1:] - fn
    dtype = error.dtype
    loss = 1 - SoftCounts(tp.to(dtype), fp.to(dtype), fn.to(dtype)).score("iou")
    # By how much each one adds to the errors before it; `clone`, as the two overlap.
    loss[..., 1:] -= loss[..., :-1].clone()
    return torch.empty_like(error).scatter_(-1, order, loss)


def _check_channels(pred: Tensor, *, one: bool) -> None:
    """Raise `UsageError` for several channels where there must be `one`, or the other way round."""
    if isinstance(pred, Tensor) and pred.ndim > 2 and (pred.shape[1] == 1) != one:
        channels = "one channel, the logit of the region" if one else "two channels or more"
        raise UsageError(f"pred must have {channels}; it has {pred.shape[1]}: {tuple(pred.shape)}")


def _background_and_region(pred: Tensor) -> Tensor:
    """Return two channels for one, so that checks see as many as there are labels."""
    if isinstance(pred, Tensor) and pred.ndim > 2:
        return pred.expand(-1, 2, *pred.shape[2:])
    return pred


LovaszHingeLoss = module("LovaszHingeLoss", lovasz_hinge_loss)
LovaszSoftmaxLoss = module("LovaszSoftmaxLoss", lovasz_softmax_loss)
