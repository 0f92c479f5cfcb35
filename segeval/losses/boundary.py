"""Losses of the distance between boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from segeval.errors import UsageError

from .checks import (
    as_classes,
    check_amount,
    check_device,
    check_floating,
    check_labels,
    check_scores,
    check_tensor,
    computing,
    reduced,
)
from .maps import distance_fields, signed_distance_map
from .modules import checked, module
from .overlap import Reduction, Weight
from .sums import kept, probabilities


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
    """Mean over voxels of p_c · φ_c, of each sample and class: φ is how far a voxel lies outside of
    the target's class.

    φ is `signed_distance_map` of the target, below 0 inside, in the unit of `spacing`; `distances`
    (N, C, *spatial) are maps made before, as a data loader does best. Kervadec's code has them one
    voxel larger inside. `weight` (C,) multiplies the loss of each class. One channel is the logit
    of the one region. Usually added to an overlap loss, with a share that grows: by itself it is
    happy with little.

    Empty: a class that the target lacks costs 0, predicted or not, as it has no boundary.

    Source: Kervadec H, Bouchtiba J, Desrosiers C, Granger E, Dolz J, Ben Ayed I. Boundary loss for
    highly unbalanced segmentation. Medical Image Analysis 67, 101851 (2021).
    doi:10.1016/j.media.2020.101851

    >>> labels = torch.tensor([[0, 0, 1, 1, 1]])
    >>> boundary_loss(torch.zeros(1, 2, 5), labels)  # ½ · (2 + 1 − 1 − 2 − 3) / 5
    tensor(-0.3000)
    """
    pred, include_background, weight = as_classes(
        pred, target, weight, ignore_index, include_background
    )
    first, classes = 0 if include_background else 1, pred.shape[1]
    if distances is None:
        distances = signed_distance_map(target, classes, spacing=spacing)
    else:
        check_floating("distances", distances)
        if distances.shape != pred.shape:
            raise UsageError(
                f"distances must have shape {tuple(pred.shape)}; it has {tuple(distances.shape)}"
            )
        check_device("distances", distances, pred)
    _, keep = kept(target, ignore_index)
    p = probabilities(pred, keep)[:, first:]
    loss = _mean(p * distances[:, first:].to(p.dtype), keep)
    return reduced(loss if weight is None else loss * weight[first:], reduction).to(pred.dtype)


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
    """Mean over voxels of (p − t)² · (D_p^alpha + D_t^alpha), of each sample and class: MONAI's
    `HausdorffDTLoss`.

    D are distances to the boundary, inside and outside, of {p > ½} and of the target, in the unit
    of `spacing`; no gradient goes through them. `weight` (C,) multiplies the loss of each class.
    One channel is the logit of the one region.

    Empty: a class in neither costs 0; a mask that is empty or full has no boundary, D = 0.

    Source: Karimi D, Salcudean SE. Reducing the Hausdorff distance in medical image segmentation
    with convolutional neural networks. IEEE Transactions on Medical Imaging 39(2), 499-513 (2020).
    doi:10.1109/TMI.2019.2930068

    >>> labels = torch.tensor([[0, 0, 1, 1, 1]])
    >>> hausdorff_dt_loss(torch.zeros(1, 2, 5), labels)  # ¼ · (2² + 1² + 1² + 2² + 3²) / 5
    tensor(0.9500)
    """
    check_amount("alpha", alpha)
    pred, include_background, weight = as_classes(
        pred, target, weight, ignore_index, include_background
    )
    first = 0 if include_background else 1
    _, keep = kept(target, ignore_index)
    p = probabilities(pred, keep)[:, first:]
    costs, losses = _costs(p.detach(), target, first, alpha, spacing), []
    for label, (own, cost) in enumerate(zip(p.unbind(1), costs.unbind(1), strict=True), first):
        error = own - (target == label).to(p.dtype)
        losses.append(_mean(error.square().mul_(cost)[:, None], keep))
    loss = torch.cat(losses, 1)
    return reduced(loss if weight is None else loss * weight[first:], reduction).to(pred.dtype)


def _costs(
    p: Tensor, target: Tensor, first: int, alpha: float, spacing: Sequence[float] | None
) -> Tensor:
    """D_p^alpha + D_t^alpha of the classes from `first` on, one after the other: fields take twice
    the room.
    """
    costs = torch.empty_like(p)
    for label, (own, cost) in enumerate(zip(p.unbind(1), costs.unbind(1), strict=True), first):
        fields = distance_fields(torch.stack([own > 0.5, target == label], 1), spacing=spacing)
        torch.sum(fields.to(p.dtype).pow_(alpha), 1, out=cost)
    return costs


@checked
def hausdorff_er_loss(
    pred: Tensor, target: Tensor, alpha: float = 2.0, k: int = 10, reduction: Reduction = "mean"
) -> Tensor:
    """Hausdorff distance estimated by k erosions of (p − t)², each weighing (its number)^alpha:
    kornia's.

    `pred` are maps (N, C, *spatial), 2-D or 3-D, `target` labels (N, 1, *spatial). An erosion is
    the mean over a voxel and its neighbours along the axes, less ½ and not below 0, stretched to 0
    to 1 over the image. "none" is (C, N, 1, *spatial).

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
        wanted = (pred.shape[0], 1, *pred.shape[2:])
        raise UsageError(f"target must have shape {wanted}, labels; it has {tuple(target.shape)}")
    check_labels(pred, target[:, 0], None)
    check_amount("k", k)
    p = pred.to(computing(pred))
    bound = torch.stack(
        [(p[:, label] - (target[:, 0] == label).to(p.dtype)) ** 2 for label in range(pred.shape[1])]
    )
    eroded = torch.zeros_like(bound)
    axes = tuple(range(2, bound.ndim))
    for number in range(1, k + 1):
        blurred: Tensor = _MeanOfNeighbours.apply(bound)  # type: ignore[no-untyped-call]
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
    """The mean over a voxel and its neighbours along the axes of (C, N, *spatial); 0 beyond the
    image.

    What a voxel gives to a neighbour it takes from it, so that the gradient is made like the mean.
    """

    @staticmethod
    def forward(values: Tensor) -> Tensor:
        axes, total = range(2, values.ndim), values.clone()
        for axis in axes:
            inner = values.shape[axis] - 1
            total.narrow(axis, 0, inner).add_(values.narrow(axis, 1, inner))
            total.narrow(axis, 1, inner).add_(values.narrow(axis, 0, inner))
        return total.div_(1 + 2 * len(axes))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Nothing to keep."""

    @staticmethod
    def backward(ctx: Any, *given: Tensor) -> Any:
        return _MeanOfNeighbours.apply(*given)  # type: ignore[no-untyped-call]


def _stretched(values: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The values of each image from 0 to 1; as they are where all are the same."""
    low, high = values.amin(axes, keepdim=True), values.amax(axes, keepdim=True)
    flat = high == low
    return (values - torch.where(flat, 0, low)) / torch.where(flat, 1, high - low)


def _mean(values: Tensor, keep: Tensor | None) -> Tensor:
    """The mean over the voxels that count, (N, C); 0 where none does."""
    axes = tuple(range(2, values.ndim))
    if keep is None:
        return values.mean(axes)
    keep = keep[:, None]
    return torch.where(keep, values, 0).sum(axes) / keep.sum(axes).clamp_min(1)


HausdorffERLoss = module("HausdorffERLoss", _hausdorff_er_2d, public="hausdorff_er_loss")
HausdorffERLoss3D = module("HausdorffERLoss3D", _hausdorff_er_3d, public="hausdorff_er_loss")
BoundaryLoss = module("BoundaryLoss", boundary_loss)
HausdorffDTLoss = module("HausdorffDTLoss", hausdorff_dt_loss)
