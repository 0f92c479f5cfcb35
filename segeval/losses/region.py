"""Losses of overlap with a one-hot target, channels last, as optax and TensorFlow code has them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from segeval.errors import UsageError

from .checks import (
    Average,
    Reduction,
    Weight,
    check_alike,
    check_amount,
    check_choice,
    check_device,
    check_errors,
    check_floating,
    check_tensor,
    class_weight,
    is_traced,
    working_dtype,
)
from .counts import SoftCounts, score_or_zero
from .modules import checked, module


@checked
def soft_dice_loss(
    pred: Tensor,
    target: Tensor,
    class_weights: Weight = None,
    smooth: float = 1.0,
    alpha: float = 0.5,
    beta: float = 0.5,
    apply_softmax: bool = True,
    reduction: Reduction = "mean",
    ignore_background: bool = False,
    axis: int | Sequence[int] | None = None,
) -> Tensor:
    """Return 1 − (I + smooth) / (I + alpha·(Σp − I) + beta·(Σt − I) + smooth), I = Σpt: optax's.

    `pred` are logits […, C] and `target` one-hot of the same shape. C = 1 is binary: sigmoid; one
    of the two may then lack its last axis. Where both lack it, the last axis is taken for the
    classes, as optax does. Sums are over `axis`, all but the first and the last without;
    `class_weights` multiply; `reduction` is that over classes, so that the batch stays. With
    apply_softmax=False pred are probabilities that sum to 1.

    Empty: a class in neither costs 0; with smooth=0 it is NaN.

    >>> import torch
    >>> target = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> soft_dice_loss(torch.zeros(1, 2, 2), target)
    tensor([0.2500])
    """
    check_choice("reduction", reduction, ("mean", "sum", "none"))
    check_errors(alpha, beta)
    check_amount("smooth", smooth)
    pred, target = _with_channel(pred, target)
    classes = pred.shape[-1]
    weight = class_weight("class_weights", class_weights, pred, classes)
    p = pred.to(working_dtype(pred))
    if not apply_softmax:
        _check_probabilities(p)
    elif classes == 1:
        p = p.sigmoid()
    else:
        p = p.softmax(-1)
    if axis is None:
        axis = range(1, pred.ndim - 1)
    elif isinstance(axis, int):
        axis = (axis,)
    counts = SoftCounts.of_maps(p, target.to(p.dtype), axis)
    loss = 1 - counts.plus(tp=smooth).score("tversky", alpha=alpha, beta=beta)
    if weight is not None:
        loss = loss * weight
    if ignore_background and classes > 1:
        loss = loss[..., 1:]
    # Over classes alone: `reduced` would take in the batch.
    if reduction == "mean":
        loss = loss.mean(-1)
    elif reduction == "sum":
        loss = loss.sum(-1)
    return loss.to(pred.dtype)


@checked
def region_dice_loss(
    pred: Tensor,
    target: Tensor,
    average: Average = "micro",
    weights: Weight = None,
    eps: float = 1e-6,
    channel_axis: int = -1,
) -> Tensor:
    """Return 1 − (2·I + eps) / (Σt + Σp + eps), I = Σpt: `RegionDiceLoss` of TensorFlow code.

    `pred` are probabilities and `target` is one-hot, both (N, *spatial, C); `channel_axis=1` takes
    (N, C, *spatial). "micro" adds up over the classes of a sample, "macro" scores each and takes
    the mean; `weights` (C,) score each and add up, Σ_c w_c·(mean over samples of 1 − Dice_c),
    whatever the average. Then the mean over samples.

    Empty: what is in neither costs 0, as eps is in the numerator too.

    >>> import torch
    >>> target = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> region_dice_loss(target, target), region_dice_loss(1 - target, target)
    (tensor(0.), tensor(1.0000))
    """
    check_floating("pred", pred)
    check_alike(("pred", "target"), pred, target)
    check_choice("average", average, ("micro", "macro"))
    check_amount("eps", eps)
    if pred.ndim < 2 or not -pred.ndim <= channel_axis < pred.ndim or channel_axis % pred.ndim == 0:
        raise UsageError(
            f"channel_axis must be an axis of pred {tuple(pred.shape)} other than the first, not "
            f"{channel_axis}"
        )
    dtype = working_dtype(pred)
    p = pred.to(dtype).movedim(channel_axis, 1)
    t = target.to(dtype).movedim(channel_axis, 1)
    weight = class_weight("weights", weights, pred, p.shape[1])
    counts = SoftCounts.of_maps(p, t, range(2, p.ndim))
    if weight is None and average == "micro":
        counts = counts.over_classes()
    # A true positive counts twice in Dice, above and below.
    loss = 1 - score_or_zero(counts.plus(tp=eps / 2), "dice")
    if weight is not None:
        return (loss.mean(0) * weight).sum().to(pred.dtype)
    return loss.mean().to(pred.dtype)


def _with_channel(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return both with an axis of classes, of one shape.

    Raises `UsageError` where that cannot be.
    """
    check_floating("pred", pred)
    check_tensor("target", target)
    if pred.ndim == target.ndim - 1:
        pred = pred[..., None]
    elif target.ndim == pred.ndim - 1:
        target = target[..., None]
    if pred.shape != target.shape or not pred.ndim:
        raise UsageError(
            f"target must be one-hot, of the shape of pred, {tuple(pred.shape)}; it has "
            f"{tuple(target.shape)}"
        )
    check_device("target", target, pred)
    return pred, target


def _check_probabilities(p: Tensor) -> None:
    """Raise `UsageError` for several channels that do not sum to 1, where a look costs nothing."""
    if p.shape[-1] == 1 or is_traced() or p.device.type != "cpu" or not p.numel():
        return
    low, high = p.detach().sum(-1).aminmax()
    if abs(low - 1) > 1e-3 or abs(high - 1) > 1e-3:
        raise UsageError(
            "pred must hold probabilities that sum to 1 over the last axis where "
            f"apply_softmax=False; the sums are {low:.4g} to {high:.4g}"
        )


SoftDiceLoss = module("SoftDiceLoss", soft_dice_loss)
RegionDiceLoss = module("RegionDiceLoss", region_dice_loss)
