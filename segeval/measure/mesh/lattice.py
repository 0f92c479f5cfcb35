"""Distances between the unrelaxed nets of a label.

Those nearby come from windows of bits, those beyond from a tree of faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from segeval.arrays import Bits, Floats, Integers
from segeval.kernels.words import LANES, ONE, ZERO, Word, clz, ctz, helper, kernel, load64, popcount
from segeval.kernels.workspace import Workspace, balanced

from .faces import FINE, SPARE, Frame, rectangles, word_of
from .nearest import Pieces, squared_distances
from .tree import Tree, codes

_REACH = SPARE - 2
"""Reach of the windows, in the smallest spacing."""

_LOST = 16
"""Points in a row without a face within reach, after which most are left to the tree."""

_WHOLE = 1e-6
"""Added before rounding down: a quotient that is whole but for its rounding counts as whole."""


class Rows(NamedTuple):
    """Places to look at from one kind of point: rows of faces, those that may be nearest first.

    `across`: squared distance to the row along the axes z and y. `row`: (axis, z, y), the axis that
    the faces are perpendicular to, and how many rows away they are. `extent`: of the faces along x.
    The point lies `beyond` its lowest corner along x.
    """

    across: Floats
    row: Integers  # (3, K)
    extent: Integers
    beyond: int
    scale: float  # squared length of a step along x
    cap: float  # squared distance from which on a nearer face may be missing here

    def offsets(self, frame: Frame) -> Integers:
        """Return how many bytes of a frame's bits each row begins behind row (0, z, y)."""
        axis, z, y = self.row
        offsets: Integers = 8 * (axis * frame.size + (z * frame.rows + y) * frame.stride)
        return offsets


class Ways(NamedTuple):
    """The ways to look from the faces of a net, for images of one spacing.

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
        """Return the ways for two or three axes.

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
    """Return the rows for points on faces perpendicular to `axis`.

    A point is `place` fine steps along the other axes.
    """
    # a face nearer than this lies in one of the rows within `reach`, and within the window along x
    cap = _REACH * FINE * float(step[list(axes)].min())
    reach = [
        min(SPARE, int(cap / (FINE * step[k]) + _WHOLE) + 1) if k in axes else 0 for k in range(2)
    ]
    # rows of all three kinds of faces, or of two in an image, at all steps within reach
    steps = np.meshgrid(axes, *(np.arange(-r, r + 1) for r in reach), indexing="ij")
    row = np.stack(steps).reshape(3, -1)
    across = np.zeros(row.shape[1])
    # along z and y the point may lie before the faces of a row, behind them, or within their
    # extent, which is 0 along the axis that they are perpendicular to
    for k in axes[:-1]:
        point, low, extent = (0 if k == axis else place), FINE * row[1 + k], FINE * (row[0] != k)
        across += np.maximum(np.maximum(low - point, point - low - extent), 0) ** 2 * step[k] ** 2
    # nearest first: the search ends with the first row that is too far
    order = np.argsort(across, kind="stable")
    order = order[across[order] < cap**2]
    return Rows(
        across[order],
        row[:, order],
        extent=FINE * (row[0, order] != 2),
        beyond=0 if axis == 2 else place,
        scale=float(step[2] ** 2),
        cap=cap**2,
    )


class Pair(NamedTuple):
    """The faces of two nets in one frame, as bits.

    Those of the `source` are measured from, to the `target`. A face that both share is at distance
    0 and not looked at.
    """

    source: Bits
    target: Bits
    frame: Frame

    @property
    def reversed(self) -> Pair:
        """The other direction."""
        return Pair(self.target, self.source, self.frame)


class FaceDistances(NamedTuple):
    """The distances from the faces perpendicular to one axis.

    How many both nets share, and the squared distances from points on the others.
    """

    shared: int
    squared: Floats


def directed(pair: Pair, ways: Ways, workspace: Workspace) -> list[FaceDistances]:
    """Return the distances from the faces of one net to another, for each of the axes.

    The other net has some faces.
    """
    by_axis = []
    for axis, rows in zip(ways.axes, ways.rows, strict=True):
        by_axis.append(_search_windows(pair, axis, rows, len(ways.places), workspace))
    # the points of all axes that are left go down one tree together
    far = [np.empty((3, 0))]
    for axis, faces in zip(ways.axes, by_axis, strict=True):
        count = np.count_nonzero(np.isinf(faces.squared))
        if count:
            points = np.empty((3, count))
            _write_points(pair, axis, ways.places, faces.squared, points)
            far.append(points)
    _resolve(by_axis, np.concatenate(far, axis=1), pair, ways, workspace)
    return by_axis


def _search_windows(
    pair: Pair, axis: int, rows: Sequence[Rows], points: int, workspace: Workspace
) -> FaceDistances:
    """Return the distances from faces with so many points each.

    They are infinite where nothing is within reach.
    """
    shared, per_slice = _counted(pair, axis)
    squared = np.empty(int(per_slice.sum()) * points)
    cuts = balanced(per_slice, workspace.parts(64 * len(squared)))
    # where the points of each part begin; parts are whole slices
    firsts = np.concatenate([[0], np.cumsum(per_slice)])[cuts] * points
    rows, offsets = tuple(rows), tuple(row.offsets(pair.frame) for row in rows)

    def part(k: int) -> None:
        start, stop, target = cuts[k], cuts[k + 1], squared[firsts[k] : firsts[k + 1]]
        _search(pair, axis, rows, offsets, start, stop, target)

    workspace.map(part, range(len(cuts) - 1))
    return FaceDistances(shared, squared)


