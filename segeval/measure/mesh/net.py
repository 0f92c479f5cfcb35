"""The surface net of one region: a node wherever a corner of voxels lies on its boundary, faces
between the nodes.
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
    """N nodes and F faces in d dimensions: quads in 3-D, line segments in 2-D; one face per exposed
    face of a voxel.

    Cell c of the lattice of voxel corners has the voxels c - 1 and c along each axis. Nodes ascend
    by cell. Positions are in the unit of the spacing, from the centre of voxel 0. The corners of a
    quad go around it, counter-clockwise seen from outside of the mask (axes taken as right-handed),
    from the lowest cell; the third is the highest. Faces ascend by the cell of their last highest
    corner, then by the axis that they are perpendicular to.
    """

    cell: Cells  # (N, d)
    node: Floats  # (N, d)
    face: Cells  # (F, 2 ** (d - 1)), indices of nodes
    axis: Bytes  # (F,)

    @classmethod
    def of(cls, crop: Crop, spacing: tuple[float, ...]) -> Net:
        """The net of a mask, unrelaxed: nodes at the corners of voxels. Outside of the crop is
        outside of the mask.

        >>> pixel = Crop(np.ones((1, 1), np.bool_), (3, 0))
        >>> Net.of(pixel, (1.0, 2.0)).node.tolist()
        [[2.5, -1.0], [2.5, 1.0], [3.5, -1.0], [3.5, 1.0]]
        """
        padded = np.zeros([n + 2 for n in crop.mask.shape], np.uint8)
        padded[(slice(1, -1),) * padded.ndim] = crop.mask
        cell, face, axis = _quads(padded) if padded.ndim == 3 else _segments(padded)
        cell += np.array(crop.origin, np.int32)
        return cls(cell, (cell - 0.5) * np.array(spacing), face, axis)


@kernel
def _counts(padded: Bytes) -> Any:
    """How many nodes and how many faces there are in 3-D."""
    nodes = faces = 0
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


def _quads(padded: Bytes) -> tuple[Cells, Cells, Bytes]:
    """Cells, faces and axes in 3-D."""
    nodes, faces = _counts(padded)
    cell, face, axis = (
        np.empty((nodes, 3), np.int32),
        np.empty((faces, 4), np.int32),
        np.empty(faces, np.uint8),
    )
    _, height, width = padded.shape
    mixed = np.zeros(width + 7 & ~7, np.uint8)
    _write_quads(
        padded,
        np.empty((2, height, width), np.int32),
        mixed,
        mixed.view(np.uint64),
        cell,
        face,
        axis,
    )
    return cell, face, axis


@kernel
def _write_quads(
    padded: Bytes, number: Cells, mixed: Bytes, words: Bits, cell: Cells, face: Cells, axis: Bytes
) -> None:
    """Write cells, faces and axes; `number`: of the nodes in this layer of cells and the one
    before.

    `mixed`, also as `words` of eight, has room for a row. Long, since the three kinds of faces
    differ only in which corners they have. A face is written at its highest corner, when the other
    three have their numbers.
    """
    depth, height, _ = padded.shape
    n = f = 0
    for z in range(depth - 1):
        here, before = number[z & 1], number[~z & 1]
        for y in range(height - 1):
            _mark(padded[z, y], padded[z, y + 1], padded[z + 1, y], padded[z + 1, y + 1], mixed)
            for word in range(words.size):
                if words[word] == 0:
                    continue
                for x in range(8 * word, 8 * word + 8):
                    if mixed[x] == 0:
                        continue
                    cell[n, 0], cell[n, 1], cell[n, 2] = z, y, x
                    here[y, x] = n
                    inside = padded[z, y, x]
                    if inside != padded[z + 1, y, x]:
                        _write(
                            face,
                            f,
                            here[y - 1, x - 1],
                            here[y - 1, x],
                            n,
                            here[y, x - 1],
                            inside == 0,
                        )
                        axis[f] = 0
                        f += 1
                    if inside != padded[z, y + 1, x]:
                        _write(
                            face, f, before[y, x - 1], before[y, x], n, here[y, x - 1], inside == 1
                        )
                        axis[f] = 1
                        f += 1
                    if inside != padded[z, y, x + 1]:
                        _write(
                            face, f, before[y - 1, x], before[y, x], n, here[y - 1, x], inside == 0
                        )
                        axis[f] = 2
                        f += 1
                    n += 1


@helper
def _mark(low: Bytes, high: Bytes, low_next: Bytes, high_next: Bytes, mixed: Bytes) -> None:
    """Whether the eight voxels around each corner of a row are some inside, some outside."""
    for x in range(low.size - 1):
        inside = low[x] + high[x] + low_next[x] + high_next[x]
        inside += low[x + 1] + high[x + 1] + low_next[x + 1] + high_next[x + 1]
        mixed[x] = (inside != 0) & (inside != 8)


@helper
def _write(face: Cells, f: int, a: Any, b: Any, c: Any, d: Any, forward: Any) -> None:
    face[f, 0], face[f, 2] = a, c
    face[f, 1], face[f, 3] = (b, d) if forward else (d, b)


def _segments(padded: Bytes) -> tuple[Cells, Cells, Bytes]:
    """Cells, faces and axes in 2-D."""
    inside = padded[:-1, :-1] + padded[:-1, 1:] + padded[1:, :-1] + padded[1:, 1:]
    mixed = (inside > 0) & (inside < 4)
    number = np.cumsum(mixed, dtype=np.int32).reshape(mixed.shape) - 1
    here = padded[:-1, :-1]
    exposed = np.stack([here != padded[1:, :-1], here != padded[:-1, 1:]], axis=-1)
    y, x, axis = np.nonzero(exposed)
    face = np.stack([number[y - axis, x - 1 + axis], number[y, x]], axis=-1)
    return np.argwhere(mixed).astype(np.int32), face.astype(np.int32), axis.astype(np.uint8)
