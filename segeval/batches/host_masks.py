"""Arrays in the memory of the host become label maps, case by case: scores are argmaxed once, never
one-hot.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Flags, Labels
from segeval.data.labels import as_labels
from segeval.errors import ReadError, UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.channels import argmax

from .form import Form, Inputs

ROUNDING = 1e-5
"""How far outside of 0 … 1 a softmax of low precision may come."""


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """The label maps of one case, or of one of its channels; voxels `ignored`, if any, are
    background in both.
    """

    pred: Labels
    gt: Labels
    ignored: Flags | None


def masks_of(
    pred: NDArray[Any], gt: NDArray[Any], form: Form, inputs: Inputs, workspace: Workspace
) -> list[Masks]:
    """The label maps of one case, given without its first axis: one pair, or with `multilabel` one
    a channel.

    Raises `ReadError` or `UsageError` for values that the form does not allow.
    """
    if form.kind == "multilabel":
        one = Form("binary", 0, 0, form.scores, form.pooled, False)
        return [_pair(p, g, one, inputs, workspace) for p, g in zip(pred, gt, strict=True)]
    return [_pair(pred, gt, form, inputs, workspace)]


def looks_one_hot(gt: NDArray[Any]) -> bool:
    """Whether the values of (N, C, *spatial) are one-hot along the second axis."""
    first = gt.reshape(*gt.shape[:2], -1)[..., 0]  # as a rule enough to see that they are not
    return bool(
        (first.sum(1) == 1).all() and gt.max() == 1 and gt.min() == 0 and (gt.sum(1) == 1).all()
    )


def _pair(
    pred: NDArray[Any], gt: NDArray[Any], form: Form, inputs: Inputs, workspace: Workspace
) -> Masks:
    binary = form.kind == "binary"
    classes = 2 if binary else inputs.num_classes or form.num_classes
    if form.gt_channels > 1:
        labels_g, ignored = _from_one_hot(gt, "gt", workspace), None
        if inputs.ignore_index is not None:
            labels_g, ignored = _without(labels_g, inputs.ignore_index)
    else:
        labels_g, ignored = _without(_squeezed(gt, form.gt_channels), inputs.ignore_index)
        labels_g = _checked(labels_g, classes, "gt", binary)
    if form.pred_channels > 1:
        labels_p = (
            argmax(pred, workspace) if form.scores else _from_one_hot(pred, "pred", workspace)
        )
    elif form.scores:
        labels_p = _thresholded(_squeezed(pred, form.pred_channels), inputs)
    else:
        wanted = _squeezed(pred, form.pred_channels)
        if (
            ignored is not None
        ):  # before they are checked: padding may have its label in the prediction too
            wanted = np.where(ignored, wanted.dtype.type(0), wanted)
        labels_p = _checked(wanted, classes, "pred", binary)
    if ignored is None:
        return Masks(labels_p, labels_g, None)
    return Masks(np.where(ignored, labels_p.dtype.type(0), labels_p), labels_g, ignored)


def _squeezed(array: NDArray[Any], channels: int) -> NDArray[Any]:
    return array[0] if channels == 1 else array


def _without(labels: NDArray[Any], ignore: int | None) -> tuple[NDArray[Any], Flags | None]:
    """The labels with background where they are to be ignored, and where that is; None for nowhere."""
    if ignore is None:
        return labels, None
    out = labels == ignore
    return (np.where(out, labels.dtype.type(0), labels), out) if out.any() else (labels, None)


def _checked(array: NDArray[Any], classes: int | None, name: str, binary: bool) -> Labels:
    """The labels in their smallest dtype, all below the number of classes, if that is known."""
    if array.dtype.kind in "if" and array.min() < 0:
        raise UsageError(
            f"{name} holds the label {array.min():g}; labels start at 0: give it as ignore_index "
            f"to leave it out"
        )
    labels = as_labels(array, name)
    top = int(labels.max())
    if classes is not None and top >= classes:
        if binary:
            raise UsageError(
                f"{name} holds the label {top}; a binary mask holds 0 and 1: threshold it, or give "
                f"class scores "
                "(N, C, *spatial) or labels (input_format='labels')"
            )
        raise UsageError(
            f"{name} holds the label {top}, but there are {classes} classes, 0 to {classes - 1}; "
            f"raise num_classes, "
            "or give the label as ignore_index"
        )
    if top >= 2**16:
        raise UsageError(
            f"{name} holds the label {top}; metric objects and functions take labels up to 65,535"
        )
    return labels


def _thresholded(scores: NDArray[Any], inputs: Inputs) -> Labels:
    if scores.dtype == np.float16:  # the threshold would be rounded as well
        scores = scores.astype(np.float32)
    low, high = float(scores.min()), float(scores.max())
    if np.isnan(low):
        raise UsageError(
            "pred holds NaN; scores are numbers: look where the model's output became NaN"
        )
    limit = inputs.threshold
    if inputs.input_format == "logits":
        limit = log(limit / (1 - limit))
    elif low < -ROUNDING or high > 1 + ROUNDING:
        raise UsageError(
            f"pred holds values from {low:g} to {high:g}, and probabilities lie in 0 … 1; pass "
            f"input_format='logits' "
            "for logits, or 'labels' for label maps in a float dtype"
        )
    above: Labels = np.greater(scores, limit).view(np.uint8)
    return above


def _from_one_hot(array: NDArray[Any], name: str, workspace: Workspace) -> Labels:
    if (
        array.dtype.kind == "f"
        and not np.isin(array.reshape(-1)[:: max(1, array.size // 4096)], (0, 1)).all()
    ):
        _refuse_one_hot(name)
    try:
        one_hot = as_labels(array, name)
    except ReadError:
        _refuse_one_hot(name)
    if one_hot.max() > 1 or not (one_hot.sum(0, dtype=np.uint16) == 1).all():
        _refuse_one_hot(name)
    return argmax(one_hot, workspace)


def _refuse_one_hot(name: str) -> None:
    raise UsageError(
        f"{name} is not one-hot: along its channel axis every voxel holds a single 1 and 0 "
        f"otherwise; pass "
        "input_format='logits' or 'probabilities' for scores, or multilabel=True for channels that "
        "overlap"
    )
