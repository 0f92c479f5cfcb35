"""A tree of boxes around the pieces of a surface: what the search for the nearest piece prunes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Integers
from segeval.kernels.words import greatest, helper, kernel, least

WIDTH = 16
"""Boxes of a block, which share a box of the level above."""

_CELLS = 1024
"""Cells along the longest side of the surface, for the order of pieces."""


class Tree(NamedTuple):
    """Boxes (6, B), low and high along each axis.

    Those of the pieces come first, those of each level above behind them. Level l begins at
    `level[l]`, blocks of `WIDTH` boxes, unused ones empty; the last level is a single block.
    `piece` tells which piece the box k stands for.
    """

    box: Floats
    level: Integers
    piece: Integers

    @classmethod
    def of(cls, low: Floats, high: Floats, scale: Floats) -> Tree:
        """Return the tree of pieces in the boxes `low`, `high` (3, n), n >= 1.

        `scale` (3,) makes their axes comparable.
        """
        order = np.argsort(codes(low, high, scale))
        # boxes of each level, rounded up to whole blocks, until a single block is left
        counts = [-(-len(order) // WIDTH) * WIDTH]
        while counts[-1] > WIDTH:
            counts.append(-(-counts[-1] // (WIDTH * WIDTH)) * WIDTH)
        level = np.cumsum([0, *counts])
        box = np.empty((6, level[-1]))
        _enclose(low, high, order, level, box)
        return cls(box, level, order)


def codes(low: Floats, high: Floats, scale: Floats) -> NDArray[np.uint32]:
    """Return a number for each piece (Morton 1966).

    Pieces with numbers close to each other mostly lie close to each other. Along each axis, the sum
    of low and high stands for the centre: twice that.
    """
    (origin, extent), code = np.empty((2, 3)), np.empty(low.shape[1], np.uint32)
    _measure(low, high, origin, extent)
    # cells from 0 to _CELLS - 1, ten bits; all in cell 0 if there is no extent
    longest = float((extent * scale).max())
    factor = scale * (_CELLS - 1) / longest if longest else 0 * scale
    _interleave(low, high, origin, factor, code)
    return code


@kernel
def _measure(low: Floats, high: Floats, least_sum: Floats, extent: Floats) -> None:
    """Write the least sum of low and high along each axis, and how far above the largest is."""
    for axis in range(3):
        below, above = np.inf, -np.inf
        for k in range(low.shape[1]):
            total = low[axis, k] + high[axis, k]
            below, above = least(below, total), greatest(above, total)
        least_sum[axis], extent[axis] = below, above - below


@kernel
def _interleave(
    low: Floats, high: Floats, origin: Floats, factor: Floats, code: NDArray[np.uint32]
) -> None:
    """Write the bits of the cells along z, y and x, in turn."""
    for k in range(code.size):
        code[k] = (
            _spread((low[0, k] + high[0, k] - origin[0]) * factor[0]) << np.uint32(2)
            | _spread((low[1, k] + high[1, k] - origin[1]) * factor[1]) << np.uint32(1)
            | _spread((low[2, k] + high[2, k] - origin[2]) * factor[2])
        )


@helper
def _spread(cell: Any) -> Any:
    """Return the ten bits of a cell, two zeros after each."""
    # shifted in halves, and what does not belong there masked away, four times
    bits = np.uint32(cell)
    bits = (bits | bits << np.uint32(16)) & np.uint32(0x030000FF)
    bits = (bits | bits << np.uint32(8)) & np.uint32(0x0300F00F)
    bits = (bits | bits << np.uint32(4)) & np.uint32(0x030C30C3)
    return (bits | bits << np.uint32(2)) & np.uint32(0x09249249)


@kernel
def _enclose(low: Floats, high: Floats, order: Integers, level: Integers, box: Floats) -> None:
    """Write the boxes, each level from the one below."""
    for axis in range(3):
        # level 0: the boxes of the pieces in their order, then empty ones to fill the block
        for k in range(level[1]):
            used = k < order.size
            box[2 * axis, k] = low[axis, order[k]] if used else np.inf
            box[2 * axis + 1, k] = high[axis, order[k]] if used else -np.inf
        # then each box is the hull of a block of the level below
        for up in range(1, level.size - 1):
            below, first = level[up - 1], level[up]
            blocks = (first - below) // WIDTH
            for k in range(level[up + 1] - first):
                # no box at all: infinitely far from every point, so that none goes there
                lowest, highest = np.inf, -np.inf
                if k < blocks:
                    for child in range(below + k * WIDTH, below + (k + 1) * WIDTH):
                        lowest = least(lowest, box[2 * axis, child])
                        highest = greatest(highest, box[2 * axis + 1, child])
                box[2 * axis, first + k], box[2 * axis + 1, first + k] = lowest, highest
