"""The exposed faces of one label's voxels as bits.

The unrelaxed net of a region lies there; nothing here knows its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from segeval.arrays import Bits, Floats, Labels
from segeval.kernels.words import LANES, ONE, ZERO, Word, ctz, equal, helper, kernel, ones, popcount

from .boxes import Boxes

SPARE = 8
"""Number of rows and slices outside of the lattice the bits may be read."""

FINE = 6
"""Steps of the fine lattice, on which all points lie, along the edge of a voxel: halves and thirds
are whole numbers.
"""


class Frame(NamedTuple):
    """The layout in bit arrays of the corners of voxels in a box.

    Those of axis 0 come first, each followed by spare zeros. Of `depth`, `height` and `width`
    corners, row (z, y) is the words from `first + (z * rows + y) * stride` on, of which `words` are
    in use; the bits of the next axis begin `size` words later. `origin`: voxel behind corner 0.
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
        """Return the frame for a box of voxels (2, 3)."""
        # one corner more than voxels along each axis
        depth, height, width = (box[1] - box[0] + 1).tolist()
        words = -(-width // LANES)
        rows = height + SPARE
        # spare slices and rows before row (0, 0), and a word for windows that begin before it
        first = (SPARE * rows + SPARE) * (words + 1) + 1
        return cls(
            depth=depth,
            height=height,
            width=width,
            words=words,
            stride=words + 1,
            rows=rows,
            first=first,
            size=(depth + SPARE) * rows * (words + 1) + first,
            origin=tuple(box[0].tolist()),
        )


@helper
def word_of(frame: Frame, axis: int, z: int, y: int) -> Any:
    """Return the first word of a row of faces perpendicular to an axis."""
    return frame.first + axis * frame.size + (z * frame.rows + y) * frame.stride


def exposed(flat: Labels, shape: Sequence[int], label: int, frame: Frame) -> Bits:
    """Return the faces between a voxel with the label and one without.

    The face perpendicular to axis a at a voxel's lowest corner is in the bits of axis a. `flat`
    holds the voxels of the shape (3 axes) and has 64 elements or more.
    """
    bits = np.zeros(3 * frame.size, np.uint64)
    # the voxels of this slice and of the one before, with a spare row each
    rows = np.zeros((2, frame.height, frame.words), np.uint64)
    _write_exposed(flat, shape[1], shape[2], label, frame, rows, bits)
    return bits


@kernel
def _write_exposed(
    flat: Labels, height: int, width: int, label: int, frame: Frame, rows: Bits, bits: Bits
) -> None:
    """Write the faces.

    They lie where the bits of a row of voxels and of the one before, along each axis, differ.
    """
    # A slice has one more row of corners than of voxels, the volume one more slice: there the
    # voxels are the spare row and an empty slice, and what is exposed is what lies before.
    z0, y0, x0 = frame.origin
    for z in range(frame.depth):
        here, before = rows[z & 1], rows[~z & 1]
        if z == frame.depth - 1:
            here[:] = ZERO
        else:
            # the voxels of this slice as bits, the first of the box in the lowest
            for y in range(frame.height - 1):
                start = ((z0 + z) * height + y0 + y) * width + x0
                for word in range((frame.width + LANES - 2) // LANES):
                    inside = ones(frame.width - 1 - word * LANES)
                    here[y, word] = equal(flat, start + word * LANES, label) & inside
        for y in range(frame.height):
            # three XORs a word: with the slice before, the row before, and the same row moved by a
            # voxel
            first = word_of(frame, 0, z, y)
            carry = ZERO  # the last voxel of the word before
            for k in range(frame.words):
                voxels, word = here[y, k], first + k
                bits[word] = voxels ^ before[y, k]
                bits[word + frame.size] = voxels ^ here[y - 1, k]  # row -1 is the spare one
                bits[word + 2 * frame.size] = voxels ^ (voxels << ONE | carry)
                carry = voxels >> np.uint64(LANES - 1)


def rectangles(bits: Bits, frame: Frame, axes: Any) -> Floats:
    """Return the low and the high corners (6, n) of rectangles that together are the faces.

    They are on the fine lattice: z, y, x of both corners. Faces next to each other along x make one
    rectangle, within a word.
    """
    corners = np.empty((6, _count(bits, frame, axes)))
    _write_rectangles(bits, frame, axes, corners)
    return corners


@kernel
def _count(bits: Bits, frame: Frame, axes: Any) -> int:
    """Return how many rectangles there are."""
    count = 0
    for axis in axes:
        # the spare words, too: they are zero, and begin nothing
        for i in range(axis * frame.size, (axis + 1) * frame.size):
            count += popcount(_starts(bits[i], axis))
    return count


@kernel
def _write_rectangles(bits: Bits, frame: Frame, axes: Any, corners: Floats) -> None:
    """Write the corners of the rectangles, axis after axis and row after row."""
    n = 0
    for axis in axes:
        for row in range(frame.depth * frame.height):
            z, y = row // frame.height, row % frame.height
            first = word_of(frame, axis, z, y)
            for k in range(frame.words):
                left = _starts(bits[first + k], axis)
                while left:
                    x = ctz(left)
                    left &= left - ONE
                    # a face across x has no extent along it; others go on to the first gap
                    # zeros come in behind the word by the shift: a run ends there at the latest
                    run = 0 if axis == 2 else ctz(~(bits[first + k] >> np.uint64(x)))
                    # one edge of a voxel along z and along y, none across the face
                    corners[0, n], corners[3, n] = FINE * z, FINE * (z + (axis != 0))
                    corners[1, n], corners[4, n] = FINE * y, FINE * (y + (axis != 1))
                    corners[2, n] = FINE * (k * LANES + x)
                    corners[5, n] = corners[2, n] + FINE * run
                    n += 1


@helper
def _starts(faces: Word, axis: int) -> Word:
    """Return the faces with which a rectangle begins; one across x is a rectangle by itself."""
    return faces if axis == 2 else faces & ~(faces << ONE)
