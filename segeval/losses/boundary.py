"""Losses of the distance between boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from segeval.errors import UsageError

from .checks import (
    Reduction,
    Weight,
    check_amount,
    check_device,
    check_floating,
    check_labels,
    check_scores,
    check_tensor,
    reduced,
    working_dtype,
)
from .classes import Classes
from .maps import distance_fields, signed_distance_map
from .modules import checked, module
from .sums import index_and_keep


@checked
def boundary_loss(
    pred: Tensor,
    target: Tensor,
    *,
    distances: Tensor | None = None,
    spacing: Sequence[float] | None = None,
    weight: Weight = None,
    ignore_index: int | None = -100,
    include_background: bool = False,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return the mean over voxels of p_c · φ_c, of each sample and class.

    φ is how far a voxel lies outside of the target's class: `signed_distance_map` of the target,
    below 0 inside, in the unit of `spacing`. `distances` (N, C, *spatial) are maps made before, as
    a data loader does best. Kervadec's code has them one voxel larger inside. `weight` (C,)
    multiplies the loss of each class. One channel is the logit of the one region. Usually added to
    an overlap loss, with a share that grows: by itself it is happy with little.

    Empty: a class that the target lacks costs 0, predicted or not, as it has no boundary.

    Source: Kervadec H, Bouchtiba J, Desrosiers C, Granger E, Dolz J, Ben Ayed I. Boundary loss for
    highly unbalanced segmentation. Medical Image Analysis 67, 101851 (2021).
    doi:10.1016/j.media.2020.101851

    >>> labels = torch.tensor([[0, 0, 1, 1, 1]])
    >>> boundary_loss(torch.zeros(1, 2, 5), labels)  # ½ · (2 + 1 − 1 − 2 − 3) / 5
    tensor(-0.3000)
    """
    classes = Classes.of_any(
        pred, target, weight, ignore_index, include_background=include_background
    )
    if distances is None:
        distances = signed_distance_map(target, classes.scores.shape[1], spacing=spacing)
    else:
        _check_distances(distances, classes.scores)
    _, keep = index_and_keep(target, ignore_index)
    p = classes.probabilities(keep)
    loss = _mean(p * distances[:, classes.first :].to(p.dtype), keep)
    return reduced(classes.weighted(loss), reduction).to(pred.dtype)


def _check_distances(distances: Tensor, scores: Tensor) -> None:
    check_floating("distances", distances)
    if distances.shape != scores.shape:
        raise UsageError(
            f"distances must have shape {tuple(scores.shape)}; it has {tuple(distances.shape)}"
        )
    check_device("distances", distances, scores)


