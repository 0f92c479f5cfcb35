"""Moments of the voxels of each label, on the device of the masks: place and spread."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .masks import as_integers, chunks, count_by_region
from .voxels import Lookup, Raster, Voxels


class MomentSums(NamedTuple):
    """The fields of `segeval.statistics.moments.Moments` as tensors, float64, R rows each."""

    n_p: Tensor
    n_g: Tensor
    sum_p: Tensor
    sum_g: Tensor
    outer_p: Tensor
    outer_g: Tensor


def moments(pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]) -> MomentSums:
    """Measure number, sum and sum of outer products of the positions of each label's voxels.

    The masks are one case, of any number of axes. Indices are summed as whole numbers, so that
    neither order nor device has a say.

    >>> mask = torch.tensor([[0, 7, 7]])
    >>> sums = moments(mask, mask, torch.tensor([7]), (1.0, 0.5))
    >>> sums.n_p.tolist(), sums.sum_p.tolist(), sums.outer_p.tolist()
    ([2.0], [[0.0, 1.5]], [[[0.0, 0.0], [0.0, 1.25]]])
    """
    raster = Raster.of(pred.shape, spacing)
    lookup = Lookup.of(labels, pred.device)
    p = _sums(pred, raster, lookup)
    g = _sums(gt, raster, lookup)
    return MomentSums(p.n, g.n, p.total, g.total, p.outer, g.outer)


class _Sums(NamedTuple):
    """The sums of one mask: (R,), (R, d) and (R, d, d)."""

    n: Tensor
    total: Tensor
    outer: Tensor


def _sums(mask: Tensor, raster: Raster, lookup: Lookup) -> _Sums:
    """Return the sums of one mask by region, in the units of the spacing."""
    labels, ndim = as_integers(mask).reshape(-1), mask.ndim
    # regions last, so that each row is a line that `scatter_add_` adds to
    n = torch.zeros(len(lookup), dtype=torch.int64, device=mask.device)
    total = n.new_zeros((ndim, len(lookup)))
    outer = n.new_zeros((ndim, ndim, len(lookup)))
    for chunk in chunks(len(labels)):
        flat = torch.arange(chunk.start, chunk.stop, device=mask.device)
        voxels = Voxels.in_regions(labels, flat, lookup)
        n += count_by_region(voxels.region, len(lookup))
        indices = raster.indices(voxels.flat)
        for i in range(ndim):
            total[i].scatter_add_(0, voxels.region, indices[i])
        # a product of indices is the same either way round: half of the pairs are enough
        for i, j in itertools.combinations_with_replacement(range(ndim), 2):
            outer[i, j].scatter_add_(0, voxels.region, indices[i] * indices[j])
    # The lower triangle was left at 0, and no product of indices is below that.
    outer = torch.maximum(outer, outer.transpose(0, 1))
    step = torch.tensor(raster.spacing, dtype=torch.float64).to(mask.device)
    return _Sums(
        n.to(torch.float64),
        total.t().to(torch.float64) * step,
        outer.permute(2, 0, 1).to(torch.float64) * (step[:, None] * step),
    )
