"""The loss of tubes: overlap of each mask with the other's centre lines."""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.nn.functional import max_pool1d, max_pool2d, max_pool3d

from .checks import Reduction, Weight, check_amount, check_scores, reduced
from .classes import Classes
from .counts import SoftCounts
from .modules import checked, module
from .sums import index_and_keep

_POOLS = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}
"""torch's maximum over a window, by how many axes of space there are."""


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
    """Return 1 − clDice of each sample and class.

    clDice is the harmonic mean of two shares: how much of each mask's centre lines the other holds.
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
    classes = Classes.of_any(
        pred, target, weight, ignore_index, include_background=include_background
    )
    _, keep = index_and_keep(target, ignore_index)
    p = classes.probabilities(keep)
    t = torch.stack([target == label for label in classes.labels], 1).to(p.dtype)
    # Ignored voxels are in neither mask, as `probabilities` are 0 there.
    if keep is not None:
        t = torch.where(keep[:, None], t, 0)
    axes = range(2, p.ndim)
    lines_of_pred = SoftCounts.of_maps(soft_skeleton(p, iterations), t, axes)
    lines_of_target = SoftCounts.of_maps(p, soft_skeleton(t, iterations), axes)
    precision = lines_of_pred.plus(tp=smooth).score("precision")
    recall = lines_of_target.plus(tp=smooth).score("recall")
    loss = 1 - 2 * precision * recall / (precision + recall)
    return reduced(classes.weighted(loss), reduction).to(pred.dtype)


@checked
def soft_skeleton(maps: Tensor, iterations: int = 3) -> Tensor:
    """Return the centre lines of maps (N, C, *spatial) from 0 to 1.

    They are what opening takes away, at each of so many erosions: opening keeps what is thick.

    >>> soft_skeleton(torch.tensor([[[0.0, 1.0, 1.0, 1.0, 0.0]]])).tolist()
    [[[0.0, 0.0, 1.0, 0.0, 0.0]]]
    """
    check_scores(maps, name="maps")
    skeleton = torch.zeros_like(maps)
    for turn in range(iterations + 1):
        eroded = _eroded(maps)
        thin = (maps - _dilated(eroded)).relu()
        skeleton = thin if turn == 0 else _united(skeleton, thin)
        maps = eroded
    return skeleton


def _united(first: Tensor, second: Tensor) -> Tensor:
    """Return the union of two soft maps, a + b − a·b."""
    return first + (second - first * second).relu()


def _eroded(maps: Tensor) -> Tensor:
    """Return the least of a voxel and its neighbours along the axes."""
    # Minus the largest of −x is the least of x; torch pools maxima alone.
    least_along = [-_pooled(-maps, axis) for axis in range(maps.ndim - 2)]
    return functools.reduce(torch.minimum, least_along)


def _dilated(maps: Tensor) -> Tensor:
    """Return the largest of a voxel and all its neighbours, diagonal ones too."""
    for axis in range(maps.ndim - 2):
        maps = _pooled(maps, axis)
    return maps


def _pooled(maps: Tensor, axis: int) -> Tensor:
    """Return the largest of a voxel and its two neighbours along an axis of space."""
    axes = maps.ndim - 2
    size, margin = [1] * axes, [0] * axes
    size[axis], margin[axis] = 3, 1
    largest: Tensor = _POOLS[axes](maps, size, stride=1, padding=margin)
    return largest


ClDiceLoss = module("ClDiceLoss", cldice_loss)
