"""Moments of masks: where voxels lie and how they spread, from projections.

The sum of positions along an axis needs only how many voxels lie at each place of that axis, and
the sum of products of two axes only how many lie at each pair of places: the mask's shadows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from segeval.arrays import Floats
from segeval.statistics.moments import Moments

from .crops import Crop


def measure_moments(regions: Iterable[tuple[Crop, Crop]], spacing: tuple[float, ...]) -> Moments:
    """Measure the moments of both masks of each region, in the unit of the spacing.

    Positions count from the first voxel of the image, so that boxes of two masks do not matter.
    """
    sums_p, sums_g = [], []
    for pred, gt in regions:
        sums_p.append(_sums(pred, spacing))
        sums_g.append(_sums(gt, spacing))
    return Moments(
        n_p=np.array([sums.number for sums in sums_p]),
        n_g=np.array([sums.number for sums in sums_g]),
        sum_p=np.array([sums.total for sums in sums_p]),
        sum_g=np.array([sums.total for sums in sums_g]),
        outer_p=np.array([sums.outer for sums in sums_p]),
        outer_g=np.array([sums.outer for sums in sums_g]),
    )


class _Sums(NamedTuple):
    """Sums over the voxels of a mask: of 1, of positions (d,), of their outer products (d, d)."""

    number: float
    total: Floats
    outer: Floats


def _sums(crop: Crop, spacing: tuple[float, ...]) -> _Sums:
    """Return the sums of a mask, from its projections onto axes and pairs of axes.

    That is a pass over the mask for each of them, instead of one for every voxel's position.
    """
    mask, axes = crop.mask, range(crop.mask.ndim)
    places = [
        (o + np.arange(n)) * s for o, n, s in zip(crop.origin, mask.shape, spacing, strict=True)
    ]
    outer = np.empty((mask.ndim, mask.ndim))
    for i, j in itertools.combinations_with_replacement(axes, 2):
        shadow = mask.sum(tuple(k for k in axes if k not in (i, j)), dtype=np.float64)
        product = places[i] ** 2 @ shadow if i == j else places[i] @ shadow @ places[j]
        outer[i, j] = outer[j, i] = product
    total = np.array(
        [places[i] @ mask.sum(tuple(k for k in axes if k != i), dtype=np.float64) for i in axes]
    )
    return _Sums(float(np.count_nonzero(mask)), total, outer)
