"""Distances to the nearest border voxel of the same label: first a search of the neighbourhood, rows of 64 voxels at a
time and all labels together; then, for the voxels that find nothing there, one at any distance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.overlap.contingency import Integers, balanced
from segeval.surface.boundary import BAND, REACH, Layout, Marks, note
from segeval.surface.distances import Distances
from segeval.surface.far import Quest, squared_distances
from segeval.surface.tiles import Blocks, Places, Tiles
from segeval.words import LANES, ONE, ZERO, Labels, brief, clz, ctz, differ, equal, kernel, load64
from segeval.workspace import Workspace

SNAP = 2.0**32
"""Squared distances, in the square of the smallest spacing, are rounded to multiples of 1 / SNAP: those that differ in
their last digits only become one, whichever search found them."""

LOST = 32
"""From so many more misses than hits on, only one voxel in 16 of a label searches its neighbourhood."""

Floats = NDArray[np.float64]


class Way(NamedTuple):
    """One direction: the marked voxels of `mask` look for border voxels of `other`.

    Marked voxels that are border voxels of both, with one label, do not count. `size`: how many elements each label has
    in all, by place; those that do not look for anything are at distance 0.
    """

    mask: Labels
    marks: Marks
    size: Integers
    other: Labels
    border: Marks


class Neighbourhood(NamedTuple):
    """The rows of voxels that come within `REACH` times the smallest spacing of a voxel, nearest first.

    `rows` (K, 3): the rank of a row's nearest voxel, and how far on the row is, in bytes of bits and in voxels.
    `rank` (K * 64): for the voxel |dx| columns along in each row, its place in `squared`, the sorted squared distances
    times SNAP; the length of that if it is farther. `unit`: the smallest spacing. `scale`: the squared spacing along z,
    y, x in that unit.
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
        dz, dy = (axis.ravel() for axis in np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1])
        across = dz * dz * sz + dy * dy * sy
        order = np.argsort(across, kind="stable")[: np.count_nonzero(across <= REACH**2)]
        dz, dy, dx = dz[order], dy[order], np.arange(reach[2] + 1)
        squares = np.rint((across[order, None] + dx * dx * sx) * SNAP)
        squared = np.unique(squares[squares <= REACH**2 * SNAP])
        rank = np.full((len(order), LANES), len(squared), np.int32)
        rank[:, : len(dx)] = np.searchsorted(squared, squares)
        to_bytes, to_voxels = (dz * layout.rows + dy) * layout.stride * 8, (dz * layout.height + dy) * layout.width
        return cls(np.stack([rank[:, 0], to_bytes, to_voxels], 1), rank.ravel(), squared, unit, (sz, sy, sx))


def nearest(
    ways: Sequence[Way], layout: Layout, spacing: Sequence[float], labels: Integers, workspace: Workspace
) -> list[Distances]:
    """The distances of each way for labels that occur in both masks; the spacing is along the axes of the layout."""
    around = workspace.kept(Neighbourhood.of, layout, tuple(spacing))
    place = np.full(np.iinfo(ways[0].mask.dtype).max + 1, -1, np.int32)
    place[labels] = np.arange(len(labels))
    far = [layout.unmarked(f"far {k}", workspace) for k in range(len(ways))]
    hists = _near(ways, far, layout, around, place, len(labels), workspace)
    starts = np.zeros((len(ways), len(labels) + 1), np.int64)
    hists[:, :, -1].cumsum(1, out=starts[:, 1:])
    squared = _far(ways, far, starts, layout, around, place, labels, workspace)

    def finished(k: int) -> Distances:
        hist, most = hists[k], hists[k].size + len(squared[k])
        start = np.empty(len(labels) + 1, np.int64)
        value = workspace.buffer(f"value {k}", most, np.float64)
        size = workspace.buffer(f"size {k}", most, np.int64)
        hist[:, 0] += ways[k].size - hist.sum(1)
        _join(hist, around.squared, starts[k], squared[k], around.unit / SNAP**0.5, start, value, size)
        return Distances(start, value[: start[-1]].copy(), size[: start[-1]].copy())

    return workspace.map(finished, range(len(ways)))


