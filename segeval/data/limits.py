"""Bounds of what is taken in, beyond which a number is surely a slip, an attack or no number."""

from __future__ import annotations

MAX_VOXELS = 2**33
"""Voxels that a mask has at most, unless the caller says otherwise."""
FINEST, FARTHEST = 1e-30, 1e30
"""Bounds of lengths, in millimetres, within which products of some of them are numbers."""
