"""The lattice of the corners of voxels.

It tells where the boundaries of both masks pass, all labels together. A cell is the 2 x 2 (x 2)
voxels around a corner, those outside of the image being background. A label has an element at a
corner if some voxels of its cell carry the label and some do not: one corner can hold elements of
several labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from segeval.arrays import Bits, Flags, Labels
from segeval.kernels.words import BACKGROUND, LANES, ZERO, equal, kernel, ones
from segeval.kernels.workspace import Workspace
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
        """Return the corners of two masks of one shape, 2-D or 3-D, uint8 or uint16."""
        scan = Scan.of(pred, gt)
        # What lies outside of the box has no corner of any label, and copying the rest to pad it is
        # cheap: most of a volume is background.
        box = _box(scan, workspace)
        # one corner more than voxels along each axis
        shape = tuple(side.stop - side.start + 1 for side in box)
        steps = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
        cell = tuple(int(np.dot(steps, voxel)) for voxel in product((0, 1), repeat=len(shape)))

        def padded(mask: Labels, name: str) -> Labels:
            crop = mask[: scan.size].reshape(scan.shape)[box]
            return _padded(crop, cell[-1], name, workspace)

        p, g = padded(scan.pred, "cells p"), padded(scan.gt, "cells g")
        return cls(Layout.of(shape), scan.transposed, cell, p, g)


def _box(scan: Scan, workspace: Workspace) -> tuple[slice, ...]:
    """Return the smallest box around the foreground of both masks.

    It is empty if there is no foreground.
    """
    *across, width = scan.shape
    rows = np.zeros(across, np.bool_)

    def part(start: int, stop: int) -> Bits:
        columns = np.zeros(-(-width // LANES), np.uint64)
        _write_occupied(scan.pred, scan.gt, width, start, stop, rows.reshape(-1), columns)
        return columns

    # each part has columns of its own, and rows that no other part writes
    parts = workspace.map_parts(part, rows.size, scan.size)
    # words as bytes, lowest bits first: one flag for each column
    columns = np.unpackbits(np.bitwise_or.reduce(parts).view(np.uint8), bitorder="little")
    along = [rows.any(tuple(k for k in range(rows.ndim) if k != axis)) for axis in range(rows.ndim)]
    return tuple(_span(occupied) for occupied in (*along, columns))


def _span(occupied: Any) -> slice:
    """Return the part of an axis from the first occupied index to the last."""
    indices = np.flatnonzero(occupied)
    return slice(indices[0], indices[-1] + 1) if len(indices) else slice(0, 0)


@kernel
def _write_occupied(
    pred: Labels, gt: Labels, width: int, start: int, stop: int, rows: Flags, columns: Bits
) -> None:
    """Write which rows from `start` to `stop` have foreground.

    Adds which columns have any, as bits.
    """
    for row in range(start, stop):
        anywhere = ZERO
        for word in range(columns.size):
            i = row * width + word * LANES
            background = equal(pred, i, BACKGROUND) & equal(gt, i, BACKGROUND)
            foreground = ~background & ones(width - word * LANES)
            columns[word] |= foreground
            anywhere |= foreground
        rows[row] = anywhere != ZERO


def _padded(mask: Labels, reach: int, name: str, workspace: Workspace) -> Labels:
    """Return a mask with background before its first voxel along each axis, and behind the last.

    `reach` is the step from the first voxel of a cell to the last: so far behind its corner a word
    is read. The buffer has a word of zeros before the result, which ends with `reach` zeros and one
    more word of them.
    """
    shape = tuple(n + 1 for n in mask.shape)
    size = int(np.prod(shape))
    flat = workspace.buffer(name, size + reach + 2 * LANES, mask.dtype)
    flat[:LANES] = flat[LANES + size :] = 0
    padded = flat[LANES : LANES + size].reshape(shape)

    inner = padded[(slice(1, None),) * mask.ndim]

    def part(start: int, stop: int) -> None:
        inner[start:stop] = mask[start:stop]

    # One voxel between rows is enough: it is the one behind a row, and before the next.
    for axis in range(mask.ndim):
        padded[(slice(None),) * axis + (0,)] = 0
    workspace.map_parts(part, len(mask), size)
    flat = flat[LANES:]  # a window of the search may begin 38 voxels before its corner
    flat.flags.writeable = False  # as all masks are, or kernels would be compiled once more
    return flat
