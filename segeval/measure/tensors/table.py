"""Tables of the labels that meet in a voxel, counted on the device of the masks."""

from __future__ import annotations

import torch
from torch import Tensor

from .masks import CHUNK, as_integers

CELLS = 2**15
"""Cells of all copies of the tables together, unless a single copy takes more."""


def joint_counts(pred: Tensor, gt: Tensor, classes: int) -> Tensor:
    """Count the voxels of each pair of labels: `[n, g, p]` of case n those with `gt` g, `pred` p.

    The masks are (N, *spatial) of one shape, any dtype of whole numbers, all of them in [0,
    classes); the counts are int64. The host waits for nothing: the work is only queued.

    >>> joint_counts(torch.tensor([[0, 1, 1]]), torch.tensor([[0, 0, 1]]), classes=2)
    tensor([[[1, 1],
             [0, 1]]])
    """
    cases, cells = len(pred), classes * classes
    # Most voxels are background: neighbours add to different copies of the table, or all of them
    # would queue for one address.
    copies = max(1, CELLS // (max(1, cases) * cells))
    tables = torch.zeros((cases, copies * cells), dtype=torch.int64, device=pred.device)
    increment = torch.ones((), dtype=torch.int64, device=pred.device)
    # the same number of columns from every case, CHUNK voxels together
    rows_p = as_integers(pred).reshape(cases, -1)
    rows_g = as_integers(gt).reshape(cases, -1)
    columns = max(1, CHUNK // max(1, cases))
    # column c adds to copy c % copies of the table of its case
    copy = torch.arange(min(columns, rows_p.shape[1]), device=pred.device)
    copy = copy.remainder_(copies).mul_(cells)
    parts = zip(torch.split(rows_p, columns, 1), torch.split(rows_g, columns, 1), strict=True)
    for part_p, part_g in parts:
        # cell [g, p] is g * classes + p; a copy, since int64 masks would be written to otherwise
        cell = part_g.to(torch.int64, copy=True).mul_(classes)
        cell.add_(part_p).add_(copy[: part_p.shape[1]])
        tables.scatter_add_(1, cell, increment.expand_as(cell))
    return tables.view(cases, copies, classes, classes).sum(1)


def pair_counts(pred: Tensor, gt: Tensor) -> Tensor:
    """Count the pairs of labels that occur in one case: sorted rows (gt, pred, count), int64.

    Labels may be any whole numbers, however large.

    >>> pair_counts(torch.tensor([7, 7, -1]), torch.tensor([0, 0, 70000]))
    tensor([[    0,     7,     2],
            [70000,    -1,     1]])
    """
    p = as_integers(pred).reshape(-1)
    g = as_integers(gt).reshape(-1)
    if not len(p):
        return torch.empty((0, 3), dtype=torch.int64, device=pred.device)
    low_p, span_p = _range(p)
    low_g, span_g = _range(g)
    # A pair is coded as one int64, by its row and column in the table of all possible labels.
    if span_p * span_g >= 2**63:
        return _pair_counts_by_rank(p, g)
    # pairs of each chunk first: few are left of them to be put together
    pairs: list[Tensor] = []
    counts: list[Tensor] = []
    for part_p, part_g in zip(torch.split(p, CHUNK), torch.split(g, CHUNK), strict=True):
        code = (part_g.long() - low_g) * span_p + (part_p.long() - low_p)
        pair, count = torch.unique(code, return_counts=True)
        pairs.append(pair)
        counts.append(count)
    pair, row = torch.unique(torch.cat(pairs), return_inverse=True)
    count = torch.zeros_like(pair).scatter_add_(0, row, torch.cat(counts))
    return torch.stack([pair // span_p + low_g, pair % span_p + low_p, count], 1)


def _pair_counts_by_rank(p: Tensor, g: Tensor) -> Tensor:
    """Return the same of labels that lie too far apart, by their ranks."""
    labels = torch.unique(torch.cat([torch.unique(p).long(), torch.unique(g).long()]))
    # ranks lie close together, so that a pair of them has a code
    rank_p = torch.searchsorted(labels, p.long())
    rank_g = torch.searchsorted(labels, g.long())
    rows = pair_counts(rank_p, rank_g)
    return torch.stack([labels[rows[:, 0]], labels[rows[:, 1]], rows[:, 2]], 1)


def _range(labels: Tensor) -> tuple[int, int]:
    """Return the smallest label, and how many numbers there are from it to the largest."""
    ends = labels.aminmax()
    low = int(ends.min)  # the host waits here, as it does for the largest
    return low, int(ends.max) - low + 1
