"""The loss of tubes: overlap of each mask with the other's centre lines."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import max_pool1d, max_pool2d, max_pool3d

from .checks import as_classes, check_amount, check_scores, reduced
from .counts import SoftCounts
from .modules import checked, module
from .overlap import Reduction, Weight
from .sums import kept, probabilities

_POOLS = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}


@checked
def cldice_loss(
    pred: Tensor,
    target: Tensor,
    *,
    iterations: int = 3,
    smooth: float = 1.0,
    weight: Weight = None,
    ignore_index: int | None = -100,
    include_background: bool = False,
    reduction: Reduction = "mean",
) -> Tensor:
    """1 − clDice of each sample and class: the harmonic mean of two shares, of the centre lines
    that the other holds.

    Precision is (Σ s_p·t + smooth) / (Σ s_p + smooth), recall (Σ s_t·p + smooth) / (Σ s_t +
    smooth), s the `soft_skeleton`; `iterations` should be at least the radius of the thickest tube.
    `weight` (C,) multiplies the loss of each class. One channel is the logit of the one region.
    MONAI's `SoftclDiceLoss` adds up over classes before.

    Empty: a class in neither costs 0; one that is predicted but absent near 0 for a small one, as
    `smooth` is 1.

    Source: Shit S, Paetzold JC, Sekuboyina A et al. clDice: a novel topology-preserving loss
    function for tubular structure segmentation. CVPR (2021). doi:10.1109/CVPR46437.2021.01629

    >>> labels = torch.zeros(1, 8, 8, dtype=torch.int64)
    >>> labels[:, 3:6] = 1
    >>> logits = 20.0 * torch.nn.functional.one_hot(labels, 2).movedim(-1, 1)
    >>> round(cldice_loss(logits, labels).item(), 4), round(cldice_loss(-logits, labels).item(), 4)
    (0.0, 0.9231)
    """
    check_amount("iterations", iterations)
    check_amount("smooth", smooth)
    pred, include_background, weight = as_classes(
        pred, target, weight, ignore_index, include_background
    )
    first = 0 if include_background else 1
    _, keep = kept(target, ignore_index)
    p = probabilities(pred, keep)[:, first:]
    t = torch.stack([target == label for label in range(first, pred.shape[1])], 1).to(p.dtype)
    if keep is not None:
        t = torch.where(keep[:, None], t, 0)
    axes = range(2, p.ndim)
    right = (
        SoftCounts.of_maps(soft_skeleton(p, iterations), t, axes).plus(tp=smooth).score("precision")
    )
    found = (
        SoftCounts.of_maps(p, soft_skeleton(t, iterations), axes).plus(tp=smooth).score("recall")
    )
    loss = 1 - 2 * right * found / (right + found)
    return reduced(loss if weight is None else loss * weight[first:], reduction).to(pred.dtype)


@checked
def soft_skeleton(maps: Tensor, iterations: int = 3) -> Tensor:
    """The centre lines of maps (N, C, *spatial) from 0 to 1: what opening takes away, at each of so
    many erosions.

    >>> soft_skeleton(torch.tensor([[[0.0, 1.0, 1.0, 1.0, 0.0]]])).tolist()
    [[[0.0, 0.0, 1.0, 0.0, 0.0]]]
    """
    check_scores(maps, name="maps")
    skeleton = torch.zeros_like(maps)
    for turn in range(iterations + 1):
        eroded = _eroded(maps)
        lost = (maps - _dilated(eroded)).relu()
        skeleton = lost if not turn else skeleton + (lost - skeleton * lost).relu()
        maps = eroded
    return skeleton


def _eroded(maps: Tensor) -> Tensor:
    """The least of a voxel and its neighbours along the axes."""
    axes = maps.ndim - 2
    least = [-_pooled(-maps, axis) for axis in range(axes)]
    found = least[0]
    for other in least[1:]:
        found = torch.minimum(found, other)
    return found


def _dilated(maps: Tensor) -> Tensor:
    """The largest of a voxel and all its neighbours, diagonal ones too."""
    for axis in range(maps.ndim - 2):
        maps = _pooled(maps, axis)
    return maps


def _pooled(maps: Tensor, axis: int) -> Tensor:
    """The largest of a voxel and its two neighbours along an axis of space."""
    axes = range(maps.ndim - 2)
    size, margin = [3 if at == axis else 1 for at in axes], [1 if at == axis else 0 for at in axes]
    found: Tensor = _POOLS[len(size)](maps, size, 1, margin)
    return found


ClDiceLoss = module("ClDiceLoss", cldice_loss)
