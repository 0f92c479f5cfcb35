"""Tensors become label maps on their device, a whole batch at a time, as torch carries out the
rules of a form.

Values that are not allowed are counted rather than refused, and nothing waits for any value:
refusing them would mean waiting for the device in every batch.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from segeval.data.scales import BRIGHTEST
from segeval.measure.tensors.masks import as_integers

from .form import ROUNDING, Form, Side, check_largest, check_scale

BYTE = 256
"""The number of labels that uint8 holds."""


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
        """Number of ignored voxels of each case, (N,)."""
        if self.left_out is None:
            return torch.zeros(len(self.gt), dtype=torch.int64, device=self.gt.device)
        return self.left_out.flatten(1).sum(1)

    def shifted(self, left_out: Tensor) -> tuple[Tensor, Tensor]:
        """Return the label maps with each label one higher: 0 stands for voxels left out alone."""
        dtype = self.gt.dtype
        if self.classes >= BYTE:
            dtype = torch.int32
        pred = (self.pred.to(dtype) + 1).masked_fill(left_out, 0)
        gt = (self.gt.to(dtype) + 1).masked_fill(left_out, 0)
        return pred, gt


class SideLabels(NamedTuple):
    """The labels of one side of a case, (*spatial), and where its values are not allowed."""

    labels: Tensor
    wrong: Tensor


class Pair(NamedTuple):
    """The label maps of a case, which voxels it ignores, and how many values are not allowed.

    Voxels of both kinds are background in the label maps.
    """

    pred: Tensor
    gt: Tensor
    ignored: Tensor
    wrong: Tensor


def masks_of(pred: Tensor, gt: Tensor, form: Form) -> Masks:
    """Return the masks of a batch; with channels that overlap, one for each, (N · C, *spatial).

    Raises `UsageError` where nobody says how many classes there are, and labels are too large.

    >>> pred, gt = torch.tensor([[0, 1, 7]]), torch.tensor([[0, 1, 1]])
    >>> labels = Side(rule="labels")
    >>> masks = masks_of(pred, gt, Form(kind="classes", pred=labels, gt=labels, classes=2))
    >>> masks.pred, masks.odd
    (tensor([[0, 1, 0]], dtype=torch.uint8), tensor([1]))
    """
    pred, gt = _as_known(pred), _as_known(gt)
    odd = torch.zeros(1, dtype=torch.int64, device=pred.device)
    # Whether gt looks one-hot, and if so the batch is counted as one value that is not allowed.
    if form.doubtful:
        odd += (gt.sum(1) == 1).all() & (gt.amax() == 1) & (gt.amin() == 0)
    if form.kind == "multilabel":
        pred, gt = pred.flatten(0, 1), gt.flatten(0, 1)
    classes = form.classes or _classes_seen(pred.flatten(1), gt.flatten(1), form)
    check_largest(classes - 1, "the masks hold")
    first_spatial = 2 if form.gt.channels else 1
    shape = (len(gt), *gt.shape[first_spatial:])
    labels_p = torch.empty(shape, dtype=_dtype_of(classes), device=gt.device)
    labels_g = torch.empty_like(labels_p)
    left_out = None
    if form.ignore_index is not None:
        left_out = torch.empty(shape, dtype=torch.bool, device=gt.device)
    # A case at a time: what it takes in between does not grow with the batch.
    for case in range(len(gt)):
        pair = _pair(pred[case], gt[case], form, classes)
        odd += pair.wrong
        labels_p[case], labels_g[case] = pair.pred, pair.gt
        if left_out is not None:
            left_out[case] = pair.ignored
    return Masks(labels_p, labels_g, classes, odd, left_out)


def _as_known(tensor: Tensor) -> Tensor:
    """Return the tensor in a dtype that all of torch's operations know."""
    if tensor.is_floating_point():
        return tensor
    return as_integers(tensor)


def _dtype_of(classes: int) -> torch.dtype:
    """Return the dtype of label maps with so many classes."""
    return torch.uint8 if classes <= BYTE else torch.int32


