"""Tensors become label maps on their device, a whole batch at a time, and nothing waits for their
values.

What is not allowed is counted rather than refused: that would mean waiting for the device in every
batch.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

import torch
from torch import Tensor

from segeval.errors import UsageError
from segeval.measure.tensors.masks import as_integers

from .form import Form, Inputs, check_scale
from .host_masks import ROUNDING


class Masks(NamedTuple):
    """Label maps (N, *spatial) below `classes`; `odd` values were not allowed.

    `left_out` (N, *spatial) tells which voxels are ignored, None where no label is to be; they are
    background in both.
    """

    pred: Tensor
    gt: Tensor
    classes: int
    odd: Tensor
    left_out: Tensor | None

    @property
    def ignored(self) -> Tensor:
        """How many voxels of each case are ignored, (N,)."""
        if self.left_out is None:
            return torch.zeros(len(self.gt), dtype=torch.int64, device=self.gt.device)
        return self.left_out.flatten(1).sum(1)

    def shifted(self, left_out: Tensor) -> tuple[Tensor, Tensor]:
        """Return the label maps with each label one higher, so that 0 stands for voxels that are
        left out alone.
        """
        dtype = self.gt.dtype if self.classes <= 255 else torch.int32
        pred, gt = (
            (labels.to(dtype) + 1).masked_fill(left_out, 0) for labels in (self.pred, self.gt)
        )
        return pred, gt


def masks_of(pred: Tensor, gt: Tensor, form: Form, inputs: Inputs) -> Masks:
    """The label maps of a batch; with channels that overlap, a mask for each, (N · C, *spatial)."""
    odd = torch.zeros(1, dtype=torch.int64, device=pred.device)
    pred, gt = (
        tensor if tensor.is_floating_point() else as_integers(tensor) for tensor in (pred, gt)
    )
    if form.doubtful:
        odd += (gt.sum(1) == 1).all() & (gt.amax() == 1) & (gt.amin() == 0)
    if form.pooled:
        pred, gt = (tensor.T[None] if tensor.ndim > 1 else tensor[None] for tensor in (pred, gt))
    if form.kind == "multilabel":
        pred, gt = (tensor.flatten(0, 1) for tensor in (pred, gt))
        form = Form("binary", 0, 0, form.scores, form.pooled, False)
    known = 2 if form.kind == "binary" else inputs.num_classes or form.num_classes
    classes = known or _seen(pred.flatten(1), gt.flatten(1), inputs)
    if classes > 2**16:
        raise UsageError(
            f"the masks hold the label {classes - 1}; metric objects and functions take labels up "
            f"to 65,535"
        )
    dtype = torch.uint8 if classes <= 256 else torch.int32
    shape = gt.shape[:1] + gt.shape[1 + (form.gt_channels > 0) :]
    masks = [torch.empty(shape, dtype=dtype, device=gt.device) for _ in range(2)]
    left_out = (
        None
        if inputs.ignore_index is None
        else torch.empty(shape, dtype=torch.bool, device=gt.device)
    )
    for at in range(
        len(gt)
    ):  # a case at a time: what it takes in between does not grow with the batch
        sides, out, wrong = _pair(pred[at], gt[at], form, inputs, classes)
        odd += wrong
        if left_out is not None:
            left_out[at] = out
        for mask, side in zip(masks, sides, strict=True):
            mask[at] = side
    return Masks(masks[0], masks[1], classes, odd, left_out)


def _seen(pred: Tensor, gt: Tensor, inputs: Inputs) -> int:
    """Return the number of classes up to the largest label: the host waits for it.

    Raises `UsageError` as `check_scale` does.
    """
    tops = [0]
    for case in zip(pred, gt, strict=True):
        out = _ignored(case[1], inputs)
        sides = [side.nan_to_num(0) for side in case]
        top = max(int(side.masked_fill(out, 0).amax()) for side in sides)
        if top == 255:
            check_scale({label for side in sides for label in side[~out].unique().tolist()})
        tops.append(top)
    return 1 + max(tops)


def _pair(
    pred: Tensor, gt: Tensor, form: Form, inputs: Inputs, classes: int
) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor]:
    """The label maps of a case, which voxels it says to ignore, and how many have values that are
    not allowed.
    """
    labels_g, wrong = _labels(gt, form.gt_channels, scores=False, inputs=inputs)
    labels_p, wrong_p = _labels(pred, form.pred_channels, form.scores, inputs)
    wrong = wrong | wrong_p | _outside(labels_g, classes) | _outside(labels_p, classes)
    out = _ignored(labels_g, inputs)
    wrong &= ~out
    left_out = wrong | out
    return (labels_p.masked_fill(left_out, 0), labels_g.masked_fill(left_out, 0)), out, wrong.sum()


def _outside(labels: Tensor, classes: int) -> Tensor:
    """Return where labels are not in [0, classes)."""
    negative = labels < 0
    return negative | (labels >= classes) if _holds(labels.dtype, classes) else negative


def _ignored(gt: Tensor, inputs: Inputs) -> Tensor:
    """Return where the true label is that to be ignored."""
    if inputs.ignore_index is None or not _holds(gt.dtype, inputs.ignore_index):
        return torch.zeros_like(gt, dtype=torch.bool)
    return gt == inputs.ignore_index


def _holds(dtype: torch.dtype, value: int) -> bool:
    """Return whether a dtype knows the value; comparing with another one would wrap around."""
    return dtype.is_floating_point or torch.iinfo(dtype).min <= value <= torch.iinfo(dtype).max


def _labels(tensor: Tensor, channels: int, scores: bool, inputs: Inputs) -> tuple[Tensor, Tensor]:
    """The labels of one side of a case, and where its values are not allowed."""
    if channels == 1:
        tensor = tensor.squeeze(0)
    if channels > 1:
        return _largest(tensor, scores)
    if scores:
        tensor = (
            tensor.float() if tensor.is_floating_point() and tensor.element_size() < 4 else tensor
        )
        limit = inputs.threshold
        if inputs.input_format == "logits":
            return (tensor > log(limit / (1 - limit))).to(torch.uint8), tensor.isnan()
        # the negation so that NaN is wrong too
        return (tensor > limit).to(torch.uint8), ~((tensor >= -ROUNDING) & (tensor <= 1 + ROUNDING))
    if tensor.is_floating_point():
        return tensor.nan_to_num(-1).to(torch.int64), tensor != tensor.round()
    return tensor, torch.zeros_like(tensor, dtype=torch.bool)


def _largest(case: Tensor, scores: bool) -> tuple[Tensor, Tensor]:
    """The channel of the largest value of a case (C, *spatial), and where that says nothing."""
    value, channel = case.max(0)
    labels = channel.to(torch.uint8 if len(case) <= 256 else torch.int32)
    if scores:
        return labels, value.isnan()
    return labels, (value != 1) | (case.amin(0) != 0) | (case.sum(0) != 1)
