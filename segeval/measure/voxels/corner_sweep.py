"""One sweep over the lattice of corners: where boundaries pass, how large they are, what has to
look for the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
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
from segeval.kernels.workspace import Workspace, evenly

from .corners import Corners
from .marks import BAND, Cell, Layout, Marks, note

Codes = Bytes

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
    codes: Codes

    @classmethod
    def none(cls) -> Queries:
        """Room for those of some words."""
        return cls(np.empty((8 * _MOST, 2), np.uint64), np.empty(8 * _MOST, np.uint8))

    def enlarged(self, used: Integers) -> Queries:
        """So many entries and codes in four times the room."""
        entries, codes = (
            np.empty((4 * len(self.entries), 2), np.uint64),
            np.empty(4 * len(self.codes), np.uint8),
        )
        entries[: used[0]], codes[: used[1]] = self.entries[: used[0]], self.codes[: used[1]]
        return Queries(entries, codes)


@dataclass(frozen=True, slots=True, eq=False)
class CornerSide:
    """What a sweep finds in one mask.

    `border`: the corners with elements; its counts are of elements. `size` of the elements of each
    label, as multiples of a unit. `queries` in parts.
    """

    mask: Labels
    border: Marks
    size: Integers
    queries: list[Queries]


@dataclass(frozen=True, slots=True, eq=False)
class CornerSweep:
    """What a sweep finds on the lattice. `labels`: 0 and the others that occur."""

    labels: Integers
    pred: CornerSide
    gt: CornerSide


def sweep_corners(corners: Corners, sizes: Integers, workspace: Workspace) -> CornerSweep:
    """Sweep the lattice; `sizes` has the size of an element by code."""
    layout, top = corners.layout, int(np.iinfo(corners.pred.dtype).max)
    p, g = (layout.unmarked(f"border {side}", workspace) for side in "pg")

    def part(cut: tuple[int, int]) -> tuple[Integers, Queries, Queries]:
        first, last = layout.words_before(cut[0]), layout.words_before(cut[1])
        total = np.zeros((3, top + 1), np.int64)
        room = _Room(corners.cell, sizes, total, np.empty(8, np.uint64), np.zeros(8, np.uint64))
        queries_p, queries_g = Queries.none(), Queries.none()
        used_p, used_g = np.zeros((2, 2), np.int64)
        masks, marks = (corners.pred, corners.gt, layout, corners.cell), (p, g)
        while (
            first := _sweep(*masks, room, first, last, *marks, queries_p, queries_g, used_p, used_g)
        ) < last:
            queries_p, queries_g = queries_p.enlarged(used_p), queries_g.enlarged(used_g)
        return (
            total,
            Queries(queries_p.entries[: used_p[0]], queries_p.codes[: used_p[1]]),
            Queries(queries_g.entries[: used_g[0]], queries_g.codes[: used_g[1]]),
        )

    cuts = pairwise(evenly(len(p.per_band), workspace.parts(corners.pred.size)))
    parts = workspace.map(part, cuts)
    both, only_p, only_g = np.sum([total for total, _, _ in parts], 0)
    occurs = both + only_p + only_g > 0
    occurs[0] = True
    labels = np.flatnonzero(occurs)
    return CornerSweep(
        labels,
        CornerSide(corners.pred, p, (both + only_p)[labels], [queries for _, queries, _ in parts]),
        CornerSide(corners.gt, g, (both + only_g)[labels], [queries for _, _, queries in parts]),
    )


@helper
def _unlike(a: Labels, b: Labels, i: int, cell: Cell) -> Word:
    """Bit k: the cells of corner i + k differ between two masks."""
    word = ZERO
    for j in range(len(cell)):
        word |= differ64(a, i + cell[j], b, i + cell[j])
    return word


@helper
def _mixed(mask: Labels, i: int, cell: Cell) -> Word:
    """Bit k: the voxels around corner i + k are not all alike."""
    word = ZERO
    for j in range(1, len(cell)):
        word |= differ64(mask, i, mask, i + cell[j])
    return word


@helper
def unclaimed(mask: Labels, i: int, cell: Cell, corners: Word, rest: Bits) -> None:
    """Write, for each voxel of a cell, at which corners it is foreground."""
    for j in range(len(cell)):
        rest[j] = corners & ~equal64(mask, i + cell[j], BACKGROUND)


class _Room(NamedTuple):
    """What adding up reads, adds to, and writes in between."""

    cell: Cell
    sizes: Integers  # by code
    total: Integers  # (3, labels)
    rest: Bits  # (voxels of a cell,) at which corners each is yet unclaimed
    voxels: Bits  # (voxels of a cell,) at which corners each has the label in question


@helper
def _collect(
    mask: Labels,
    other: Labels,
    i: int,
    word: int,
    corners: Word,
    apart: Word,
    there: Word,
    room: _Room,
    row: int,
    queries: Queries,
    used: Integers,
) -> Any:
    """Add up, by label, the sizes of the elements at some corners from i on; how many elements.
    Write the queries.

    Those are at corners `apart`; `there`: the corners where the other mask has elements. `used`:
    entries and codes.
    """
    cell, rest, voxels = room.cell, room.rest, room.voxels
    count = np.int64(0)
    if corners == ZERO:
        return count
    unclaimed(mask, i, cell, corners, rest)
    for j in range(len(cell)):
        while rest[j]:
            label = np.int64(mask[i + cell[j] + ctz(rest[j])])
            elements = ZERO
            for k in range(len(cell)):
                voxels[k] = equal64(mask, i + cell[k], label)
                rest[k] &= ~voxels[k]
                elements |= voxels[k]
            elements &= corners
            count += popcount(elements)
            alone = elements & apart
            shared = alone & there
            if shared:
                for k in range(len(cell)):
                    alone &= ~(shared & equal64(other, i + cell[k], label))
            if alone:
                queries.entries[used[0], 0] = np.uint64(word) << np.uint64(16) | np.uint64(label)
                queries.entries[used[0], 1] = alone
                used[0] += 1
            size, at = 0, used[1]
            while elements:
                bit = elements & (~elements + ONE)
                elements ^= bit
                code = across64(voxels, bit)
                queries.codes[at] = code  # to be overwritten by the next if this one is no query
                at += alone & bit != ZERO
                size += room.sizes[code]
            room.total[row, label] += size
            used[1] = at
    return count


@kernel
def _sweep(
    pred: Labels,
    gt: Labels,
    layout: Layout,
    cell: Cell,
    room: _Room,
    start: int,
    stop: int,
    p: Marks,
    g: Marks,
    queries_p: Queries,
    queries_g: Queries,
    used_p: Integers,
    used_g: Integers,
) -> int:
    """Write the marks of the words from `start` to `stop`, all rows one after the other, and the
    queries of each mask.

    Add up the sizes of the elements by label, in words in which both masks are alike, and in each
    mask in all others. Return where there was no room for the queries of another word.
    """
    height, width, words = layout.height, layout.width, layout.words
    first_word = start % words
    for row in range(start // words, stop // words):
        z, y = row // height, row % height
        band = z * layout.bands + y // BAND
        at = layout.first + (z * layout.rows + y) * layout.stride
        p.bits[at + words] = g.bits[at + words] = ZERO
        for k in range(first_word, words):
            word, i = at + k, row * width + k * LANES
            inside = ones(width - k * LANES)
            in_p, in_g = _mixed(pred, i, cell) & inside, _mixed(gt, i, cell) & inside
            p.bits[word], g.bits[word] = in_p, in_g
            if in_p | in_g == ZERO:
                continue
            if _full(queries_p, used_p) or _full(queries_g, used_g):
                return row * words + k
            apart = _unlike(pred, gt, i, cell)
            if (in_p | in_g) & apart:
                count_p = _collect(pred, gt, i, word, in_p, apart, in_g, room, 1, queries_p, used_p)
                count_g = _collect(gt, pred, i, word, in_g, apart, in_p, room, 2, queries_g, used_g)
            else:
                count_p = count_g = _collect(
                    pred, gt, i, word, in_p, ZERO, ZERO, room, 0, queries_p, used_p
                )
            note(p, band, band * words + k, count_p)
            note(g, band, band * words + k, count_g)
        first_word = 0
    return stop


@helper
def _full(queries: Queries, used: Integers) -> Any:
    """Whether there is no room for those of one more word."""
    return used[0] + _MOST > queries.entries.shape[0] or used[1] + _MOST > queries.codes.size
