"""Checks of arguments: each is looked at once, and an error names the one that does not fit.

Also the few facts that every loss asks of its tensors: the dtype to compute in, the extremes of
labels, and the reduction of a loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from segeval.errors import ArgumentTypeError, UsageError
from segeval.measure.tensors.masks import as_integers

Average = Literal["micro", "macro"]
"""Over classes: their counts added up before scoring, or the mean of their scores."""
Reduction = Literal["mean", "sum", "none"]
Weight = Tensor | Sequence[float] | None
"""Weights of classes, (C,); None weighs all alike."""


def check_labels(
    pred: Tensor, target: Tensor, ignore_index: int | None, spatial: Sequence[int] = (1, 2, 3)
) -> None:
    """Raise `UsageError` unless pred are scores (N, C, *spatial) and target their labels, below C.

    Labels are (N, *spatial); `spatial` is how many axes of space there may be.
    """
    check_scores(pred, spatial)
    shape = (pred.shape[0], *pred.shape[2:])
    check_tensor("target", target)
    if target.shape != shape:
        raise UsageError(
            f"target must have shape {shape}, one label for each voxel of pred "
            f"{tuple(pred.shape)}; it has {tuple(target.shape)}"
        )
    check_integers(target)
    check_device("target", target, pred)
    # Elsewhere than on the CPU a look at values would stall the device, and a label beyond the
    # classes fails by itself there.
    if target.device.type == "cpu" and target.numel() and not is_traced():
        _check_values(target, pred.shape[1], ignore_index)


def _check_values(target: Tensor, classes: int, ignore_index: int | None) -> None:
    low, high = extremes(target)
    # Ignored labels are set aside only where one of them may be beyond the classes.
    if ignore_index is not None and not (low >= 0 and high < classes):
        low, high = extremes(torch.where(target == ignore_index, target.new_zeros(()), target))
    if low < 0 or high >= classes:
        ignored = "" if ignore_index is None else f", or ignore_index={ignore_index}"
        raise UsageError(
            f"target must hold labels from 0 to {classes - 1}, as pred has {classes} "
            f"channels{ignored}; it holds {low if low < 0 else high}"
        )


def extremes(target: Tensor) -> tuple[int, int]:
    """Return the least and the largest label."""
    low, high = as_integers(target).aminmax()
    return int(low), int(high)


def check_integers(target: Tensor) -> None:
    """Raise `UsageError` unless it is a tensor of integers, or of flags."""
    check_tensor("target", target)
    if target.is_floating_point() or target.is_complex():
        raise UsageError(f"target must hold integer labels, not {target.dtype}; pass target.long()")


def check_scores(pred: Tensor, spatial: Sequence[int] = (1, 2, 3), name: str = "pred") -> None:
    """Raise `UsageError` unless it is a floating-point tensor (N, C, *spatial).

    `spatial` is how many axes of space there may be.
    """
    check_tensor(name, pred)
    if pred.ndim - 2 not in spatial or pred.shape[1] < 1:
        axes = " or ".join(f"{count}-D" for count in spatial)
        raise UsageError(
            f"{name} must have shape (N, C, *spatial), {axes}; it has {tuple(pred.shape)}"
        )
    check_floating(name, pred)


def check_floating(name: str, tensor: Tensor) -> None:
    """Raise `UsageError` unless it is a tensor of floating-point numbers."""
    check_tensor(name, tensor)
    if not tensor.is_floating_point():
        raise UsageError(f"{name} must be floating-point, not {tensor.dtype}; pass {name}.float()")


def check_tensor(name: str, value: object) -> None:
    """Raise `ArgumentTypeError` unless it is a tensor."""
    if not isinstance(value, Tensor):
        raise ArgumentTypeError(f"{name} must be a torch.Tensor, not {type(value).__name__}")


def check_device(
    name: str, tensor: Tensor, reference: Tensor, reference_name: str = "pred"
) -> None:
    """Raise `UsageError` unless a tensor is where the reference is."""
    if tensor.device != reference.device:
        raise UsageError(
            f"{name} must be on {reference.device}, where {reference_name} is; it is on "
            f"{tensor.device}"
        )


def check_alike(names: tuple[str, str], first: Tensor, second: Tensor) -> None:
    """Raise `UsageError` unless both are tensors of one shape on one device."""
    for name, value in zip(names, (first, second), strict=True):
        check_tensor(name, value)
    if first.shape != second.shape:
        raise UsageError(
            f"{names[1]} must have the shape of {names[0]}, {tuple(first.shape)}; it has "
            f"{tuple(second.shape)}"
        )
    check_device(names[1], second, first, names[0])


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raise `UsageError` unless the value is one of the choices."""
    if value not in choices:
        raise UsageError(f"{name} must be one of {', '.join(map(repr, choices))}; not {value!r}")


def check_amount(name: str, value: float, low: float = 0.0) -> None:
    """Raise `UsageError` for a number below `low`, and for NaN."""
    if not value >= low:  # NaN is not below it either
        raise UsageError(f"{name} must be at least {low:g}, not {value}")


def check_errors(alpha: float, beta: float) -> None:
    """Raise `UsageError` unless both are weights of errors, and one is above 0."""
    check_amount("alpha", alpha)
    check_amount("beta", beta)
    if alpha + beta == 0:
        raise UsageError("alpha or beta must be above 0; with both 0, no error costs anything")


def class_weight(name: str, weight: Weight, pred: Tensor, classes: int) -> Tensor | None:
    """Return the weights as a tensor (C,) on pred's device; None if there are none.

    Raises `UsageError` for another shape or device.
    """
    if weight is None:
        return None
    if isinstance(weight, Tensor):
        values = weight
    else:
        values = torch.as_tensor(weight, dtype=pred.dtype, device=pred.device)
    if values.shape != (classes,):
        raise UsageError(
            f"{name} must have shape ({classes},), one for each class; it has {tuple(values.shape)}"
        )
    check_device(name, values, pred)
    return values


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """Return the mean or the sum of a loss, or the loss as it is.

    Raises `UsageError` for an unknown reduction.
    """
    check_choice("reduction", reduction, ("mean", "sum", "none"))
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    return loss


def working_dtype(*tensors: Tensor) -> torch.dtype:
    """Return the dtype to compute in: that of the tensors together, single precision at least."""
    dtype = torch.float32
    for tensor in tensors:
        dtype = torch.promote_types(dtype, tensor.dtype)
    return dtype


def is_traced() -> bool:
    """Return whether torch.compile or a transform of `torch.func` looks on.

    There is no look at values then, and no autograd function of our own.
    """
    return torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active()