def unreached(pair: Pair, ways: Ways) -> list[FaceDistances]:
    """Return the distances from the faces of one net to another that has none: all infinite."""
    counts = [int(_counted(pair, axis)[1].sum()) for axis in ways.axes]
    return [FaceDistances(0, np.full(count * len(ways.places), np.inf)) for count in counts]


def _counted(pair: Pair, axis: int) -> tuple[int, Integers]:
    """Return how many faces are shared, and how many are not in each slice."""
    per_slice = np.zeros(pair.frame.depth, np.int64)
    return _count(pair, axis, per_slice), per_slice


@kernel
def _count(pair: Pair, axis: int, per_slice: Integers) -> int:
    """Add up the unshared faces of each slice; return how many faces are shared."""
    source, target, frame = pair
    shared = 0
    for z in range(frame.depth):
        for y in range(frame.height):
            first = word_of(frame, axis, z, y)
            for word in range(first, first + frame.words):
                shared += popcount(source[word] & target[word])
                per_slice[z] += popcount(source[word] & ~target[word])
    return shared


@kernel
def _search(
    pair: Pair, axis: int, rows: Any, offsets: Any, start: int, stop: int, squared: Floats
) -> None:
    """Write the squared distances from the points of the unshared faces in some slices.

    The slices are those from `start` to `stop`; infinite where nothing is within reach.
    """
    source, target, frame = pair
    # Where the nets lie far apart, looking around is in vain: after some misses in a row only every
    # 16th point does, and the tree resolves the others.
    i = lost = 0
    for z in range(start, stop):
        for y in range(frame.height):
            # the row in the bits of axis 0: `offsets` has the way from there to those of each axis
            first = word_of(frame, 0, z, y)
            for k in range(frame.words):
                word = first + axis * frame.size + k
                left: Word = source[word] & ~target[word]
                while left:
                    x = k * LANES + ctz(left)
                    left &= left - ONE
                    for kind in range(len(rows)):
                        squared[i] = np.inf
                        if lost < _LOST or i % _LOST == 0:
                            best = _nearby(target, 8 * first, x, rows[kind], offsets[kind])
                            if best < rows[kind].cap:
                                squared[i] = best
                                lost = 0
                            else:
                                lost += 1
                        i += 1


@helper
def _nearby(target: Bits, row: int, x: int, kind: Rows, offset: Integers) -> Any:
    """Return the squared distance from a point to the nearest face in its rows, or the cap.

    A face at bit b lies from b to b + 1 along x, one across x at b: `above` and `below` are the
    gaps, in fine steps, to the nearest on either side.
    """
    byte = (x - 31) >> 3  # where 64 bits begin that have x in their middle
    centre = np.uint64(x - 8 * byte)
    across, extent, beyond = kind.across, kind.extent, kind.beyond
    best = kind.cap
    for k in range(across.size):
        if across[k] >= best:  # nor is anything nearer in the rows that follow
            break
        window = load64(target, row + byte + offset[k])
        if window == ZERO:
            continue
        # faces from the next column on, and those up to the point's own, which may reach beyond it
        above = FINE * (1 + ctz(window >> (centre + ONE))) - beyond
        below = beyond + FINE * clz(window << (np.uint64(63) - centre)) - extent[k]
        # An empty side counts as 64 columns, farther than any cap. `below` is negative where a face
        # begins before the point and reaches beyond it: there is no gap.
        gap = float(max(min(above, below), 0))
        best = min(best, across[k] + gap * gap * kind.scale)
    return best


@kernel
def _write_points(pair: Pair, axis: int, places: Integers, squared: Floats, points: Floats) -> None:
    """Write where the points lie, on the fine lattice, whose squared distance is infinite."""
    source, target, frame = pair
    # in the order of `_search`, so that i is the same point in both
    i = n = 0
    for row in range(frame.depth * frame.height):
        z, y = row // frame.height, row % frame.height
        first = word_of(frame, axis, z, y)
        for k in range(frame.words):
            left: Word = source[first + k] & ~target[first + k]
            while left:
                x = k * LANES + ctz(left)
                left &= left - ONE
                for place in places:
                    if squared[i] == np.inf:
                        points[0, n] = FINE * z + (0 if axis == 0 else place)
                        points[1, n] = FINE * y + (0 if axis == 1 else place)
                        points[2, n] = FINE * x + (0 if axis == 2 else place)
                        n += 1
                    i += 1


def _resolve(
    by_axis: Sequence[FaceDistances], far: Floats, pair: Pair, ways: Ways, workspace: Workspace
) -> None:
    """Fill in the distances of the points that are far away."""
    if not far.shape[1]:
        return
    # in the order of a space-filling curve, so that each point can begin where the last one ended
    corners = rectangles(pair.target, pair.frame, ways.axes)
    order = np.argsort(codes(far, far, ways.step))
    tree = Tree.of(corners[:3], corners[3:], ways.step)
    boxes = Pieces(tree, np.empty((9, 0)), ways.step)
    squared = np.empty(far.shape[1])
    squared[order] = squared_distances(far.T[order], boxes, workspace)
    start = 0
    # back to their axes, in the order in which `directed` put them together
    for faces in by_axis:
        missing = np.flatnonzero(np.isinf(faces.squared))
        faces.squared[missing] = squared[start : start + len(missing)]
        start += len(missing)
