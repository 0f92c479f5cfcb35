"""The lattice of the corners of voxels: where the boundaries of both masks pass, all labels
together.

A cell is the 2 x 2 (x 2) voxels around a corner, those outside of the image being background. A
label has an element at a corner if some voxels of its cell carry the label and some do not: one
corner can hold elements of several labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from segeval.arrays import Bits, Flags, Labels
from segeval.kernels.words import BACKGROUND, LANES, ZERO, equal, kernel, ones
from segeval.kernels.workspace import Workspace, evenly
from segeval.measure.counting import Scan

from .marks import Cell, Layout


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """The lattice of two masks, cut to the box of what is foreground in either.

    Between a row of voxels and the next, and likewise between slices, lies one voxel of background
    that counts for both. So a corner has the index of the first voxel of its cell, and `cell` has
    the steps from there to each. More background lies before and behind. The masks are buffers.
    """

    layout: Layout
    transposed: bool
    cell: Cell
    pred: Labels
    gt: Labels

    @classmethod
    def of(cls, pred: Labels, gt: Labels, workspace: Workspace) -> Corners:
        """The corners of two masks of one shape, 2-D or 3-D, uint8 or uint16."""
        scan = Scan.of(pred, gt)
        box = _box(scan, workspace)
        shape = tuple(part.stop - part.start + 1 for part in box)
        steps = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
        cell = tuple(int(np.dot(steps, at)) for at in product((0, 1), repeat=len(shape)))
        p, g = (
            _padded(
                mask[: scan.size].reshape(scan.shape)[box], cell[-1], f"cells {side}", workspace
            )
            for side, mask in (("p", scan.pred), ("g", scan.gt))
        )
        return cls(Layout.of(shape), scan.transposed, cell, p, g)


def _box(scan: Scan, workspace: Workspace) -> tuple[slice, ...]:
    """The smallest box around the foreground of both masks; an empty one if there is none."""
    *across, width = scan.shape
    rows = np.zeros(across, np.bool_)
    cuts = pairwise(evenly(rows.size, workspace.parts(scan.size)))

    def part(cut: tuple[int, int]) -> Bits:
        columns = np.zeros(-(-width // LANES), np.uint64)
        _occupied(scan.pred, scan.gt, width, *cut, rows.reshape(-1), columns)
        return columns

    parts = workspace.map(part, cuts)
    columns = np.unpackbits(np.bitwise_or.reduce(parts).view(np.uint8), bitorder="little")
    along = [rows.any(tuple(k for k in range(rows.ndim) if k != axis)) for axis in range(rows.ndim)]
    found = [np.flatnonzero(occupied) for occupied in (*along, columns)]
    return tuple(slice(at[0], at[-1] + 1) if len(at) else slice(0, 0) for at in found)


@kernel
def _occupied(
    pred: Labels, gt: Labels, width: int, start: int, stop: int, rows: Flags, columns: Bits
) -> None:
    """Write which rows from `start` to `stop` have foreground, and add which columns have any, as
    bits.
    """
    for row in range(start, stop):
        some = ZERO
        for word in range(columns.size):
            i = row * width + word * LANES
            bits = ~(equal(pred, i, BACKGROUND) & equal(gt, i, BACKGROUND)) & ones(
                width - word * LANES
            )
            columns[word] |= bits
            some |= bits
        rows[row] = some != ZERO


def _padded(mask: Labels, reach: int, name: str, workspace: Workspace) -> Labels:
    """A mask with background before its first voxel along each axis, and behind the last of all; a
    cell has `reach`.
    """
    shape = tuple(n + 1 for n in mask.shape)
    size = int(np.prod(shape))
    flat = workspace.buffer(name, size + reach + 2 * LANES, mask.dtype)
    flat[:LANES] = flat[LANES + size :] = 0
    padded = flat[LANES : LANES + size].reshape(shape)

    def part(cut: tuple[int, int]) -> None:
        padded[cut[0] + 1 : cut[1] + 1, ..., 1:][(slice(None), slice(1, None))[: mask.ndim - 1]] = (
            mask[cut[0] : cut[1]]
        )

    for axis in range(mask.ndim):
        padded[(slice(None),) * axis + (0,)] = 0
    workspace.map(part, pairwise(evenly(len(mask), workspace.parts(size))))
    flat = flat[LANES:]
    flat.flags.writeable = False
    return flat
