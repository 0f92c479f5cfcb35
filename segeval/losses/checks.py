"""What the losses accept: every argument is looked at once, and what does not fit is named, with
what was wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from segeval.errors import UsageError
from segeval.measure.tensors.masks import as_integers


def check_labels(
    pred: Tensor, target: Tensor, ignore_index: int | None, spatial: Sequence[int] = (1, 2, 3)
) -> None:
    """Raises `UsageError` unless pred are scores (N, C, *spatial) and target their labels (N,
    *spatial), below C.

    `spatial`: how many axes of space there may be. The values are looked at on the CPU only:
    elsewhere it would stall the device, which fails by itself.
    """
    check_scores(pred, spatial)
    wanted = (pred.shape[0], *pred.shape[2:])
    check_tensor("target", target)
    if target.shape != wanted:
        raise UsageError(
            f"target must have shape {wanted}, one label for each voxel of pred "
            f"{tuple(pred.shape)}; "
            f"it has {tuple(target.shape)}"
        )
    check_integers(target)
    check_device("target", target, pred)
    if target.device.type == "cpu" and target.numel() and not traced():
        _check_values(target, pred.shape[1], ignore_index)


def check_integers(target: Tensor) -> None:
    """Raises `UsageError` unless it is a tensor of integers, or of flags."""
    check_tensor("target", target)
    if target.is_floating_point() or target.is_complex():
        raise UsageError(f"target must hold integer labels, not {target.dtype}; pass target.long()")


def _check_values(target: Tensor, classes: int, ignore_index: int | None) -> None:
    low, high = extremes(target)
    if ignore_index is not None and not (low >= 0 and high < classes):
        low, high = extremes(torch.where(target == ignore_index, target.new_zeros(()), target))
    if low < 0 or high >= classes:
        ignored = "" if ignore_index is None else f", or ignore_index={ignore_index}"
        raise UsageError(
            f"target must hold labels from 0 to {classes - 1}, as pred has {classes} "
            f"channels{ignored}; "
            f"it holds {low if low < 0 else high}"
        )


def extremes(target: Tensor) -> tuple[int, int]:
    """The least and the largest label."""
    low, high = as_integers(target).aminmax()
    return int(low), int(high)


def check_scores(pred: Tensor, spatial: Sequence[int] = (1, 2, 3), name: str = "pred") -> None:
    """Raises `UsageError` unless it is a floating-point tensor (N, C, *spatial) with one of these
    numbers of axes.
    """
    check_tensor(name, pred)
    if pred.ndim - 2 not in spatial or pred.shape[1] < 1:
        axes = " or ".join(f"{count}-D" for count in spatial)
        raise UsageError(
            f"{name} must have shape (N, C, *spatial), {axes}; it has {tuple(pred.shape)}"
        )
    check_floating(name, pred)


def check_floating(name: str, tensor: Tensor) -> None:
    """Raises `UsageError` unless it is a tensor of floating-point numbers."""
    check_tensor(name, tensor)
    if not tensor.is_floating_point():
        raise UsageError(f"{name} must be floating-point, not {tensor.dtype}; pass {name}.float()")


def check_tensor(name: str, value: object) -> None:
    """Raises `UsageError` unless it is a tensor."""
    if not isinstance(value, Tensor):
        raise UsageError(f"{name} must be a torch.Tensor, not {type(value).__name__}")


def check_device(name: str, tensor: Tensor, pred: Tensor, other: str = "pred") -> None:
    """Raises `UsageError` unless both are on one device."""
    if tensor.device != pred.device:
        raise UsageError(
            f"{name} must be on {pred.device}, where {other} is; it is on {tensor.device}"
        )


def check_same(names: tuple[str, str], one: Tensor, two: Tensor) -> None:
    """Raises `UsageError` unless both are tensors of one shape on one device."""
    for name, value in zip(names, (one, two), strict=True):
        check_tensor(name, value)
    if one.shape != two.shape:
        raise UsageError(
            f"{names[1]} must have the shape of {names[0]}, {tuple(one.shape)}; it has "
            f"{tuple(two.shape)}"
        )
    check_device(names[1], two, one, names[0])


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raises `UsageError` unless the value is one of the choices."""
    if value not in choices:
        raise UsageError(f"{name} must be one of {', '.join(map(repr, choices))}; not {value!r}")


def check_amount(name: str, value: float, low: float = 0.0) -> None:
    """Raises `UsageError` for a number below `low`, and for NaN."""
    if not value >= low:
        raise UsageError(f"{name} must be at least {low:g}, not {value}")


def class_weight(
    name: str, weight: Tensor | Sequence[float] | None, pred: Tensor, classes: int
) -> Tensor | None:
    """The weights as a tensor (C,) on pred's device. Raises `UsageError` for another shape or
    device.
    """
    if weight is None:
        return None
    values = (
        weight
        if isinstance(weight, Tensor)
        else torch.as_tensor(weight, dtype=pred.dtype, device=pred.device)
    )
    if values.shape != (classes,):
        raise UsageError(
            f"{name} must have shape ({classes},), one for each class; it has {tuple(values.shape)}"
        )
    check_device(name, values, pred)
    return values


def as_classes(
    pred: Tensor,
    target: Tensor,
    weight: Tensor | Sequence[float] | None,
    ignore_index: int | None,
    background: bool,
) -> tuple[Tensor, bool, Tensor | None]:
    """Scores of two classes or more, whether the first counts, and the weights; all of it looked
    at.

    One channel is the logit of class 1 against 0, the background, which does not count then.
    """
    if isinstance(pred, Tensor) and pred.ndim > 2 and pred.shape[1] == 1:
        if weight is not None:
            raise UsageError(
                "weight is for pred of 2 channels or more; pass scores of background and region to "
                "weigh"
            )
        pred, background = torch.cat([torch.zeros_like(pred), pred], 1), False
    check_labels(pred, target, ignore_index)
    return pred, background, class_weight("weight", weight, pred, pred.shape[1])


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """The mean or the sum of a loss, or the loss as it is. Raises `UsageError` for an unknown
    reduction.
    """
    check_choice("reduction", reduction, ("mean", "sum", "none"))
    if reduction == "none":
        return loss
    return loss.mean() if reduction == "mean" else loss.sum()


def computing(*tensors: Tensor) -> torch.dtype:
    """The dtype to compute in: that of the tensors together, single precision at least."""
    found = torch.float32
    for tensor in tensors:
        found = torch.promote_types(found, tensor.dtype)
    return found


def traced() -> bool:
    """Whether torch.compile or a transform of `torch.func` looks on: no look at values, no autograd
    of our own then.
    """
    return torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active()
