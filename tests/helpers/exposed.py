"""The unrelaxed net as rectangles, written as its definition, and distances between two of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Points(NamedTuple):
    """Distances from the points of one net to the other, and the size that each stands for."""

    distance: np.ndarray
    size: np.ndarray


def rectangles(mask):
    """Low and high corners, in voxels, of the faces between inside and outside, and the axes they
    are across.
    """
    padded = np.pad(mask, 1)
    low = [
        np.argwhere(np.diff(padded, axis=axis)) + (np.arange(mask.ndim) == axis)
        for axis in range(mask.ndim)
    ]
    axis = np.repeat(range(mask.ndim), [len(rows) for rows in low])
    low = np.concatenate(low).astype(float)
    return low, low + (np.arange(mask.ndim) != axis[:, None]), axis


def brute(own, other, spacing):
    """From each face of the first mask: its two thirds along the diagonal, or the middle of a side
    of a pixel.
    """
    spacing = np.array(spacing)
    (low, high, axis), (other_low, other_high, _) = rectangles(own), rectangles(other)
    area = np.array([np.prod(np.delete(spacing, k)) for k in range(own.ndim)])[axis]
    shares = (1 / 3, 2 / 3) if own.ndim == 3 else (1 / 2,)
    points = np.concatenate([low + share * (high - low) for share in shares])
    gaps = (
        np.maximum(np.maximum(other_low - points[:, None], points[:, None] - other_high), 0)
        * spacing
    )
    nearest = np.sqrt((gaps**2).sum(axis=2).min(axis=1, initial=np.inf))
    return Points(nearest, np.tile(area, len(shares)) / len(shares))