@checked
def hausdorff_dt_loss(
    pred: Tensor,
    target: Tensor,
    *,
    alpha: float = 2.0,
    spacing: Sequence[float] | None = None,
    weight: Weight = None,
    ignore_index: int | None = -100,
    include_background: bool = False,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return the mean over voxels of (p − t)² · (D_p^alpha + D_t^alpha), of each sample and class.

    MONAI's `HausdorffDTLoss`. D are distances to the boundary, inside and outside, of {p > ½} and
    of the target, in the unit of `spacing`; no gradient goes through them. `weight` (C,) multiplies
    the loss of each class. One channel is the logit of the one region.

    Empty: a class in neither costs 0; a mask that is empty or full has no boundary, D = 0.

    Source: Karimi D, Salcudean SE. Reducing the Hausdorff distance in medical image segmentation
    with convolutional neural networks. IEEE Transactions on Medical Imaging 39(2), 499-513 (2020).
    doi:10.1109/TMI.2019.2930068

    >>> labels = torch.tensor([[0, 0, 1, 1, 1]])
    >>> hausdorff_dt_loss(torch.zeros(1, 2, 5), labels)  # ¼ · (2² + 1² + 1² + 2² + 3²) / 5
    tensor(0.9500)
    """
    check_amount("alpha", alpha)
    classes = Classes.of_any(
        pred, target, weight, ignore_index, include_background=include_background
    )
    _, keep = index_and_keep(target, ignore_index)
    by_class = classes.probabilities(keep).unbind(1)
    losses = []
    for label, p in zip(classes.labels, by_class, strict=True):
        # One class after the other: the fields of a class take twice the room of its map.
        inside = target == label
        error = p - inside.to(p.dtype)
        cost = _cost(p.detach(), inside, alpha, spacing)
        losses.append(_mean(error.square().mul_(cost)[:, None], keep))
    return reduced(classes.weighted(torch.cat(losses, 1)), reduction).to(pred.dtype)


def _cost(p: Tensor, inside: Tensor, alpha: float, spacing: Sequence[float] | None) -> Tensor:
    """Return D_p^alpha + D_t^alpha of one class, (N, *spatial)."""
    masks = torch.stack([p > 0.5, inside], 1)
    fields = distance_fields(masks, spacing=spacing)
    return fields.to(p.dtype).pow_(alpha).sum(1)


@checked
def hausdorff_er_loss(
    pred: Tensor, target: Tensor, alpha: float = 2.0, k: int = 10, reduction: Reduction = "mean"
) -> Tensor:
    """Return the Hausdorff distance estimated by k erosions of (p − t)²: kornia's.

    Each erosion weighs (its number)^alpha. `pred` are maps (N, C, *spatial), 2-D or 3-D, `target`
    labels (N, 1, *spatial). An erosion is the mean over a voxel and its neighbours along the axes,
    less ½ and not below 0, stretched to 0 to 1 over the image. "none" is (C, N, 1, *spatial).

    Empty: a class in neither costs 0.

    Source: Karimi D, Salcudean SE. Reducing the Hausdorff distance in medical image segmentation
    with convolutional neural networks. IEEE Transactions on Medical Imaging 39(2), 499-513 (2020).
    doi:10.1109/TMI.2019.2930068

    >>> target = torch.zeros(1, 1, 8, 8, dtype=torch.int64)
    >>> target[..., 2:6, 2:6] = 1
    >>> pred = torch.nn.functional.one_hot(target[:, 0], 2).movedim(-1, 1).float()
    >>> hausdorff_er_loss(pred, target), hausdorff_er_loss(1 - pred, target) > 1
    (tensor(0.), tensor(True))
    """
    check_scores(pred, (2, 3))
    check_tensor("target", target)
    if target.ndim != pred.ndim or target.shape[1] != 1:
        shape = (pred.shape[0], 1, *pred.shape[2:])
        raise UsageError(f"target must have shape {shape}, labels; it has {tuple(target.shape)}")
    labels = target[:, 0]
    check_labels(pred, labels, None)
    check_amount("k", k)
    p = pred.to(working_dtype(pred))
    classes = range(pred.shape[1])
    errors = [(p[:, label] - (labels == label).to(p.dtype)) ** 2 for label in classes]
    bound = torch.stack(errors)
    eroded = torch.zeros_like(bound)
    axes = tuple(range(2, bound.ndim))
    for number in range(1, k + 1):
        blurred: Tensor = _MeanOfNeighbours.apply(bound)  # type: ignore[no-untyped-call]
        # In place: the mean of neighbours keeps nothing that this would overwrite.
        bound = _stretched(blurred.sub_(0.5).relu_(), axes)
        eroded = eroded.add_(bound, alpha=float(number) ** alpha)
    return reduced(eroded[:, :, None], reduction).to(pred.dtype)


def _hausdorff_er_2d(
    pred: Tensor, target: Tensor, alpha: float = 2.0, k: int = 10, reduction: Reduction = "mean"
) -> Tensor:
    check_scores(pred, (2,))
    return hausdorff_er_loss(pred, target, alpha, k, reduction)


def _hausdorff_er_3d(
    pred: Tensor, target: Tensor, alpha: float = 2.0, k: int = 10, reduction: Reduction = "mean"
) -> Tensor:
    check_scores(pred, (3,))
    return hausdorff_er_loss(pred, target, alpha, k, reduction)


class _MeanOfNeighbours(Function):
    """The mean over a voxel and its neighbours along the axes of (C, N, *spatial).

    Beyond the image is 0. What a voxel gives to a neighbour it takes from it, so that the mean is
    its own transpose: the gradient is made like the mean.
    """

    @staticmethod
    def forward(values: Tensor) -> Tensor:
        axes = range(2, values.ndim)
        total = values.clone()
        for axis in axes:
            pairs = values.shape[axis] - 1
            total.narrow(axis, 0, pairs).add_(values.narrow(axis, 1, pairs))
            total.narrow(axis, 1, pairs).add_(values.narrow(axis, 0, pairs))
        return total.div_(1 + 2 * len(axes))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keep nothing: the gradient needs no value."""

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:  # torch calls it so
        return _MeanOfNeighbours.apply(*grads)  # type: ignore[no-untyped-call]


def _stretched(values: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return the values of each image from 0 to 1; as they are where all are the same."""
    low = values.amin(axes, keepdim=True)
    high = values.amax(axes, keepdim=True)
    flat = high == low  # less 0 and divided by 1
    return (values - torch.where(flat, 0, low)) / torch.where(flat, 1, high - low)


def _mean(values: Tensor, keep: Tensor | None) -> Tensor:
    """Return the mean over the voxels that count, (N, C); 0 where none does.

    `values` are (N, C, *spatial) and `keep` (N, *spatial).
    """
    axes = tuple(range(2, values.ndim))
    if keep is None:
        return values.mean(axes)
    keep = keep[:, None]
    return torch.where(keep, values, 0).sum(axes) / keep.sum(axes).clamp_min(1)


HausdorffERLoss = module("HausdorffERLoss", _hausdorff_er_2d, public="hausdorff_er_loss")
HausdorffERLoss3D = module("HausdorffERLoss3D", _hausdorff_er_3d, public="hausdorff_er_loss")
BoundaryLoss = module("BoundaryLoss", boundary_loss)
HausdorffDTLoss = module("HausdorffDTLoss", hausdorff_dt_loss)
