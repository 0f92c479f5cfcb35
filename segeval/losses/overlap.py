"""Losses of overlap: 1 − a metric of the registry, of soft counts.

Scores are logits (N, C, *spatial), made probabilities by softmax; the target holds labels (N,
*spatial). What each loss costs where a class is in neither is said with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from segeval.errors import UsageError

from .checks import as_classes, check_amount, check_choice, check_labels, class_weight, reduced
from .counts import SoftCounts, score_or_zero
from .modules import checked, module
from .sums import class_sums

Average = Literal["micro", "macro"]
Reduction = Literal["mean", "sum", "none"]
Weight = Tensor | Sequence[float] | None


@checked
def dice_loss(
    pred: Tensor,
    target: Tensor,
    average: Average = "micro",
    eps: float = 1e-8,
    weight: Weight = None,
    ignore_index: int | None = -100,
    *,
    include_background: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
    """1 − Dice of each sample, 1 − 2·Σpt / (Σp + Σt + eps): kornia's `dice_loss`, in any number of
    dimensions.

    "micro" adds up over classes, each times its `weight` (C,); "macro" is the weighted mean over
    the classes that the sample's target holds. Voxels of `ignore_index` count for nothing.
    `reduction` is that over samples. The softmax of one channel is 1 throughout, as in kornia:
    `dice_ce_loss` and `jaccard_loss` take one for the logit of a region.

    Empty: a sample without any voxel that counts costs 1; a class that its target lacks costs
    nothing with "macro".

    Source: Milletari F, Navab N, Ahmadi SA. V-Net: fully convolutional neural networks for
    volumetric medical image segmentation. 3DV (2016). doi:10.1109/3DV.2016.79

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> logits = 20.0 * torch.nn.functional.one_hot(labels, 3).movedim(-1, 1)
    >>> round(dice_loss(logits, labels).item(), 6)
    0.0
    """
    check_labels(pred, target, ignore_index)
    check_choice("average", average, ("micro", "macro"))
    check_amount("eps", eps)
    weight = class_weight("weight", weight, pred, pred.shape[1])
    counts = _counts(pred, target, ignore_index, include_background)
    weight = weight if weight is None or include_background else weight[1:]
    present = counts.size_g > 0
    if average == "micro":
        loss = 1 - score_or_zero(counts.over(-1, weight).plus(fn=eps), "dice")
    else:
        loss = _over_present(1 - score_or_zero(counts.plus(fn=eps), "dice"), present, weight)
    return reduced(loss, reduction).to(_dtype(pred, weight))


@checked
def tversky_loss(
    pred: Tensor,
    target: Tensor,
    alpha: float,
    beta: float,
    eps: float = 1e-8,
    ignore_index: int | None = -100,
    *,
    weight: Weight = None,
    include_background: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
    """1 − Tversky index, Σpt / (Σpt + alpha·Σp(1−t) + beta·Σ(1−p)t + eps): kornia's `tversky_loss`,
    in any dimension.

    The mean over the classes that a sample's target holds, then `reduction` over samples. alpha =
    beta = ½ is Dice, 1 is IoU.

    Empty: a sample without any voxel that counts costs 1; a class that its target lacks costs
    nothing.

    Source: Salehi SSM, Erdogmus D, Gholipour A. Tversky loss function for image segmentation using
    3D fully convolutional deep networks. MLMI (2017). doi:10.1007/978-3-319-67389-9_44

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> logits = 20.0 * torch.nn.functional.one_hot(labels, 3).movedim(-1, 1)
    >>> round(tversky_loss(logits, labels, alpha=0.3, beta=0.7).item(), 6)
    0.0
    """
    check_labels(pred, target, ignore_index)
    check_amount("eps", eps)
    check_errors(alpha, beta)
    weight = class_weight("weight", weight, pred, pred.shape[1])
    counts = _counts(pred, target, ignore_index, include_background)
    weight = weight if weight is None or include_background else weight[1:]
    share = eps / (
        alpha + beta
    )  # of false positives and as many false negatives: together they weigh eps
    score = score_or_zero(counts.plus(fp=share, fn=share), "tversky", alpha=alpha, beta=beta)
    loss = _over_present(1 - score, counts.size_g > 0, weight)
    return reduced(loss, reduction).to(_dtype(pred, weight))


@checked
def jaccard_loss(
    pred: Tensor,
    target: Tensor,
    *,
    smooth: float = 1e-5,
    batch: bool = False,
    weight: Weight = None,
    ignore_index: int | None = -100,
    include_background: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
    """1 − IoU of each sample and class, (N, C): 1 − (Σpt + smooth) / (Σp + Σt − Σpt + smooth).

    `batch` adds up over samples before, (C,). `weight` (C,) multiplies the loss of each class. One
    channel is the logit of the one region: sigmoid, and labels 0 and 1. MONAI's
    `DiceLoss(jaccard=True)` with twice the `smooth`.

    Empty: a class in neither costs 0, and one that is predicted but absent 1, whatever its size, as
    `smooth` is small.

    Source: Rahman MA, Wang Y. Optimizing intersection-over-union in deep neural networks for image
    segmentation. ISVC (2016). doi:10.1007/978-3-319-50835-1_22

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> jaccard_loss(torch.zeros(1, 3, 2, 2), labels, reduction="none")
    tensor([[0.8333, 0.7500, 0.8333]])
    """
    check_amount("smooth", smooth)
    pred, include_background, weight = as_classes(
        pred, target, weight, ignore_index, include_background
    )
    counts = _counts(pred, target, ignore_index, include_background)
    loss = 1 - score_or_zero((counts.over(0) if batch else counts).plus(tp=smooth), "iou")
    return reduced(_weighted(loss, weight, include_background), reduction).to(_dtype(pred, weight))


@checked
def focal_tversky_loss(
    pred: Tensor,
    target: Tensor,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 4 / 3,
    smooth: float = 1e-5,
    batch: bool = False,
    weight: Weight = None,
    ignore_index: int | None = -100,
    include_background: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
    """(1 − Tversky index)^(1/gamma) of each sample and class, (N, C); `alpha` weighs false
    positives, `beta` negatives.

    `smooth` is added to numerator and denominator. The other parameters are those of
    `jaccard_loss`. gamma = 1 is the Tversky loss; above it, classes that are nearly right weigh
    more.

    Empty: a class in neither costs 0, one that is predicted but absent 1.

    Source: Abraham N, Khan NM. A novel focal Tversky loss function with improved attention U-Net
    for lesion segmentation. ISBI (2019). doi:10.1109/ISBI.2019.8759329

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> focal_tversky_loss(torch.zeros(1, 3, 2, 2), labels)
    tensor(0.7441)
    """
    check_amount("smooth", smooth)
    check_errors(alpha, beta)
    if gamma <= 0:
        raise UsageError(f"gamma must be above 0, not {gamma}")
    pred, include_background, weight = as_classes(
        pred, target, weight, ignore_index, include_background
    )
    counts = _counts(pred, target, ignore_index, include_background)
    counts = (counts.over(0) if batch else counts).plus(tp=smooth)
    missed = 1 - score_or_zero(counts, "tversky", alpha=alpha, beta=beta)
    nothing = missed <= 0  # where the slope of a root is infinite
    loss = torch.where(nothing, 0.0, torch.where(nothing, 1.0, missed) ** (1 / gamma))
    return reduced(_weighted(loss, weight, include_background), reduction).to(_dtype(pred, weight))


@checked
def generalized_dice_loss(
    pred: Tensor,
    target: Tensor,
    *,
    weighting: Literal["square", "simple", "uniform"] = "square",
    smooth: float = 1e-5,
    batch: bool = False,
    ignore_index: int | None = -100,
    include_background: bool = True,
    reduction: Reduction = "mean",
) -> Tensor:
    """1 − generalized Dice of each sample, (N,): classes together, each weighted by 1/Σt², 1/Σt or
    1.

    `batch` adds up over samples before. A class that the target lacks takes the largest weight of
    its sample. `smooth` is a pseudo-count of true positives in each class, so that it weighs alike
    in large classes and in small ones; MONAI's and Sudre's are added to the weighted sums. One
    channel is the logit of the one region.

    Empty: a sample without any region in either costs 0; a class that is predicted but absent
    counts as an error of the smallest class.

    Source: Sudre CH, Li W, Vercauteren T, Ourselin S, Cardoso MJ. Generalised Dice overlap as a
    deep learning loss function for highly unbalanced segmentations. DLMIA (2017).
    doi:10.1007/978-3-319-67558-9_28

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> generalized_dice_loss(torch.zeros(1, 3, 2, 2), labels)  # 1 − (2/3 + 4/3 / 4 + 2/3) / (7/3 + 10/3 / 4 + 7/3)
    tensor(0.6970)
    """
    check_choice("weighting", weighting, ("square", "simple", "uniform"))
    check_amount("smooth", smooth)
    pred, include_background, _ = as_classes(pred, target, None, ignore_index, include_background)
    counts = _counts(pred, target, ignore_index, include_background)
    score = _generalized(counts.over(0) if batch else counts, weighting, smooth)
    return reduced(1 - score, reduction).to(pred.dtype)


def _generalized(counts: SoftCounts, weighting: str, smooth: float) -> Tensor:
    """The generalized Dice score of each sample, (N,), or of all together."""
    whole = counts.plus(
        tp=smooth, fp=smooth, fn=-smooth
    )  # the target keeps its size, which the weights are made of
    if counts.tp.ndim == 1:
        return whole.score("generalized_dice", weight=weighting)
    samples = zip(whole.tp, whole.fp, whole.fn, strict=True)
    return torch.stack(
        [SoftCounts(*sample).score("generalized_dice", weight=weighting) for sample in samples]
    )


def region_loss(
    counts: SoftCounts, smooth: float, batch: bool, weight: Tensor | None, include_background: bool
) -> Tensor:
    """1 − (2·Σpt + smooth) / (Σp + Σt + smooth) of each sample and class, (N, C) or (C,): Dice in
    sums of losses.
    """
    counts = counts if include_background else counts.foreground()
    loss = 1 - score_or_zero((counts.over(0) if batch else counts).plus(tp=smooth / 2), "dice")
    return _weighted(loss, weight, include_background)


def check_errors(alpha: float, beta: float) -> None:
    """Raises `UsageError` unless both are weights of errors, and one is above 0."""
    check_amount("alpha", alpha)
    check_amount("beta", beta)
    if alpha + beta == 0:
        raise UsageError("alpha or beta must be above 0; with both 0, no error costs anything")


def _counts(
    pred: Tensor, target: Tensor, ignore_index: int | None, include_background: bool
) -> SoftCounts:
    """The counts of the classes that count."""
    counts = SoftCounts.of_sums(class_sums(pred, target, ignore_index))
    if include_background:
        return counts
    if pred.shape[1] == 1:
        raise UsageError(
            "include_background=False leaves nothing of pred's one channel; pass scores of 2 "
            "classes or more"
        )
    return counts.foreground()


def _weighted(loss: Tensor, weight: Tensor | None, include_background: bool) -> Tensor:
    """The losses of the classes that count, each times its weight; there is a weight for every
    class.
    """
    return loss if weight is None else loss * (weight if include_background else weight[1:])


def _over_present(loss: Tensor, present: Tensor, weight: Tensor | None) -> Tensor:
    """The weighted mean over the classes that are present, (N,); 1 where none is."""
    shares = present.to(loss.dtype) if weight is None else present * weight
    total = shares.sum(-1)
    none = total == 0
    return torch.where(none, 1.0, (loss * shares).sum(-1) / torch.where(none, 1.0, total))


def _dtype(pred: Tensor, weight: Tensor | None) -> torch.dtype:
    return pred.dtype if weight is None else torch.promote_types(pred.dtype, weight.dtype)


DiceLoss = module("DiceLoss", dice_loss)
TverskyLoss = module("TverskyLoss", tversky_loss)
JaccardLoss = module("JaccardLoss", jaccard_loss)
FocalTverskyLoss = module("FocalTverskyLoss", focal_tversky_loss)
GeneralizedDiceLoss = module("GeneralizedDiceLoss", generalized_dice_loss)
