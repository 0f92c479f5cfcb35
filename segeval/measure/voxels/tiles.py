"""Marked elements gathered by label and place: what the search for far neighbours prunes.

Elements of a boundary lie close to each other: for most of them, the box of their tile, or that of
a block of tiles, is enough to tell that they are too far.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Bits, Integers, Labels, Singles
from segeval.kernels.words import LANES, ONE, ZERO, clz, ctz, greatest, helper, kernel, least

from .marks import BAND, Lattice, Marks, claimed, row_of

BLOCK = 4
"""Cells along each axis of a block."""

PLACE, FIRST, COUNT, Z, Y, X, BOX = range(7)
"""Columns of a table of tiles; the box takes six: low and high along z, y, x."""

Places = NDArray[np.int32]
"""Place of each label among those looked at, or -1."""

_EIGHT = np.uint64(255)


class Tiles(NamedTuple):
    """Elements of a mask by label and cell.

    A tile is what one label has in one cell of depth x 8 x 8 voxels. Sorted by the place that
    stands for the label, those of a place by blocks of 4 x 4 x 4 cells. Boxes are tight.
    """

    codes: NDArray[np.uint16]  # of a tile's elements in turn: z << 6 | y << 3 | x in its cell
    table: NDArray[np.int32]  # (T, 12): place, first code, count, first voxel of its cell, box
    block: Integers  # (T,) a number for the place and the block

    @classmethod
    def of(
        cls,
        mask: Labels,
        marks: Marks,
        lattice: Lattice,
        place: Places,
        *,
        depth: int,
        codes: NDArray[np.uint16],
    ) -> Tiles:
        """Return the tiles of marked elements whose label has a place, in cells of so many slices.

        `codes` has the room for as many as there are marks.
        """
        table, block = np.empty((256, 12), np.int32), np.empty(256, np.int64)
        progress = np.zeros(3, np.int64)
        slots = _Slots.of(lattice, int(place.max()) + 1, depth)
        tiles = cls(codes, table, block)
        # how many tiles there will be is known only at the end: as lists grow, so does the table
        while not _gather(mask, marks, lattice, place, depth, slots, tiles, progress):
            tiles = tiles.enlarged()
            slots.slot_of[:] = 0  # the group that had no room is filled once more
        order = np.argsort(tiles.block[: progress[1]], kind="stable")
        return cls(codes, tiles.table.take(order, 0), tiles.block.take(order))

    def enlarged(self) -> Tiles:
        """Return the same tiles in twice the room.

        Codes have all the room that they need from the start.
        """
        table = np.concatenate([self.table, np.empty_like(self.table)])
        return Tiles(self.codes, table, np.concatenate([self.block, np.empty_like(self.block)]))


class Blocks(NamedTuple):
    """The blocks that tiles lie in, and the boxes of both.

    There are T tiles, B blocks in room for T, and P places. `most_voxels`: as many as any place has
    at most.
    """

    first_tile: Integers  # (T + 1,) of each block, and the end: B + 1 are written
    first_block: Integers  # (P + 1,) of each place, and the end
    tile_box: Singles  # (6, T)
    box: Singles  # (6, T), of which B are written
    most_voxels: int

    @classmethod
    def of(cls, tiles: Tiles) -> Blocks:
        """Return the blocks of tiles.

        There is at least one tile; tiles come sorted, as `Tiles.of` returns them.
        """
        table, count = tiles.table, len(tiles.block)
        places = int(table[-1, PLACE]) + 1
        first_tile, first_block = np.empty(count + 1, np.int64), np.zeros(places + 1, np.int64)
        tile_box, box = np.empty((2, 6, count), np.float32)
        _enclose(table, tiles.block, first_tile, first_block, tile_box, box)
        most_voxels = np.bincount(table[:, PLACE], table[:, COUNT]).max()
        return cls(first_tile, first_block, tile_box, box, int(most_voxels))


# Tiles are gathered a group of cells at a time: those of 64 columns in a band of cells. Meanwhile
# every label that occurs there has a slot, a row of words: for each row of voxels of these cells,
# row 8 z + y, which columns the label has there; then three more.
_ROWS, _COLUMNS, _PLACE = -3, -2, -1
"""Three columns of a slot: the rows that the label has, the columns that it has in any of them, and
its place.
"""


class _Slots(NamedTuple):
    """The slots of a group, and what filling them needs in between."""

    slots: Bits  # (slots, rows + 3)
    slot_of: Integers  # (places,): (group + 1) * slots + slot, less if the place has none yet
    unclaimed: Bits  # (voxels of an element,): see `claimed`

    @classmethod
    def of(cls, lattice: Lattice, places: int, depth: int) -> _Slots:
        """Return slots for as many labels as the voxels that the elements of a group may have."""
        most = (depth + 1) * (BAND + 1) * (LANES + 1)
        return cls(
            np.empty((most, depth * BAND + 3), np.uint64),
            np.zeros(places, np.int64),
            np.empty(len(lattice.cell), np.uint64),
        )


@kernel
def _gather(
    mask: Labels,
    marks: Marks,
    lattice: Lattice,
    place: Places,
    depth: int,
    room: _Slots,
    tiles: Tiles,
    progress: Integers,
) -> bool:
    """Write tiles and their codes, group of cells by group; return whether all were written.

    If not, the table is full: enlarge it and call again. `progress`: how many groups have been
    looked at, how many tiles and codes were written. A tile's number for its block counts places
    first, then blocks along z, y, x.
    """
    layout, slots = lattice.layout, room.slots
    bands, words = layout.bands, layout.words
    codes, table, block = tiles.codes, tiles.table, tiles.block
    # blocks along each axis, the last of which may be cut off; one more costs nothing but numbers
    blocks_y, blocks_x = bands // BLOCK + 1, words * LANES // (8 * BLOCK) + 1
    blocks = (layout.depth // (BLOCK * depth) + 1) * blocks_y * blocks_x
    count, end = progress[1], progress[2]
    for group in range(progress[0], (layout.depth + depth - 1) // depth * bands * words):
        used = _fill(mask, marks, lattice, place, depth, group, room)
        # each slot has eight cells along x, and may be in all of them
        if count + 8 * used > table.shape[0]:
            progress[0], progress[1], progress[2] = group, count, end
            return False
        cell_z, cell_y, word = group // words // bands, group // words % bands, group % words
        z, y = cell_z * depth, cell_y * BAND
        row_of_blocks = (cell_z // BLOCK * blocks_y + cell_y // BLOCK) * blocks_x
        for s in range(used):
            # a byte of each word is a cell
            for x in range(0, LANES, 8):
                if slots[s, _COLUMNS] >> np.uint64(x) & _EIGHT == ZERO:
                    continue
                first = end
                xs = ys = zs = ZERO  # a bit for each x, y, z in the cell that the tile has
                rows = slots[s, _ROWS]
                while rows:
                    row = ctz(rows)
                    rows &= rows - ONE
                    # the eight columns of this cell in a row that the label has, row 8 z + y
                    columns = slots[s, row] >> np.uint64(x) & _EIGHT
                    if columns:
                        xs |= columns
                        ys |= ONE << np.uint64(row & 7)
                        zs |= ONE << np.uint64(row >> 3)
                        while columns:
                            codes[end] = row << 3 | ctz(columns)
                            end += 1
                            columns &= columns - ONE
                tile, x0 = table[count], word * LANES + x
                tile[PLACE], tile[FIRST], tile[COUNT] = slots[s, _PLACE], first, end - first
                tile[Z], tile[Y], tile[X] = z, y, x0
                # from the lowest set bit to the highest: the box is tight
                tile[BOX], tile[BOX + 1] = z + ctz(zs), z + 63 - clz(zs)
                tile[BOX + 2], tile[BOX + 3] = y + ctz(ys), y + 63 - clz(ys)
                tile[BOX + 4], tile[BOX + 5] = x0 + ctz(xs), x0 + 63 - clz(xs)
                block[count] = (
                    np.int64(slots[s, _PLACE]) * blocks + row_of_blocks + x0 // (8 * BLOCK)
                )
                count += 1
    progress[1] = count
    return True


@helper
def _fill(
    mask: Labels,
    marks: Marks,
    lattice: Lattice,
    place: Places,
    depth: int,
    group: int,
    room: _Slots,
) -> Any:
    """Sort the marked elements of a group of cells into slots; return how many slots.

    `slot_of[p]` is `offset + slot`. The offset grows with each group, so that entries of earlier
    groups count as empty and need no clearing.
    """
    layout, cell = lattice.layout, lattice.cell
    slots, slot_of, unclaimed = room.slots, room.slot_of, room.unclaimed
    bands = layout.bands
    # a group is a word of columns in a band of rows, through `depth` slices
    band, word = group // layout.words, group % layout.words
    z0, y0 = band // bands * depth, band % bands * BAND
    offset, used = (group + 1) * slots.shape[0], np.int64(0)
    for z in range(z0, least(layout.depth, z0 + depth)):
        if not marks.occupied[(z * bands + band % bands) * layout.words + word]:
            continue
        for y in range(y0, least(layout.height, y0 + BAND)):
            marked = marks.bits[row_of(layout, z * layout.height + y).word + word]
            if marked == ZERO:
                continue
            i = (z * layout.height + y) * layout.width + word * LANES
            row = (z - z0) * BAND + y - y0
            # all voxels of the marked elements wait for their label; background is passed over, as
            # it has no place
            for j in range(len(cell)):
                unclaimed[j] = marked
            for j in range(len(cell)):
                while unclaimed[j]:
                    label = np.int64(mask[i + cell[j] + ctz(unclaimed[j])])
                    elements = claimed(mask, i, cell, marked, label, unclaimed)
                    p = place[label]
                    if p < 0:
                        continue
                    s = slot_of[p] - offset
                    # new in this group: its rows are written as they come, and no others are read
                    if s < 0:
                        s = used
                        used += 1
                        slot_of[p] = offset + s
                        slots[s, _PLACE] = p
                        slots[s, _ROWS] = slots[s, _COLUMNS] = ZERO
                    slots[s, row] = elements
                    slots[s, _ROWS] |= ONE << np.uint64(row)
                    slots[s, _COLUMNS] |= elements
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
    """Write where blocks and places begin, and the boxes of tiles and blocks.

    `first_block` begins as 0.
    """
    b = np.int64(-1)
    for tile in range(block.size):
        entry = table[tile]
        # tiles are sorted, so that those of a block follow each other
        begins = tile == 0 or block[tile] != block[tile - 1]
        if begins:
            b += 1
            first_tile[b] = tile
            # each block of the place writes it: what stays is where the last one ends
            first_block[entry[PLACE] + 1] = b + 1
        for side in range(0, 6, 2):
            low, high = np.float32(entry[BOX + side]), np.float32(entry[BOX + side + 1])
            tile_box[side, tile], tile_box[side + 1, tile] = low, high
            box[side, b] = low if begins else least(box[side, b], low)
            box[side + 1, b] = high if begins else greatest(box[side + 1, b], high)
    first_tile[b + 1] = block.size
    for place in range(1, first_block.size):  # one without tiles ends where the one before does
        if first_block[place] == 0:
            first_block[place] = first_block[place - 1]
