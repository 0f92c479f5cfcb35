"""Moments of masks: where voxels lie and how they spread, from projections."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from segeval.arrays import Floats
from segeval.statistics.moments import Moments

from .crops import Crop


def measure_moments(regions: Iterable[tuple[Crop, Crop]], spacing: tuple[float, ...]) -> Moments:
    """Measure the moments of both masks of each region."""
    pairs = [[_sums(crop, spacing) for crop in pair] for pair in regions]
    return Moments(
        *(
            np.array([pair[side][power] for pair in pairs])
            for power in range(3)
            for side in range(2)
        )
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
        product = (places[i] ** 2 @ shadow) if i == j else places[i] @ shadow @ places[j]
        outer[i, j] = outer[j, i] = product
    total = np.array(
        [places[i] @ mask.sum(tuple(k for k in axes if k != i), dtype=np.float64) for i in axes]
    )
    return _Sums(float(np.count_nonzero(mask)), total, outer)
