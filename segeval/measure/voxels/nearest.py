"""Distances to the nearest border element of the same label: first a search of the neighbourhood,
rows of 64 at a time and all labels together; then, for those that find nothing there, one at any
distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Integers, Labels
from segeval.kernels.words import brief
from segeval.kernels.workspace import Workspace, balanced, evenly
from segeval.statistics.distances import SNAP, Distances

from .corner_search import Room, search_corners, sizes_in_tiles
from .corner_sweep import Queries
from .far import Quest, squared_distances
from .marks import BAND, Cell, Layout, Marks
from .search import Neighbourhood, Way, search
from .tiles import Blocks, Places, Tiles


class Lattice(NamedTuple):
    """Where elements lie, and what they are: voxels of equal size, or corners of voxels with
    `sizes` by code.
    """

    layout: Layout
    spacing: tuple[float, ...]
    cell: Cell = (0,)
    sizes: Integers | None = None


class CornerWay(NamedTuple):
    """One direction between corners: `queries`, in parts, look for border elements of `other`; else
    as a `Way`.
    """

    mask: Labels
    queries: Sequence[Queries]
    size: Integers
    other: Labels
    border: Marks


class _Far(NamedTuple):
    """The far elements of one way: squared distances, times SNAP, place after place and sorted in
    each; their sizes.
    """

    squared: Floats
    sizes: Integers | None


def nearest(
    ways: Sequence[Way | CornerWay], lattice: Lattice, labels: Integers, workspace: Workspace
) -> list[Distances]:
    """The distances of each way for labels that occur in both masks; the spacing is along the axes
    of the layout.
    """
    around = workspace.kept(Neighbourhood.of, lattice.layout, lattice.spacing)
    place = np.full(np.iinfo(ways[0].mask.dtype).max + 1, -1, np.int32)
    place[labels] = np.arange(len(labels))
    far = [lattice.layout.unmarked(f"far {k}", workspace) for k in range(len(ways))]
    hists = _near(ways, far, lattice, around, place, len(labels), workspace)
    starts = np.zeros((len(ways), len(labels) + 1), np.int64)
    hists[:, :, -1].cumsum(1, out=starts[:, 1:])
    found = _far(ways, far, starts, lattice, around, place, labels, workspace)

    def finished(k: int) -> Distances:
        (squared, sizes), hist = found[k], hists[k]
        start = np.empty(len(labels) + 1, np.int64)
        value = workspace.buffer(f"value {k}", hist.size + len(squared), np.float64)
        size = workspace.buffer(f"size {k}", hist.size + len(squared), np.int64)
        if sizes is not None:
            hist[:, -1] = np.diff(np.concatenate([[0], sizes.cumsum()])[starts[k]])
        hist[:, 0] += ways[k].size - hist.sum(1)
        _join(
            hist,
            around.squared,
            starts[k],
            squared,
            sizes,
            around.unit / SNAP**0.5,
            start,
            value,
            size,
        )
        return Distances(start, value[: start[-1]].copy(), size[: start[-1]].copy())

    return workspace.map(finished, range(len(ways)))


def _near(
    ways: Sequence[Way | CornerWay],
    far: Sequence[Marks],
    lattice: Lattice,
    around: Neighbourhood,
    place: Places,
    places: int,
    workspace: Workspace,
) -> Integers:
    """For each way, the size of what has which rank, by place; in the last column, how many
    elements are far.
    """
    shape = (places, len(around.squared) + 1)
    most = max(
        1, 2**24 // (shape[0] * shape[1])
    )  # a part has a histogram of its own: fewer where labels are many
    jobs = []
    for k, way in enumerate(ways):
        if not isinstance(way, CornerWay):
            parts = workspace.parts(64 * int(way.marks.per_band.sum()))
            cuts = balanced(way.marks.per_band, min(parts, most))
        else:
            far[k].bits[:] = 0
            cuts = evenly(len(way.queries), min(len(way.queries), most))
        jobs += [(k, *cut) for cut in pairwise(cuts)]

    def part(job: tuple[int, int, int]) -> NDArray[np.integer[Any]]:
        k, start, stop = job
        way, layout, sizes = ways[k], lattice.layout, lattice.sizes
        if not isinstance(way, CornerWay):
            counts = np.zeros(shape, np.int32)
            search(way, layout, around, place, start, stop, counts, far[k])
            return counts
        assert sizes is not None
        hist = np.zeros(shape, np.int64)
        mask, other, bits, room = way.mask, way.other, way.border.bits, Room.of(lattice.cell)
        for queries in way.queries[start:stop]:
            missed = np.zeros(places, np.int64)
            search_corners(
                mask,
                queries,
                other,
                bits,
                layout,
                lattice.cell,
                sizes,
                around,
                place,
                hist,
                missed,
                room,
                far[k],
            )
        return hist

    total = np.zeros((len(ways), *shape), np.int64)
    for job, hist in zip(jobs, workspace.map(part, jobs), strict=True):
        total[job[0]] += hist
    return total


def _far(
    ways: Sequence[Way | CornerWay],
    far: Sequence[Marks],
    starts: Integers,
    lattice: Lattice,
    around: Neighbourhood,
    place: Places,
    labels: Integers,
    workspace: Workspace,
) -> list[_Far]:
    """What is marked as far, of each way."""
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
        return Tiles.of(mask, marks, lattice.layout, lattice.cell, places, depth, codes)

    tiles = workspace.map(tiled, jobs)
    quests = [Quest(q, t, Blocks.of(t)) for q, t in zip(tiles[::2], tiles[1::2], strict=True)]
    found = [_Far(np.empty(0), None)] * len(ways)
    for k, quest, squared in zip(
        some, quests, squared_distances(quests, around.scale, SNAP, workspace), strict=True
    ):
        found[k] = _Far(squared, _sizes(quest.queries, ways[k].mask, len(squared), lattice, labels))
    _sort(found, starts, workspace)
    return found


def _sizes(
    tiles: Tiles, mask: Labels, count: int, lattice: Lattice, labels: Integers
) -> Integers | None:
    """The sizes of so many elements in tiles, None for equal ones."""
    if lattice.sizes is None:
        return None
    sizes = np.empty(count, np.int64)
    sizes_in_tiles(tiles, mask, lattice.layout, lattice.cell, labels, lattice.sizes, sizes)
    return sizes


def _sort(found: Sequence[_Far], starts: Integers, workspace: Workspace) -> None:
    """Sort the far elements of every place by distance."""

    def part(job: tuple[int, int, int]) -> None:
        k, first, last = job
        squared, sizes = found[k]
        for start, stop in pairwise(starts[k, first : last + 1].tolist()):
            if sizes is not None:
                order = squared[start:stop].argsort()
                sizes[start:stop] = sizes[start:stop][order]
                squared[start:stop] = squared[start:stop][order]
            elif stop - start > 1:
                squared[start:stop].sort()

    parts = workspace.parts(64 * sum(len(far.squared) for far in found))
    some = [k for k, far in enumerate(found) if len(far.squared)]
    workspace.map(
        part, [(k, *cut) for k in some for cut in pairwise(balanced(np.diff(starts[k]), parts))]
    )


@brief
def _join(
    hist: Integers,
    near: Floats,
    far_start: Integers,
    far: Floats,
    far_size: Integers | None,
    unit: float,
    start: Integers,
    value: Floats,
    size: Integers,
) -> None:
    """Write the histogram of each place: its sizes at the squared distances `near`, and of its
    sorted far ones.
    """
    at = np.int64(0)
    for place in range(hist.shape[0]):
        start[place] = at
        i, end, k = far_start[place], far_start[place + 1], np.int64(0)
        while True:
            while k < near.size and hist[place, k] == 0:
                k += 1
            squared = near[k] if k < near.size else np.inf
            if i < end and far[i] < squared:
                squared = far[i]
            if squared == np.inf:
                break
            n = 0
            if k < near.size and near[k] == squared:
                n += hist[place, k]
                k += 1
            while i < end and far[i] == squared:
                if far_size is None:
                    n += 1
                else:
                    n += far_size[i]
                i += 1
            value[at], size[at] = np.sqrt(squared) * unit, n
            at += 1
    start[hist.shape[0]] = at
