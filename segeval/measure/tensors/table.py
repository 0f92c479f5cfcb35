"""Which labels meet in which voxels, counted on the device of the masks."""

from __future__ import annotations

import torch
from torch import Tensor

from .masks import PART, as_integers

ROOM = 2**15
"""Cells of all copies of the tables together, unless a single copy takes more."""


def joint_counts(pred: Tensor, gt: Tensor, classes: int) -> Tensor:
    """How many voxels carry each pair of labels: `[n, g, p]` of case n those with `gt` g and `pred`
    p, int64.

    The masks are (N, *spatial) of one shape, any dtype of whole numbers, all of them in [0,
    classes). Nothing is waited for: the work is only queued on the device.

    >>> joint_counts(torch.tensor([[0, 1, 1]]), torch.tensor([[0, 0, 1]]), classes=2)
    tensor([[[1, 1],
             [0, 1]]])
    """
    cases, cells = len(pred), classes * classes
    # Most voxels are background: neighbours add to different copies, or all would queue for one address.
    copies = max(1, ROOM // (max(1, cases) * cells))
    tables = torch.zeros((cases, copies * cells), dtype=torch.int64, device=pred.device)
    one = torch.ones((), dtype=torch.int64, device=pred.device)
    p, g = (as_integers(mask).reshape(cases, -1) for mask in (pred, gt))
    columns = max(1, PART // max(1, cases))
    copy = torch.arange(min(columns, p.shape[1]), device=pred.device).remainder_(copies).mul_(cells)
    for p_part, g_part in zip(torch.split(p, columns, 1), torch.split(g, columns, 1), strict=True):
        cell = (
            g_part.to(torch.int64, copy=True)
            .mul_(classes)
            .add_(p_part)
            .add_(copy[: p_part.shape[1]])
        )
        tables.scatter_add_(1, cell, one.expand_as(cell))
    return tables.view(cases, copies, classes, classes).sum(1)


def pair_counts(pred: Tensor, gt: Tensor) -> Tensor:
    """Rows (gt, pred, count) of the pairs of labels that occur in one case, sorted, int64; for
    labels of any size.

    >>> pair_counts(torch.tensor([7, 7, -1]), torch.tensor([0, 0, 70000]))
    tensor([[    0,     7,     2],
            [70000,    -1,     1]])
    """
    p, g = (as_integers(mask).reshape(-1) for mask in (pred, gt))
    if not len(p):
        return torch.empty((0, 3), dtype=torch.int64, device=pred.device)
    (low_p, span_p), (low_g, span_g) = _range(p), _range(g)
    if span_p * span_g >= 2**63:
        values = torch.unique(torch.cat([torch.unique(p).long(), torch.unique(g).long()]))
        rows = pair_counts(*(torch.searchsorted(values, side.long()) for side in (p, g)))
        return torch.stack([values[rows[:, 0]], values[rows[:, 1]], rows[:, 2]], 1)
    parts = [
        torch.unique((g_part.long() - low_g) * span_p + (p_part.long() - low_p), return_counts=True)
        for p_part, g_part in zip(torch.split(p, PART), torch.split(g, PART), strict=True)
    ]
    pair, place = torch.unique(torch.cat([pair for pair, _ in parts]), return_inverse=True)
    count = torch.zeros_like(pair).scatter_add_(0, place, torch.cat([count for _, count in parts]))
    return torch.stack([pair // span_p + low_g, pair % span_p + low_p, count], 1)


def _range(labels: Tensor) -> tuple[int, int]:
    """The smallest label, and how many numbers there are from it to the largest."""
    low, high = (int(end) for end in labels.aminmax())
    return low, high - low + 1
