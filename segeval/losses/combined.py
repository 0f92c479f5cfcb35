"""Sums of losses, and one loss at several resolutions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from segeval.errors import UsageError
from segeval.errors.calls import public

from .checks import Weight, check_amount, check_choice, check_scores, check_tensor, reduced
from .classes import Classes
from .focal import focal_by_voxel
from .modules import checked, module
from .overlap import dice_by_class
from .sums import index_and_keep, sums_and_logs


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
    """Return lambda_dice · Dice loss + lambda_ce · cross-entropy, as nnU-Net trains.

    MONAI's `DiceCELoss(softmax=True)`. Dice is 1 − (2·Σpt + smooth) / (Σp + Σt + smooth) of each
    sample and class; `batch` adds up over samples before, include_background=False leaves class 0
    out of it. `weight` (C,) multiplies Dice by class and weighs voxels in the cross-entropy as in
    torch's. `reduction` is that of both. One channel is the logit of the one region: sigmoid, and
    labels 0 and 1; `weight` is not for it.

    Empty: a class in neither costs Dice 0, one that is predicted but absent 1; a batch without a
    voxel that counts costs no cross-entropy.

    Source: Isensee F, Jaeger PF, Kohl SAA, Petersen J, Maier-Hein KH. nnU-Net: a self-configuring
    method for deep learning-based biomedical image segmentation. Nature Methods 18, 203-211 (2021).
    doi:10.1038/s41592-020-01008-z

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> dice_ce_loss(torch.zeros(1, 3, 2, 2), labels)  # 1 − (2/7 + 2/5 + 2/7) / 3 + log 3
    tensor(1.7748)
    """
    check_amount("lambda_dice", lambda_dice)
    check_amount("lambda_ce", lambda_ce)
    check_amount("smooth", smooth)
    check_choice("reduction", reduction, ("mean", "sum"))
    classes = Classes.of_any(
        pred, target, weight, ignore_index, include_background=include_background
    )
    sums, log_p = sums_and_logs(classes.scores, target, ignore_index)
    dice = dice_by_class(classes, sums, smooth=smooth, batch=batch)
    index, keep = index_and_keep(target, ignore_index)
    entropy = _cross_entropy(log_p, index, keep, classes.weight, reduction)
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
    """Return lambda_dice · Dice loss + lambda_focal · `focal_loss`, both of the softmax.

    Dice is that of `dice_ce_loss`, and so are the parameters; the focal loss is over all classes,
    with `reduction`. MONAI's `DiceFocalLoss` takes the focal loss of sigmoids, whatever its Dice is
    of.

    Empty: a class in neither costs Dice 0, one that is predicted but absent 1; focal loss costs 0
    where it is right.

    Source: Zhu W, Huang Y, Zeng L et al. AnatomyNet. Medical Physics 46(2), 576-589 (2019).
    doi:10.1002/mp.13300

    >>> labels = torch.tensor([[[0, 1], [1, 2]]])
    >>> # 1 − (2/7 + 2/5 + 2/7) / 3 + (2/3)² · log 3 / 3
    >>> dice_focal_loss(torch.zeros(1, 3, 2, 2), labels)
    tensor(0.8389)
    """
    check_amount("lambda_dice", lambda_dice)
    check_amount("lambda_focal", lambda_focal)
    check_amount("gamma", gamma)
    check_amount("smooth", smooth)
    check_choice("reduction", reduction, ("mean", "sum"))
    classes = Classes.of_any(
        pred, target, weight, ignore_index, include_background=include_background
    )
    sums, log_p = sums_and_logs(classes.scores, target, ignore_index)
    dice = dice_by_class(classes, sums, smooth=smooth, batch=batch)
    index, _ = index_and_keep(target, ignore_index)
    by_voxel = focal_by_voxel(log_p, index, alpha=alpha, gamma=gamma, weight=classes.weight)
    focal = reduced(by_voxel, reduction)
    if reduction == "mean":  # over classes too, as in `focal_loss`
        focal = focal / classes.scores.shape[1]
    return (lambda_dice * reduced(dice, reduction) + lambda_focal * focal).to(pred.dtype)


class DeepSupervision(nn.Module):
    """A loss of predictions at several resolutions, finest first.

    Σ_i weights_i · loss(pred_i, target at i's size). Labels are resampled to their nearest
    neighbour. Without `weights` every level weighs half of the one before, and all together 1, as
    in nnU-Net. A single prediction is taken for the finest, and costs the loss itself.

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
        """Return the loss of all levels.

        Raises `UsageError` where there are more or fewer levels than weights.
        """
        if isinstance(preds, Tensor):
            return self.loss(preds, target)
        levels = list(preds)
        weights = self.weights
        if weights is None:
            weights = _halves(len(levels))
        if len(levels) != len(weights) or not levels:
            raise UsageError(
                f"weights has {len(weights)} levels, but preds {len(levels)}; give one for each"
            )
        losses = [
            weight * self.loss(pred, _resized(target, pred))
            for weight, pred in zip(weights, levels, strict=True)
        ]
        # Unreduced losses of levels have the shapes of the levels.
        if any(loss.shape != losses[0].shape for loss in losses):
            raise UsageError("loss must have one shape at all levels; give it reduction='mean'")
        return torch.stack(losses).sum(0)


@checked
def deep_supervision(
    loss: Callable[[Tensor, Tensor], Tensor], weights: Sequence[float] | None = None
) -> DeepSupervision:
    """Return the loss of predictions at several resolutions: see `DeepSupervision`."""
    return DeepSupervision(loss, weights)


def _cross_entropy(
    log_p: Tensor, index: Tensor, keep: Tensor | None, weight: Tensor | None, reduction: str
) -> Tensor:
    """Return torch's cross-entropy; 0 where no voxel counts, which is NaN there.

    `log_p`, the log-probability at each voxel's label, is 0 at ignored voxels, which add nothing.
    The mean is over the weights of the voxels that count.
    """
    loss = -log_p
    if weight is not None:
        weights = weight[index]
        if keep is not None:
            weights = weights * keep
        loss, total = loss * weights, weights.sum()
    elif keep is not None:
        total = keep.sum()
    else:
        total = loss.new_full((), index.numel())
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / torch.where(total == 0, 1, total)


def _halves(levels: int) -> list[float]:
    """Return weights of which each is half of the one before, and all together 1."""
    weights = [0.5**level for level in range(levels)]
    return [weight / sum(weights) for weight in weights]


def _resized(target: Tensor, pred: Tensor) -> Tensor:
    """Return the labels (N, *spatial) at the size of a prediction, each its nearest neighbour."""
    check_tensor("target", target)
    check_scores(pred, (target.ndim - 1,), "each of preds")
    lengths = zip(pred.shape[2:], target.shape[1:], strict=True)
    for axis, (wanted_length, length) in enumerate(lengths, 1):
        if wanted_length != length:
            # The voxel that holds the centre of each new one: torch's "nearest-exact".
            centres = torch.arange(wanted_length, device=target.device) + 0.5
            target = target.index_select(axis, (centres * (length / wanted_length)).long())
    return target


DiceCELoss = module("DiceCELoss", dice_ce_loss)
DiceFocalLoss = module("DiceFocalLoss", dice_focal_loss)
