"""Sums of losses, and one loss at several resolutions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from segeval.errors import UsageError
from segeval.errors.calls import public

from .checks import as_classes, check_amount, check_choice, check_scores, check_tensor, reduced
from .counts import SoftCounts
from .focal import focal_of
from .modules import checked, module
from .overlap import Weight, region_loss
from .sums import kept, sums_and_logs


@checked
def dice_ce_loss(
    pred: Tensor,
    target: Tensor,
    *,
    lambda_dice: float = 1.0,
    lambda_ce: float = 1.0,
    smooth: float = 1e-5,
    batch: bool = False,
    weight: Weight = None,
    ignore_index: int | None = -100,
    include_background: bool = True,
    reduction: Literal["mean", "sum"] = "mean",
) -> Tensor:
    """lambda_dice · Dice loss + lambda_ce · cross-entropy, as nnU-Net trains: MONAI's
    `DiceCELoss(softmax=True)`.

    Dice is 1 − (2·Σpt + smooth) / (Σp + Σt + smooth) of each sample and class; `batch` adds up over
    samples before, include_background=False leaves class 0 out of it. `weight` (C,) multiplies Dice
    by class and weighs voxels in the cross-entropy as in torch's. `reduction` is that of both. One
    channel is the logit of the one region: sigmoid, and labels 0 and 1; `weight` is not for it.

    Empty: a class in neither costs Dice 0, one that is predicted but absent 1; a batch without a
    voxel that counts costs no cross-entropy.

    Source: Isensee F, Jaeger PF, Kohl SAA, Petersen J, Maier-Hein KH. nnU-Net: a self-configuring
    method for deep learning-based biomedical image segmentation. Nature Methods 18, 203-211 (2021).
    doi:10.1038/s41592-020-01008-z

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> dice_ce_loss(torch.zeros(1, 3, 2, 2), labels)  # 1 − (2/7 + 2/5 + 2/7) / 3 + log 3
    tensor(1.7748)
    """
    _check_shares(lambda_dice=lambda_dice, lambda_ce=lambda_ce, smooth=smooth)
    check_choice("reduction", reduction, ("mean", "sum"))
    pred, include_background, weight = as_classes(
        pred, target, weight, ignore_index, include_background
    )
    sums, log_p = sums_and_logs(pred, target, ignore_index)
    dice = region_loss(SoftCounts.of_sums(sums), smooth, batch, weight, include_background)
    entropy = _cross_entropy(log_p, target, weight, ignore_index, reduction)
    return (lambda_dice * reduced(dice, reduction) + lambda_ce * entropy).to(pred.dtype)


@checked
def dice_focal_loss(
    pred: Tensor,
    target: Tensor,
    *,
    lambda_dice: float = 1.0,
    lambda_focal: float = 1.0,
    gamma: float = 2.0,
    alpha: float | None = None,
    smooth: float = 1e-5,
    batch: bool = False,
    weight: Weight = None,
    ignore_index: int | None = -100,
    include_background: bool = True,
    reduction: Literal["mean", "sum"] = "mean",
) -> Tensor:
    """lambda_dice · Dice loss + lambda_focal · `focal_loss`, both of the softmax.

    Dice is that of `dice_ce_loss`, and so are the parameters; the focal loss is over all classes,
    with `reduction`. MONAI's `DiceFocalLoss` takes the focal loss of sigmoids, whatever its Dice is
    of.

    Empty: a class in neither costs Dice 0, one that is predicted but absent 1; focal loss costs 0
    where it is right.

    Source: Zhu W, Huang Y, Zeng L et al. AnatomyNet. Medical Physics 46(2), 576-589 (2019).
    doi:10.1002/mp.13300

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> dice_focal_loss(torch.zeros(1, 3, 2, 2), labels)  # 1 − (2/7 + 2/5 + 2/7) / 3 + (2/3)² · log 3 / 3
    tensor(0.8389)
    """
    _check_shares(lambda_dice=lambda_dice, lambda_focal=lambda_focal, gamma=gamma, smooth=smooth)
    check_choice("reduction", reduction, ("mean", "sum"))
    pred, include_background, weight = as_classes(
        pred, target, weight, ignore_index, include_background
    )
    sums, log_p = sums_and_logs(pred, target, ignore_index)
    dice = region_loss(SoftCounts.of_sums(sums), smooth, batch, weight, include_background)
    focal = reduced(focal_of(log_p, kept(target, ignore_index)[0], alpha, gamma, weight), reduction)
    focal = focal / pred.shape[1] if reduction == "mean" else focal
    return (lambda_dice * reduced(dice, reduction) + lambda_focal * focal).to(pred.dtype)


class DeepSupervision(nn.Module):
    """A loss of predictions at several resolutions, finest first: Σ_i weights_i · loss(pred_i,
    target at i's size).

    Labels are resampled to their nearest neighbour. Without `weights` every level weighs half of
    the one before, and all together 1, as in nnU-Net. A single prediction is taken for the finest,
    and costs the loss itself.

    >>> from segeval.losses import dice_ce_loss
    >>> loss = DeepSupervision(dice_ce_loss, weights=[1.0, 0.5])
    >>> labels = torch.zeros(1, 8, 8, dtype=torch.int64)
    >>> round(loss([torch.zeros(1, 2, 8, 8), torch.zeros(1, 2, 4, 4)], labels).item(), 4)
    2.0397
    """

    @public
    def __init__(
        self, loss: Callable[[Tensor, Tensor], Tensor], weights: Sequence[float] | None = None
    ) -> None:
        super().__init__()
        self.loss = loss
        self.weights = None if weights is None else [float(weight) for weight in weights]

    @public
    def forward(self, preds: Tensor | Sequence[Tensor], target: Tensor) -> Tensor:
        """The loss of all levels. Raises `UsageError` where there are more or fewer levels than
        weights.
        """
        if isinstance(preds, Tensor):
            return self.loss(preds, target)
        levels = list(preds)
        weights = _halves(len(levels)) if self.weights is None else self.weights
        if len(levels) != len(weights) or not levels:
            raise UsageError(
                f"weights has {len(weights)} levels, but preds {len(levels)}; give one for each"
            )
        losses = [
            w * self.loss(pred, _resized(target, pred))
            for w, pred in zip(weights, levels, strict=True)
        ]
        if any(loss.shape != losses[0].shape for loss in losses):
            raise UsageError("loss must have one shape at all levels; give it reduction='mean'")
        return torch.stack(losses).sum(0)


@checked
def deep_supervision(
    loss: Callable[[Tensor, Tensor], Tensor], weights: Sequence[float] | None = None
) -> DeepSupervision:
    """The loss of predictions at several resolutions: see `DeepSupervision`."""
    return DeepSupervision(loss, weights)


def _check_shares(**amounts: float) -> None:
    for name, value in amounts.items():
        check_amount(name, value)


def _cross_entropy(
    log_p: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int | None, reduction: str
) -> Tensor:
    """torch's cross-entropy; 0 where no voxel counts, which is NaN there."""
    loss = -log_p
    index, keep = kept(target, ignore_index)
    if weight is not None:
        weights = weight[index] if keep is None else weight[index] * keep
        loss, total = loss * weights, weights.sum()
    else:
        total = loss.new_full((), index.numel()) if keep is None else keep.sum()
    return loss.sum() if reduction == "sum" else loss.sum() / torch.where(total == 0, 1, total)


def _halves(levels: int) -> list[float]:
    weights = [0.5**level for level in range(levels)]
    return [weight / sum(weights) for weight in weights]


def _resized(target: Tensor, pred: Tensor) -> Tensor:
    """The labels at the size of a prediction."""
    check_tensor("target", target)
    check_scores(pred, (target.ndim - 1,), "each of preds")
    for axis, (length, own) in enumerate(zip(pred.shape[2:], target.shape[1:], strict=True), 1):
        if length != own:
            nearest = ((torch.arange(length, device=target.device) + 0.5) * (own / length)).long()
            target = target.index_select(axis, nearest)
    return target


DiceCELoss = module("DiceCELoss", dice_ce_loss)
DiceFocalLoss = module("DiceFocalLoss", dice_focal_loss)
