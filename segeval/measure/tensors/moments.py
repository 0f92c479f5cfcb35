"""Where the voxels of each label lie and how they spread, on the device of the masks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from .masks import PART, as_integers, tally
from .voxels import Frame, Lookup, listed


def moments(
    pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The six tensors of `segeval.measure.moments.Moments`, float64, for masks of one case and any
    number of axes.

    They are summed as whole numbers, so that neither order nor device has a say.

    >>> mask = torch.tensor([[0, 7, 7]])
    >>> [of_pred.tolist() for of_pred in moments(mask, mask, torch.tensor([7]), (1.0, 0.5))[::2]]
    [[2.0], [[0.0, 1.5]], [[[0.0, 0.0], [0.0, 1.25]]]]
    """
    frame, lookup = Frame.of(pred.shape, spacing), Lookup.of(labels, pred.device)
    (n_p, sum_p, outer_p), (n_g, sum_g, outer_g) = (
        _sums(mask, frame, lookup) for mask in (pred, gt)
    )
    return n_p, n_g, sum_p, sum_g, outer_p, outer_g


def _sums(mask: Tensor, frame: Frame, lookup: Lookup) -> tuple[Tensor, Tensor, Tensor]:
    """Number, sum and sum of outer products of the positions, by region."""
    line, ndim = as_integers(mask).reshape(-1), mask.ndim
    count = torch.zeros(len(lookup), dtype=torch.int64, device=mask.device)
    total, outer = count.new_zeros((ndim, len(lookup))), count.new_zeros((ndim, ndim, len(lookup)))
    for start in range(0, len(line), PART):
        part = torch.arange(start, min(start + PART, len(line)), device=mask.device)
        voxels = listed(line, part, lookup)
        count += tally(voxels.region, len(lookup))
        indices = frame.indices(voxels.flat)
        for i in range(ndim):
            total[i].scatter_add_(0, voxels.region, indices[i])
        for i, j in itertools.combinations_with_replacement(range(ndim), 2):
            outer[i, j].scatter_add_(0, voxels.region, indices[i] * indices[j])
    step = torch.tensor(frame.spacing, dtype=torch.float64).to(mask.device)
    outer = torch.maximum(
        outer, outer.transpose(0, 1)
    )  # what was left out is 0, and no index is below
    return (
        count.to(torch.float64),
        total.t().to(torch.float64) * step,
        outer.permute(2, 0, 1).to(torch.float64) * (step[:, None] * step),
    )
