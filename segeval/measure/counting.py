"""The contingency table of a case: how many voxels carry each pair of labels, from one pass.

Voxels are taken 64 at a time, as bits of a word that tell where a pair of labels begins: masks are
mostly runs of equal pairs, and a run costs one look into the tally, however long it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segeval.arrays import Integers, Labels
from segeval.kernels.words import (
    LANES,
    ONE,
    ZERO,
    Word,
    ctz,
    differ,
    helper,
    kernel,
    least,
    ones,
    popcount,
)
from segeval.kernels.workspace import Workspace
from segeval.statistics.contingency import Contingency, run_starts


def contingency(pred: Labels, gt: Labels, workspace: Workspace) -> Contingency:
    """Return the contingency table of two masks of one shape, of any rank, uint8 or uint16.

    >>> pred, gt = np.array([[0, 1, 1]], np.uint8), np.array([[0, 0, 1]], np.uint8)
    >>> table = contingency(pred, gt, Workspace())
    >>> [column.tolist() for column in (table.gt, table.pred, table.count)]
    [[0, 0, 1], [0, 1, 1], [1, 1, 1]]
    """
    scan = Scan.of(pred, gt)

    # each part has a tally of its own, so that threads need no lock
    def part(first: int, stop: int) -> Integers:
        return tallied(
            lambda start, tally: _count(scan.pred, scan.gt, start, stop, tally), first, stop
        )

    return contingency_of(joined(workspace.map_parts(part, scan.size, scan.size)))


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """Both masks as 1-D arrays in the order of memory, 128 voxels or more.

    `shape` is in that order too: reversed (`transposed`) when both masks are Fortran-ordered, as
    NIfTI data are.
    """

    pred: Labels
    gt: Labels
    shape: tuple[int, ...]
    transposed: bool

    @classmethod
    def of(cls, pred: Labels, gt: Labels) -> Scan:
        """Return the scan of two masks.

        Copies only those under 128 voxels, or not both in C or both in Fortran order.
        """
        transposed = all(
            mask.flags.f_contiguous and not mask.flags.c_contiguous for mask in (pred, gt)
        )
        if transposed:
            pred, gt = pred.T, gt.T
        dtype = np.result_type(pred, gt)
        p, g = np.ascontiguousarray(pred, dtype), np.ascontiguousarray(gt, dtype)
        return cls(_flat(p), _flat(g), p.shape, transposed)

    @property
    def size(self) -> int:
        """Number of voxels, padding apart."""
        return int(np.prod(self.shape, dtype=np.int64))


def _flat(mask: Labels) -> Labels:
    """Return the mask as a line, long enough for words and their neighbours.

    There are zeros behind it if it is too short.
    """
    flat = mask.reshape(-1)
    if flat.size < 2 * LANES:
        flat = np.concatenate([flat, np.zeros(2 * LANES - flat.size, flat.dtype)])
    # for all masks alike, or kernels would be compiled once more for those that can be written to
    flat.flags.writeable = False
    return flat


# A tally is a hash table of label pairs with open addressing. Its rows are (pair, voxels, border
# voxels of pred, border voxels of gt); those in use have voxels. Row 0 is that of pair 0,
# background in both masks, which has one voxel too many until the end, so that no other pair takes
# its row. The row behind the slots begins with the number of slots in use.


def tallied(part: Callable[[int, Integers], int], start: int, stop: int) -> Integers:
    """Return the tally that a part of a pass fills, from `start` to `stop`.

    `part(start, tally)` returns where it stopped: before `stop` when the tally is crowded, and it
    is then called again with one twice as large.
    """
    tally = np.zeros((1025, 4), np.int64)  # never more than half full: collisions would add up
    tally[0, 1] = tally[-1, 0] = 1
    while (start := part(start, tally)) < stop:
        larger = np.zeros((2 * len(tally) - 1, 4), np.int64)
        _move(tally, larger)
        tally = larger
    tally[0, 1] -= 1
    return tally


@kernel
def _move(tally: Integers, larger: Integers) -> None:
    """Count what one tally holds in another, of twice the size and empty."""
    for row in range(tally.shape[0] - 1):
        if tally[row, 1]:
            count(larger, tally[row, 0], tally[row, 1], tally[row, 2], tally[row, 3])


@helper
def crowded(tally: Integers) -> Any:
    """Return whether the pairs of another word could fill more than half of the slots."""
    slots = tally.shape[0] - 1
    return 2 * (tally[slots, 0] + LANES) > slots


@helper
def count(tally: Integers, pair: Any, voxels: int, border_p: int, border_g: int) -> None:
    """Add voxels of one pair of labels, `gt << 16 | pred`."""
    last = tally.shape[0] - 2
    # multiplicative hashing by 2^64 over the golden ratio; Knuth, The Art of Computer Programming
    # 3, 6.4
    row = np.int64(np.uint64(pair) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)) & last
    while tally[row, 1] and tally[row, 0] != pair:
        row = (row + 1) & last
    if tally[row, 1] == 0:
        tally[row, 0] = pair
        tally[last + 1, 0] += 1
    tally[row, 1] += voxels
    tally[row, 2] += border_p
    tally[row, 3] += border_g


@helper
def count_runs(
    tally: Integers,
    pred: Labels,
    gt: Labels,
    i: int,
    n: int,
    changes: Word,
    border_p: Word,
    border_g: Word,
) -> None:
    """Add the voxels i to i + n, n <= 64, run by run.

    Bit k of `changes` says that voxel i + k begins a run.
    """
    changes |= ONE
    while changes:
        first = ctz(changes)
        changes &= changes - ONE
        last = least(ctz(changes), n)
        run = ones(last) & ~ones(first)
        pair = np.int64(gt[i + first]) << 16 | np.int64(pred[i + first])
        count(tally, pair, last - first, popcount(border_p & run), popcount(border_g & run))


@kernel
def _count(pred: Labels, gt: Labels, start: int, stop: int, tally: Integers) -> int:
    """Count the voxels from `start` to `stop`; return where it had to stop."""
    # as in `sweep`, words of background alone are most, and are passed over before all else
    for i in range(start, stop, LANES):
        n = least(stop - i, LANES)
        changes = (differ(pred, i, pred, i - 1) | differ(gt, i, gt, i - 1)) & ones(n)
        if changes == ZERO and pred[i] | gt[i] == 0:
            tally[0, 1] += n
            continue
        if crowded(tally):
            return i
        count_runs(tally, pred, gt, i, n, changes, ZERO, ZERO)
    return stop


def joined(tallies: Sequence[Integers]) -> Integers:
    """Return the rows of all tallies together, sorted by pair.

    A row is (pair, voxels, border voxels of pred, border voxels of gt).
    """
    # `take` costs less than indices in brackets, which shows in small cases
    rows = np.concatenate([tally[:-1].take(tally[:-1, 1].nonzero()[0], 0) for tally in tallies])
    rows = rows.take(rows[:, 0].argsort(), 0)
    if len(tallies) > 1:
        pair = rows[:, 0]
        first = run_starts(pair[1:] != pair[:-1], len(pair))
        pair = pair[first]
        rows = np.add.reduceat(rows, first)
        # the sum went over the column of pairs, too
        rows[:, 0] = pair
    return rows


def contingency_of(rows: Integers) -> Contingency:
    """Return the contingency table of joined tallies, whose pairs are `gt << 16 | pred`."""
    pair = rows[:, 0]
    return Contingency(pair >> 16, pair & 0xFFFF, rows[:, 1])
