"""The search of the neighbourhood on the lattice of corners: as that for voxels, but elements share
corners.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from segeval.arrays import Bits, Integers, Labels
from segeval.kernels.words import (
    LANES,
    ONE,
    ZERO,
    Word,
    clz,
    ctz,
    equal64,
    helper,
    kernel,
    load64,
    popcount,
)

from .corner_sweep import Queries, unclaimed
from .marks import BAND, Cell, Layout, Marks, claimed, note
from .search import LOST, Neighbourhood
from .tiles import COUNT, FIRST, PLACE, Places, Tiles, X, Y, Z


@helper
def _held(mask: Labels, i: int, cell: Cell, label: Any) -> Word:
    """Bit k < 63: some voxel around corner i + k carries the label."""
    word = ZERO
    for j in range(0, len(cell), 2):
        word |= equal64(mask, i + cell[j], label)
    return word | word >> ONE


class Room(NamedTuple):
    """The memory that a search writes in between."""

    hits: Integers  # (elements of a word, 4): the corner, place, rank and size of each
    rest: Bits  # (voxels of a cell,) which are yet unclaimed

    @classmethod
    def of(cls, cell: Cell) -> Room:
        """The room for a lattice of these cells."""
        return cls(np.empty((LANES * len(cell), 4), np.int64), np.empty(len(cell), np.uint64))


@kernel
def search_corners(
    mask: Labels,
    queries: Queries,
    other: Labels,
    border: Bits,
    layout: Layout,
    cell: Cell,
    sizes: Integers,
    around: Neighbourhood,
    place: Places,
    hist: Integers,
    missed: Integers,
    room: Room,
    far: Marks,
) -> None:
    """Search around some elements of `mask` for border elements of `other`: add up sizes by the
    ranks found.

    `missed`, by place, begins as 0.

    A corner one of whose elements finds nothing is far with all of them; they are counted in the
    last column. One long kernel, so that what the loop over elements needs stays in registers.
    """
    entries, codes, rows, rank = queries.entries, queries.codes, around.rows, around.rank
    height, width = layout.height, layout.width
    none = around.squared.size
    hits, rest = room.hits, room.rest
    tick = entry = at_code = np.int64(0)
    while entry < entries.shape[0]:
        at: Any = np.int64(entries[entry, 0] >> np.uint64(16))
        line, word = (at - layout.first) // layout.stride, (at - layout.first) % layout.stride
        z, y = line // layout.rows, line % layout.rows
        row = (z * height + y) * width
        unfound = ZERO
        finds = 0
        while entry < entries.shape[0] and np.int64(entries[entry, 0] >> np.uint64(16)) == at:
            label = np.int64(entries[entry, 0] & np.uint64(0xFFFF))
            left = entries[entry, 1]
            entry += 1
            p = place[label]
            if p < 0:
                at_code += popcount(left)
                continue
            hit, hit_x, last_x = (
                -1,
                0,
                0,
            )  # the row and the column where the element at `last_x` has its nearest
            while left:
                bit = left & (~left + ONE)
                left ^= bit
                x = word * LANES + ctz(bit)
                best: Any = none
                if hit >= 0 and x - last_x < LANES // 2:
                    best = min(best, np.int64(rank[hit * LANES + abs(hit_x - x)]))
                tick += 1
                if missed[p] < LOST or tick & 15 == 0:
                    byte = (x - 31) >> 3  # where 64 bits begin that have x in their middle
                    centre = np.uint64(x - 8 * byte)
                    bits_from, voxels_from = (at - word) * 8 + byte, row + 8 * byte
                    for k in range(rows.shape[0]):
                        if rows[k, 0] >= best:
                            break
                        window = load64(border, bits_from + rows[k, 1])
                        if window == ZERO:
                            continue
                        # of any label; most windows have nothing nearer
                        dx = min(ctz(window >> centre), clz(window << (np.uint64(63) - centre)))
                        if rank[k * LANES + dx] >= best:
                            continue
                        window &= _held(other, voxels_from + rows[k, 2], cell, label)
                        if window:
                            after, before = (
                                ctz(window >> centre),
                                clz(window << (np.uint64(63) - centre)),
                            )
                            dx = min(after, before)
                            if rank[k * LANES + dx] < best:
                                best = np.int64(rank[k * LANES + dx])
                                hit, hit_x, last_x = (
                                    k,
                                    x + after if after <= before else x - before,
                                    x,
                                )
                    if best < none:
                        missed[p] >>= 1
                    elif missed[p] < 2 * LOST:
                        missed[p] += 1
                if best == none:
                    unfound |= bit
                else:
                    hits[finds, 0], hits[finds, 1] = x - word * LANES, p
                    hits[finds, 2], hits[finds, 3] = best, sizes[codes[at_code]]
                    finds += 1
                at_code += 1
        for k in range(finds):
            if unfound >> np.uint64(hits[k, 0]) & ONE == ZERO:
                hist[hits[k, 1], hits[k, 2]] += hits[k, 3]
        if unfound:
            far.bits[at] = unfound
            lost = 0
            i = row + word * LANES
            unclaimed(mask, i, cell, unfound, rest)
            for j in range(len(cell)):
                while rest[j]:
                    label = np.int64(mask[i + cell[j] + ctz(rest[j])])
                    elements = popcount(claimed(mask, i, cell, unfound, label, rest))
                    if place[label] >= 0:
                        hist[place[label], none] += elements
                        lost += elements
            band = z * layout.bands + y // BAND
            note(far, band, band * layout.words + word, lost)


@kernel
def sizes_in_tiles(
    tiles: Tiles,
    mask: Labels,
    layout: Layout,
    cell: Cell,
    labels: Integers,
    sizes: Integers,
    found: Integers,
) -> None:
    """Write the size of every element of tiles, tile after tile; `labels` by place."""
    at = 0
    for tile in range(tiles.table.shape[0]):
        label = labels[tiles.table[tile, PLACE]]
        z, y, x = tiles.table[tile, Z], tiles.table[tile, Y], tiles.table[tile, X]
        for k in range(tiles.table[tile, COUNT]):
            inside = np.int64(tiles.codes[tiles.table[tile, FIRST] + k])
            i = (
                ((z + (inside >> 6)) * layout.height + y + (inside >> 3 & 7)) * layout.width
                + x
                + (inside & 7)
            )
            code = 0
            for j in range(len(cell)):
                code |= int(mask[i + cell[j]] == label) << j
            found[at] = sizes[code]
            at += 1
