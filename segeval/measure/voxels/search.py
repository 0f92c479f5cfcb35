"""The search of the neighbourhood for the nearest border voxel of the same label: rows of 64 voxels
at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Bits, Flags, Floats, Integers, Labels
from segeval.kernels.words import (
    LANES,
    ONE,
    ZERO,
    clz,
    ctz,
    differ,
    equal,
    kernel,
    least,
    load64,
    popcount,
)
from segeval.statistics.distances import SNAP

from .marks import BAND, REACH, Layout, Marks, note
from .tiles import Places

LOST = 32
"""From so many more misses than hits on, only one voxel in 16 of a label searches its
neighbourhood.
"""


class Way(NamedTuple):
    """One direction: the marked elements of `mask` look for border elements of `other`.

    Marked elements that are border elements of both, with one label, do not count. `size`: that of
    all elements of each label, by place; those that do not look for anything are at distance 0.
    """

    mask: Labels
    marks: Marks
    size: Integers
    other: Labels
    border: Marks


class Neighbourhood(NamedTuple):
    """The rows of elements that come within `REACH` times the smallest spacing of one, nearest
    first.

    `rows` (K, 3): the rank of a row's nearest element, and how far on the row is, in bytes of bits
    and in voxels. `rank` (K * 64): for the element |dx| columns along in each row, its place in
    `squared`, the sorted squares of distances times SNAP; the length of that if it is farther.
    `unit`: the smallest spacing. `scale`: the squared spacing along z, y, x in that unit.
    """

    rows: Integers
    rank: NDArray[np.int32]
    squared: Floats
    unit: float
    scale: tuple[float, float, float]

    @classmethod
    def of(cls, layout: Layout, spacing: Sequence[float]) -> Neighbourhood:
        """The neighbourhood for a spacing along the axes of the layout."""
        shape = (layout.depth, layout.height, layout.width)
        spacing = (1.0, *spacing)[-3:]
        unit = min((s for s, n in zip(spacing, shape, strict=True) if n > 1), default=spacing[-1])
        sz, sy, sx = ((s / unit) ** 2 for s in spacing)
        reach = [min(n - 1, int(REACH * unit / s)) for s, n in zip(spacing, shape, strict=True)]
        dz, dy = (
            axis.ravel() for axis in np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
        )
        across = dz * dz * sz + dy * dy * sy
        order = np.argsort(across, kind="stable")[: np.count_nonzero(across <= REACH**2)]
        dz, dy, dx = dz[order], dy[order], np.arange(reach[2] + 1)
        squares = np.rint((across[order, None] + dx * dx * sx) * SNAP)
        squared = np.unique(squares[squares <= REACH**2 * SNAP])
        rank = np.full((len(order), LANES), len(squared), np.int32)
        rank[:, : len(dx)] = np.searchsorted(squared, squares)
        to_bytes, to_voxels = (
            (dz * layout.rows + dy) * layout.stride * 8,
            (dz * layout.height + dy) * layout.width,
        )
        return cls(
            np.stack([rank[:, 0], to_bytes, to_voxels], 1),
            rank.ravel(),
            squared,
            unit,
            (sz, sy, sx),
        )


def search(
    way: Way,
    layout: Layout,
    around: Neighbourhood,
    place: Places,
    start: int,
    stop: int,
    hist: NDArray[np.int32],
    far: Marks,
) -> None:
    """Search around the marked voxels in the bands from `start` to `stop`: count the ranks found,
    `hist[place, rank]`, and what finds nothing in the last column, and mark that as far.
    """
    _search(
        way.mask,
        way.marks.bits,
        way.marks.occupied,
        way.other,
        way.border.bits,
        layout,
        around.rows,
        around.rank,
        place,
        start,
        stop,
        hist,
        np.zeros(len(hist), np.int64),
        far,
    )


@kernel
def _search(
    mask: Labels,
    queries: Bits,
    occupied: Flags,
    other: Labels,
    border: Bits,
    layout: Layout,
    rows: Integers,
    rank: NDArray[np.int32],
    place: Places,
    start: int,
    stop: int,
    hist: NDArray[np.int32],
    missed: Integers,
    far: Marks,
) -> None:
    """Search; `missed` has a 0 for each place.

    One long kernel, so that what the loop over voxels needs stays in registers.
    """
    height, width, words = layout.height, layout.width, layout.words
    none = hist.shape[1] - 1
    tick = np.int64(0)
    for band in range(start, stop):
        z, y0 = band // layout.bands, band % layout.bands * BAND
        for word in range(words):
            if not occupied[band * words + word]:
                continue
            for y in range(y0, least(height, y0 + BAND)):
                at = layout.first + (z * layout.rows + y) * layout.stride + word
                row = (z * height + y) * width
                query = queries[at]
                both = query & border[at]
                if both:
                    query &= ~both | differ(mask, row + word * LANES, other, row + word * LANES)
                unfound = ZERO
                while query:
                    bit = query & (~query + ONE)
                    query ^= bit
                    x = word * LANES + ctz(bit)
                    label = np.int64(mask[row + x])
                    p = place[label]
                    if p < 0:
                        continue
                    best: Any = none
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
                            window &= equal(other, voxels_from + rows[k, 2], label)
                            if window:
                                dx = least(
                                    ctz(window >> centre), clz(window << (np.uint64(63) - centre))
                                )
                                best = least(best, np.int64(rank[k * LANES + dx]))
                        if best < none:
                            missed[p] >>= 1
                        elif missed[p] < 2 * LOST:
                            missed[p] += 1
                    hist[p, best] += 1
                    if best == none:
                        unfound |= bit
                far.bits[at] = unfound
                note(far, band, band * words + word, popcount(unfound))
