"""The search of the neighbourhood for the nearest border voxel of the same label.

It takes rows of 64 voxels at a time.

The border bits of all labels lie in one array, so that a row with no bit near the voxel is dropped
by one load; only where there are bits are the labels of the target compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Integers, Labels
from segeval.kernels.words import (
    LANES,
    ONE,
    ZERO,
    Word,
    clz,
    ctz,
    differ,
    equal,
    helper,
    kernel,
    least,
    load64,
    popcount,
)
from segeval.statistics.distances import SNAP

from .marks import BAND, REACH, Layout, Marks, note, row_of
from .tiles import Places

LOST = 32
"""Misses of a label, as `learn` counts them, from which on few of its elements search their
neighbourhood: only those that come 16th, 32nd, … among the elements of all labels.
"""


class Direction(NamedTuple):
    """From which mask to which.

    Elements of `mask` look for the `border` elements of `target` that have their label.
    """

    mask: Labels
    target: Labels
    border: Marks


class Answers(NamedTuple):
    """The answers of a search.

    `hist` (places, ranks + 1): how many elements, or of what size, found each rank; in the last
    column, how many found nothing. These are marked in `far_marks`. `missed` (places,): the
    misses of each place as `learn` counts them, 0 to begin with.
    """

    hist: NDArray[Any]
    missed: Integers
    far_marks: Marks


class Neighbourhood(NamedTuple):
    """The rows of elements close to one, nearest first.

    They come within `REACH` times the smallest spacing. `rows` (K, 3): the rank of a row's nearest
    element, and how far on the row is, in bytes of bits and in voxels. `rank` (K * 64): for the
    element |dx| columns along in each row, its place in `squared`, the sorted squares of distances
    times SNAP; the length of that if it is farther. `unit`: the smallest spacing. `scale`: the
    squared spacing along z, y, x in that unit.
    """

    rows: Integers
    rank: NDArray[np.int32]
    squared: Floats
    unit: float
    scale: tuple[float, float, float]

    @classmethod
    def of(cls, layout: Layout, spacing: Sequence[float]) -> Neighbourhood:
        """Return the neighbourhood for a spacing along the axes of the layout."""
        shape = (layout.depth, layout.height, layout.width)
        spacing = (1.0, *spacing)[-3:]
        # an axis of one voxel has no say: no step goes along it
        unit = min((s for s, n in zip(spacing, shape, strict=True) if n > 1), default=spacing[-1])
        scale = (spacing[0] / unit) ** 2, (spacing[1] / unit) ** 2, (spacing[2] / unit) ** 2
        # neither beyond the volume nor into more spare rows and slices than the layout has
        reach = [min(n - 1, int(REACH * unit / s)) for s, n in zip(spacing, shape, strict=True)]
        dz, dy = np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1].reshape(2, -1)
        across = dz * dz * scale[0] + dy * dy * scale[1]
        # stable, so that equally near rows are always read in the same order
        order = np.argsort(across, kind="stable")[: np.count_nonzero(across <= REACH**2)]
        dz, dy, dx = dz[order], dy[order], np.arange(reach[2] + 1)
        # the same rounding as in the far search: one distance must not become two numbers
        squares = np.rint((across[order, None] + dx * dx * scale[2]) * SNAP)
        squared = np.unique(squares[squares <= REACH**2 * SNAP])
        # Squared distances are compared as ranks: whole numbers that index a histogram, so that
        # neither square roots nor sorting are needed for what is near.
        # |dx| goes up to 63 in a window; beyond the reach it has the rank of nothing
        rank = np.full((len(order), LANES), len(squared), np.int32)
        rank[:, : len(dx)] = np.searchsorted(squared, squares)
        bytes_on = (dz * layout.rows + dy) * layout.stride * 8
        voxels_on = (dz * layout.height + dy) * layout.width
        # how far on a row is: in the bits, counted in bytes as windows begin at any; in the mask
        rows = np.stack([rank[:, 0], bytes_on, voxels_on], 1)
        return cls(rows, rank.ravel(), squared, unit, scale)


@helper
def is_worth(missed: Integers, p: int, tick: Any) -> Any:
    """Return whether the next element of place p should search, from how those before fared.

    Where two masks lie far apart, nearly all searches of the neighbourhood are in vain; the far
    search, which they need anyway, is then the shorter way.
    """
    # `tick` counts the elements of all places: every 16th searches, whatever its place, so that it
    # is noticed where the masks come close again
    return missed[p] < LOST or tick & 15 == 0


@helper
def learn(missed: Integers, p: int, hit: Any) -> None:
    """Take account of how a search for place p ended: a miss counts one, a hit halves them.

    Labels learn apart, so that one that lies far off does not spoil the search for the others.
    """
    # misses stop at twice the threshold, so that two hits in a row bring a label below it
    if hit:
        missed[p] >>= 1
    elif missed[p] < 2 * LOST:
        missed[p] += 1


@helper
def _nearest_rank(
    direction: Direction,
    around: Neighbourhood,
    byte: int,
    voxel: int,
    centre: Word,
    label: Any,
    none: int,
) -> Any:
    """Return the rank of the nearest border element of a label, `none` if none is within reach.

    64 bits from `byte` on, and the voxels from `voxel` on, have the searching one at bit `centre`.

    Bits further away than the reach, at the ends of the window, have the rank `none` too.
    """
    rows, rank = around.rows, around.rank
    best: Any = none
    for k in range(rows.shape[0]):
        if rows[k, 0] >= best:  # nor is anything nearer in the rows that follow
            break
        window = load64(direction.border.bits, byte + rows[k, 1])
        if window == ZERO:
            continue
        # one comparison of 64 voxels for all candidates of the row, in place of one for each
        window &= equal(direction.target, voxel + rows[k, 2], label)
        if window:
            # zeros above the voxel, and below it; 64 on a side without any, beyond all ranks
            dx = least(ctz(window >> centre), clz(window << (np.uint64(63) - centre)))
            best = least(best, np.int64(rank[k * LANES + dx]))
    return best


@kernel
def search_voxels(
    direction: Direction,
    queries: Marks,
    layout: Layout,
    around: Neighbourhood,
    place: Places,
    first_band: int,
    end_band: int,
    answers: Answers,
) -> None:
    """Search around the marked voxels in some bands.

    Marked voxels that are border voxels of both masks, with one label, are not looked at: theirs is
    distance 0. Long, as each of the loops, over bands, words, rows and voxels, has a state that the
    next one needs.
    """
    height, width, words = layout.height, layout.width, layout.words
    mask, target, border = direction.mask, direction.target, direction.border.bits
    hist, missed, far_marks = answers.hist, answers.missed, answers.far_marks
    none = hist.shape[1] - 1
    tick = np.int64(0)
    # A block of 8 rows x 64 columns after the other: it is passed over as a whole where nothing is
    # marked, and the windows of its voxels overlap.
    for band in range(first_band, end_band):
        z, y0 = band // layout.bands, band % layout.bands * BAND
        for column in range(words):
            if not queries.occupied[band * words + column]:
                continue
            for y in range(y0, least(height, y0 + BAND)):
                row = (z * height + y) * width
                first = row_of(layout, z * height + y).word
                word = first + column
                query = queries.bits[word]
                both = query & border[word]
                # the voxels of the sweep that are shared: their labels are compared again, as
                # nothing but their number was kept
                if both:
                    i = row + column * LANES
                    query &= ~both | differ(mask, i, target, i)
                # the voxels that look, from the lowest bit on; who finds nothing stays in `unfound`
                unfound = ZERO
                while query:
                    bit = query & (~query + ONE)  # the lowest set bit
                    query ^= bit
                    x = column * LANES + ctz(bit)
                    label = np.int64(mask[row + x])
                    p = place[label]
                    if p < 0:  # nobody asks for this label, or the other mask lacks it
                        continue
                    best: Any = none
                    tick += 1
                    if is_worth(missed, p, tick):
                        # Where 64 bits begin that have x near their middle: at a byte, since bits
                        # cannot be addressed. So `centre` is 31 to 38, and REACH is far below that.
                        byte = (x - 31) >> 3
                        centre = np.uint64(x - 8 * byte)
                        best = _nearest_rank(
                            direction,
                            around,
                            first * 8 + byte,
                            row + 8 * byte,
                            centre,
                            label,
                            none,
                        )
                        learn(missed, p, best < none)
                    # the last column, `none`, counts those that are left to the far search
                    hist[p, best] += 1
                    if best == none:
                        unfound |= bit
                # Every word of a block that is looked at. Those of other blocks keep what they had,
                # and `occupied` says that they are not to be read.
                far_marks.bits[word] = unfound
                note(far_marks, layout, band, column, popcount(unfound))
