"""Bounds of what is taken in, beyond which a number is surely a slip, an attack or no number."""

from __future__ import annotations

MAX_VOXELS = 2**33
"""Voxels that a mask has at most, unless the caller says otherwise."""
FINEST, FARTHEST = 1e-30, 1e30
"""Bounds of lengths, in millimetres, within which products of some of them are numbers."""


def is_length(value: float) -> bool:
    """Return whether a number is a length above 0 that numbers can be computed with.

    >>> [is_length(value) for value in (0.8, 0, 1e-320, float("nan"))]
    [True, False, False, False]
    """
    return FINEST < value < FARTHEST
