"""Losses of overlap: 1 − a metric of the registry, of soft counts.

Scores are logits (N, C, *spatial), made probabilities by softmax; the target holds labels (N,
*spatial). What each loss costs where a class is in neither is said with it.

In formulas Σ is over the voxels of a sample and class, p the probability and t 1 in the class.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from segeval.errors import UsageError

from .checks import Average, Reduction, Weight, check_amount, check_choice, check_errors, reduced
from .classes import Classes
from .counts import SoftCounts, score_or_zero
from .modules import checked, module
from .sums import ClassSums, class_sums


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
    """Return 1 − Dice of each sample, 1 − 2·Σpt / (Σp + Σt + eps): kornia's, in any dimension.

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
    check_choice("average", average, ("micro", "macro"))
    check_amount("eps", eps)
    classes = Classes.of(pred, target, weight, ignore_index, include_background=include_background)
    counts = classes.counts(class_sums(classes.scores, target, ignore_index))
    # eps stands in the denominator alone: Dice's is 2·tp + fp + fn, so it is false negatives.
    if average == "micro":
        together = counts.over_classes(classes.weight_of_counted)
        loss = 1 - score_or_zero(together.plus(fn=eps), "dice")
    else:
        by_class = 1 - score_or_zero(counts.plus(fn=eps), "dice")
        loss = _over_present(by_class, counts, classes)
    return reduced(loss, reduction).to(classes.dtype)


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
    """Return 1 − Tversky index, Σpt / (Σpt + alpha·Σp(1−t) + beta·Σ(1−p)t + eps): kornia's.

    In any dimension. The mean over the classes that a sample's target holds, then `reduction` over
    samples. alpha = beta = ½ is Dice, 1 is IoU.

    Empty: a sample without any voxel that counts costs 1; a class that its target lacks costs
    nothing.

    Source: Salehi SSM, Erdogmus D, Gholipour A. Tversky loss function for image segmentation using
    3D fully convolutional deep networks. MLMI (2017). doi:10.1007/978-3-319-67389-9_44

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> logits = 20.0 * torch.nn.functional.one_hot(labels, 3).movedim(-1, 1)
    >>> round(tversky_loss(logits, labels, alpha=0.3, beta=0.7).item(), 6)
    0.0
    """
    check_amount("eps", eps)
    check_errors(alpha, beta)
    classes = Classes.of(pred, target, weight, ignore_index, include_background=include_background)
    counts = classes.counts(class_sums(classes.scores, target, ignore_index))
    # So many false positives and as many false negatives weigh eps together.
    share = eps / (alpha + beta)
    score = score_or_zero(counts.plus(fp=share, fn=share), "tversky", alpha=alpha, beta=beta)
    loss = _over_present(1 - score, counts, classes)
    return reduced(loss, reduction).to(classes.dtype)


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
    """Return 1 − IoU of each sample and class, 1 − (Σpt + smooth) / (Σp + Σt − Σpt + smooth).

    One value for each, (N, C); then `reduction`. `batch` adds up over samples before, (C,).
    `weight` (C,) multiplies the loss of each class. One channel is the logit of the one region:
    sigmoid, and labels 0 and 1. MONAI's `DiceLoss(jaccard=True)` with twice the `smooth`.

    Empty: a class in neither costs 0, and one that is predicted but absent 1, whatever its size, as
    `smooth` is small.

    Source: Rahman MA, Wang Y. Optimizing intersection-over-union in deep neural networks for image
    segmentation. ISVC (2016). doi:10.1007/978-3-319-50835-1_22

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> jaccard_loss(torch.zeros(1, 3, 2, 2), labels, reduction="none")
    tensor([[0.8333, 0.7500, 0.8333]])
    """
    check_amount("smooth", smooth)
    classes = Classes.of_any(
        pred, target, weight, ignore_index, include_background=include_background
    )
    sums = class_sums(classes.scores, target, ignore_index)
    counts = classes.counts(sums, batch=batch)
    loss = classes.weighted(1 - score_or_zero(counts.plus(tp=smooth), "iou"))
    return reduced(loss, reduction).to(classes.dtype)


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
    """Return (1 − Tversky index)^(1/gamma) of each sample and class, (N, C).

    `alpha` weighs false positives, `beta` false negatives; `smooth` is added to numerator and
    denominator. The other parameters are those of `jaccard_loss`. gamma = 1 is the Tversky loss;
    above it, classes that are nearly right weigh more.

    Empty: a class in neither costs 0, one that is predicted but absent 1.

    Source: Abraham N, Khan NM. A novel focal Tversky loss function with improved attention U-Net
    for lesion segmentation. ISBI (2019). doi:10.1109/ISBI.2019.8759329

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> focal_tversky_loss(torch.zeros(1, 3, 2, 2), labels)
    tensor(0.7441)
    """
    check_amount("smooth", smooth)
    check_errors(alpha, beta)
    # gamma is the paper's, whose exponent is its inverse.
    if gamma <= 0:
        raise UsageError(f"gamma must be above 0, not {gamma}")
    classes = Classes.of_any(
        pred, target, weight, ignore_index, include_background=include_background
    )
    sums = class_sums(classes.scores, target, ignore_index)
    counts = classes.counts(sums, batch=batch).plus(tp=smooth)
    missed = 1 - score_or_zero(counts, "tversky", alpha=alpha, beta=beta)
    # The slope of a root is infinite at 0, and infinite times 0 is NaN: no root is taken there.
    nothing = missed <= 0
    loss = torch.where(nothing, 0.0, torch.where(nothing, 1.0, missed) ** (1 / gamma))
    return reduced(classes.weighted(loss), reduction).to(classes.dtype)


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
    """Return 1 − generalized Dice of each sample, (N,), of all classes together.

    `weighting` weighs each class by 1/(Σt)² ("square"), 1/Σt ("simple") or 1. `batch` adds up over
    samples before. A class that the target lacks takes the largest weight of its sample. `smooth`
    is a pseudo-count of true positives in each class, so that it weighs alike in large classes and
    in small ones; MONAI's and Sudre's are added to the weighted sums. One channel is the logit of
    the one region.

    Empty: a sample without any region in either costs 0; a class that is predicted but absent
    counts as an error of the smallest class.

    Source: Sudre CH, Li W, Vercauteren T, Ourselin S, Cardoso MJ. Generalised Dice overlap as a
    deep learning loss function for highly unbalanced segmentations. DLMIA (2017).
    doi:10.1007/978-3-319-67558-9_28

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> # 1 − (2/3 + 4/3 / 4 + 2/3) / (7/3 + 10/3 / 4 + 7/3)
    >>> generalized_dice_loss(torch.zeros(1, 3, 2, 2), labels)
    tensor(0.6970)
    """
    check_choice("weighting", weighting, ("square", "simple", "uniform"))
    check_amount("smooth", smooth)
    classes = Classes.of_any(
        pred, target, None, ignore_index, include_background=include_background
    )
    sums = class_sums(classes.scores, target, ignore_index)
    counts = classes.counts(sums, batch=batch)
    score = _generalized(counts, weighting, smooth)
    return reduced(1 - score, reduction).to(pred.dtype)


