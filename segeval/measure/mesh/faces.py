"""The exposed faces of one label's voxels as bits: where the unrelaxed net of a region lies,
without its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from segeval.arrays import Bits, Floats, Labels
from segeval.kernels.words import LANES, ONE, ZERO, Word, ctz, equal, helper, kernel, ones, popcount

from .boxes import Boxes

SPARE = 8
"""How many rows and slices outside of the lattice the bits may be read."""

FINE = 6
"""Steps of the fine lattice, on which all points lie, along the edge of a voxel."""


class Frame(NamedTuple):
    """How the corners of voxels in a box lie in bit arrays: those of axis 0 first, each followed by
    spare zeros.

    Of `depth`, `height` and `width` corners, row (z, y) is the words from `first + (z * rows + y) *
    stride` on, of which `words` are in use; the bits of the next axis begin `size` words later.
    `origin`: voxel behind corner 0.
    """

    depth: int
    height: int
    width: int
    words: int
    stride: int
    rows: int
    first: int
    size: int
    origin: tuple[int, int, int]

    @classmethod
    def of(cls, box: Boxes) -> Frame:
        """The frame for a box of voxels (2, 3)."""
        depth, height, width = (int(n) + 1 for n in box[1] - box[0])
        words = -(-width // LANES)
        rows = height + SPARE
        first = (SPARE * rows + SPARE) * (words + 1) + 1
        size = (depth + SPARE) * rows * (words + 1) + first
        return cls(
            depth, height, width, words, words + 1, rows, first, size, tuple(box[0].tolist())
        )


def exposed(flat: Labels, shape: Sequence[int], label: int, frame: Frame) -> Bits:
    """Which faces lie between a voxel with the label and one without; the face perpendicular to
    axis a at its lowest corner, in the bits of axis a. `flat` holds the voxels of the shape (3
    axes) and has 64 elements or more.
    """
    bits = np.zeros(3 * frame.size, np.uint64)
    rows = np.zeros(
        (2, frame.height, frame.words), np.uint64
    )  # voxels of this slice and the one before, a spare row
    _write_exposed(flat, shape[1], shape[2], label, frame, rows, bits)
    return bits


@kernel
def _write_exposed(
    flat: Labels, height: int, width: int, label: int, frame: Frame, rows: Bits, bits: Bits
) -> None:
    z0, y0, x0 = frame.origin
    for z in range(frame.depth):
        here, before = rows[z & 1], rows[~z & 1]
        if z == frame.depth - 1:
            here[:] = ZERO
        else:
            for y in range(frame.height - 1):
                start = ((z0 + z) * height + y0 + y) * width + x0
                for word in range((frame.width + LANES - 2) // LANES):
                    inside = ones(frame.width - 1 - word * LANES)
                    here[y, word] = equal(flat, start + word * LANES, label) & inside
        for y in range(frame.height):
            at = frame.first + (z * frame.rows + y) * frame.stride
            carry = ZERO
            for word in range(frame.words):
                voxels = here[y, word]
                bits[at + word] = voxels ^ before[y, word]
                bits[at + word + frame.size] = voxels ^ here[y - 1, word]  # row -1 is the spare one
                bits[at + word + 2 * frame.size] = voxels ^ (voxels << ONE | carry)
                carry = voxels >> np.uint64(LANES - 1)


def rectangles(bits: Bits, frame: Frame, axes: Any) -> Floats:
    """Low and high corner (6, n) of rectangles that together are the faces, on the fine lattice: z,
    y, x of both.

    Faces next to each other along x make one rectangle, within a word.
    """
    found = np.empty((6, _count(bits, frame, axes)))
    _write_rectangles(bits, frame, axes, found)
    return found


@kernel
def _count(bits: Bits, frame: Frame, axes: Any) -> int:
    """Return how many rectangles there are."""
    count = 0
    for axis in axes:
        for i in range(axis * frame.size, (axis + 1) * frame.size):
            count += popcount(_starts(bits[i], axis))
    return count


@kernel
def _write_rectangles(bits: Bits, frame: Frame, axes: Any, found: Floats) -> None:
    n = 0
    for axis in axes:
        for row in range(frame.depth * frame.height):
            z, y = row // frame.height, row % frame.height
            at = frame.first + axis * frame.size + (z * frame.rows + y) * frame.stride
            for word in range(frame.words):
                left = _starts(bits[at + word], axis)
                while left:
                    x = ctz(left)
                    left &= left - ONE
                    run = 0 if axis == 2 else ctz(~(bits[at + word] >> np.uint64(x)))
                    found[0, n], found[3, n] = FINE * z, FINE * (z + (axis != 0))
                    found[1, n], found[4, n] = FINE * y, FINE * (y + (axis != 1))
                    found[2, n] = FINE * (word * LANES + x)
                    found[5, n] = found[2, n] + FINE * run
                    n += 1


@helper
def _starts(faces: Word, axis: int) -> Word:
    """The faces with which a rectangle begins."""
    return faces if axis == 2 else faces & ~(faces << ONE)
