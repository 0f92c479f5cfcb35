"""Where the voxels of a mask lie and how they spread, from its projections."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

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


def _sums(crop: Crop, spacing: tuple[float, ...]) -> tuple[float, Floats, Floats]:
    """Number, sum and sum of outer products of the positions in a mask, from its projections onto
    pairs of axes.
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
    return float(np.count_nonzero(mask)), total, outer
