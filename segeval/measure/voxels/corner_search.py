"""The search of the neighbourhood on the lattice of corners.

It is as that for voxels, but elements share corners.

So a word comes once for each label that looks from its corners, and a corner that is near for one
label may be far for another.
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

from .corner_sweep import Queries, foreground
from .marks import Cell, Lattice, claimed, note, row_of
from .search import Answers, Direction, Neighbourhood, is_worth, learn
from .tiles import COUNT, FIRST, PLACE, Places, Tiles, X, Y, Z


class Room(NamedTuple):
    """The memory that a search writes in between."""

    hits: Integers  # (elements of a word, 4): the corner, place, rank and size of each
    unclaimed: Bits  # (voxels of a cell,): see `claimed`

    @classmethod
    def of(cls, cell: Cell) -> Room:
        """Return the room for a lattice of these cells."""
        return cls(np.empty((LANES * len(cell), 4), np.int64), np.empty(len(cell), np.uint64))


class _Nearest(NamedTuple):
    """The nearest border element: its rank, its row of the neighbourhood and its column.

    The row is -1 if nothing is nearer than what the search began with.
    """

    rank: int
    row: int
    x: int


@kernel
def search_corners(
    direction: Direction,
    queries: Queries,
    lattice: Lattice,
    around: Neighbourhood,
    place: Places,
    answers: Answers,
    room: Room,
) -> None:
    """Search around elements of `direction.mask`: add up sizes by the ranks found.

    A corner one of whose elements finds nothing is far with all of them; they are counted in the
    last column. Long, as each of the loops, over words, labels and corners, has a state that the
    next one needs.
    """
    # One corner can hold elements of several labels, each with its own nearest and its own size. So
    # a word is gone through once for each label that asks, and what was found waits in `hits` until
    # all of the word's labels are done: a corner is far with all of its elements or with none,
    # since the far search takes corners by their bit.
    sizes: Any = lattice.sizes
    layout = lattice.layout
    entries, codes = queries.entries, queries.codes
    hist, missed, hits = answers.hist, answers.missed, room.hits
    none: Any = around.squared.size
    tick = entry = code = np.int64(0)
    while entry < entries.shape[0]:
        # The entries of a word follow each other, one for each label. Codes follow in the order of
        # the corners of each entry, and are passed over where the label is.
        word: Any = np.int64(entries[entry, 0] >> np.uint64(16))
        # back from the word to its row: the inverse of `row_of`
        r = (word - layout.first) // layout.stride
        row = r // layout.rows * layout.height + r % layout.rows
        column = (word - layout.first) % layout.stride
        first_bit, first_voxel = (word - column) * LANES, row * layout.width
        unfound = ZERO
        count = 0
        while entry < entries.shape[0] and np.int64(entries[entry, 0] >> np.uint64(16)) == word:
            label = np.int64(entries[entry, 0] & np.uint64(0xFFFF))
            left = entries[entry, 1]
            entry += 1
            p = place[label]
            if p < 0:  # nobody asks for this label, or the other mask lacks it
                code += popcount(left)
                continue
            last, last_x = _Nearest(none, -1, 0), 0  # what the element at `last_x` found
            while left:
                bit = left & (~left + ONE)
                left ^= bit
                x = column * LANES + ctz(bit)
                best: Any = none
                if last.row >= 0 and x - last_x < LANES // 2:
                    # what is nearest to the element before mostly lies near to this one as well
                    best = min(none, np.int64(around.rank[last.row * LANES + abs(last.x - x)]))
                tick += 1
                if is_worth(missed, p, tick):
                    nearest = _nearer(
                        direction, around, first_bit, first_voxel, x, lattice.cell, label, best
                    )
                    if nearest.row >= 0:
                        best, last, last_x = nearest.rank, nearest, x
                    learn(missed, p, best < none)
                else:
                    best = none  # what is near to the one before need not be the nearest to this
                if best == none:
                    unfound |= bit
                else:
                    hits[count, 0], hits[count, 1] = x - column * LANES, p
                    hits[count, 2], hits[count, 3] = best, sizes[codes[code]]
                    count += 1
                code += 1
        # now that it is known which corners are far, those of the others are added up
        for k in range(count):
            if unfound >> np.uint64(hits[k, 0]) & ONE == ZERO:
                hist[hits[k, 1], hits[k, 2]] += hits[k, 3]
        if unfound:  # seldom, and so a helper of its own
            _leave(direction.mask, row, column, unfound, lattice, place, answers, room)


@helper
def _nearer(
    direction: Direction,
    around: Neighbourhood,
    first_bit: int,
    first_voxel: int,
    x: int,
    cell: Cell,
    label: Any,
    best: Any,
) -> _Nearest:
    """Return the nearest border element of a label around column x of a row.

    Only an element whose rank is below `best` counts. The row begins with `first_bit` of the border
    and `first_voxel` of the mask.
    """
    rows, rank = around.rows, around.rank
    byte = (x - 31) >> 3  # as in `search_voxels`: 64 bits that have x near their middle
    centre = np.uint64(x - 8 * byte)
    row, column = -1, 0
    for k in range(rows.shape[0]):
        if rows[k, 0] >= best:  # nor is anything nearer in the rows that follow
            break
        window = load64(direction.border.bits, (first_bit >> 3) + byte + rows[k, 1])
        if window == ZERO:
            continue
        # of any label: most windows have nothing nearer, and comparing labels costs several words
        dx = min(ctz(window >> centre), clz(window << (np.uint64(63) - centre)))
        if rank[k * LANES + dx] >= best:
            continue
        window &= _held(direction.target, first_voxel + 8 * byte + rows[k, 2], cell, label)
        if window:
            after, before = ctz(window >> centre), clz(window << (np.uint64(63) - centre))
            dx = min(after, before)
            if rank[k * LANES + dx] < best:
                best = np.int64(rank[k * LANES + dx])
                row, column = k, x + after if after <= before else x - before
    return _Nearest(best, row, column)


@helper
def _held(mask: Labels, i: int, cell: Cell, label: Any) -> Word:
    """Return, as bit k < 63, whether a voxel around corner i + k carries the label.

    Bit 63 lacks the second voxel along x; no window has a bit within reach so far from its middle.
    """
    word = ZERO
    for j in range(0, len(cell), 2):  # the second of two neighbours along x is the next one's first
        word |= equal64(mask, i + cell[j], label)
    return word | word >> ONE


@helper
def _leave(
    mask: Labels,
    row: int,
    column: int,
    corners: Word,
    lattice: Lattice,
    place: Places,
    answers: Answers,
    room: Room,
) -> None:
    """Leave all elements at corners of a word to the far search: mark and count them.

    Each word is left once at most: all its labels are done by then.
    """
    layout, cell, unclaimed = lattice.layout, lattice.cell, room.unclaimed
    lost = 0
    i = row * layout.width + column * LANES
    # all elements at these corners, those that had found something too, each label once
    foreground(mask, i, cell, corners, unclaimed)
    for j in range(len(cell)):
        while unclaimed[j]:
            label = np.int64(mask[i + cell[j] + ctz(unclaimed[j])])
            elements = popcount(claimed(mask, i, cell, corners, label, unclaimed))
            # who is not looked for gets no tile either, and is not counted
            if place[label] >= 0:
                answers.hist[place[label], -1] += elements
                lost += elements
    at_row = row_of(layout, row)
    answers.far_marks.bits[at_row.word + column] = corners
    note(answers.far_marks, layout, at_row.band, column, lost)


@kernel
def write_sizes(
    tiles: Tiles, mask: Labels, lattice: Lattice, labels: Integers, element_sizes: Integers
) -> None:
    """Write the size of every element of tiles, tile after tile; `labels` by place.

    Tiles know where elements lie, and not their codes: these are read from the mask again, which
    only few elements need.
    """
    sizes: Any = lattice.sizes
    layout, cell = lattice.layout, lattice.cell
    element = 0
    for tile in range(tiles.table.shape[0]):
        label = labels[tiles.table[tile, PLACE]]
        z, y, x = tiles.table[tile, Z], tiles.table[tile, Y], tiles.table[tile, X]
        for k in range(tiles.table[tile, COUNT]):
            # z << 6 | y << 3 | x in the cell, as `tiles` writes them
            inside = np.int64(tiles.codes[tiles.table[tile, FIRST] + k])
            row = (z + (inside >> 6)) * layout.height + y + (inside >> 3 & 7)
            i = row * layout.width + x + (inside & 7)
            # bit j of a code is voxel j of the cell, as in `areas`
            code = 0
            for j in range(len(cell)):
                code |= int(mask[i + cell[j]] == label) << j
            element_sizes[element] = sizes[code]
            element += 1
