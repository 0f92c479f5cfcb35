"""The search: exact distances from points to the nearest box or triangle of a surface."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.kernels.words import ONE, ZERO, ctz, greatest, helper, kernel, least
from segeval.kernels.workspace import Workspace

from .tree import WIDTH, Tree

_PART = 1 << 15
"""Points of a job: the same for any number of threads, so that results are too, to the last bit."""


class Pieces(NamedTuple):
    """Pieces of a surface to search among, with their tree.

    Pieces are `triangles` (9, T), three corners one after the other, in the order of the tree; or,
    if there are none, the boxes themselves. Axes of boxes are stretched by `scale` (3,).
    """

    tree: Tree
    triangles: Floats
    scale: Floats


class _Room(NamedTuple):
    """The memory that a search writes in between.

    It holds the bounds of a block, and a stack of blocks that wait to be looked at, with their
    levels and bounds.
    """

    bounds: Floats  # (WIDTH,)
    level: Integers
    block: Integers
    bound: Floats

    @classmethod
    def of(cls, tree: Tree) -> _Room:
        """Return the room for a tree: of each level, the blocks behind one block may wait."""
        depth = (len(tree.level) - 1) * WIDTH
        return cls(
            np.empty(WIDTH), np.empty(depth, np.int64), np.empty(depth, np.int64), np.empty(depth)
        )


def squared_distances(points: Floats, pieces: Pieces, workspace: Workspace) -> Floats:
    """Return the squared distance from each of `points` (n, 3) to the nearest of the pieces.

    Quick if points that follow each other are close to each other, as `codes` orders them.
    """
    points = np.ascontiguousarray(points)  # of any layout, but not compiled for each
    cuts = [*range(0, len(points), _PART), len(points)]

    def part(cut: tuple[int, int]) -> Floats:
        squared = np.empty(cut[1] - cut[0])
        _search(points[cut[0] : cut[1]], pieces, _Room.of(pieces.tree), squared)
        return squared

    return np.concatenate([np.empty(0), *workspace.map(part, pairwise(cuts))])


@kernel
def _search(points: Floats, pieces: Pieces, room: _Room, squared: Floats) -> None:
    """Send each point down the tree, near boxes first.

    What lies farther than the nearest piece so far is passed over. Neighbouring points mostly have
    neighbouring nearest pieces, so each begins with the one that the last one ended on.
    """
    box, level, top = pieces.tree.box, pieces.tree.level, pieces.tree.level.size - 2
    triangles, scale, bounds = pieces.triangles, pieces.scale, room.bounds
    boxed = triangles.shape[1] == 0
    hint = np.int64(0)
    scales = scale[0] ** 2, scale[1] ** 2, scale[2] ** 2
    for i in range(squared.size):
        point = points[i, 0], points[i, 1], points[i, 2]
        # the piece of the point before: an upper bound that prunes most of the tree at once
        best = _to_box(box, hint, point, scales) if boxed else _to_triangle(triangles, hint, point)
        # the only block of the top level waits first
        room.level[0], room.block[0], room.bound[0] = top, level[top], 0.0
        waiting = 1
        while waiting:
            waiting -= 1
            # what was near enough when it was put here may no longer be
            if room.bound[waiting] >= best:
                continue
            depth, block = room.level[waiting], room.block[waiting]
            nearer = _bound(box, block, point, scales, bounds, best)
            if depth == 0:  # the boxes of pieces
                while nearer:
                    k = ctz(nearer)
                    nearer &= nearer - ONE
                    if bounds[k] < best:
                        to_piece = bounds[k] if boxed else _to_triangle(triangles, block + k, point)
                        if to_piece < best:
                            best, hint = to_piece, block + k
                continue
            # What waits from here on is all of the level below, so that only blocks and bounds have
            # to be sorted. Box j of a level is the hull of block j of the level below.
            first = waiting
            while nearer:
                k = ctz(nearer)
                nearer &= nearer - ONE
                # insertion sort of the blocks of one level: the nearest ends on top of the stack
                slot = waiting
                while slot > first and room.bound[slot - 1] < bounds[k]:
                    room.block[slot] = room.block[slot - 1]
                    room.bound[slot] = room.bound[slot - 1]
                    slot -= 1
                room.block[slot] = level[depth - 1] + (block + k - level[depth]) * WIDTH
                room.bound[slot] = bounds[k]
                room.level[waiting] = depth - 1
                waiting += 1
        squared[i] = best


@helper
def _bound(box: Floats, block: int, point: Any, scales: Any, bounds: Floats, best: Any) -> Any:
    """Write `bounds[k]`, the squared distance from a point to box k of a block.

    It is infinite if the box is empty. Returns, as bit k, whether it is below `best`.
    """
    z, y, x = point
    end = block + WIDTH
    low_z, low_y, low_x = box[0, block:end], box[2, block:end], box[4, block:end]
    high_z, high_y, high_x = box[1, block:end], box[3, block:end], box[5, block:end]
    # 16 boxes without a branch, as vectors; then a bit for each, in a loop of its own
    for k in range(WIDTH):
        dz = greatest(greatest(low_z[k] - z, z - high_z[k]), 0.0)
        dy = greatest(greatest(low_y[k] - y, y - high_y[k]), 0.0)
        dx = greatest(greatest(low_x[k] - x, x - high_x[k]), 0.0)
        bounds[k] = dz * dz * scales[0] + dy * dy * scales[1] + dx * dx * scales[2]
    nearer = ZERO
    for k in range(WIDTH):
        nearer |= np.uint64(bounds[k] < best) << np.uint64(k)
    return nearer


@helper
def _to_box(box: Floats, k: Any, point: Any, scales: Any) -> Any:
    """Return the squared distance from a point to box k."""
    dz = greatest(greatest(box[0, k] - point[0], point[0] - box[1, k]), 0.0)
    dy = greatest(greatest(box[2, k] - point[1], point[1] - box[3, k]), 0.0)
    dx = greatest(greatest(box[4, k] - point[2], point[2] - box[5, k]), 0.0)
    return dz * dz * scales[0] + dy * dy * scales[1] + dx * dx * scales[2]


@helper
def _to_triangle(corners: Floats, t: Any, point: Any) -> Any:
    """Return the squared distance from a point to a triangle.

    Above the inside of the triangle it is that to its plane, else that to its edges. A triangle
    without area has no inside: it is its edges.
    """
    # edges u, v, w from a, b, c; p, q, r is the point as seen from these; n is normal to the plane
    # and as long as twice the area
    az, ay, ax = corners[0, t], corners[1, t], corners[2, t]
    bz, by, bx = corners[3, t], corners[4, t], corners[5, t]
    cz, cy, cx = corners[6, t], corners[7, t], corners[8, t]
    uz, uy, ux = bz - az, by - ay, bx - ax
    vz, vy, vx = cz - bz, cy - by, cx - bx
    wz, wy, wx = az - cz, ay - cy, ax - cx
    nz, ny, nx = wy * ux - wx * uy, wx * uz - wz * ux, wz * uy - wy * uz
    pz, py, px = point[0] - az, point[1] - ay, point[2] - ax
    qz, qy, qx = point[0] - bz, point[1] - by, point[2] - bx
    rz, ry, rx = point[0] - cz, point[1] - cy, point[2] - cx
    # within all three edges, the foot of the perpendicular is in the triangle
    if (
        _turn(nz, ny, nx, uz, uy, ux, pz, py, px) > 0
        and _turn(nz, ny, nx, vz, vy, vx, qz, qy, qx) > 0
        and _turn(nz, ny, nx, wz, wy, wx, rz, ry, rx) > 0
    ):
        # the distance to the plane, times the length of n
        height = nz * pz + ny * py + nx * px
        return height * height / (nz * nz + ny * ny + nx * nx)
    return least(
        _to_segment(uz, uy, ux, pz, py, px),
        least(_to_segment(vz, vy, vx, qz, qy, qx), _to_segment(wz, wy, wx, rz, ry, rx)),
    )


@helper
def _turn(nz: Any, ny: Any, nx: Any, uz: Any, uy: Any, ux: Any, pz: Any, py: Any, px: Any) -> Any:
    """Return a number that is positive if p lies on the inner side of the edge u of a triangle.

    p is measured from the start of the edge, and n is the normal of the triangle: (u × p) · n.
    """
    return nz * (uy * px - ux * py) + ny * (ux * pz - uz * px) + nx * (uz * py - uy * pz)


@helper
def _to_segment(uz: Any, uy: Any, ux: Any, pz: Any, py: Any, px: Any) -> Any:
    """Return the squared distance from p, from the start of the segment u, to the segment."""
    squared = uz * uz + uy * uy + ux * ux
    # where the foot of the perpendicular lies along the segment, or the nearer end; a segment
    # without length is its start
    share = (uz * pz + uy * py + ux * px) / squared if squared > 0 else 0.0
    share = least(greatest(share, 0.0), 1.0)
    z, y, x = pz - share * uz, py - share * uy, px - share * ux
    return z * z + y * y + x * x