def _near(
    ways: Sequence[Way],
    far: Sequence[Marks],
    layout: Layout,
    around: Neighbourhood,
    place: Places,
    places: int,
    workspace: Workspace,
) -> Integers:
    """For each way, how many voxels of each place have which rank; in the last column, how many are marked as far."""
    shape = (places, len(around.squared) + 1)
    jobs = []
    for k, way in enumerate(ways):
        # each part has a histogram of its own: fewer parts where labels are many
        parts = min(workspace.parts(64 * int(way.marks.per_band.sum())), max(1, 2**24 // (shape[0] * shape[1])))
        jobs += [(k, *cut) for cut in pairwise(balanced(way.marks.per_band, parts))]

    def part(job: tuple[int, int, int]) -> NDArray[np.int32]:
        k, start, stop = job
        hist = np.zeros(shape, np.int32)
        _search(ways[k], layout, around, place, start, stop, hist, far[k])
        return hist

    total = np.zeros((len(ways), *shape), np.int64)
    for job, hist in zip(jobs, workspace.map(part, jobs), strict=True):
        total[job[0]] += hist
    return total


def _far(
    ways: Sequence[Way],
    far: Sequence[Marks],
    starts: Integers,
    layout: Layout,
    around: Neighbourhood,
    place: Places,
    labels: Integers,
    workspace: Workspace,
) -> list[Floats]:
    """For each way, the squared distances, times SNAP, of what is marked as far; place after place, sorted in each."""
    depth = min(max(round((BAND**2 * min(around.scale[1:]) / around.scale[0]) ** 0.5), 1), BAND)
    some = [k for k in range(len(ways)) if starts[k, -1]]
    jobs = []
    for k in some:
        lost = place.copy()
        lost[labels[starts[k, 1:] == starts[k, :-1]]] = -1
        jobs.append((f"queries {k}", ways[k].mask, far[k], place))
        jobs.append((f"targets {k}", ways[k].other, ways[k].border, lost))

    def tiled(job: tuple[str, Labels, Marks, Places]) -> Tiles:
        name, mask, marks, places = job
        codes = workspace.buffer(name, int(marks.per_band.sum()), np.uint16)
        return Tiles.of(mask, marks, layout, places, depth, codes)

    tiles = workspace.map(tiled, jobs)
    quests = [Quest(q, t, Blocks.of(t)) for q, t in zip(tiles[::2], tiles[1::2], strict=True)]
    squared = dict(zip(some, squared_distances(quests, around.scale, SNAP, workspace), strict=True))

    def sort(job: tuple[int, int, int]) -> None:
        k, first, last = job
        for start, stop in pairwise(starts[k, first : last + 1].tolist()):
            if stop - start > 1:
                squared[k][start:stop].sort()

    parts = workspace.parts(64 * sum(map(len, squared.values())))
    workspace.map(sort, [(k, *cut) for k in some for cut in pairwise(balanced(np.diff(starts[k]), parts))])
    return [squared.get(k, np.empty(0)) for k in range(len(ways))]


@brief
def _join(
    hist: Integers,
    near: Floats,
    far_start: Integers,
    far: Floats,
    unit: float,
    start: Integers,
    value: Floats,
    size: Integers,
) -> None:
    """Write the histogram of each place: its counts of the squared distances `near`, and of its sorted far ones."""
    at = 0
    for place in range(hist.shape[0]):
        start[place] = at
        i, end, k = far_start[place], far_start[place + 1], 0
        while True:
            while k < near.size and hist[place, k] == 0:
                k += 1
            squared = near[k] if k < near.size else np.inf
            if i < end:
                squared = min(squared, far[i])
            if squared == np.inf:
                break
            n = 0
            if k < near.size and near[k] == squared:
                n += hist[place, k]
                k += 1
            while i < end and far[i] == squared:
                n += 1
                i += 1
            value[at], size[at] = np.sqrt(squared) * unit, n
            at += 1
    start[hist.shape[0]] = at


@kernel
def _search(
    way: Way,
    layout: Layout,
    around: Neighbourhood,
    place: Places,
    start: int,
    stop: int,
    hist: NDArray[np.int32],
    far: Marks,
) -> None:
    """Search around the marked voxels in the bands from `start` to `stop`: count the ranks found, `hist[place, rank]`,
    and what finds nothing in the last column, and mark that as far.

    One long kernel, so that what the loop over voxels needs stays in registers.
    """
    mask, other, query_bits, border = way.mask, way.other, way.marks.bits, way.border.bits
    rows, rank, far_bits = around.rows, around.rank, far.bits
    height, width, words = layout.height, layout.width, layout.words
    none = around.squared.size
    missed = np.zeros(hist.shape[0], np.int64)
    tick = 0
    for band in range(start, stop):
        z, y0 = band // layout.bands, band % layout.bands * BAND
        for word in range(words):
            if not way.marks.occupied[band * words + word]:
                continue
            for y in range(y0, min(height, y0 + BAND)):
                at = layout.first + (z * layout.rows + y) * layout.stride + word
                row = (z * height + y) * width
                query = query_bits[at]
                both = query & border[at]
                if both:
                    query &= ~both | differ(mask, row + word * LANES, other, row + word * LANES)
                unfound = ZERO
                while query:
                    bit = query & (~query + ONE)
                    query ^= bit
                    x = word * LANES + ctz(bit)
                    label = mask[row + x]
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
                                dx = min(ctz(window >> centre), clz(window << (np.uint64(63) - centre)))
                                best = min(best, np.int64(rank[k * LANES + dx]))
                        if best < none:
                            missed[p] >>= 1
                        elif missed[p] < 2 * LOST:
                            missed[p] += 1
                    hist[p, best] += 1
                    if best == none:
                        unfound |= bit
                far_bits[at] = unfound
                note(far, band, band * words + word, unfound)
