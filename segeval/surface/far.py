"""Exact squared distances to the nearest voxel of the same label, however far, for all voxels of a tile together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.overlap.contingency import Integers, balanced
from segeval.surface.tiles import BOX, COUNT, FIRST, PLACE, Blocks, Tiles, X, Y, Z
from segeval.words import LANES, ONE, at_most64, ctz, greatest, helper, kernel, least, ones
from segeval.workspace import Workspace

SLACK = 1e-5
"""Relative. Bounds are float32, computed from whole numbers that it holds exactly."""

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Point = tuple[float, float, float]
"""Indices (z, y, x) of a voxel, or between voxels; also the squared spacing along these axes."""


class Scratch(NamedTuple):
    """Room for the search of one tile: a bound and a choice for each block and each tile in a block, rivals."""

    block_bound: Singles
    tile_bound: Singles
    blocks: Integers
    tiles: Integers
    z: Floats
    y: Floats
    x: Floats


class Quest(NamedTuple):
    """Tiles of voxels that look for the nearest voxel of the same place in some other tiles."""

    queries: Tiles
    targets: Tiles
    blocks: Blocks


def squared_distances(quests: Sequence[Quest], scale: Point, snap: float, workspace: Workspace) -> list[Floats]:
    """For each quest, the squared distances of its query voxels, place after place, times `snap` and rounded.

    They are in buffers. `scale` is the squared spacing along z, y, x.
    """
    ends = [np.concatenate([[0], np.cumsum(quest.queries.table[:, COUNT], dtype=np.int64)]) for quest in quests]
    squared = [workspace.buffer(f"squared {k}", int(end[-1]), np.float64) for k, end in enumerate(ends)]
    jobs = []
    for k, end in enumerate(ends):
        parts = workspace.parts(128 * int(end[-1]))
        jobs += [(k, *cut) for cut in pairwise(balanced(quests[k].queries.table[:, COUNT], parts))]

    def part(job: tuple[int, int, int]) -> None:
        k, start, stop = job
        _squared_distances(quests[k], scale, snap, start, stop, squared[k][ends[k][start] :])

    workspace.map(part, jobs)
    return squared


@kernel
def _squared_distances(quest: Quest, scale: Point, snap: float, start: int, stop: int, squared: Floats) -> None:
    """Write those of the query tiles from `start` to `stop`.

    For each tile: the exact nearest target of its centre; every block, tile and voxel of targets that is nowhere in the
    tile's box nearer than this one is dropped; the few that are left, its rivals, are compared with every voxel.
    """
    boxes, voxels = quest.blocks.most_boxes + LANES, quest.blocks.most_voxels + 1
    scratch = Scratch(
        np.empty(boxes, np.float32),
        np.empty(boxes, np.float32),
        np.empty(boxes, np.int64),
        np.empty(boxes, np.int64),
        np.empty(voxels),
        np.empty(voxels),
        np.empty(voxels),
    )
    queries, targets, blocks = quest.queries, quest.targets, quest.blocks
    near = np.zeros(2, np.int64)  # a tile, and which of its voxels
    place = -1
    at = 0
    for q in range(start, stop):
        box = queries.table[q, BOX:]
        low = (float(box[0]), float(box[2]), float(box[4]))
        high = (float(box[1]), float(box[3]), float(box[5]))
        centre = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2)
        bound = np.inf
        if queries.table[q, PLACE] == place:  # the answer of the tile before is a good first guess
            bound = _squared(centre, _voxel(targets, near[0], near[1]), scale)
        place = queries.table[q, PLACE]
        bound = _nearest(targets, blocks, place, centre, scale, bound, near, scratch)
        if queries.table[q, COUNT] == 1:
            squared[at] = np.rint(bound * snap)
            at += 1
            continue
        rivals = _rivals(targets, blocks, place, low, high, scale, _voxel(targets, near[0], near[1]), scratch)
        for k in range(queries.table[q, COUNT]):
            squared[at] = np.rint(_least_squared(scratch, rivals, _voxel(queries, q, k), scale) * snap)
            at += 1


@helper
def _voxel(tiles: Tiles, tile: int, k: int) -> Any:
    """Indices of voxel k of a tile."""
    code = np.int64(tiles.codes[tiles.table[tile, FIRST] + k])
    z, y, x = tiles.table[tile, Z], tiles.table[tile, Y], tiles.table[tile, X]
    return z + (code >> 6), y + (code >> 3 & 7), x + (code & 7)


@helper
def _squared(a: Point, b: Point, scale: Point) -> Any:
    dz, dy, dx = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return dz * dz * scale[0] + dy * dy * scale[1] + dx * dx * scale[2]


@helper
def _chosen(bounds: Singles, n: int, limit: float, chosen: Integers) -> Any:
    """Write the k < n whose bound is at most the limit; how many."""
    count = 0
    for start in range(0, n, LANES):
        left = at_most64(bounds, start, np.float32(limit)) & ones(n - start)
        while left:
            chosen[count] = start + ctz(left)
            count += 1
            left &= left - ONE
    return count


@helper
def _nearest(
    targets: Tiles,
    blocks: Blocks,
    place: int,
    point: Point,
    scale: Point,
    bound: float,
    near: Integers,
    scratch: Scratch,
) -> Any:
    """Squared distance to the nearest target of a place if it is below `bound`, which becomes `near`; else `bound`."""
    first, last = blocks.first_block[place], blocks.first_block[place + 1]
    bounds, chosen = scratch.block_bound, scratch.blocks
    limit = _lower_bounds(blocks.box, first, last, point, scale, bounds)
    for _ in range(2):  # first the least bound, to make the limit tight, then what may still be nearer
        for c in range(_chosen(bounds, last - first, limit, chosen)):
            if bounds[chosen[c]] <= bound * (1 + SLACK):
                block = first + chosen[c]
                tile0, tile1 = blocks.first_tile[block], blocks.first_tile[block + 1]
                bound = _nearest_in_tiles(targets, blocks, tile0, tile1, point, scale, bound, near, scratch)
                bounds[chosen[c]] = np.inf
        limit = bound * (1 + SLACK)
    return bound


@helper
def _nearest_in_tiles(
    targets: Tiles,
    blocks: Blocks,
    first: int,
    last: int,
    point: Point,
    scale: Point,
    bound: float,
    near: Integers,
    scratch: Scratch,
) -> Any:
    bounds, chosen = scratch.tile_bound, scratch.tiles
    limit = _lower_bounds(blocks.tile_box, first, last, point, scale, bounds)
    if limit > bound * (1 + SLACK):
        return bound
    for _ in range(2):
        for c in range(_chosen(bounds, last - first, limit, chosen)):
            if bounds[chosen[c]] <= bound * (1 + SLACK):
                bound = _nearest_in_tile(targets, first + chosen[c], point, scale, bound, near)
                bounds[chosen[c]] = np.inf
        limit = bound * (1 + SLACK)
    return bound


@helper
def _nearest_in_tile(targets: Tiles, tile: int, point: Point, scale: Point, bound: float, near: Integers) -> Any:
    for k in range(targets.table[tile, COUNT]):
        squared = _squared(_voxel(targets, tile, k), point, scale)
        if squared < bound:
            bound = squared
            near[0], near[1] = tile, k
    return bound


@helper
def _rivals(
    targets: Tiles, blocks: Blocks, place: int, low: Point, high: Point, scale: Point, near: Point, scratch: Scratch
) -> Any:
    """Write the targets that may be nearer than `near` to some point of a box, and `near`; how many.

    By how much one is farther than `near`, in squares, is least at a corner of the box: along each axis it is concave.
    """
    scratch.z[0], scratch.y[0], scratch.x[0] = near
    count = 1
    slack = SLACK * (_squared(low, near, scale) + _squared(high, near, scale))
    first, last = blocks.first_block[place], blocks.first_block[place + 1]
    _losses(blocks.box, first, last, low, high, near, scale, scratch.block_bound)
    for b in range(_chosen(scratch.block_bound, last - first, slack, scratch.blocks)):
        block = first + scratch.blocks[b]
        tile0, tile1 = blocks.first_tile[block], blocks.first_tile[block + 1]
        _losses(blocks.tile_box, tile0, tile1, low, high, near, scale, scratch.tile_bound)
        for t in range(_chosen(scratch.tile_bound, tile1 - tile0, slack, scratch.tiles)):
            tile = tile0 + scratch.tiles[t]
            for k in range(targets.table[tile, COUNT]):
                voxel = _voxel(targets, tile, k)
                loss = 0.0
                for axis in range(3):
                    at_low = (low[axis] - voxel[axis]) ** 2 - (low[axis] - near[axis]) ** 2
                    at_high = (high[axis] - voxel[axis]) ** 2 - (high[axis] - near[axis]) ** 2
                    loss += min(at_low, at_high) * scale[axis]
                scratch.z[count], scratch.y[count], scratch.x[count] = voxel
                count += loss <= slack
    return count


@helper
def _lower_bounds(box: Singles, first: int, last: int, point: Point, scale: Point, bounds: Singles) -> Any:
    """`bounds[k]`: squared distance from a point to box first + k; the least of them."""
    zero = np.float32(0)
    z, y, x = np.float32(point[0]), np.float32(point[1]), np.float32(point[2])
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
    return lowest


@helper
def _loss(q: Any, near: Any, low: Any, high: Any) -> Any:
    """Along one axis: squared distance from q to the nearest of low ... high, less that to `near`."""
    away = greatest(greatest(low - q, q - high), np.float32(0))
    return away * away - (q - near) * (q - near)


@helper
def _losses(
    box: Singles, first: int, last: int, low: Point, high: Point, near: Point, scale: Point, losses: Singles
) -> None:
    """`losses[k]`: by how much box first + k is at least farther than `near`, in squares, from any point of a box."""
    qz0, qy0, qx0 = np.float32(low[0]), np.float32(low[1]), np.float32(low[2])
    qz1, qy1, qx1 = np.float32(high[0]), np.float32(high[1]), np.float32(high[2])
    nz, ny, nx = np.float32(near[0]), np.float32(near[1]), np.float32(near[2])
    sz, sy, sx = np.float32(scale[0]), np.float32(scale[1]), np.float32(scale[2])
    z0, z1, y0 = box[0, first:last], box[1, first:last], box[2, first:last]
    y1, x0, x1 = box[3, first:last], box[4, first:last], box[5, first:last]
    for k in range(last - first):
        lz = least(_loss(qz0, nz, z0[k], z1[k]), _loss(qz1, nz, z0[k], z1[k]))
        ly = least(_loss(qy0, ny, y0[k], y1[k]), _loss(qy1, ny, y0[k], y1[k]))
        lx = least(_loss(qx0, nx, x0[k], x1[k]), _loss(qx1, nx, x0[k], x1[k]))
        losses[k] = lz * sz + ly * sy + lx * sx


@helper
def _least_squared(scratch: Scratch, rivals: int, voxel: Point, scale: Point) -> Any:
    """Squared distance from a voxel to the nearest of the rivals."""
    z, y, x = voxel
    lowest = np.inf
    for k in range(rivals):
        dz, dy, dx = scratch.z[k] - z, scratch.y[k] - y, scratch.x[k] - x
        lowest = least(lowest, dz * dz * scale[0] + dy * dy * scale[1] + dx * dx * scale[2])
    return lowest
