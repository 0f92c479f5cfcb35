"""Marked voxels gathered by label and place: what the search for far neighbours prunes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.overlap.contingency import Integers
from segeval.surface.boundary import BAND, Layout, Marks
from segeval.words import LANES, ONE, ZERO, Bits, Labels, Word, clz, ctz, equal, kernel
from segeval.workspace import Workspace

BLOCK = 4
"""Cells along each axis of a block."""

_BYTE = np.uint64(255)
_VOXELS = 8 * BAND * LANES


class Tiles(NamedTuple):
    """Voxels of a mask by label and cell: a tile is what one label has in one cell of depth x 8 x 8 voxels.

    Tiles are sorted by the place that stands for their label, those of a place by blocks of 4 x 4 x 4 cells. Boxes are
    tight, (low, high) indices along z, y, x. T tiles, B blocks, P places.
    """

    codes: NDArray[np.uint16]  # a tile's voxels one after the other: z << 6 | y << 3 | x in its cell
    place: Integers  # (T,)
    first: Integers  # (T,) where its codes begin
    count: Integers  # (T,)
    origin: NDArray[np.float64]  # (3, T) first voxel of its cell
    box: NDArray[np.float32]  # (6, T)
    block: Integers  # (B + 1,) first tile of each block
    block_box: NDArray[np.float32]  # (6, B)
    blocks: Integers  # (P + 1,) first block of each place

    @classmethod
    def of(
        cls,
        name: str,
        mask: Labels,
        marks: Marks,
        layout: Layout,
        place: NDArray[np.int32],
        depth: int,
        workspace: Workspace,
    ) -> Tiles:
        """The tiles of the marked voxels whose label has a place, in cells of so many slices. Codes are kept in a buffer."""
        count = np.add.reduceat(marks.count.reshape(layout.depth, -1), np.arange(0, layout.depth, depth)).ravel()
        ends = np.concatenate([[0], np.cumsum(count)])
        codes = workspace.buffer(f"codes {name}", int(ends[-1]), np.uint16)
        places = int(place.max()) + 1

        def part(cut: tuple[int, int]) -> NDArray[np.int32]:
            start, stop = cut
            args = (mask, marks.bits, marks.occupied, layout, place, places, depth)
            found: NDArray[np.int32] = _gathered(*args, start, stop, codes, ends[start])
            return found

        cuts = balanced(count, workspace.parts(8 * int(ends[-1])))
        return cls._sorted(np.concatenate(workspace.map(part, pairwise(cuts))), codes, places, depth)

    @classmethod
    def _sorted(cls, table: NDArray[np.int32], codes: NDArray[np.uint16], places: int, depth: int) -> Tiles:
        """From rows (place, first, count, origin, box)."""
        z, y, x = (table[:, 3 + k].astype(np.int64) // (BLOCK * (depth, 8, 8)[k]) for k in range(3))
        blocks = [int(axis.max(initial=0)) + 1 for axis in (z, y, x)]
        key = ((table[:, 0] * blocks[0] + z) * blocks[1] + y) * blocks[2] + x
        order = np.argsort(key, kind="stable")
        place, first, count, *origin = table[order, :6].astype(np.int64).T
        box = np.ascontiguousarray(table[order, 6:].T, np.float32)
        block = np.flatnonzero(np.diff(key[order], prepend=-1))
        block_box = np.empty((6, len(block)), np.float32)
        if len(block):
            block_box[0::2] = np.minimum.reduceat(box[0::2], block, axis=1)
            block_box[1::2] = np.maximum.reduceat(box[1::2], block, axis=1)
        return cls(
            codes, place, first, count, np.array(origin, np.float64), box,
            np.append(block, len(order)), block_box, np.searchsorted(place[block], np.arange(places + 1)),
        )  # fmt: skip


def balanced(count: Integers, parts: int) -> list[int]:
    """Where to cut consecutive units into parts with about the same counts, both ends included."""
    ends = np.cumsum(count)
    inner = np.searchsorted(ends, ends[-1] * np.arange(1, parts) / parts)
    return [0, *inner.tolist(), len(count)]


@kernel
def _gathered(
    mask: Labels,
    bits: Bits,
    occupied: NDArray[np.bool_],
    layout: Layout,
    place: NDArray[np.int32],
    places: int,
    depth: int,
    start: int,
    stop: int,
    codes: NDArray[np.uint16],
    at: int,
) -> Any:
    """Tiles of the bands of cells from `start` to `stop`, as rows (place, first, count, origin, box); codes from `at` on."""
    height, words = layout.height, layout.words
    bands = -(-height // BAND)
    table = np.empty((256, 12), np.int32)
    tiles = 0
    slot = np.full(places, -1, np.int32)  # of a place among those that occur in the 64 columns at hand, or -1
    who = np.empty(_VOXELS, np.int32)  # the place in each slot
    filled = np.empty(_VOXELS, np.uint64)  # which rows of the cell it has
    found = np.empty((_VOXELS, depth * BAND), np.uint64)  # and which columns of those
    for band in range(start, stop):
        z0, y0 = band // bands * depth, band % bands * BAND
        for word in range(words):
            slots = 0
            for z in range(z0, min(layout.depth, z0 + depth)):
                if not occupied[(z * bands + band % bands) * words + word]:
                    continue
                for y in range(y0, min(height, y0 + BAND)):
                    i = (z * height + y) * layout.width + word * LANES
                    row = (z - z0) * BAND + y - y0
                    left = bits[layout.first + (z * layout.rows + y) * layout.stride + word]
                    while left:
                        label = mask[i + ctz(left)]
                        these = left & equal(mask, i, label)
                        left ^= these
                        p = place[label]
                        if p < 0:
                            continue
                        s = slot[p]
                        if s < 0:
                            s = slot[p] = slots
                            slots += 1
                            who[s] = p
                            filled[s] = ZERO
                        found[s, row] = these
                        filled[s] |= ONE << np.uint64(row)
            if tiles + 8 * slots > table.shape[0]:
                larger = np.empty((2 * (tiles + 8 * slots), 12), np.int32)
                larger[:tiles] = table[:tiles]
                table = larger
            for s in range(slots):
                slot[who[s]] = -1
                for x in range(0, LANES, 8):
                    end = _write_tile(found, filled, s, x, codes, at, table, tiles)
                    if end > at:
                        table[tiles, 0] = who[s]
                        table[tiles, 1] = at
                        table[tiles, 2] = end - at
                        table[tiles, 3] = z0
                        table[tiles, 4] = y0
                        table[tiles, 5] = word * LANES + x
                        for k in range(6, 12):
                            table[tiles, k] += table[tiles, 3 + (k - 6) // 2]
                        tiles += 1
                        at = end
    return table[:tiles]


@kernel
def _write_tile(
    found: Bits, filled: Bits, s: int, x: int, codes: NDArray[np.uint16], at: int, table: NDArray[np.int32], tile: int
) -> int:
    """Write the codes of the columns x to x + 8 of a slot, and their box in the cell; where they end."""
    xs = ys = zs = ZERO
    rows: Word = filled[s]
    while rows:
        row = ctz(rows)
        rows &= rows - ONE
        columns = found[s, row] >> np.uint64(x) & _BYTE
        if columns:
            xs |= columns
            ys |= ONE << np.uint64(row & 7)
            zs |= ONE << np.uint64(row >> 3)
            while columns:
                codes[at] = row << 3 | ctz(columns)
                at += 1
                columns &= columns - ONE
    table[tile, 6], table[tile, 7] = ctz(zs), 63 - clz(zs)
    table[tile, 8], table[tile, 9] = ctz(ys), 63 - clz(ys)
    table[tile, 10], table[tile, 11] = ctz(xs), 63 - clz(xs)
    return at
