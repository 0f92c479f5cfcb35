"""Exact nearest voxels at any distance, from all voxels of a tile at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.overlap.contingency import Integers
from segeval.surface.tiles import Tiles
from segeval.words import greatest, kernel, least

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Scale = tuple[float, float, float]

SLACK = 1e-5
"""Relative; bounds are computed in float32, from whole numbers that it holds exactly."""


@kernel
def squared_distances(
    queries: Tiles, targets: Tiles, scale: Scale, snap: float, start: int, stop: int, to: Integers, out: Floats
) -> None:
    """Squared distances from the voxels of the query tiles `start` to `stop` to the nearest target voxel of their place,
    times `snap` and rounded.

    Those of tile q are written from `out[to[q]]` on. For each tile: the exact nearest target of its centre; every block,
    tile and voxel of targets that is nowhere in the query's box nearer than this one is dropped; the few that are left
    are compared with every voxel of the tile.
    """
    outer = np.empty(np.max(np.diff(targets.blocks)), np.float32)
    inner = np.empty(np.max(np.diff(targets.block)), np.float32)
    most = 0
    for p in range(targets.blocks.size - 1):
        first, last = targets.block[targets.blocks[p]], targets.block[targets.blocks[p + 1]]
        most = max(most, np.sum(targets.count[first:last]))
    tz, ty, tx = np.empty(most + 1), np.empty(most + 1), np.empty(most + 1)
    near = np.zeros(3)
    place = np.int64(-1)
    for q in range(start, stop):
        known = queries.place[q] == place
        place = queries.place[q]
        bound = _nearest_to_centre(queries.box, q, targets, place, scale, known, near, outer, inner)
        if queries.count[q] == 1:
            out[to[q]] = np.rint(bound * snap)
            continue
        n = _rivals(queries.box, q, targets, place, scale, bound, near, outer, inner, tz, ty, tx)
        for k in range(queries.count[q]):
            code = np.int64(queries.codes[queries.first[q] + k])
            z = queries.origin[0, q] + (code >> 6)
            y = queries.origin[1, q] + (code >> 3 & 7)
            x = queries.origin[2, q] + (code & 7)
            out[to[q] + k] = np.rint(_least(tz, ty, tx, n, z, y, x, scale) * snap)


@kernel
def _nearest_to_centre(
    boxes: Singles, q: int, targets: Tiles, place: int, scale: Scale, known: bool, near: Floats, outer: Singles, inner: Singles
) -> Any:
    """Squared distance from the centre of box q to its nearest target, which goes to `near`.

    If `known`, `near` comes as some target: the tile before had it, so it is a good first bound.
    """
    z = (np.float64(boxes[0, q]) + boxes[1, q]) / 2
    y = (np.float64(boxes[2, q]) + boxes[3, q]) / 2
    x = (np.float64(boxes[4, q]) + boxes[5, q]) / 2
    bound = np.inf
    if known:
        bound = (near[0] - z) ** 2 * scale[0] + (near[1] - y) ** 2 * scale[1] + (near[2] - x) ** 2 * scale[2]
    first, last = targets.blocks[place], targets.blocks[place + 1]
    best = _lower_bounds(targets.block_box, first, last, z, y, x, scale, outer)
    for k in range(-1, last - first):  # the one with the least bound first
        block = first + (best if k < 0 else k)
        if outer[block - first] > bound * (1 + SLACK):
            continue
        tile0, tile1 = targets.block[block], targets.block[block + 1]
        closest = _lower_bounds(targets.box, tile0, tile1, z, y, x, scale, inner)
        for j in range(-1, tile1 - tile0):
            tile = tile0 + (closest if j < 0 else j)
            if inner[tile - tile0] > bound * (1 + SLACK):
                continue
            for c in range(targets.first[tile], targets.first[tile] + targets.count[tile]):
                code = np.int64(targets.codes[c])
                tz = targets.origin[0, tile] + (code >> 6)
                ty = targets.origin[1, tile] + (code >> 3 & 7)
                tx = targets.origin[2, tile] + (code & 7)
                d = (tz - z) ** 2 * scale[0] + (ty - y) ** 2 * scale[1] + (tx - x) ** 2 * scale[2]
                if d < bound:
                    bound = d
                    near[0], near[1], near[2] = tz, ty, tx
    return bound


@kernel
def _rivals(
    boxes: Singles,
    q: int,
    targets: Tiles,
    place: int,
    scale: Scale,
    bound: float,
    near: Floats,
    outer: Singles,
    inner: Singles,
    tz: Floats,
    ty: Floats,
    tx: Floats,
) -> Any:
    """Write the targets that may be nearer than `near` to some point of box q, and `near`; their number."""
    z0, z1 = np.float64(boxes[0, q]), np.float64(boxes[1, q])
    y0, y1 = np.float64(boxes[2, q]), np.float64(boxes[3, q])
    x0, x1 = np.float64(boxes[4, q]), np.float64(boxes[5, q])
    nz, ny, nx = near[0], near[1], near[2]
    tz[0], ty[0], tx[0] = nz, ny, nx
    n = 1
    farthest = max((z0 - nz) ** 2, (z1 - nz) ** 2) * scale[0]
    farthest += max((y0 - ny) ** 2, (y1 - ny) ** 2) * scale[1] + max((x0 - nx) ** 2, (x1 - nx) ** 2) * scale[2]
    lost = -SLACK * farthest
    first, last = targets.blocks[place], targets.blocks[place + 1]
    _gains(targets.block_box, first, last, boxes, q, near, scale, outer)
    for block in range(first, last):
        if outer[block - first] < lost:
            continue
        tile0, tile1 = targets.block[block], targets.block[block + 1]
        _gains(targets.box, tile0, tile1, boxes, q, near, scale, inner)
        for tile in range(tile0, tile1):
            if inner[tile - tile0] < lost:
                continue
            for c in range(targets.first[tile], targets.first[tile] + targets.count[tile]):
                code = np.int64(targets.codes[c])
                z = targets.origin[0, tile] + (code >> 6)
                y = targets.origin[1, tile] + (code >> 3 & 7)
                x = targets.origin[2, tile] + (code & 7)
                gain = max((z0 - nz) ** 2 - (z0 - z) ** 2, (z1 - nz) ** 2 - (z1 - z) ** 2) * scale[0]
                gain += max((y0 - ny) ** 2 - (y0 - y) ** 2, (y1 - ny) ** 2 - (y1 - y) ** 2) * scale[1]
                gain += max((x0 - nx) ** 2 - (x0 - x) ** 2, (x1 - nx) ** 2 - (x1 - x) ** 2) * scale[2]
                tz[n], ty[n], tx[n] = z, y, x
                n += gain >= lost
    return n


@kernel
def _lower_bounds(
    box: Singles, first: int, last: int, z: float, y: float, x: float, scale: Scale, bounds: Singles
) -> Any:
    """`bounds[k]`: squared distance from a point to box first + k, rounded; the k of the least."""
    zero = np.float32(0)
    z, y, x = np.float32(z), np.float32(y), np.float32(x)
    sz, sy, sx = np.float32(scale[0]), np.float32(scale[1]), np.float32(scale[2])
    z0, z1, y0 = box[0, first:last], box[1, first:last], box[2, first:last]
    y1, x0, x1 = box[3, first:last], box[4, first:last], box[5, first:last]
    lowest = np.float32(np.inf)
    for k in range(last - first):
        dz = greatest(greatest(z0[k] - z, z - z1[k]), zero)
        dy = greatest(greatest(y0[k] - y, y - y1[k]), zero)
        dx = greatest(greatest(x0[k] - x, x - x1[k]), zero)
        bounds[k] = dz * dz * sz + dy * dy * sy + dx * dx * sx
        lowest = least(lowest, bounds[k])
    k = 0
    while bounds[k] != lowest:
        k += 1
    return k


@kernel
def _gain(q: Any, near: Any, low: Any, high: Any) -> Any:
    """On one axis: squared distance from q to `near`, less that from q to the nearest of low ... high."""
    away = greatest(greatest(low - q, q - high), np.float32(0))
    return (q - near) * (q - near) - away * away


@kernel
def _gains(
    box: Singles, first: int, last: int, boxes: Singles, q: int, near: Floats, scale: Scale, gains: Singles
) -> None:
    """`gains[k]`: by how much box first + k may at most be nearer than `near`, in squares, over the points of box q.

    A sum of a convex function of each coordinate, so its maximum is at a corner.
    """
    qz0, qz1, qy0, qy1, qx0, qx1 = boxes[0, q], boxes[1, q], boxes[2, q], boxes[3, q], boxes[4, q], boxes[5, q]
    nz, ny, nx = np.float32(near[0]), np.float32(near[1]), np.float32(near[2])
    sz, sy, sx = np.float32(scale[0]), np.float32(scale[1]), np.float32(scale[2])
    z0, z1, y0 = box[0, first:last], box[1, first:last], box[2, first:last]
    y1, x0, x1 = box[3, first:last], box[4, first:last], box[5, first:last]
    for k in range(last - first):
        gz = greatest(_gain(qz0, nz, z0[k], z1[k]), _gain(qz1, nz, z0[k], z1[k]))
        gy = greatest(_gain(qy0, ny, y0[k], y1[k]), _gain(qy1, ny, y0[k], y1[k]))
        gx = greatest(_gain(qx0, nx, x0[k], x1[k]), _gain(qx1, nx, x0[k], x1[k]))
        gains[k] = gz * sz + gy * sy + gx * sx


@kernel
def _least(
    tz: Floats, ty: Floats, tx: Floats, n: int, z: float, y: float, x: float, scale: Scale
) -> Any:
    """Least squared distance from a point to the first n targets."""
    sz, sy, sx = scale
    lowest = np.inf
    for k in range(n):
        dz, dy, dx = tz[k] - z, ty[k] - y, tx[k] - x
        lowest = least(lowest, dz * dz * sz + dy * dy * sy + dx * dx * sx)
    return lowest
