"""Arrays of the host become label maps, case by case, as NumPy carries out the rules of a form.

Values that are not allowed are refused at once. Scores are argmaxed, never made one-hot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Flags, Labels
from segeval.data.labels import as_labels
from segeval.errors import ReadError, UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.channels import argmax

from .form import ROUNDING, Form, Side, check_largest

SAMPLES = 4096
"""Values of an array of floats that are looked at before all of them are."""


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """The label maps of one case, or of one of its channels.

    Voxels `ignored`, if any, are background in both.
    """

    pred: Labels
    gt: Labels
    ignored: Flags | None


def masks_of(pred: NDArray[Any], gt: NDArray[Any], form: Form, workspace: Workspace) -> list[Masks]:
    """Return the masks of one case, given without its first axis: one pair, or one a channel.

    Raises `ReadError` or `UsageError` for values that the form does not allow.

    >>> scores, gt = np.array([[0.2, 0.9, 0.7]]), np.array([0, 1, 255])
    >>> pred_side, gt_side = Side(rule="threshold", channels=1), Side(rule="labels")
    >>> form = Form(kind="binary", pred=pred_side, gt=gt_side, classes=2, ignore_index=255)
    >>> (masks,) = masks_of(scores, gt, form, Workspace())
    >>> masks.pred, masks.gt, masks.ignored
    (array([0, 1, 0], dtype=uint8), array([0, 1, 0], dtype=uint8), array([False, False,  True]))
    """
    if form.kind == "multilabel":
        return [_pair(p, g, form, workspace) for p, g in zip(pred, gt, strict=True)]
    return [_pair(pred, gt, form, workspace)]


def looks_one_hot(gt: NDArray[Any]) -> bool:
    """Return whether the values of (N, C, *spatial) are one-hot along the second axis."""
    # The first voxel of each case is as a rule enough to see that they are not.
    first = gt.reshape(*gt.shape[:2], -1)[..., 0]
    return bool(
        (first.sum(1) == 1).all() and gt.max() == 1 and gt.min() == 0 and (gt.sum(1) == 1).all()
    )


def _pair(pred: NDArray[Any], gt: NDArray[Any], form: Form, workspace: Workspace) -> Masks:
    """Return the masks of one prediction and one ground truth, (*spatial) or (C, *spatial)."""
    read_gt = _read(gt, form.gt, "gt", workspace)
    labels_g, ignored = _without(read_gt, form.ignore_index)
    if form.gt.rule == "labels":
        labels_g = _checked(labels_g, form, "gt")
    # The same voxels go from the prediction before its labels are checked.
    labels_p = _read(pred, form.pred, "pred", workspace)
    if ignored is not None:
        labels_p = np.where(ignored, labels_p.dtype.type(0), labels_p)
    if form.pred.rule == "labels":
        labels_p = _checked(labels_p, form, "pred")
    return Masks(labels_p, labels_g, ignored)


def _read(array: NDArray[Any], side: Side, name: str, workspace: Workspace) -> NDArray[Any]:
    """Return the labels of a side, which errors call `name`.

    Those that come as labels keep their dtype and are not checked: ignored ones may be negative.
    """
    match side.rule:
        case "labels":
            return side.squeezed(array)
        case "threshold":
            return _above(side.squeezed(array), side, name)
        case "largest":
            return argmax(array, workspace)
        case "one-hot":
            return _from_one_hot(array, name, workspace)


def _without(labels: NDArray[Any], ignore: int | None) -> tuple[NDArray[Any], Flags | None]:
    """Return the labels with background where they are to be ignored, and where that is.

    None says nowhere, so that nothing has to be copied.
    """
    if ignore is None:
        return labels, None
    ignored = labels == ignore
    if not ignored.any():
        return labels, None
    return np.where(ignored, labels.dtype.type(0), labels), ignored


def _checked(array: NDArray[Any], form: Form, name: str) -> Labels:
    """Return labels in their smallest dtype, all below the number of classes if that is known."""
    # Before `as_labels`, which would speak of files: here an option says what to leave out.
    if array.dtype.kind in "if" and array.min() < 0:
        raise UsageError(
            f"{name} holds the label {array.min():g}; labels start at 0: give it as ignore_index "
            f"to leave it out"
        )
    labels = as_labels(array, name)
    largest = int(labels.max())
    if form.classes is not None and largest >= form.classes:
        _refuse_label(largest, form, name)
    check_largest(largest, f"{name} holds")
    return labels


def _refuse_label(label: int, form: Form, name: str) -> NoReturn:
    """Raise `UsageError` for a label that is no class of the form, and say what to do."""
    if form.kind != "classes":
        raise UsageError(
            f"{name} holds the label {label}; a binary mask holds 0 and 1: threshold it, or give "
            "class scores (N, C, *spatial) or labels (input_format='labels')"
        )
    classes: Any = form.classes
    raise UsageError(
        f"{name} holds the label {label}, but there are {classes} classes, 0 to {classes - 1}; "
        "raise num_classes, or give the label as ignore_index"
    )


def _above(scores: NDArray[Any], side: Side, name: str) -> Labels:
    """Return 1 where scores are above the limit of the side. Raises `UsageError`."""
    # In half precision the limit would be rounded as well.
    if scores.dtype == np.float16:
        scores = scores.astype(np.float32)
    low, high = float(scores.min()), float(scores.max())
    if np.isnan(low):
        raise UsageError(
            f"{name} holds NaN; scores are numbers: look where the model's output became NaN"
        )
    if side.bounded and (low < -ROUNDING or high > 1 + ROUNDING):
        raise UsageError(
            f"{name} holds values from {low:g} to {high:g}, and probabilities lie in 0 … 1; pass "
            "input_format='logits' for logits, or 'labels' for label maps in a float dtype"
        )
    above: Labels = np.greater(scores, side.limit).view(np.uint8)
    return above


def _from_one_hot(array: NDArray[Any], name: str, workspace: Workspace) -> Labels:
    """Return the channel of the 1 of every voxel. Raises `UsageError` for any other values."""
    if array.dtype.kind == "f" and not _may_be_one_hot(array):
        _refuse_one_hot(name)
    # Fractions, negative values and NaN have errors of their own, of labels; these are channels.
    try:
        one_hot = as_labels(array, name)
    except ReadError:
        _refuse_one_hot(name)
    if one_hot.max() > 1 or not (one_hot.sum(0, dtype=np.uint16) == 1).all():
        _refuse_one_hot(name)
    return argmax(one_hot, workspace)


def _may_be_one_hot(array: NDArray[Any]) -> bool:
    """Return whether some values are all 0 or 1: those of scores, the likely mistake, are not."""
    few = array.reshape(-1)[:: max(1, array.size // SAMPLES)]
    return bool(np.isin(few, (0, 1)).all())


def _refuse_one_hot(name: str) -> NoReturn:
    """Raise `UsageError` for an array that is to be one-hot and is not."""
    raise UsageError(
        f"{name} is not one-hot: along its channel axis every voxel holds a single 1 and 0 "
        "otherwise; pass input_format='logits' or 'probabilities' for scores, or multilabel=True "
        "for channels that overlap"
    )
