"""Distances to the nearest border voxel of the same label: a search of the neighbourhood, row by row of 64 voxels, all
labels together; then, for what it does not find, one at any distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.overlap.contingency import Integers
from segeval.surface.boundary import BAND, REACH, Layout, Marks
from segeval.surface.distances import Distances
from segeval.surface.far import squared_distances
from segeval.surface.tiles import Tiles, balanced
from segeval.words import LANES, ONE, ZERO, Bits, Labels, clz, ctz, differ, equal, kernel, load64, popcount
from segeval.workspace import Workspace

SNAP = 2.0**32
"""Squared distances, in the square of the smallest spacing, are rounded to multiples of 1 / SNAP: what is equal but for
the last digits becomes one distance, the same one whichever search found it."""

Floats = NDArray[np.float64]


class Band(NamedTuple):
    """The rows of voxels around a voxel that reach within `REACH` times the smallest spacing, nearest first.

    `rows` (K, 3): the rank of the row's nearest voxel, and where the row begins, in bytes of a bit array and in voxels.
    `rank` (K * 64): rank of the voxel `dx` columns away, |dx| < 64, in `squared`, the sorted squared distances (snapped,
    times SNAP); `len(squared)` if it is farther than that. `unit` is the smallest spacing, `scale` the squared spacing
    along z, y, x in it.
    """

    rows: Integers
    rank: NDArray[np.int32]
    squared: Floats
    unit: float
    scale: tuple[float, float, float]

    @classmethod
    def of(cls, layout: Layout, spacing: Sequence[float]) -> Band:
        """The band for a spacing along the axes of the layout."""
        shape = (layout.depth, layout.height, layout.width)
        spacing = (1.0, *spacing)[-3:]
        unit = min((s for s, n in zip(spacing, shape, strict=True) if n > 1), default=spacing[-1])
        sz, sy, sx = ((s / unit) ** 2 for s in spacing)
        # a quotient such as 2.1 / 0.7 may fall short of its whole number
        reach = [min(n - 1, int(REACH * unit / s + 1e-6)) for s, n in zip(spacing, shape, strict=True)]
        dz, dy = (axis.ravel() for axis in np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1])
        across = dz * dz * sz + dy * dy * sy
        order = np.argsort(across, kind="stable")
        order = order[: np.searchsorted(across[order], REACH**2 * (1 + 1e-9), side="right")]
        dz, dy, dx = dz[order], dy[order], np.arange(reach[2] + 1)
        every = np.rint((across[order, None] + dx * dx * sx) * SNAP)
        squared, inverse = np.unique(every, return_inverse=True)
        squared = squared[: np.searchsorted(squared, REACH**2 * (1 + 1e-9) * SNAP, side="right")]
        rank = np.full((len(order), LANES), len(squared), np.int32)
        rank[:, : len(dx)] = np.minimum(inverse.reshape(every.shape), len(squared))
        voxels = (dz * layout.height + dy) * layout.width
        rows = np.stack([rank[:, 0], (dz * layout.rows + dy) * layout.stride * 8, voxels], 1).astype(np.int64)
        return cls(rows, rank.ravel(), squared, unit, (sz, sy, sx))


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One direction: the marked voxels of `mask` look for border voxels of `other`.

    Marked voxels that are border voxels of both with one label are left out. `size`: how many elements each of the
    labels looked at has; those that do not search lie at distance 0.
    """

    name: str
    mask: Labels
    marks: Marks
    size: Integers
    other: Labels
    border: Marks


