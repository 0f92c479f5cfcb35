"""Marked voxels gathered by label and place: what the search for far neighbours prunes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.overlap.contingency import Integers
from segeval.surface.marks import BAND, Cell, Layout, Marks, claimed
from segeval.words import LANES, ONE, ZERO, Bits, Labels, Word, clz, ctz, helper, kernel

BLOCK = 4
"""Cells along each axis of a block."""

PLACE, FIRST, COUNT, Z, Y, X, BOX = range(7)
"""Columns of a table of tiles; the box takes six: low and high along z, y, x."""

_EIGHT = np.uint64(255)

Places = NDArray[np.int32]
"""Of each label, its place among those looked at, or -1."""


class Tiles(NamedTuple):
    """Voxels of a mask by label and cell: a tile is what one label has in one cell of depth x 8 x 8 voxels.

    Sorted by the place that stands for the label, those of a place by blocks of 4 x 4 x 4 cells. Boxes are tight.
    """

    codes: NDArray[np.uint16]  # a tile's voxels one after the other: z << 6 | y << 3 | x in its cell
    table: NDArray[np.int32]  # (T, 12): place, first of its codes, count, first voxel of its cell, box
    block: Integers  # (T,) a number for the block and the place

    @classmethod
    def of(
        cls,
        mask: Labels,
        marks: Marks,
        layout: Layout,
        cell: Cell,
        place: Places,
        depth: int,
        codes: NDArray[np.uint16],
    ) -> Tiles:
        """The tiles of marked elements whose label has a place, in cells of so many slices; `codes` has the room."""
        table: NDArray[np.int32] = _gathered(mask, marks, layout, cell, place, depth, codes)
        block = _numbered(table, layout, depth)
        order = np.argsort(block, kind="stable")
        return cls(codes, table[order], block[order])


class Blocks(NamedTuple):
    """The blocks that tiles lie in, and the boxes of both: T tiles, B blocks, P places.

    `most_boxes` a place has blocks, or a block tiles; `most_voxels` a place has voxels.
    """

    first_tile: Integers  # (B + 1,) of each block
    first_block: Integers  # (P + 1,) of each place
    tile_box: NDArray[np.float32]  # (6, T)
    box: NDArray[np.float32]  # (6, B)
    most_boxes: int
    most_voxels: int

    @classmethod
    def of(cls, tiles: Tiles) -> Blocks:
        """The blocks of some tiles."""
        return cls(*_boxed(tiles))


class _Slots(NamedTuple):
    """What the labels that occur in 64 columns of a band of cells have there, in the order in which they are met."""

    of: Places  # (P,) slot of a place, or -1
    place: Places
    rest: Bits  # (voxels of a cell,) which elements have them yet unsorted
    rows: Bits  # which rows of the cells it has, (z, y) being row 8 z + y
    columns: Bits  # which of the 64 columns
    bits: Bits  # (slots, rows) which columns of a row


@kernel
def _gathered(
    mask: Labels,
    marks: Marks,
    layout: Layout,
    cell: Cell,
    place: Places,
    depth: int,
    codes: NDArray[np.uint16],
) -> Any:
    """Write the codes of all tiles; their table, unsorted."""
    table = np.empty((256, 12), np.int32)
    tiles = at = 0
    of = np.empty(np.max(place) + 1, np.int32)
    for p in range(of.size):
        of[p] = -1
    most = (depth + 1) * (BAND + 1) * (LANES + 1)  # as many labels as the voxels that elements there may have
    rows, columns = np.empty(most, np.uint64), np.empty(most, np.uint64)
    rest = np.empty(len(cell), np.uint64)
    slots = _Slots(of, np.empty(most, np.int32), rest, rows, columns, np.empty((most, depth * BAND), np.uint64))
    for band in range((layout.depth + depth - 1) // depth * layout.bands):
        for word in range(layout.words):
            used = _fill(slots, mask, marks, layout, cell, place, depth, band, word)
            if tiles + 8 * used > table.shape[0]:
                table = _longer(table, tiles, 2 * (tiles + 8 * used))
            for s in range(used):
                of[slots.place[s]] = -1
                for x in range(0, LANES, 8):
                    if columns[s] >> np.uint64(x) & _EIGHT == ZERO:
                        continue
                    table[tiles, PLACE], table[tiles, FIRST] = slots.place[s], at
                    table[tiles, Z] = band // layout.bands * depth
                    table[tiles, Y] = band % layout.bands * BAND
                    table[tiles, X] = word * LANES + x
                    at = _write_tile(slots, s, x, codes, at, table, tiles)
                    tiles += 1
    return table[:tiles]


@helper
def _fill(
    slots: _Slots,
    mask: Labels,
    marks: Marks,
    layout: Layout,
    cell: Cell,
    place: Places,
    depth: int,
    band: int,
    word: int,
) -> int:
    """Sort the marked voxels of 64 columns of a band of cells into slots; how many slots."""
    used = 0
    bands, z0 = layout.bands, band // layout.bands * depth
    y0 = band % bands * BAND
    for z in range(z0, min(layout.depth, z0 + depth)):
        if not marks.occupied[(z * bands + band % bands) * layout.words + word]:
            continue
        for y in range(y0, min(layout.height, y0 + BAND)):
            i = (z * layout.height + y) * layout.width + word * LANES
            row = (z - z0) * BAND + y - y0
            marked = marks.bits[layout.first + (z * layout.rows + y) * layout.stride + word]
            if marked == ZERO:
                continue
            for j in range(len(cell)):
                slots.rest[j] = marked
            for j in range(len(cell)):
                while slots.rest[j]:
                    label = mask[i + cell[j] + ctz(slots.rest[j])]
                    these = claimed(mask, i, cell, marked, label, slots.rest)
                    p = place[label]
                    if p < 0:
                        continue
                    s = slots.of[p]
                    if s < 0:
                        s = slots.of[p] = used
                        used += 1
                        slots.place[s] = p
                        slots.rows[s] = slots.columns[s] = ZERO
                    slots.bits[s, row] = these
                    slots.rows[s] |= ONE << np.uint64(row)
                    slots.columns[s] |= these
    return used


@helper
def _write_tile(
    slots: _Slots, s: int, x: int, codes: NDArray[np.uint16], at: int, table: NDArray[np.int32], tile: int
) -> int:
    """Write the codes of the columns x to x + 8 of a slot, their number and their box; where the codes end."""
    start = at
    xs = ys = zs = ZERO
    rows: Word = slots.rows[s]
    while rows:
        row = ctz(rows)
        rows &= rows - ONE
        columns = slots.bits[s, row] >> np.uint64(x) & _EIGHT
        if columns:
            xs |= columns
            ys |= ONE << np.uint64(row & 7)
            zs |= ONE << np.uint64(row >> 3)
            while columns:
                codes[at] = row << 3 | ctz(columns)
                at += 1
                columns &= columns - ONE
    table[tile, COUNT] = at - start
    z, y, x0 = table[tile, Z], table[tile, Y], table[tile, X]
    table[tile, BOX], table[tile, BOX + 1] = z + ctz(zs), z + 63 - clz(zs)
    table[tile, BOX + 2], table[tile, BOX + 3] = y + ctz(ys), y + 63 - clz(ys)
    table[tile, BOX + 4], table[tile, BOX + 5] = x0 + ctz(xs), x0 + 63 - clz(xs)
    return at


@kernel
def _numbered(table: NDArray[np.int32], layout: Layout, depth: int) -> Integers:
    """For each tile a number for its place and its block, along z, y, x."""
    side_z, side_y, side_x = BLOCK * depth, BLOCK * BAND, BLOCK * 8
    blocks_y, blocks_x = layout.height // side_y + 1, layout.width // side_x + 1
    blocks_z = layout.depth // side_z + 1
    block = np.empty(table.shape[0], np.int64)
    for tile in range(block.size):
        z, y, x = table[tile, Z] // side_z, table[tile, Y] // side_y, table[tile, X] // side_x
        block[tile] = ((table[tile, PLACE] * blocks_z + z) * blocks_y + y) * blocks_x + x
    return block


@kernel
def _boxed(tiles: Tiles) -> Any:
    """The fields of the blocks of some tiles."""
    table, block = tiles.table, tiles.block
    count, blocks = block.size, 1
    for tile in range(1, count):
        blocks += block[tile] != block[tile - 1]
    first_tile, first_block = np.empty(blocks + 1, np.int64), np.zeros(table[count - 1, PLACE] + 2, np.int64)
    tile_box, box = np.empty((6, count), np.float32), np.empty((6, blocks), np.float32)
    voxels = np.zeros(first_block.size, np.int64)
    b = -1
    for tile in range(count):
        place = table[tile, PLACE]
        voxels[place] += table[tile, COUNT]
        if tile == 0 or block[tile] != block[tile - 1]:
            b += 1
            first_tile[b] = tile
            first_block[place + 1] = b + 1
            for side in range(0, 6, 2):
                box[side, b], box[side + 1, b] = np.inf, -np.inf
        for side in range(0, 6, 2):
            low, high = np.float32(table[tile, BOX + side]), np.float32(table[tile, BOX + side + 1])
            tile_box[side, tile], tile_box[side + 1, tile] = low, high
            box[side, b], box[side + 1, b] = min(box[side, b], low), max(box[side + 1, b], high)
    first_tile[blocks] = count
    most_boxes = most_voxels = 0
    for place in range(first_block.size - 1):  # one without tiles ends where the one before does
        first_block[place + 1] = max(first_block[place + 1], first_block[place])
        most_boxes = max(most_boxes, first_block[place + 1] - first_block[place])
        most_voxels = max(most_voxels, voxels[place])
    for b in range(blocks):
        most_boxes = max(most_boxes, first_tile[b + 1] - first_tile[b])
    return first_tile, first_block, tile_box, box, most_boxes, most_voxels


@kernel
def _longer(table: NDArray[np.int32], used: int, rows: int) -> Any:
    longer = np.empty((rows, 12), np.int32)
    for row in range(used):
        for column in range(12):
            longer[row, column] = table[row, column]
    return longer
