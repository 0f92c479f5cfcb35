"""Arrays in the memory of the host become label maps, case by case: scores are argmaxed once, never one-hot."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.labels import Labels, as_labels
from segeval.errors import ReadError, UsageError
from segeval.kernels.words import kernel
from segeval.kernels.workspace import Workspace, evenly

from .form import Form, Inputs

ROUNDING = 1e-5
"""How far outside of 0 … 1 a softmax of low precision may come."""

BLOCK = 2048
"""Voxels whose largest score is kept while the channels pass by."""


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """The label maps of one case, or of one of its channels; voxels `ignored`, if any, are background in both."""

    pred: Labels
    gt: Labels
    ignored: NDArray[np.bool_] | None


def masks_of(pred: NDArray[Any], gt: NDArray[Any], form: Form, inputs: Inputs, workspace: Workspace) -> list[Masks]:
    """The label maps of one case, given without its first axis: one pair, or with `multilabel` one a channel.

    Raises `ReadError` or `UsageError` for values that the form does not allow.
    """
    if form.kind == "multilabel":
        one = Form("binary", 0, 0, form.scores, form.pooled, False)
        return [_pair(p, g, one, inputs, workspace) for p, g in zip(pred, gt, strict=True)]
    return [_pair(pred, gt, form, inputs, workspace)]


def looks_one_hot(gt: NDArray[Any]) -> bool:
    """Whether the values of (N, C, *spatial) are one-hot along the second axis."""
    first = gt.reshape(*gt.shape[:2], -1)[..., 0]  # as a rule enough to see that they are not
    return bool((first.sum(1) == 1).all() and gt.max() == 1 and gt.min() == 0 and (gt.sum(1) == 1).all())


def _pair(pred: NDArray[Any], gt: NDArray[Any], form: Form, inputs: Inputs, workspace: Workspace) -> Masks:
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
        labels_p = argmax(pred, workspace) if form.scores else _from_one_hot(pred, "pred", workspace)
    elif form.scores:
        labels_p = _thresholded(_squeezed(pred, form.pred_channels), inputs)
    else:
        wanted = _squeezed(pred, form.pred_channels)
        if ignored is not None:  # before they are checked: padding may have its label in the prediction too
            wanted = np.where(ignored, wanted.dtype.type(0), wanted)
        labels_p = _checked(wanted, classes, "pred", binary)
    if ignored is None:
        return Masks(labels_p, labels_g, None)
    return Masks(np.where(ignored, labels_p.dtype.type(0), labels_p), labels_g, ignored)


def _squeezed(array: NDArray[Any], channels: int) -> NDArray[Any]:
    return array[0] if channels == 1 else array


def _without(labels: NDArray[Any], ignore: int | None) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """The labels with background where they are to be ignored, and where that is; None for nowhere."""
    if ignore is None:
        return labels, None
    out = labels == ignore
    return (np.where(out, labels.dtype.type(0), labels), out) if out.any() else (labels, None)


def _checked(array: NDArray[Any], classes: int | None, name: str, binary: bool) -> Labels:
    """The labels in their smallest dtype, all below the number of classes, if that is known."""
    if array.dtype.kind in "if" and array.min() < 0:
        raise UsageError(
            f"{name} holds the label {array.min():g}; labels start at 0: give it as ignore_index to leave it out"
        )
    labels = as_labels(array, name)
    top = int(labels.max())
    if classes is not None and top >= classes:
        if binary:
            raise UsageError(
                f"{name} holds the label {top}; a binary mask holds 0 and 1: threshold it, or give class scores "
                "(N, C, *spatial) or labels (input_format='labels')"
            )
        raise UsageError(
            f"{name} holds the label {top}, but there are {classes} classes, 0 to {classes - 1}; raise num_classes, "
            "or give the label as ignore_index"
        )
    if top >= 2**16:
        raise UsageError(f"{name} holds the label {top}; metric objects and functions take labels up to 65,535")
    return labels


def _thresholded(scores: NDArray[Any], inputs: Inputs) -> Labels:
    if scores.dtype == np.float16:  # the threshold would be rounded as well
        scores = scores.astype(np.float32)
    low, high = float(scores.min()), float(scores.max())
    if np.isnan(low):
        raise UsageError("pred holds NaN; scores are numbers: look where the model's output became NaN")
    limit = inputs.threshold
    if inputs.input_format == "logits":
        limit = log(limit / (1 - limit))
    elif low < -ROUNDING or high > 1 + ROUNDING:
        raise UsageError(
            f"pred holds values from {low:g} to {high:g}, and probabilities lie in 0 … 1; pass input_format='logits' "
            "for logits, or 'labels' for label maps in a float dtype"
        )
    above: Labels = np.greater(scores, limit).view(np.uint8)
    return above


def _from_one_hot(array: NDArray[Any], name: str, workspace: Workspace) -> Labels:
    if array.dtype.kind == "f" and not np.isin(array.reshape(-1)[:: max(1, array.size // 4096)], (0, 1)).all():
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
        f"{name} is not one-hot: along its channel axis every voxel holds a single 1 and 0 otherwise; pass "
        "input_format='logits' or 'probabilities' for scores, or multilabel=True for channels that overlap"
    )


def argmax(scores: NDArray[Any], workspace: Workspace) -> Labels:
    """The channel of the largest score of every voxel, the first one among equals."""
    if scores.dtype not in (np.float32, np.float64, np.uint8):
        scores = scores.astype(np.float32 if scores.itemsize <= 2 else np.float64)
    flat = np.ascontiguousarray(scores).reshape(len(scores), -1)
    flat.flags.writeable = False
    labels: Labels = np.empty(flat.shape[1], np.uint8 if len(scores) <= 256 else np.uint16)
    cuts = evenly(labels.size, workspace.parts(labels.size))

    def part(ends: tuple[int, int]) -> bool:
        bests, channels, odd = np.empty(BLOCK, flat.dtype), np.empty(BLOCK, np.int32), np.zeros(BLOCK, np.int32)
        _largest(flat, *ends, labels, bests, channels, odd)
        return not odd.any()

    if not all(workspace.map(part, pairwise(cuts))):
        raise UsageError("pred holds NaN; scores are numbers: look where the model's output became NaN")
    return labels.reshape(scores.shape[1:])


@kernel
def _largest(
    scores: NDArray[Any],
    start: int,
    stop: int,
    labels: Labels,
    bests: NDArray[Any],
    channels: NDArray[np.int32],
    odd: NDArray[np.int32],
) -> None:
    """Write the labels of the voxels from `start` to `stop`, and in `odd` where any score is not a number.

    Views of a block and one width of lanes throughout, or the compiler would not use vectors.
    """
    for i in range(start, stop, BLOCK):
        n = min(BLOCK, stop - i)
        best, channel, nan = bests[:n], channels[:n], odd[:n]
        first = scores[0, i : i + n]
        for j in range(n):
            best[j] = first[j]
            channel[j] = 0
            nan[j] |= np.int32(first[j] != first[j])
        for c in range(1, scores.shape[0]):
            row, number = scores[c, i : i + n], np.int32(c)
            for j in range(n):
                score = row[j]
                larger = score > best[j]
                best[j] = score if larger else best[j]
                channel[j] = number if larger else channel[j]
                nan[j] |= np.int32(score != score)
        out = labels[i : i + n]
        for j in range(n):
            out[j] = channel[j]