def nearest(
    ways: Sequence[Way], layout: Layout, spacing: Sequence[float], labels: Integers, workspace: Workspace
) -> list[Distances]:
    """The distances of each way, for labels that occur in both masks; spacing is along the axes of the layout."""
    band = Band.of(layout, spacing)
    place = np.full(np.iinfo(ways[0].mask.dtype).max + 1, -1, np.int32)
    place[labels] = np.arange(len(labels))
    far = [_unmarked(way, layout, workspace) for way in ways]
    # every part has a histogram of its own, which must not become a burden where labels are many
    most = max(1, 2**24 // max(1, len(labels) * len(band.squared)))
    jobs = []
    for k, way in enumerate(ways):
        parts = min(most, workspace.parts(64 * int(way.marks.count.sum())))
        jobs += [(k, start, stop) for start, stop in pairwise(balanced(way.marks.count, parts))]

    def part(job: tuple[int, int, int]) -> NDArray[np.int32]:
        k, start, stop = job
        way, beyond = ways[k], far[k]
        hist = np.zeros((len(labels), len(band.squared)), np.int32)
        _search(
            way.mask, way.marks.bits, way.marks.occupied, way.other, way.border.bits, layout, band.rows, band.rank,
            place, start, stop, hist, beyond.bits, beyond.occupied, beyond.count,
        )  # fmt: skip
        return hist

    hists = workspace.map(part, jobs)
    found = []
    for k, way in enumerate(ways):
        hist = sum(hist for job, hist in zip(jobs, hists, strict=True) if job[0] == k)
        start, squared = _squared_far(way, far[k], layout, place, band, workspace)
        hist[:, 0] += way.size - hist.sum(1) - np.diff(start)
        found.append(_distances(hist, band, start, squared, workspace))
    return found


def _unmarked(way: Way, layout: Layout, workspace: Workspace) -> Marks:
    """Room for the marks of what the search does not find."""
    bits = workspace.buffer(f"far {way.name}", way.marks.bits.size, np.uint64)
    occupied = workspace.buffer(f"far occupied {way.name}", way.marks.occupied.size, np.bool_)
    occupied[:] = False
    return Marks(bits, occupied, np.zeros(layout.bands, np.int64))


def _squared_far(
    way: Way, marks: Marks, layout: Layout, place: NDArray[np.int32], band: Band, workspace: Workspace
) -> tuple[Integers, Floats]:
    """Squared distances (snapped, times SNAP) of the marked voxels, place after place, sorted; where each place begins."""
    places = int(place.max()) + 1
    if not marks.count.any():
        return np.zeros(places + 1, np.int64), np.empty(0)
    depth = int(np.clip(round(8 * (min(band.scale[1:]) / band.scale[0]) ** 0.5), 1, 8))
    queries = Tiles.of("queries", way.mask, marks, layout, place, depth, workspace)
    some = np.zeros(places + 1, np.bool_)
    some[queries.place] = True
    targets = Tiles.of("targets", way.other, way.border, layout, np.where(some[place], place, -1), depth, workspace)
    to = np.concatenate([[0], np.cumsum(queries.count)])
    squared = workspace.buffer("far squared", int(to[-1]), np.float64)
    workspace.map(
        lambda cut: squared_distances(queries, targets, band.scale, SNAP, *cut, to, squared),
        pairwise(balanced(queries.count, 2 * workspace.parts(64 * len(squared)))),
    )
    start = to[np.searchsorted(queries.place, np.arange(places + 1))]

    def sort(cut: tuple[int, int]) -> None:
        for first, last in pairwise(start[cut[0] : cut[1] + 1].tolist()):
            squared[first:last].sort()

    workspace.map(sort, pairwise(balanced(np.diff(start), workspace.parts(8 * len(squared)))))
    return start, squared


def _distances(
    hist: NDArray[np.int32], band: Band, far_start: Integers, far: Floats, workspace: Workspace
) -> Distances:
    most = np.count_nonzero(hist) + len(far)
    start = np.empty(len(hist) + 1, np.int64)
    value, size = workspace.buffer("value", most, np.float64), workspace.buffer("size", most, np.int64)
    _merge(hist, band.squared, far_start, far, band.unit / SNAP**0.5, start, value, size)
    return Distances(start, value[: start[-1]].copy(), size[: start[-1]].copy())


@kernel
def _merge(
    hist: NDArray[np.int32],
    squared: Floats,
    far_start: Integers,
    far: Floats,
    unit: float,
    start: Integers,
    value: Floats,
    size: Integers,
) -> None:
    """Write the histogram of each place from its counts of the band's squared distances and its sorted far ones."""
    at = 0
    for place in range(hist.shape[0]):
        start[place] = at
        i, end, k = far_start[place], far_start[place + 1], 0
        while True:
            while k < squared.size and hist[place, k] == 0:
                k += 1
            least = squared[k] if k < squared.size else np.inf
            if i < end:
                least = min(least, far[i])
            if least == np.inf:
                break
            n = 0
            if k < squared.size and squared[k] == least:
                n += hist[place, k]
                k += 1
            while i < end and far[i] == least:
                n += 1
                i += 1
            value[at], size[at] = np.sqrt(least) * unit, n
            at += 1
    start[hist.shape[0]] = at


@kernel
def _search(
    mask: Labels,
    bits: Bits,
    occupied: NDArray[np.bool_],
    other: Labels,
    border: Bits,
    layout: Layout,
    band_rows: Integers,
    rank: NDArray[np.int32],
    place: NDArray[np.int32],
    start: int,
    stop: int,
    hist: NDArray[np.int32],
    far: Bits,
    far_occupied: NDArray[np.bool_],
    far_count: Integers,
) -> Any:
    """For every marked voxel of `mask` in the bands from `start` to `stop`, the nearest border voxel of its label in
    `other`: counted in `hist[place[label], rank]`, or marked as far. Labels without a place are left out, and so are
    voxels that are on both borders with the same label.

    One long kernel: the loop over voxels keeps all of this in registers.
    """
    height, width, words, stride = layout.height, layout.width, layout.words, layout.stride
    bands = -(-height // BAND)
    none = hist.shape[1]
    missed = np.zeros(hist.shape[0], np.int64)
    tick = 0
    for band in range(start, stop):
        z = band // bands
        for word in range(words):
            if not occupied[band * words + word]:
                continue
            for y in range(band % bands * BAND, min(height, (band % bands + 1) * BAND)):
                at = layout.first + (z * layout.rows + y) * stride
                row = (z * height + y) * width
                i = row + word * LANES
                query = bits[at + word]
                both = query & border[at + word]
                if both:
                    query &= ~both | differ(mask, i, other, i)
                beyond = ZERO
                while query:
                    bit = query & (~query + ONE)
                    x = word * LANES + ctz(query)
                    query ^= bit
                    label = mask[row + x]
                    p = place[label]
                    if p < 0:
                        continue
                    best = none
                    tick += 1
                    if missed[p] < 32 or tick & 15 == 0:  # a label that keeps missing is far, but may come near again
                        byte = (x - 31) >> 3
                        centre = np.uint64(x - 8 * byte)
                        rest = np.uint64(63) - centre
                        for k in range(band_rows.shape[0]):
                            if band_rows[k, 0] >= best:
                                break
                            window = load64(border, at * 8 + byte + band_rows[k, 1])
                            if window == ZERO:
                                continue
                            window &= equal(other, row + 8 * byte + band_rows[k, 2], label)
                            if window:
                                dx = min(ctz(window >> centre), clz(window << rest))
                                best = min(best, np.int64(rank[k * LANES + dx]))
                        if best < none:
                            missed[p] >>= 1
                        elif missed[p] < 64:
                            missed[p] += 1
                    if best < none:
                        hist[p, best] += 1
                    else:
                        beyond |= bit
                far[at + word] = beyond
                if beyond:
                    far_occupied[band * words + word] = True
                    far_count[band] += popcount(beyond)
