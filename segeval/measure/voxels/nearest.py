"""Distances to the nearest border element of the same label.

First comes a search of the neighbourhood, rows of 64 at a time and all labels together; then, for
those that find nothing there, one at any distance.

Both searches give squared distances as the same multiples of 1 / SNAP, so that their results are
joined by comparing numbers, and nothing tells later which of them found a distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Integers, Labels
from segeval.kernels.words import brief
from segeval.kernels.workspace import Workspace, balanced, evenly
from segeval.statistics.distances import SNAP, Distances

from .corner_search import Room, search_corners, write_sizes
from .corner_sweep import Queries
from .far import Quest, squared_distances
from .marks import BAND, Lattice, Marks
from .search import Answers, Direction, Neighbourhood, search_voxels
from .tiles import Blocks, Places, Tiles

_LARGEST = 2**24
"""Elements of all the histograms of one direction, each part of a pass having its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One direction, and who looks: marked voxels, or elements at corners, in parts.

    `size`: that of all elements of each label, by place; those that do not look for anything are at
    distance 0.
    """

    direction: Direction
    queries: Marks | Sequence[Queries]
    size: Integers


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A set of labels to search for, in a lattice: the same for all parts of both searches.

    `place` is the inverse of `labels`: `place[labels[p]]` is p, and -1 stands for all other labels
    that the dtype can hold.
    """

    lattice: Lattice
    around: Neighbourhood
    labels: Integers
    place: Places
    workspace: Workspace


class _FarElements(NamedTuple):
    """The far elements of one way: squared distances, times SNAP, and their sizes.

    Distances come place after place and are sorted in each; sizes are None where all are equal.
    """

    squared: Floats
    sizes: Integers | None


class _Columns(NamedTuple):
    """The columns of `Distances`, for as many distances as there may be."""

    start: Integers
    value: Floats
    size: Integers


def nearest_distances(
    ways: Sequence[Way],
    lattice: Lattice,
    spacing: Sequence[float],
    labels: Integers,
    workspace: Workspace,
) -> list[Distances]:
    """Return the distances of each way for labels that occur in both masks.

    The spacing is along the axes of the layout.
    """
    around = workspace.kept(Neighbourhood.of, lattice.layout, tuple(spacing))
    # an entry for every value of the dtype: kernels look any label up without a check
    place = np.full(np.iinfo(ways[0].direction.mask.dtype).max + 1, -1, np.int32)
    place[labels] = np.arange(len(labels))
    task = _Task(lattice, around, labels, place, workspace)
    far_marks = [lattice.layout.unmarked(f"far {k}", workspace) for k in range(len(ways))]
    hists = _search_near(ways, far_marks, task)
    # where the far elements of each place begin: the last column of the histograms, added up
    starts = np.zeros((len(ways), len(labels) + 1), np.int64)
    hists[:, :, -1].cumsum(1, out=starts[:, 1:])
    resolved = _search_far(ways, far_marks, starts, task)

    def histogram(k: int) -> Distances:
        far_squared, far_sizes = resolved[k]
        hist, start = hists[k], starts[k]
        if far_sizes is not None:
            # what the far elements weigh, in place of how many they are: the row is then the size
            # of all that looked
            hist[:, -1] = np.diff(np.concatenate([[0], far_sizes.cumsum()])[start])
        # whatever did not look for anything is shared, and lies at distance 0: rank 0
        hist[:, 0] += ways[k].size - hist.sum(1)
        capacity = hist.size + len(far_squared)
        joined = _Columns(
            np.empty(len(labels) + 1, np.int64),
            workspace.buffer(f"value {k}", capacity, np.float64),
            workspace.buffer(f"size {k}", capacity, np.int64),
        )
        unit = around.unit / SNAP**0.5
        _join(hist, around.squared, start, far_squared, far_sizes, unit, joined)
        end = joined.start[-1]
        # copies, as the columns lie in buffers that the next case writes to
        return Distances(joined.start, joined.value[:end].copy(), joined.size[:end].copy())

    return workspace.map(histogram, range(len(ways)))


