"""Tensors become label maps on their device, a whole batch at a time, and nothing waits for their values.

What is not allowed is counted rather than refused: that would mean waiting for the device in every batch.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

import torch
from torch import Tensor

from .form import Form, Inputs


class Masks(NamedTuple):
    """Label maps (N, *spatial) below `classes`; `ignored` (N,) voxels are background; `odd` values were not allowed."""

    pred: Tensor
    gt: Tensor
    classes: int
    ignored: Tensor
    odd: Tensor


def masks_of(pred: Tensor, gt: Tensor, form: Form, inputs: Inputs) -> Masks:
    """The label maps of a batch; with channels that overlap, a mask for each, (N · C, *spatial)."""
    odd = torch.zeros(1, dtype=torch.int64, device=pred.device)
    if form.doubtful:
        odd += (gt.sum(1) == 1).all() & (gt.amax() == 1) & (gt.amin() == 0)
    if form.pooled:
        pred, gt = (tensor.T[None] if tensor.ndim > 1 else tensor[None] for tensor in (pred, gt))
    if form.kind == "multilabel":
        pred, gt = (tensor.flatten(0, 1) for tensor in (pred, gt))
        form = Form("binary", 0, 0, form.scores, form.pooled, False)
    labels_g, wrong_g = _labels(gt, form.gt_channels, scores=False, inputs=inputs)
    labels_p, wrong_p = _labels(pred, form.pred_channels, form.scores, inputs)
    wrong = wrong_p | wrong_g
    ignored = torch.zeros(len(labels_g), dtype=torch.int64, device=gt.device)
    if inputs.ignore_index is not None:
        out = labels_g == inputs.ignore_index
        wrong &= ~out
        ignored = out.flatten(1).sum(1)
        labels_p, labels_g = (labels.masked_fill(out, 0) for labels in (labels_p, labels_g))
    known = 2 if form.kind == "binary" else inputs.num_classes or form.num_classes
    classes = known or 1 + max(0, int(labels_p.amax()), int(labels_g.amax()))
    for labels in (labels_p, labels_g):
        wrong |= (labels < 0) | (labels >= classes)
    odd += wrong.sum()
    return Masks(labels_p.masked_fill(wrong, 0), labels_g.masked_fill(wrong, 0), classes, ignored, odd)


def _labels(tensor: Tensor, channels: int, scores: bool, inputs: Inputs) -> tuple[Tensor, Tensor]:
    """The labels of a side, and where its values are not allowed."""
    if channels == 1:
        tensor = tensor.squeeze(1)
    if channels > 1:
        parts = [_largest(case, scores) for case in tensor]
        return torch.stack([labels for labels, _ in parts]), torch.stack([wrong for _, wrong in parts])
    if scores:
        limit = inputs.threshold
        if inputs.input_format == "logits":
            return tensor > log(limit / (1 - limit)), tensor.isnan()
        return tensor > limit, ~((tensor >= 0) & (tensor <= 1))  # so that NaN is wrong too
    if tensor.is_floating_point():
        return tensor.nan_to_num(-1).to(torch.int64), tensor != tensor.round()
    return tensor, torch.zeros_like(tensor, dtype=torch.bool)


def _largest(case: Tensor, scores: bool) -> tuple[Tensor, Tensor]:
    """The channel of the largest value of a case (C, *spatial), and where that says nothing."""
    if case.dtype == torch.bool:
        case = case.to(torch.uint8)
    value, channel = case.max(0)
    labels = channel.to(torch.uint8 if len(case) <= 256 else torch.int32)
    if scores:
        return labels, value.isnan()
    return labels, (value != 1) | (case.amin(0) != 0) | (case.sum(0) != 1)
