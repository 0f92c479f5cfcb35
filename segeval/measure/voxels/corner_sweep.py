"""One sweep over the lattice of corners.

It tells where boundaries pass, how large they are, and what has to look for the other boundary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from segeval.arrays import Bits, Bytes, Integers, Labels
from segeval.kernels.words import (
    BACKGROUND,
    LANES,
    ONE,
    ZERO,
    Word,
    across64,
    ctz,
    differ64,
    equal64,
    helper,
    kernel,
    ones,
    popcount,
)
from segeval.kernels.workspace import Workspace

from .corners import Corners
from .marks import Cell, Lattice, Marks, note, row_of

_MOST = 8 * LANES + 1
"""Elements that a word may have, and one more code that is written before it is known not to be
needed.
"""


class Queries(NamedTuple):
    """Elements, of one mask, of labels that have no element at the same corner in the other mask.

    `entries` (N, 2): a word of marks, shifted by 16, and a label; which corners of that word.
    `codes`: of each corner in turn, which voxels of its cell carry the label, as in
    `segeval.measure.voxels.areas`.
    """

    entries: Bits
    codes: Bytes

    @classmethod
    def unwritten(cls) -> Queries:
        """Return the room for those of a few words, with none written yet."""
        return cls(np.empty((8 * _MOST, 2), np.uint64), np.empty(8 * _MOST, np.uint8))

    def used(self, used: Integers) -> Queries:
        """Return the first of them: so many entries and codes."""
        return Queries(self.entries[: used[0]], self.codes[: used[1]])

    def enlarged(self, used: Integers) -> Queries:
        """Return so many entries and codes in four times the room."""
        larger = Queries(
            np.empty((4 * len(self.entries), 2), np.uint64),
            np.empty(4 * len(self.codes), np.uint8),
        )
        larger.entries[: used[0]] = self.entries[: used[0]]
        larger.codes[: used[1]] = self.codes[: used[1]]
        return larger


@dataclass(frozen=True, slots=True, eq=False)
class CornerSide:
    """One mask as a sweep finds it.

    `border`: the corners with elements; its counts are of elements. `size` of the elements of each
    label, as multiples of a unit. `queries` in parts.
    """

    mask: Labels
    border: Marks
    size: Integers
    queries: list[Queries]


@dataclass(frozen=True, slots=True, eq=False)
class CornerSweep:
    """The result of one pass over the lattice. `labels`: 0 and the others that occur."""

    labels: Integers
    pred: CornerSide
    gt: CornerSide


class _Swept(NamedTuple):
    """The result of a part of a sweep.

    The sizes by label (3, labels), as `_Room.total`, and the queries of each mask.
    """

    total: Integers
    pred: Queries
    gt: Queries


class _Side(NamedTuple):
    """A mask, and what a sweep writes of it."""

    mask: Labels
    border: Marks
    queries: Queries
    used: Integers  # (2,): entries and codes of the queries

    @property
    def enlarged(self) -> _Side:
        """The same with more room for queries."""
        return self._replace(queries=self.queries.enlarged(self.used))


class _Room(NamedTuple):
    """The memory that adding up adds to, and that it writes in between."""

    total: Integers  # (3, labels): sizes in words alike in both masks, in others of pred, of gt
    unclaimed: Bits  # (voxels of a cell,): see `claimed`
    voxels: Bits  # (8,): at which corners each voxel of a cell has the label in question

    @classmethod
    def of(cls, corners: Corners) -> _Room:
        """Return the room for masks of any labels."""
        labels = int(np.iinfo(corners.pred.dtype).max) + 1
        return cls(np.zeros((3, labels), np.int64), np.empty(8, np.uint64), np.zeros(8, np.uint64))


def sweep_corners(corners: Corners, sizes: Integers, workspace: Workspace) -> CornerSweep:
    """Sweep the lattice; `sizes` has the size of an element by code.

    A part stops where its queries may not have room for one more word, and goes on from that word
    with four times the room.
    """
    layout = corners.layout
    lattice = Lattice(layout, corners.cell, sizes)
    border_p = layout.unmarked("border p", workspace)
    border_g = layout.unmarked("border g", workspace)

    def part(first_band: int, end_band: int) -> _Swept:
        start, stop = layout.words_before(first_band), layout.words_before(end_band)
        room = _Room.of(corners)
        p = _Side(corners.pred, border_p, Queries.unwritten(), np.zeros(2, np.int64))
        g = _Side(corners.gt, border_g, Queries.unwritten(), np.zeros(2, np.int64))
        while (start := _sweep(p, g, lattice, room, start, stop)) < stop:
            p, g = p.enlarged, g.enlarged
        return _Swept(room.total, p.queries.used(p.used), g.queries.used(g.used))

    parts = workspace.map_parts(part, layout.depth * layout.bands, corners.pred.size)
    # sizes are whole numbers, so that sums are the same however the pass was cut
    # what lies alike in both masks was added up once, and belongs to both
    both, only_p, only_g = np.sum([swept.total for swept in parts], 0)
    occurs = both + only_p + only_g > 0
    occurs[0] = True
    labels = np.flatnonzero(occurs)
    size_p, size_g = (both + only_p)[labels], (both + only_g)[labels]
    return CornerSweep(
        labels,
        CornerSide(corners.pred, border_p, size_p, [swept.pred for swept in parts]),
        CornerSide(corners.gt, border_g, size_g, [swept.gt for swept in parts]),
    )


@kernel
def _sweep(p: _Side, g: _Side, lattice: Lattice, room: _Room, start: int, stop: int) -> int:
    """Write the marks of the words from `start` to `stop`, and the queries of each mask.

    The words are those of all rows one after the other. Add up the sizes of the elements by label.
    Return where there was no room for the queries of another word.
    """
    layout, cell = lattice.layout, lattice.cell
    width, words = layout.width, layout.words
    pred, gt = p.mask, g.mask
    # the loops are those of `sweep`: marks that lie alike, and another notion of an element
    first = start % words
    for r in range(start // words, stop // words):
        row = row_of(layout, r)
        p.border.bits[row.word + words] = g.border.bits[row.word + words] = ZERO
        for k in range(first, words):
            word, i = row.word + k, r * width + k * LANES
            inside = ones(width - k * LANES)
            # corners at which some element lies, of whatever label: all that a boundary passes
            in_p, in_g = _mixed(pred, i, cell) & inside, _mixed(gt, i, cell) & inside
            p.border.bits[word], g.border.bits[word] = in_p, in_g
            if in_p | in_g == ZERO:
                continue
            if _full(p) or _full(g):
                return r * words + k
            # an element is shared if its label lies at the corner in both masks, in whatever shape
            unlike = _unlike(pred, gt, i, cell)
            if (in_p | in_g) & unlike:
                # the last argument is the row of `room.total` that they add to
                count_p = _collect(p, gt, i, word, in_p, unlike, in_g, lattice, room, 1)
                count_g = _collect(g, pred, i, word, in_g, unlike, in_p, lattice, room, 2)
            else:  # where both are alike, one of them is looked at for both, and nothing asks
                count_p = _collect(p, gt, i, word, in_p, ZERO, ZERO, lattice, room, 0)
                count_g = count_p
            note(p.border, layout, row.band, k, count_p)
            note(g.border, layout, row.band, k, count_g)
        first = 0
    return stop


@helper
def _mixed(mask: Labels, i: int, cell: Cell) -> Word:
    """Return, as bit k, whether the voxels around corner i + k are not all alike.

    No index is checked: there is background enough behind the mask, see `corners`.
    """
    word = ZERO
    for j in range(1, len(cell)):
        word |= differ64(mask, i, mask, i + cell[j])
    return word


@helper
def _unlike(a: Labels, b: Labels, i: int, cell: Cell) -> Word:
    """Return, as bit k, whether the cells of corner i + k differ between two masks.

    No index is checked, as in `_mixed`.
    """
    word = ZERO
    for j in range(len(cell)):
        word |= differ64(a, i + cell[j], b, i + cell[j])
    return word


@helper
def _full(side: _Side) -> Any:
    """Return whether there is no room for the queries of one more word.

    It is asked before a word is begun, so that none is ever half written.
    """
    entries, codes = side.queries.entries.shape[0], side.queries.codes.size
    return side.used[0] + _MOST > entries or side.used[1] + _MOST > codes


@helper
def foreground(mask: Labels, i: int, cell: Cell, corners: Word, unclaimed: Bits) -> None:
    """Write, for each voxel of a cell, at which corners it is foreground.

    All of them wait for their label.
    """
    for j in range(len(cell)):
        unclaimed[j] = corners & ~equal64(mask, i + cell[j], BACKGROUND)


@helper
def _collect(
    side: _Side,
    target: Labels,
    i: int,
    word: int,
    corners: Word,
    unlike: Word,
    target_corners: Word,
    lattice: Lattice,
    room: _Room,
    row: int,
) -> Any:
    """Add up, by label, the sizes of the elements at corners from i on into a row of `room.total`.

    Writes the queries and returns how many elements there are. Those are at corners where the masks
    are `unlike`; `target_corners`: where the other mask has elements.
    """
    mask, queries, used = side.mask, side.queries, side.used
    sizes: Any = lattice.sizes
    cell, unclaimed, voxels = lattice.cell, room.unclaimed, room.voxels
    count = np.int64(0)
    if corners == ZERO:
        return count
    foreground(mask, i, cell, corners, unclaimed)
    # One label of the word after the other: the first voxel that waits names it, and none of that
    # label waits any longer, at whichever corner it is.
    for j in range(len(cell)):
        while unclaimed[j]:
            label = np.int64(mask[i + cell[j] + ctz(unclaimed[j])])
            # as `claimed`, but the words of each voxel are kept: they make the codes
            elements = ZERO
            for k in range(len(cell)):
                voxels[k] = equal64(mask, i + cell[k], label)
                unclaimed[k] &= ~voxels[k]
                elements |= voxels[k]
            # where all voxels of a cell have the label, no boundary passes: that is no element
            elements &= corners
            count += popcount(elements)
            # where the cells are alike, so are the elements, and none asks; elsewhere one asks
            # unless the other mask has its label at the same corner
            asking = elements & unlike
            shared = asking & target_corners
            if shared:
                for k in range(len(cell)):
                    asking &= ~(shared & equal64(target, i + cell[k], label))
            if asking:
                entry = np.uint64(word) << np.uint64(16) | np.uint64(label)
                queries.entries[used[0], 0], queries.entries[used[0], 1] = entry, asking
                used[0] += 1
            # every element is measured by its code; only those that ask leave it behind
            size, end = 0, used[1]
            while elements:
                bit = elements & (~elements + ONE)  # the lowest set bit
                elements ^= bit
                # eight words, one for each voxel of a cell, give the eight bits of a code at once
                code = across64(voxels, bit)
                queries.codes[end] = code  # to be overwritten by the next if this one is no query
                end += asking & bit != ZERO
                size += sizes[code]
            room.total[row, label] += size
            used[1] = end
    return count
