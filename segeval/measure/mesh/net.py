"""The surface net of one region.

A node lies wherever a corner of voxels lies on its boundary, and faces lie between the nodes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Bits, Bytes, Floats
from segeval.kernels.words import helper, kernel
from segeval.measure.crops import Crop

Cells = NDArray[np.int32]


class Net(NamedTuple):
    """N nodes and F faces in d dimensions: quads in 3-D, line segments in 2-D.

    There is one face for each exposed face of a voxel. Cell c of the lattice of voxel corners has
    the voxels c - 1 and c along each axis. Nodes ascend by cell. Positions are in the unit of the
    spacing, from the centre of voxel 0. The corners of a quad go around it, counter-clockwise seen
    from outside of the mask (axes taken as right-handed), from the lowest cell; the third is the
    highest. Faces ascend by the cell of their last highest corner, then by the axis that they are
    perpendicular to.
    """

    cell: Cells  # (N, d)
    node: Floats  # (N, d)
    face: Cells  # (F, 2 ** (d - 1)), indices of nodes
    axis: Bytes  # (F,)

    @classmethod
    def of(cls, crop: Crop, spacing: tuple[float, ...]) -> Net:
        """Return the net of a mask, unrelaxed: nodes at the corners of voxels.

        Outside of the crop is outside of the mask.

        >>> pixel = Crop(np.ones((1, 1), np.bool_), (3, 0))
        >>> Net.of(pixel, (1.0, 2.0)).node.tolist()
        [[2.5, -1.0], [2.5, 1.0], [3.5, -1.0], [3.5, 1.0]]
        """
        # voxels outside all around, so that every face has a voxel on both sides
        padded = np.zeros([n + 2 for n in crop.mask.shape], np.uint8)
        padded[(slice(1, -1),) * padded.ndim] = crop.mask
        lattice = _quads(padded) if padded.ndim == 3 else _segments(padded)
        cell = lattice.cell + np.array(crop.origin, np.int32)
        # the lowest corner of a voxel is half a voxel before its centre
        return cls(cell, (cell - 0.5) * np.array(spacing), lattice.face, lattice.axis)


class _Lattice(NamedTuple):
    """The fields of a net that do not know the spacing.

    Cells are counted from that of the crop's first voxel.
    """

    cell: Cells
    face: Cells
    axis: Bytes


@kernel
def _counts(padded: Bytes) -> Any:
    """Return how many nodes and how many faces there are in 3-D."""
    nodes = faces = 0
    # Voxels are 0 or 1: eight around a corner are not alike if their sum is neither 0 nor 8. A face
    # is where a voxel and the next one along an axis differ.
    for z in range(padded.shape[0] - 1):
        for y in range(padded.shape[1] - 1):
            low, high = padded[z, y], padded[z, y + 1]
            low_next, high_next = padded[z + 1, y], padded[z + 1, y + 1]
            for x in range(padded.shape[2] - 1):
                inside = low[x] + high[x] + low_next[x] + high_next[x]
                inside += low[x + 1] + high[x + 1] + low_next[x + 1] + high_next[x + 1]
                nodes += (inside != 0) & (inside != 8)
                faces += (low[x] ^ low_next[x]) + (low[x] ^ high[x]) + (low[x] ^ low[x + 1])
    return nodes, faces


def _quads(padded: Bytes) -> _Lattice:
    """Return the nodes and the faces in 3-D."""
    nodes, faces = _counts(padded)
    lattice = _Lattice(
        np.empty((nodes, 3), np.int32), np.empty((faces, 4), np.int32), np.empty(faces, np.uint8)
    )
    _, height, width = padded.shape
    # whole words of eight: the flags behind the row stay 0
    mixed = np.zeros(width + 7 & ~7, np.uint8)
    number = np.empty((2, height, width), np.int32)
    _write_quads(padded, number, mixed, mixed.view(np.uint64), lattice)
    return lattice


@kernel
def _write_quads(
    padded: Bytes, number: Cells, mixed: Bytes, words: Bits, lattice: _Lattice
) -> None:
    """Write nodes and faces; `number`: of the nodes in this layer of cells and the one before.

    `mixed`, also as `words` of eight, has room for a row. A face is written at its highest corner,
    when the other three have their numbers.
    """
    # Two layers of numbers take turns: a face reaches back by one cell along each axis. What they
    # hold of layers before is overwritten before it is read, as each corner of a face is a node.
    depth, height, _ = padded.shape
    cell = lattice.cell
    n = f = 0
    for z in range(depth - 1):
        here, before = number[z & 1], number[~z & 1]
        for y in range(height - 1):
            _mark(padded[z, y], padded[z, y + 1], padded[z + 1, y], padded[z + 1, y + 1], mixed)
            for word in range(words.size):
                if words[word] == 0:  # eight corners at once: most are nowhere near the boundary
                    continue
                for x in range(8 * word, 8 * word + 8):
                    if mixed[x] == 0:
                        continue
                    cell[n, 0], cell[n, 1], cell[n, 2] = z, y, x
                    here[y, x] = n
                    # the corner is the highest of the three faces of the voxel (z, y, x) that meet
                    # there; which way they turn depends on the side that the mask is on
                    inside = padded[z, y, x]
                    if inside != padded[z + 1, y, x]:
                        a, b, d = here[y - 1, x - 1], here[y - 1, x], here[y, x - 1]
                        f = _write(lattice, f, 0, a, b, n, d, inside == 0)
                    if inside != padded[z, y + 1, x]:
                        a, b, d = before[y, x - 1], before[y, x], here[y, x - 1]
                        f = _write(lattice, f, 1, a, b, n, d, inside == 1)
                    if inside != padded[z, y, x + 1]:
                        a, b, d = before[y - 1, x], before[y, x], here[y - 1, x]
                        f = _write(lattice, f, 2, a, b, n, d, inside == 0)
                    n += 1


@helper
def _mark(low: Bytes, high: Bytes, low_next: Bytes, high_next: Bytes, mixed: Bytes) -> None:
    """Write which corners of a row lie on the boundary.

    Some of the eight voxels around such a corner are inside, some outside.
    """
    for x in range(low.size - 1):
        inside = low[x] + high[x] + low_next[x] + high_next[x]
        inside += low[x + 1] + high[x + 1] + low_next[x + 1] + high_next[x + 1]
        mixed[x] = (inside != 0) & (inside != 8)


@helper
def _write(
    lattice: _Lattice, f: int, axis: int, a: Any, b: Any, c: Any, d: Any, forward: Any
) -> Any:
    """Write face f, and return the number of the next face.

    Its corners are a, b, c, d, or a, d, c, b if the mask is on its other side.
    """
    face = lattice.face
    face[f, 0], face[f, 2] = a, c
    if forward:
        face[f, 1], face[f, 3] = b, d
    else:
        face[f, 1], face[f, 3] = d, b
    lattice.axis[f] = axis
    return f + 1


def _segments(padded: Bytes) -> _Lattice:
    """Return the nodes and the segments in 2-D: few enough for NumPy."""
    # a node where the four pixels around a corner are not alike; numbers ascend by cell
    inside = padded[:-1, :-1] + padded[:-1, 1:] + padded[1:, :-1] + padded[1:, 1:]
    mixed = (inside > 0) & (inside < 4)
    number = np.cumsum(mixed, dtype=np.int32).reshape(mixed.shape) - 1
    here = padded[:-1, :-1]
    exposed = np.stack([here != padded[1:, :-1], here != padded[:-1, 1:]], axis=-1)
    y, x, axis = np.nonzero(exposed)
    # a side across y runs along x, and one across x along y, up to the corner where it was met
    face = np.stack([number[y - axis, x - 1 + axis], number[y, x]], axis=-1)
    cell = np.argwhere(mixed).astype(np.int32)
    return _Lattice(cell, face.astype(np.int32), axis.astype(np.uint8))
