"""Marked voxels gathered by label and place: what the search for far neighbours prunes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Bits, Flags, Integers, Labels, Singles
from segeval.kernels.words import LANES, ONE, ZERO, clz, ctz, greatest, helper, kernel, least

from .marks import BAND, Cell, Layout, Marks, claimed

BLOCK = 4
"""Cells along each axis of a block."""

PLACE, FIRST, COUNT, Z, Y, X, BOX = range(7)
"""Columns of a table of tiles; the box takes six: low and high along z, y, x."""

_EIGHT = np.uint64(255)

Places = NDArray[np.int32]
"""Of each label, its place among those looked at, or -1."""


class Tiles(NamedTuple):
    """Voxels of a mask by label and cell: a tile is what one label has in one cell of depth x 8 x 8
    voxels.

    Sorted by the place that stands for the label, those of a place by blocks of 4 x 4 x 4 cells.
    Boxes are tight.
    """

    codes: NDArray[
        np.uint16
    ]  # a tile's voxels one after the other: z << 6 | y << 3 | x in its cell
    table: NDArray[
        np.int32
    ]  # (T, 12): place, first of its codes, count, first voxel of its cell, box
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
        """The tiles of marked elements whose label has a place, in cells of so many slices; `codes`
        has the room.
        """
        rows = depth * BAND
        most = (
            (depth + 1) * (BAND + 1) * (LANES + 1)
        )  # as many labels as the voxels that elements there may have
        slots = np.empty((most, rows + 3), np.uint64)
        slot_of, rest = np.zeros(int(place.max()) + 1, np.int64), np.empty(len(cell), np.uint64)
        table, block, progress = (
            np.empty((256, 12), np.int32),
            np.empty(256, np.int64),
            np.zeros(3, np.int64),
        )
        lattice, room = (
            (mask, marks.bits, marks.occupied, layout, cell, place, depth),
            (slot_of, rest, slots),
        )
        while not _gather(*lattice, *room, codes, table, block, progress):
            table, block = (
                np.concatenate([table, np.empty_like(table)]),
                np.concatenate([block, np.empty_like(block)]),
            )
            slot_of[:] = 0
        order = np.argsort(block[: progress[1]], kind="stable")
        return cls(codes, table.take(order, 0), block.take(order))


class Blocks(NamedTuple):
    """The blocks that tiles lie in, and the boxes of both: T tiles, B blocks and room for T, P
    places.

    `most_voxels`: so many voxels has a place.
    """

    first_tile: Integers  # (B + 1,) of each block
    first_block: Integers  # (P + 1,) of each place
    tile_box: Singles  # (6, T)
    box: Singles  # (6, B)
    most_voxels: int

    @classmethod
    def of(cls, tiles: Tiles) -> Blocks:
        """The blocks of some tiles."""
        table, count = tiles.table, len(tiles.block)
        places = int(table[-1, PLACE]) + 1
        first_tile, first_block = np.empty(count + 1, np.int64), np.zeros(places + 1, np.int64)
        tile_box, box = np.empty((2, 6, count), np.float32)
        _enclose(table, tiles.block, first_tile, first_block, tile_box, box)
        most_voxels = np.bincount(table[:, PLACE], table[:, COUNT]).max()
        return cls(first_tile, first_block, tile_box, box, int(most_voxels))


# While the cells of 64 columns of a band are looked at, every label that occurs there has a slot, a row
# of words: for each of their rows, row 8 z + y, which columns the label has there, then these three.
_ROWS, _COLUMNS, _PLACE = -3, -2, -1
"""Three columns of a slot: the rows that the label has, the columns that it has in any of them, and
its place.
"""


@kernel
def _gather(
    mask: Labels,
    marks: Bits,
    occupied: Flags,
    layout: Layout,
    cell: Cell,
    place: Places,
    depth: int,
    slot_of: Integers,
    rest: Bits,
    slots: Bits,
    codes: NDArray[np.uint16],
    table: NDArray[np.int32],
    block: Integers,
    progress: Integers,
) -> bool:
    """Write tiles and their codes, group of cells by group; return whether all were written.

    If not, the table is full: enlarge it and call again. `block`: of each tile a number for its
    place and its block, along z, y, x. `progress`: how many groups have been looked at, how many
    tiles and codes were written.
    """
    bands, words = layout.bands, layout.words
    blocks_y, blocks_x = bands // BLOCK + 1, words * LANES // (8 * BLOCK) + 1
    blocks = (layout.depth // (BLOCK * depth) + 1) * blocks_y * blocks_x
    tiles, at = progress[1], progress[2]
    for group in range(progress[0], (layout.depth + depth - 1) // depth * bands * words):
        used = _fill(mask, marks, occupied, layout, cell, place, depth, group, slot_of, rest, slots)
        if tiles + 8 * used > table.shape[0]:
            progress[0], progress[1], progress[2] = group, tiles, at
            return False
        cell_z, cell_y, word = group // words // bands, group // words % bands, group % words
        z, y = cell_z * depth, cell_y * BAND
        row_of_blocks = (cell_z // BLOCK * blocks_y + cell_y // BLOCK) * blocks_x
        for s in range(used):
            for x in range(0, LANES, 8):
                if slots[s, _COLUMNS] >> np.uint64(x) & _EIGHT == ZERO:
                    continue
                first = at
                xs = ys = zs = ZERO
                rows = slots[s, _ROWS]
                while rows:
                    row = ctz(rows)
                    rows &= rows - ONE
                    columns = slots[s, row] >> np.uint64(x) & _EIGHT
                    if columns:
                        xs |= columns
                        ys |= ONE << np.uint64(row & 7)
                        zs |= ONE << np.uint64(row >> 3)
                        while columns:
                            codes[at] = row << 3 | ctz(columns)
                            at += 1
                            columns &= columns - ONE
                tile, x0 = table[tiles], word * LANES + x
                tile[PLACE], tile[FIRST], tile[COUNT] = slots[s, _PLACE], first, at - first
                tile[Z], tile[Y], tile[X] = z, y, x0
                tile[BOX], tile[BOX + 1] = z + ctz(zs), z + 63 - clz(zs)
                tile[BOX + 2], tile[BOX + 3] = y + ctz(ys), y + 63 - clz(ys)
                tile[BOX + 4], tile[BOX + 5] = x0 + ctz(xs), x0 + 63 - clz(xs)
                block[tiles] = (
                    np.int64(slots[s, _PLACE]) * blocks + row_of_blocks + x0 // (8 * BLOCK)
                )
                tiles += 1
    progress[1] = tiles
    return True


@helper
def _fill(
    mask: Labels,
    marks: Bits,
    occupied: Flags,
    layout: Layout,
    cell: Cell,
    place: Places,
    depth: int,
    group: int,
    slot_of: Integers,
    rest: Bits,
    slots: Bits,
) -> Any:
    """Sort the marked voxels of 64 columns of a band of cells into slots; return how many slots.

    `slot_of[p]` is `offset + slot`. The offset grows with each group, so that entries of earlier
    groups count as empty and need no clearing.
    """
    bands = layout.bands
    band, word = group // layout.words, group % layout.words
    z0, y0 = band // bands * depth, band % bands * BAND
    offset, used = (group + 1) * slots.shape[0], np.int64(0)
    for z in range(z0, least(layout.depth, z0 + depth)):
        if not occupied[(z * bands + band % bands) * layout.words + word]:
            continue
        for y in range(y0, least(layout.height, y0 + BAND)):
            marked = marks[layout.first + (z * layout.rows + y) * layout.stride + word]
            if marked == ZERO:
                continue
            i = (z * layout.height + y) * layout.width + word * LANES
            row = (z - z0) * BAND + y - y0
            for j in range(len(cell)):
                rest[j] = marked
            for j in range(len(cell)):
                while rest[j]:
                    label = np.int64(mask[i + cell[j] + ctz(rest[j])])
                    these = claimed(mask, i, cell, marked, label, rest)
                    p = place[label]
                    if p < 0:
                        continue
                    s = slot_of[p] - offset
                    if s < 0:
                        s = used
                        used += 1
                        slot_of[p] = offset + s
                        slots[s, _PLACE] = p
                        slots[s, _ROWS] = slots[s, _COLUMNS] = ZERO
                    slots[s, row] = these
                    slots[s, _ROWS] |= ONE << np.uint64(row)
                    slots[s, _COLUMNS] |= these
    return used


@kernel
def _enclose(
    table: NDArray[np.int32],
    block: Integers,
    first_tile: Integers,
    first_block: Integers,
    tile_box: Singles,
    box: Singles,
) -> None:
    """Write where blocks and places begin, and the boxes of tiles and blocks; `first_block` begins
    as 0.
    """
    b = np.int64(-1)
    for tile in range(block.size):
        entry = table[tile]
        new = tile == 0 or block[tile] != block[tile - 1]
        if new:
            b += 1
            first_tile[b] = tile
            first_block[entry[PLACE] + 1] = b + 1
        for side in range(0, 6, 2):
            low, high = np.float32(entry[BOX + side]), np.float32(entry[BOX + side + 1])
            tile_box[side, tile], tile_box[side + 1, tile] = low, high
            box[side, b] = low if new else least(box[side, b], low)
            box[side + 1, b] = high if new else greatest(box[side + 1, b], high)
    first_tile[b + 1] = block.size
    for place in range(1, first_block.size):  # one without tiles ends where the one before does
        if first_block[place] == 0:
            first_block[place] = first_block[place - 1]