def _generalized(counts: SoftCounts, weighting: str, smooth: float) -> Tensor:
    """Return the generalized Dice score of each sample, (N,), or of all together, ()."""
    # The target keeps its size, which the weights are made of.
    smoothed = counts.plus(tp=smooth, fp=smooth, fn=-smooth)
    if counts.tp.ndim == 1:
        return smoothed.score("generalized_dice", weight=weighting)
    # The registry's formula is of one case: its largest weight is that of all that it is given.
    samples = zip(smoothed.tp, smoothed.fp, smoothed.fn, strict=True)
    return torch.stack(
        [SoftCounts(*sample).score("generalized_dice", weight=weighting) for sample in samples]
    )


def dice_by_class(classes: Classes, sums: ClassSums, *, smooth: float, batch: bool) -> Tensor:
    """Return 1 − (2·Σpt + smooth) / (Σp + Σt + smooth) of each sample and class, weighted.

    (N, C), or (C,) where `batch` adds up over samples: Dice as sums of losses take it.
    """
    # A true positive counts twice in Dice, above and below.
    counts = classes.counts(sums, batch=batch).plus(tp=smooth / 2)
    return classes.weighted(1 - score_or_zero(counts, "dice"))


def _over_present(loss: Tensor, counts: SoftCounts, classes: Classes) -> Tensor:
    """Return the weighted mean over the classes that the target holds, (N,); 1 where it has none.

    `counts` are those of the voxels, without pseudo-counts.
    """
    # A prediction of an absent class is an error of the classes that it takes voxels from.
    present, weight = counts.size_g > 0, classes.weight_of_counted
    shares = present.to(loss.dtype) if weight is None else present * weight
    total = shares.sum(-1)
    none = total == 0
    return torch.where(none, 1.0, (loss * shares).sum(-1) / torch.where(none, 1.0, total))


DiceLoss = module("DiceLoss", dice_loss)
TverskyLoss = module("TverskyLoss", tversky_loss)
JaccardLoss = module("JaccardLoss", jaccard_loss)
FocalTverskyLoss = module("FocalTverskyLoss", focal_tversky_loss)
GeneralizedDiceLoss = module("GeneralizedDiceLoss", generalized_dice_loss)