def _search_near(ways: Sequence[Way], far_marks: Sequence[Marks], task: _Task) -> Integers:
    """Return for each way, by place, the size of the elements at each rank.

    The last column counts the elements that are far. Marks these in `far_marks`, one for each way,
    which come unmarked.
    """
    shape = (len(task.labels), len(task.around.squared) + 1)
    jobs = []
    for k, way in enumerate(ways):
        if not isinstance(way.queries, Marks):
            far_marks[k].bits[:] = 0  # of corners, only words that have far ones are written
        cuts = _near_cuts(way, max(1, _LARGEST // (shape[0] * shape[1])), task.workspace)
        jobs += [(k, *cut) for cut in pairwise(cuts)]

    def part(job: tuple[int, int, int]) -> NDArray[np.integer[Any]]:
        k, start, stop = job
        # each part has counts and misses of its own: where a pass is cut may decide which search
        # finds an element, but not at which distance
        direction, queries = ways[k].direction, ways[k].queries
        if isinstance(queries, Marks):
            answers = Answers(np.zeros(shape, np.int32), np.zeros(shape[0], np.int64), far_marks[k])
            layout, around, place = task.lattice.layout, task.around, task.place
            search_voxels(direction, queries, layout, around, place, start, stop, answers)
            return answers.hist
        # elements at corners count by their sizes, which need 64 bits
        hist, room = np.zeros(shape, np.int64), Room.of(task.lattice.cell)
        for some_queries in queries[start:stop]:
            answers = Answers(hist, np.zeros(shape[0], np.int64), far_marks[k])
            search_corners(
                direction, some_queries, task.lattice, task.around, task.place, answers, room
            )
        return hist

    total = np.zeros((len(ways), *shape), np.int64)
    for job, hist in zip(jobs, task.workspace.map(part, jobs), strict=True):
        total[job[0]] += hist
    return total


def _near_cuts(way: Way, most: int, workspace: Workspace) -> list[int]:
    """Return where to cut the bands, or the parts of queries, of a way.

    There are `most` parts at most, and fewer where labels are many.

    Each part has a histogram of all labels to itself; together these have at most `_LARGEST`
    elements, unless a single one has more.
    """
    if not isinstance(way.queries, Marks):
        return evenly(len(way.queries), min(len(way.queries), most))
    per_band = way.queries.per_band
    return balanced(per_band, min(workspace.parts(64 * int(per_band.sum())), most))


def _search_far(
    ways: Sequence[Way], far_marks: Sequence[Marks], starts: Integers, task: _Task
) -> list[_FarElements]:
    """Return what is marked as far, of each way.

    Queries and targets become tiles of the same cells. The squared distances lie in buffers.
    """
    lattice, workspace = task.lattice, task.workspace
    scale = task.around.scale
    # cells are about as deep as they are wide
    depth = min(max(round((BAND**2 * min(scale[1:]) / scale[0]) ** 0.5), 1), BAND)
    searching = [k for k in range(len(ways)) if starts[k, -1]]
    jobs = []
    for k in searching:
        # labels of which nothing is far have no place among the targets: their tiles are not made
        sought = task.place.copy()
        sought[task.labels[starts[k, 1:] == starts[k, :-1]]] = -1
        direction = ways[k].direction
        jobs.append((f"queries {k}", direction.mask, far_marks[k], task.place))
        jobs.append((f"targets {k}", direction.target, direction.border, sought))

    def tiled(job: tuple[str, Labels, Marks, Places]) -> Tiles:
        name, mask, marks, place = job
        codes = workspace.buffer(name, int(marks.per_band.sum()), np.uint16)
        return Tiles.of(mask, marks, lattice, place, depth=depth, codes=codes)

    tiles = workspace.map(tiled, jobs)
    # in turn, as `jobs` has them: queries, targets
    quests = [Quest(q, t, Blocks.of(t)) for q, t in zip(tiles[::2], tiles[1::2], strict=True)]
    squares = squared_distances(quests, scale, SNAP, workspace)
    resolved = [_FarElements(np.empty(0), None)] * len(ways)
    for k, quest, squared in zip(searching, quests, squares, strict=True):
        sizes = None
        # most elements never come here, so that sizes are looked up only now, for the few that do
        if lattice.sizes is not None:
            sizes = np.empty(len(squared), np.int64)
            write_sizes(quest.queries, ways[k].direction.mask, lattice, task.labels, sizes)
        resolved[k] = _FarElements(squared, sizes)
    _sort(resolved, starts, workspace)
    return resolved


def _sort(resolved: Sequence[_FarElements], starts: Integers, workspace: Workspace) -> None:
    """Sort the far elements of every place by distance.

    In place; sizes, where there are any, keep to their elements.
    """

    def part(job: tuple[int, int, int]) -> None:
        k, first, last = job
        squared, sizes = resolved[k]
        for start, stop in pairwise(starts[k, first : last + 1].tolist()):
            if sizes is not None:
                order = squared[start:stop].argsort()
                sizes[start:stop] = sizes[start:stop][order]
                squared[start:stop] = squared[start:stop][order]
            elif stop - start > 1:
                squared[start:stop].sort()

    parts = workspace.parts(64 * sum(len(elements.squared) for elements in resolved))
    jobs = [
        (k, *cut)
        for k, elements in enumerate(resolved)
        if len(elements.squared)
        for cut in pairwise(balanced(np.diff(starts[k]), parts))
    ]
    workspace.map(part, jobs)


@brief
def _join(
    hist: Integers,
    near_squared: Floats,
    far_start: Integers,
    far_squared: Floats,
    far_sizes: Integers | None,
    unit: float,
    joined: _Columns,
) -> None:
    """Write the histogram of each place.

    It has the sizes at the squared distances `near_squared`, and those of the place's far
    elements, sorted by `far_squared`.
    """
    start, value, size = joined
    end = np.int64(0)
    for place in range(hist.shape[0]):
        start[place] = end
        i, far_end, k = far_start[place], far_start[place + 1], np.int64(0)
        # a merge of two sorted columns; equal distances, from either, make one entry
        while True:
            # the next rank that has elements, or the next far element if that is nearer
            while k < near_squared.size and hist[place, k] == 0:
                k += 1
            squared = near_squared[k] if k < near_squared.size else np.inf
            if i < far_end and far_squared[i] < squared:
                squared = far_squared[i]
            if squared == np.inf:
                break
            # all that lies at this distance, near and far
            n = 0
            if k < near_squared.size and near_squared[k] == squared:
                n += hist[place, k]
                k += 1
            while i < far_end and far_squared[i] == squared:
                if far_sizes is None:
                    n += 1
                else:
                    n += far_sizes[i]
                i += 1
            value[end], size[end] = np.sqrt(squared) * unit, n
            end += 1
    start[hist.shape[0]] = end
