"""Distances between the unrelaxed nets of a label: by windows of bits nearby, by a tree of faces
beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from segeval.arrays import Bits, Floats, Integers
from segeval.kernels.words import LANES, ONE, ZERO, Word, clz, ctz, helper, kernel, load64, popcount
from segeval.kernels.workspace import Workspace, balanced

from .faces import FINE, SPARE, Frame, rectangles
from .nearest import squared_distances
from .tree import Tree, codes

_REACH = SPARE - 2
"""How far, in the smallest spacing, the windows look."""

_LOST = 16
"""After how many points in a row without a face within reach most are left to the tree."""


class Rows(NamedTuple):
    """Where to look from one kind of point: rows of faces, those that may be nearest first.

    `apart`: squared distance to the row along the axes z and y. `row`: (other, z, y), the axis that
    the faces are perpendicular to, and how many rows away they are. `extent`: of the faces along x.
    The point lies `beyond` its lowest corner along x.
    """

    apart: Floats
    row: Integers  # (3, K)
    extent: Integers
    beyond: int
    scale: float  # squared length of a step along x
    cap: float  # squared distance from which on a nearer face may be missing here


class Ways(NamedTuple):
    """How to measure between the nets of any label in an image of some spacing.

    `axes` that the image has, of z, y, x; `step`: the fine lattice; `rows[k]`: of the kinds of
    points on faces perpendicular to `axes[k]`. `places`: fine steps from the lowest corner of a
    face to its points, along both sides.
    """

    axes: tuple[int, ...]
    step: Floats
    places: Integers
    rows: tuple[tuple[Rows, ...], ...]

    @classmethod
    def of(cls, spacing: Sequence[float]) -> Ways:
        """The ways for two or three axes.

        A face of a volume stands for two points, the centroids of its halves to both sides of the
        diagonal between its second and last corner; a side of an image for its mid-point.
        """
        axes = tuple(range(3 - len(spacing), 3))
        step = np.array((1.0, *spacing)[-3:]) / FINE
        places = np.array([FINE // 3, 2 * FINE // 3] if len(axes) == 3 else [FINE // 2])
        rows = tuple(
            tuple(_rows(axes, axis, place, step) for place in places.tolist()) for axis in axes
        )
        return cls(axes, step, places, rows)


def _rows(axes: tuple[int, ...], axis: int, place: int, step: Floats) -> Rows:
    """The rows for points on faces perpendicular to `axis`, `place` fine steps along the other
    axes.
    """
    cap = _REACH * FINE * float(step[list(axes)].min())
    reach = [
        min(SPARE, int(cap / (FINE * step[k]) + 1e-6) + 1) if k in axes else 0 for k in range(2)
    ]
    row = np.stack(
        np.meshgrid(axes, *(np.arange(-r, r + 1) for r in reach), indexing="ij")
    ).reshape(3, -1)
    apart = np.zeros(row.shape[1])
    for k in axes[:-1]:
        point, low, extent = (0 if k == axis else place), FINE * row[1 + k], FINE * (row[0] != k)
        apart += np.maximum(np.maximum(low - point, point - low - extent), 0) ** 2 * step[k] ** 2
    order = np.argsort(apart, kind="stable")
    order = order[apart[order] < cap**2]
    beyond = 0 if axis == 2 else place
    return Rows(
        apart[order],
        row[:, order],
        FINE * (row[0, order] != 2),
        beyond,
        float(step[2] ** 2),
        cap**2,
    )


class Found(NamedTuple):
    """Of the faces perpendicular to one axis: how many both nets share; squared distances from
    points on the others.
    """

    shared: int
    squared: Floats


def directed(own: Bits, other: Bits, frame: Frame, ways: Ways, workspace: Workspace) -> list[Found]:
    """The distances from the faces of one net to the other, which has some, for each of the axes."""
    found, far = [], [np.empty((3, 0))]
    for axis, rows in zip(ways.axes, ways.rows, strict=True):
        shared, apart = _counted(own, other, frame, axis)
        squared = np.empty(int(apart.sum()) * len(ways.places))
        cuts = balanced(apart, workspace.parts(64 * len(squared)))
        firsts = np.concatenate([[0], np.cumsum(apart)])[cuts] * len(ways.places)
        offsets = tuple(
            8 * (r.row[0] * frame.size + (r.row[1] * frame.rows + r.row[2]) * frame.stride)
            for r in rows
        )

        def part(k: int) -> None:
            to = squared[firsts[k] : firsts[k + 1]]  # noqa: B023
            _search(own, other, frame, axis, rows, offsets, cuts[k], cuts[k + 1], to)  # noqa: B023

        workspace.map(part, range(len(cuts) - 1))
        found.append(Found(shared, squared))
        if np.isinf(squared).any():
            points = np.empty((3, np.count_nonzero(np.isinf(squared))))
            _write_points(own, other, frame, axis, ways.places, squared, points)
            far.append(points)
    _resolve(found, np.concatenate(far, axis=1), other, frame, ways, workspace)
    return found


def unreached(own: Bits, none: Bits, frame: Frame, ways: Ways) -> list[Found]:
    """What there is to find from the faces of one net if the other has none: infinite distances."""
    counts = [int(_counted(own, none, frame, axis)[1].sum()) for axis in ways.axes]
    return [Found(0, np.full(count * len(ways.places), np.inf)) for count in counts]


def _counted(own: Bits, other: Bits, frame: Frame, axis: int) -> tuple[int, Integers]:
    """How many faces are shared, and how many are not in each slice."""
    apart = np.zeros(frame.depth, np.int64)
    return _count(own, other, frame, axis, apart), apart


@kernel
def _count(own: Bits, other: Bits, frame: Frame, axis: int, apart: Integers) -> int:
    shared = 0
    for z in range(frame.depth):
        for y in range(frame.height):
            at = frame.first + axis * frame.size + (z * frame.rows + y) * frame.stride
            for i in range(at, at + frame.words):
                shared += popcount(own[i] & other[i])
                apart[z] += popcount(own[i] & ~other[i])
    return shared


@kernel
def _search(
    own: Bits,
    other: Bits,
    frame: Frame,
    axis: int,
    rows: Any,
    offsets: Any,
    start: int,
    stop: int,
    found: Floats,
) -> None:
    """Squared distances from the points of the unshared faces in some slices; infinite where none
    is within reach.
    """
    i = lost = 0
    for z in range(start, stop):
        for y in range(frame.height):
            row = frame.first + (z * frame.rows + y) * frame.stride
            for word in range(frame.words):
                at = row + axis * frame.size + word
                left: Word = own[at] & ~other[at]
                while left:
                    x = word * LANES + ctz(left)
                    left &= left - ONE
                    for kind in range(len(rows)):
                        found[i] = np.inf
                        if lost < _LOST or i % _LOST == 0:
                            best = _nearby(other, 8 * row, x, rows[kind], offsets[kind])
                            if best < rows[kind].cap:
                                found[i] = best
                                lost = 0
                            else:
                                lost += 1
                        i += 1


@helper
def _nearby(other: Bits, row: int, x: int, kind: Rows, offset: Integers) -> Any:
    """Squared distance from a point to the nearest face in its rows, or the cap."""
    byte = (x - 31) >> 3  # where 64 bits begin that have x in their middle
    centre = np.uint64(x - 8 * byte)
    apart, extent, beyond = kind.apart, kind.extent, kind.beyond
    best = kind.cap
    for k in range(apart.size):
        if apart[k] >= best:
            break
        window = load64(other, row + byte + offset[k])
        if window == ZERO:
            continue
        above = FINE * (1 + ctz(window >> (centre + ONE))) - beyond
        below = beyond + FINE * clz(window << (np.uint64(63) - centre)) - extent[k]
        gap = float(max(min(above, below), 0))
        best = min(best, apart[k] + gap * gap * kind.scale)
    return best


@kernel
def _write_points(
    own: Bits,
    other: Bits,
    frame: Frame,
    axis: int,
    places: Integers,
    squared: Floats,
    points: Floats,
) -> None:
    """Write where the points lie, on the fine lattice, whose squared distance is infinite."""
    i = n = 0
    for row in range(frame.depth * frame.height):
        z, y = row // frame.height, row % frame.height
        at = frame.first + axis * frame.size + (z * frame.rows + y) * frame.stride
        for word in range(frame.words):
            left: Word = own[at + word] & ~other[at + word]
            while left:
                x = word * LANES + ctz(left)
                left &= left - ONE
                for place in places:
                    if squared[i] == np.inf:
                        points[0, n] = FINE * z + (0 if axis == 0 else place)
                        points[1, n] = FINE * y + (0 if axis == 1 else place)
                        points[2, n] = FINE * x + (0 if axis == 2 else place)
                        n += 1
                    i += 1


def _resolve(
    found: list[Found], far: Floats, other: Bits, frame: Frame, ways: Ways, workspace: Workspace
) -> None:
    """Fill in the distances of the points that are far away."""
    if not far.shape[1]:
        return
    corners = rectangles(other, frame, ways.axes)
    order = np.argsort(codes(far, far, ways.step))
    tree = Tree.of(corners[:3], corners[3:], ways.step)
    squared = np.empty(far.shape[1])
    squared[order] = squared_distances(far.T[order], tree, np.empty((9, 0)), ways.step, workspace)
    start = 0
    for axis in found:
        missing = np.flatnonzero(np.isinf(axis.squared))
        axis.squared[missing] = squared[start : start + len(missing)]
        start += len(missing)