def _classes_seen(pred: Tensor, gt: Tensor, form: Form) -> int:
    """Return the number of classes up to the largest label of (N, voxels): the host waits for it.

    Raises `UsageError` as `check_scale` does.
    """
    largest = 0
    for case_p, case_g in zip(pred, gt, strict=True):
        ignored = _ignored(case_g, form)
        kept_p = case_p.nan_to_num(0).masked_fill(ignored, 0)
        kept_g = case_g.nan_to_num(0).masked_fill(ignored, 0)
        top = max(int(kept_p.amax()), int(kept_g.amax()))
        if top == BRIGHTEST:
            labels = torch.cat([case_p[~ignored].unique(), case_g[~ignored].unique()])
            check_scale(labels.nan_to_num(0).tolist())
        largest = max(largest, top)
    return 1 + largest


def _pair(pred: Tensor, gt: Tensor, form: Form, classes: int) -> Pair:
    """Return the label maps of one case, given without its first axis."""
    labels_g, wrong_g = _read(gt, form.gt)
    labels_p, wrong_p = _read(pred, form.pred)
    wrong = wrong_g | wrong_p | _outside(labels_g, classes) | _outside(labels_p, classes)
    ignored = _ignored(labels_g, form)
    # Nothing is wrong where it is ignored: padding may hold any number.
    wrong &= ~ignored
    left_out = wrong | ignored
    return Pair(
        labels_p.masked_fill(left_out, 0), labels_g.masked_fill(left_out, 0), ignored, wrong.sum()
    )


def _outside(labels: Tensor, classes: int) -> Tensor:
    """Return where labels are not in [0, classes).

    A dtype that does not hold `classes` has no label above them: 256 classes in uint8.
    """
    negative = labels < 0
    if not _holds(labels.dtype, classes):
        return negative
    return negative | (labels >= classes)


def _ignored(gt: Tensor, form: Form) -> Tensor:
    """Return where the true label is that to be ignored, all False if there is none."""
    if form.ignore_index is None or not _holds(gt.dtype, form.ignore_index):
        return torch.zeros_like(gt, dtype=torch.bool)
    return gt == form.ignore_index


def _holds(dtype: torch.dtype, value: int) -> bool:
    """Return whether a dtype knows the value; comparing with another one would wrap around."""
    return dtype.is_floating_point or torch.iinfo(dtype).min <= value <= torch.iinfo(dtype).max


def _read(tensor: Tensor, side: Side) -> SideLabels:
    """Return the labels of a side of a case; those that come as labels may be out of range."""
    match side.rule:
        case "labels":
            return _whole(side.squeezed(tensor))
        case "threshold":
            return _above(side.squeezed(tensor), side)
        case "largest":
            score, channel = tensor.max(0)
            return SideLabels(channel.to(_dtype_of(len(tensor))), score.isnan())
        case "one-hot":
            top, channel = tensor.max(0)
            wrong = (top != 1) | (tensor.amin(0) != 0) | (tensor.sum(0) != 1)
            return SideLabels(channel.to(_dtype_of(len(tensor))), wrong)


def _whole(labels: Tensor) -> SideLabels:
    """Return labels as integers; fractions and NaN are not allowed."""
    if labels.is_floating_point():
        return SideLabels(labels.nan_to_num(-1).to(torch.int64), labels != labels.round())
    return SideLabels(labels, torch.zeros_like(labels, dtype=torch.bool))


def _above(scores: Tensor, side: Side) -> SideLabels:
    """Return 1 where scores are above the limit of the side."""
    # In half precision the limit would be rounded as well.
    if scores.is_floating_point() and scores.element_size() < 4:
        scores = scores.float()
    labels = (scores > side.limit).to(torch.uint8)
    if not side.bounded:
        return SideLabels(labels, scores.isnan())
    # The negation, so that NaN is wrong too.
    return SideLabels(labels, ~((scores >= -ROUNDING) & (scores <= 1 + ROUNDING)))
