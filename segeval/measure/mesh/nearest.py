"""The search: exact distances from points to the nearest box or triangle of a surface."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.kernels.words import ONE, ZERO, ctz, greatest, helper, kernel, least
from segeval.kernels.workspace import Workspace

from .tree import WIDTH, Tree

_PART = 1 << 15
"""Points of a job: the same for any number of threads, so that results are too, to the last bit."""


def squared_distances(
    points: Floats, tree: Tree, triangles: Floats, scale: Floats, workspace: Workspace
) -> Floats:
    """Squared distance from each of `points` (n, 3) to the nearest piece of the tree, axes
    stretched by `scale`.

    Pieces are `triangles` (9, T), three corners one after the other, in the order of the tree; or,
    if there are none, the boxes themselves. Quick if points that follow each other are close to
    each other, as `codes` orders them.
    """
    points = np.ascontiguousarray(points)  # of any layout, but not compiled for each
    parts = [*range(0, len(points), _PART), len(points)]

    def part(cut: tuple[int, int]) -> Floats:
        found = np.empty(cut[1] - cut[0])
        depth = (len(tree.level) - 1) * WIDTH
        waiting = np.empty(depth, np.int64), np.empty(depth, np.int64), np.empty(depth)
        _search(points[cut[0] : cut[1]], tree, triangles, scale, np.empty(WIDTH), *waiting, found)
        return found

    return np.concatenate([np.empty(0), *workspace.map(part, pairwise(parts))])


@kernel
def _search(
    points: Floats,
    tree: Tree,
    triangles: Floats,
    scale: Floats,
    bounds: Floats,
    waiting_level: Integers,
    waiting_block: Integers,
    waiting_bound: Floats,
    found: Floats,
) -> None:
    """Each point goes down the tree, near boxes first; what lies farther than the nearest piece so
    far is passed over.

    Neighbouring points mostly have neighbouring nearest pieces, so each begins with the one that
    the last one ended on. What waits to be looked at: levels, blocks and bounds; the rest is room
    too.
    """
    box, level, top = tree.box, tree.level, tree.level.size - 2
    boxed = triangles.shape[1] == 0
    hint = np.int64(0)
    scales = scale[0] ** 2, scale[1] ** 2, scale[2] ** 2
    for i in range(found.size):
        point = points[i, 0], points[i, 1], points[i, 2]
        best = _to_box(box, hint, point, scales) if boxed else _to_triangle(triangles, hint, point)
        waiting_level[0], waiting_block[0], waiting_bound[0] = top, level[top], 0.0
        waiting = 1
        while waiting:
            waiting -= 1
            if waiting_bound[waiting] >= best:
                continue
            here, block = waiting_level[waiting], waiting_block[waiting]
            nearer = _bound(box, block, point, scales, bounds, best)
            if here == 0:
                while nearer:
                    k = ctz(nearer)
                    nearer &= nearer - ONE
                    if bounds[k] < best:
                        squared = bounds[k] if boxed else _to_triangle(triangles, block + k, point)
                        if squared < best:
                            best, hint = squared, block + k
                continue
            first = waiting
            while nearer:
                k = ctz(nearer)
                nearer &= nearer - ONE
                at = waiting
                while at > first and waiting_bound[at - 1] < bounds[k]:
                    waiting_block[at], waiting_bound[at] = (
                        waiting_block[at - 1],
                        waiting_bound[at - 1],
                    )
                    at -= 1
                waiting_block[at] = level[here - 1] + (block + k - level[here]) * WIDTH
                waiting_bound[at] = bounds[k]
                waiting_level[waiting] = here - 1
                waiting += 1
        found[i] = best


@helper
def _bound(box: Floats, block: int, point: Any, scales: Any, bounds: Floats, best: Any) -> Any:
    """`bounds[k]`: squared distance from a point to box k of a block, infinite if that is empty.
    Bit k: below best.
    """
    z, y, x = point
    end = block + WIDTH
    low_z, low_y, low_x = box[0, block:end], box[2, block:end], box[4, block:end]
    high_z, high_y, high_x = box[1, block:end], box[3, block:end], box[5, block:end]
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
def _to_box(box: Floats, at: Any, point: Any, scales: Any) -> Any:
    """Squared distance from a point to a box."""
    dz = greatest(greatest(box[0, at] - point[0], point[0] - box[1, at]), 0.0)
    dy = greatest(greatest(box[2, at] - point[1], point[1] - box[3, at]), 0.0)
    dx = greatest(greatest(box[4, at] - point[2], point[2] - box[5, at]), 0.0)
    return dz * dz * scales[0] + dy * dy * scales[1] + dx * dx * scales[2]


@helper
def _to_triangle(corners: Floats, t: Any, point: Any) -> Any:
    """Squared distance from a point to a triangle: to its plane above its inside, else to its
    edges.

    A triangle without area has no inside: it is its edges.
    """
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
    if (
        _turn(nz, ny, nx, uz, uy, ux, pz, py, px) > 0
        and _turn(nz, ny, nx, vz, vy, vx, qz, qy, qx) > 0
        and _turn(nz, ny, nx, wz, wy, wx, rz, ry, rx) > 0
    ):
        height = nz * pz + ny * py + nx * px
        return height * height / (nz * nz + ny * ny + nx * nx)
    return least(
        _to_segment(uz, uy, ux, pz, py, px),
        least(_to_segment(vz, vy, vx, qz, qy, qx), _to_segment(wz, wy, wx, rz, ry, rx)),
    )


@helper
def _turn(nz: Any, ny: Any, nx: Any, uz: Any, uy: Any, ux: Any, pz: Any, py: Any, px: Any) -> Any:
    """Positive if p, from the start of the edge u, lies on the inner side of it in a triangle with
    the normal n.
    """
    return nz * (uy * px - ux * py) + ny * (ux * pz - uz * px) + nx * (uz * py - uy * pz)


@helper
def _to_segment(uz: Any, uy: Any, ux: Any, pz: Any, py: Any, px: Any) -> Any:
    """Squared distance from p, from the start of the segment u, to the segment."""
    squared = uz * uz + uy * uy + ux * ux
    share = (uz * pz + uy * py + ux * px) / squared if squared > 0 else 0.0
    share = least(greatest(share, 0.0), 1.0)
    z, y, x = pz - share * uz, py - share * uy, px - share * ux
    return z * z + y * y + x * x
