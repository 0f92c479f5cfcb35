"""Focal losses: cross-entropy in which voxels that are nearly right weigh little.

Lin TY, Goyal P, Girshick R, He K, Dollár P. Focal loss for dense object detection. ICCV (2017).
doi:10.1109/ICCV.2017.324
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from .checks import (
    Reduction,
    Weight,
    check_alike,
    check_amount,
    check_labels,
    check_scores,
    class_weight,
    reduced,
    working_dtype,
)
from .modules import checked, module
from .sums import index_and_keep, target_log_probability


@checked
def focal_loss(
    pred: Tensor,
    target: Tensor,
    alpha: float | None,
    gamma: float = 2.0,
    reduction: Reduction = "none",
    weight: Weight = None,
    ignore_index: int | None = -100,
) -> Tensor:
    """Return −alpha_t (1 − p_t)^gamma log p_t, p_t the softmax at the target: kornia's.

    In any dimension. `pred` are logits (N, C, *spatial), `target` labels (N, *spatial). alpha_t is
    1 − alpha for label 0 and alpha for all others, or 1 for None; `weight` (C,) multiplies. "none"
    has the shape of pred, 0 but at the target, and "mean" is over all of it: 1/C of the mean over
    voxels. Voxels of `ignore_index` cost 0 and count in the mean.

    Unreduced by default, as in kornia: `reduction="mean"` gives the number that a training needs.

    Empty: as every voxel, one that is right costs 0.

    >>> logits, labels = torch.zeros(1, 2, 3), torch.tensor([[0, 1, 1]])
    >>> focal_loss(logits, labels, alpha=0.25, reduction="sum")  # (¾ + ¼ + ¼) · ¼ · log 2
    tensor(0.2166)
    """
    check_labels(pred, target, ignore_index)
    check_amount("gamma", gamma)
    values = class_weight("weight", weight, pred, pred.shape[1])
    dtype = pred.dtype
    if values is not None:
        dtype = torch.promote_types(dtype, values.dtype)
    log_p = target_log_probability(pred, target, ignore_index)
    index, _ = index_and_keep(target, ignore_index)
    loss = focal_by_voxel(log_p, index, alpha=alpha, gamma=gamma, weight=values)
    # kornia's losses are those of all channels, of which all but the target's are 0.
    if reduction == "none":
        loss = torch.zeros_like(pred, dtype=loss.dtype).scatter(1, index[:, None], loss[:, None])
    elif reduction == "mean":
        loss = loss / pred.shape[1]
    return reduced(loss, reduction).to(dtype)


def focal_by_voxel(
    log_p: Tensor, index: Tensor, *, alpha: float | None, gamma: float, weight: Tensor | None
) -> Tensor:
    """Return the focal loss of each voxel, from its log-probability and its label, (N, *spatial).

    Ignored voxels have a log-probability of 0, and so a loss of 0.
    """
    # expm1: 1 − p without the digits that are lost where p is near 1.
    loss = -_power(-torch.expm1(log_p), gamma) * log_p
    if alpha is not None:
        loss = torch.where(index == 0, (1 - alpha) * loss, alpha * loss)
    return loss if weight is None else loss * weight[index]


@checked
def binary_focal_loss_with_logits(
    pred: Tensor,
    target: Tensor,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    reduction: Reduction = "none",
    pos_weight: Weight = None,
    weight: Weight = None,
    ignore_index: int | None = -100,
) -> Tensor:
    """Return −alpha t (1 − p)^gamma log p − (1 − alpha)(1 − t) p^gamma log(1 − p): kornia's.

    p is the sigmoid of each logit. `pred` and `target`, 0 to 1, are (N, C, *spatial). `pos_weight`
    (C,) multiplies the first term and `weight` (C,) the loss of each channel. Where the target is
    `ignore_index` the loss is 0, and counts in the mean.

    Unreduced by default, as in kornia: `reduction="mean"` gives the number that a training needs.

    Empty: as every voxel, one that is right costs 0.

    >>> target = torch.tensor([[[1.0, 0.0]]])
    >>> binary_focal_loss_with_logits(torch.zeros(1, 1, 2), target) / 0.6931472  # log 2
    tensor([[[0.0625, 0.1875]]])
    """
    check_scores(pred, range(100))
    check_alike(("pred", "target"), pred, target)
    check_amount("gamma", gamma)
    positive_weights = _channel_weight("pos_weight", pos_weight, pred)
    weights = _channel_weight("weight", weight, pred)
    # The target holds numbers here, among them the label to ignore.
    keep = None if ignore_index is None else target != ignore_index
    dtype = working_dtype(pred)
    z, t = pred.to(dtype), target.to(dtype)
    if keep is not None:
        z, t = torch.where(keep, z, 0), torch.where(keep, t, 0)
    # With q = 1 − p, the sigmoid of −z: a power of p or q is that of its logarithm.
    log_p, log_q = logsigmoid(z), logsigmoid(-z)
    positive = -(gamma * log_q).exp() * t * log_p
    negative = -(gamma * log_p).exp() * (1 - t) * log_q
    if alpha is not None:
        positive, negative = alpha * positive, (1 - alpha) * negative
    if positive_weights is not None:
        positive = positive_weights * positive
    loss = positive + negative
    if weights is not None:
        loss = weights * loss
    if keep is not None:
        loss = torch.where(keep, loss, 0)
    return reduced(loss, reduction).to(pred.dtype)


def _channel_weight(name: str, weight: Weight, pred: Tensor) -> Tensor | None:
    """Return the weights of channels, (C, 1, …), to multiply maps (N, C, *spatial) with."""
    values = class_weight(name, weight, pred, pred.shape[1])
    return None if values is None else values.view(-1, *(1 for _ in pred.shape[2:]))


def _power(base: Tensor, exponent: float) -> Tensor:
    """Return a power of numbers from 0 on, whose slope at 0 is 0.

    Autograd's would be infinite below an exponent of 1.
    """
    # `where` on both sides: autograd multiplies the gradient that is not taken by 0, and ∞ · 0 is
    # NaN.
    zero = base <= 0
    return torch.where(zero, 0.0**exponent, torch.where(zero, 1.0, base) ** exponent)


FocalLoss = module("FocalLoss", focal_loss)
BinaryFocalLossWithLogits = module("BinaryFocalLossWithLogits", binary_focal_loss_with_logits)
