"""Exact squared distances to the nearest voxel of the same label, however far.

All voxels of a tile are searched for together.

That pays as all voxels of a tile lie close together, and what is far from one of them is far from
all: the targets that can be nearest to any of them are few, and are sought once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Integers, Singles
from segeval.kernels.words import LANES, ONE, at_most64, ctz, greatest, helper, kernel, least, ones
from segeval.kernels.workspace import Workspace, balanced

from .tiles import BOX, COUNT, FIRST, PLACE, Blocks, Tiles, X, Y, Z

MARGIN = 1e-5
"""Share by which a bound may be too high: bounds are float32, some roundings away from whole
numbers that it holds exactly. What they let pass is then compared in float64.
"""

Codes = NDArray[np.uint16]
Table = NDArray[np.int32]
Point = tuple[float, float, float]
"""Indices (z, y, x) of a voxel, or between voxels; also the squared spacing along these axes."""


class Targets(NamedTuple):
    """The fields of tiles and their blocks that a search looks in.

    Tiles of block b are those from `first_tile[b]` to `first_tile[b + 1]`, blocks of place p those
    from `first_block[p]` to `first_block[p + 1]`. Boxes are (6, n): low and high along z, y, x.
    """

    codes: Codes
    table: Table
    first_tile: Integers
    first_block: Integers
    tile_box: Singles
    block_box: Singles


class _Room(NamedTuple):
    """Room for the search of one tile.

    A bound and a choice for each block, and for each tile in a block; and the rivals.
    """

    bounds: Singles  # (2, boxes)
    chosen: Integers  # (2, boxes)
    rivals: Floats  # (3, voxels): z, y, x

    @classmethod
    def of(cls, quest: Quest) -> _Room:
        """Return the room for any tile of a quest."""
        boxes = len(quest.tiles.block) + LANES  # a word of bounds may begin at the last box
        return cls(
            np.empty((2, boxes), np.float32),
            np.empty((2, boxes), np.int64),
            np.empty((3, quest.blocks.most_voxels + 1)),
        )


class Quest(NamedTuple):
    """Tiles of elements that look for the nearest element of the same place.

    They look in the tiles of another mask.
    """

    queries: Tiles
    tiles: Tiles
    blocks: Blocks

    @property
    def targets(self) -> Targets:
        """The fields that a search looks in."""
        tiles, blocks = self.tiles, self.blocks
        return Targets(
            tiles.codes,
            tiles.table,
            blocks.first_tile,
            blocks.first_block,
            blocks.tile_box,
            blocks.box,
        )


def squared_distances(
    quests: Sequence[Quest], scale: Point, snap: float, workspace: Workspace
) -> list[Floats]:
    """Return for each quest the squared distances of its query elements.

    They come place after place, times `snap` and rounded. They are in buffers. `scale` is the
    squared spacing along z, y, x.
    """
    # where the elements of each query tile begin among those of all, and the end
    ends = [
        np.concatenate([[0], np.cumsum(quest.queries.table[:, COUNT], dtype=np.int64)])
        for quest in quests
    ]
    squared = [
        workspace.buffer(f"squared {k}", int(end[-1]), np.float64) for k, end in enumerate(ends)
    ]
    jobs = []
    for k, end in enumerate(ends):
        # parts are meant for voxels of a sweep: an element counts as 128 of them
        parts = workspace.parts(128 * int(end[-1]))
        jobs += [(k, *cut) for cut in pairwise(balanced(quests[k].queries.table[:, COUNT], parts))]

    def part(job: tuple[int, int, int]) -> None:
        k, start, stop = job
        quest = quests[k]
        # cut between tiles, so that each part writes a stretch of its own
        squares = squared[k][ends[k][start] : ends[k][stop]]
        codes, table = quest.queries.codes, quest.queries.table[start:stop]
        _squared_distances(codes, table, quest.targets, scale, _Room.of(quest), squares)
        np.rint(np.multiply(squares, snap, out=squares), out=squares)

    workspace.map(part, jobs)
    return squared


@kernel
def _squared_distances(
    query_codes: Codes,
    queries: Table,
    targets: Targets,
    scale: Point,
    room: _Room,
    squared: Floats,
) -> None:
    """Write the squared distances of the elements of query tiles.

    For each tile: the exact nearest target of its centre; every block, tile and element of targets
    that is nowhere in the tile's box nearer than this one is dropped; the few that are left, its
    rivals, are compared with every element.
    """
    # A voxel v of the tile has its nearest target among the rivals of the tile's box, since the box
    # holds v and the target nearest to the centre is always a rival. Few are left where a tile is
    # small against the distance, which far tiles are.
    codes, table, rivals = targets.codes, targets.table, room.rivals
    found: Any = (np.int64(0), np.int64(0))  # a tile, and which of its elements
    place = np.int32(-1)
    voxel = np.int64(0)
    for q in range(queries.shape[0]):
        # 1. The exact nearest target of the centre of the tile's box, which is low and high along
        # z, then along y, then along x. A place of queries always has targets, so that `found` is
        # of this place once `bound` is finite.
        box = queries[q, BOX:]
        low = float(box[0]), float(box[2]), float(box[4])
        high = float(box[1]), float(box[3]), float(box[5])
        centre = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2
        bound = np.inf
        if queries[q, PLACE] == place:  # the answer of the tile before is a good first guess
            bound = _squared(centre, _voxel(codes, table, found[0], found[1]), scale)
        place = queries[q, PLACE]
        bound, found = _nearest(targets, place, centre, scale, bound, found, room)
        count = np.int64(queries[q, COUNT])
        if count == 1:  # the centre of its box is the element itself
            squared[voxel] = bound
            voxel += 1
            continue
        # 2. The rivals: what may be nearer than that target to some point of the box.
        nearest = _voxel(codes, table, found[0], found[1])
        rival_count = _rivals(targets, place, low, high, nearest, scale, room)
        # 3. Each element of the tile against all rivals, without a branch.
        for k in range(count):
            z, y, x = _voxel(query_codes, queries, q, k)
            lowest = np.inf
            for r in range(rival_count):
                dz, dy, dx = rivals[0, r] - z, rivals[1, r] - y, rivals[2, r] - x
                lowest = least(lowest, dz * dz * scale[0] + dy * dy * scale[1] + dx * dx * scale[2])
            squared[voxel] = lowest
            voxel += 1


@helper
def _voxel(codes: Codes, table: Table, tile: int, k: int) -> Any:
    """Return the indices of element k of a tile.

    As floats: what follows is computed in float64.
    """
    entry = table[tile]
    # a code is z << 6 | y << 3 | x in the cell, which is 8 wide along y and x
    code = np.int64(codes[entry[FIRST] + k])
    return (
        float(entry[Z] + (code >> 6)),
        float(entry[Y] + (code >> 3 & 7)),
        float(entry[X] + (code & 7)),
    )


@helper
def _squared(a: Point, b: Point, scale: Point) -> Any:
    """Return the squared distance between two points.

    In the square of the unit that `scale` is in.
    """
    dz, dy, dx = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return dz * dz * scale[0] + dy * dy * scale[1] + dx * dx * scale[2]


@helper
def _chosen(bounds: Singles, n: int, limit: float, chosen: Integers) -> Any:
    """Write the k < n whose bound is at most the limit; return how many.

    In ascending order. A word of bounds is read whole: what lies behind n there may be
    anything, and is masked away.
    """
    count = np.int64(0)
    for start in range(0, n, LANES):
        left = at_most64(bounds, start, np.float32(limit)) & ones(n - start)
        while left:
            chosen[count] = start + ctz(left)
            count += 1
            left &= left - ONE
    return count


@helper
def _nearest(
    targets: Targets,
    place: int,
    point: Point,
    scale: Point,
    bound: float,
    found: tuple[int, int],
    room: _Room,
) -> Any:
    """Return the squared distance to the nearest target of a place, and which that is.

    If it is not below `bound`, both are returned as they came. Of blocks, and of tiles in a block,
    first those with the least bound, to make the limit tight, then what may still be nearer.
    """
    codes, table = targets.codes, targets.table
    first_tile, tile_box = targets.first_tile, targets.tile_box
    bounds, chosen = room.bounds, room.chosen
    first, last = targets.first_block[place], targets.first_block[place + 1]
    # Round 1 has the boxes at the least bound alone, mostly one, and finds a good `bound`; round 2
    # has all that may still be nearer than that, mostly none.
    block_limit = _lower_bounds(targets.block_box, first, last, point, scale, bounds[0])
    for _ in range(2):
        for b in range(_chosen(bounds[0], last - first, block_limit, chosen[0])):
            block = chosen[0, b]
            # the blocks before it may have lowered the bound since the limit was set
            if bounds[0, block] > bound * (1 + MARGIN):
                continue
            bounds[0, block] = np.inf  # done: the second round passes it over
            tile0, tile1 = first_tile[first + block], first_tile[first + block + 1]
            limit = _lower_bounds(tile_box, tile0, tile1, point, scale, bounds[1])
            # a block may be near and yet have no tile that is
            if limit > bound * (1 + MARGIN):
                continue
            # the same in the block: its nearest tiles first, then what may still be nearer
            for _ in range(2):
                for t in range(_chosen(bounds[1], tile1 - tile0, limit, chosen[1])):
                    tile = chosen[1, t]
                    if bounds[1, tile] > bound * (1 + MARGIN):
                        continue
                    bounds[1, tile] = np.inf
                    for k in range(np.int64(table[tile0 + tile, COUNT])):
                        squared = _squared(_voxel(codes, table, tile0 + tile, k), point, scale)
                        if squared < bound:
                            bound, found = squared, (tile0 + tile, k)
                limit = bound * (1 + MARGIN)
        block_limit = bound * (1 + MARGIN)
    return bound, found


@helper
def _rivals(
    targets: Targets, place: int, low: Point, high: Point, nearest: Point, scale: Point, room: _Room
) -> Any:
    """Write the targets that may be nearer than `nearest` to some point of a box, and `nearest`.

    Returns how many they are. By how much one is farther than `nearest`, in squares, is least at a
    corner of the box: along each axis it is concave.
    """
    codes, table = targets.codes, targets.table
    first_tile, tile_box = targets.first_tile, targets.tile_box
    bounds, chosen, rivals = room.bounds, room.chosen, room.rivals
    rivals[0, 0], rivals[1, 0], rivals[2, 0] = nearest
    count = np.int64(1)
    # losses are differences of squares, so that their roundings go with the size of these
    slack = MARGIN * (_squared(low, nearest, scale) + _squared(high, nearest, scale))
    first, last = targets.first_block[place], targets.first_block[place + 1]
    # the same from coarse to fine: blocks, tiles of those left, elements of those left
    _losses(targets.block_box, first, last, low, high, nearest, scale, bounds[0])
    for b in range(_chosen(bounds[0], last - first, slack, chosen[0])):
        block = first + chosen[0, b]
        tile0, tile1 = first_tile[block], first_tile[block + 1]
        _losses(tile_box, tile0, tile1, low, high, nearest, scale, bounds[1])
        for t in range(_chosen(bounds[1], tile1 - tile0, slack, chosen[1])):
            tile = tile0 + chosen[1, t]
            for k in range(np.int64(table[tile, COUNT])):
                z, y, x = _voxel(codes, table, tile, k)
                loss = _least_loss(low[0], high[0], nearest[0], z) * scale[0]
                loss += _least_loss(low[1], high[1], nearest[1], y) * scale[1]
                loss += _least_loss(low[2], high[2], nearest[2], x) * scale[2]
                # written before it is known to stay: no branch, and the room has one more voxel
                rivals[0, count], rivals[1, count], rivals[2, count] = z, y, x
                count += loss <= slack
    return count


@helper
def _least_loss(low: float, high: float, nearest_along: float, voxel: float) -> Any:
    """Return, along one axis, the least loss of a voxel against `nearest_along`.

    That is by how much the square to it exceeds that to `nearest_along`, from whichever end of
    a box it does least.
    """
    at_low, at_high = low - voxel, high - voxel
    near_low, near_high = low - nearest_along, high - nearest_along
    return least(at_low * at_low - near_low * near_low, at_high * at_high - near_high * near_high)


@helper
def _lower_bounds(
    box: Singles, first: int, last: int, point: Point, scale: Point, bounds: Singles
) -> Any:
    """Write `bounds[k]`, the squared distance from a point to box first + k.

    Returns the least of them.
    """
    # rows of the boxes as views, and no branch: so LLVM makes vectors of the loop
    zero = np.float32(0)
    z, y, x = np.float32(point[0]), np.float32(point[1]), np.float32(point[2])
    sz, sy, sx = np.float32(scale[0]), np.float32(scale[1]), np.float32(scale[2])
    z0, z1, y0 = box[0, first:last], box[1, first:last], box[2, first:last]
    y1, x0, x1 = box[3, first:last], box[4, first:last], box[5, first:last]
    lowest = np.float32(np.inf)
    for k in range(last - first):
        # outside of the box, how far its nearer side is along each axis; inside, 0
        dz = greatest(greatest(z0[k] - z, z - z1[k]), zero)
        dy = greatest(greatest(y0[k] - y, y - y1[k]), zero)
        dx = greatest(greatest(x0[k] - x, x - x1[k]), zero)
        bounds[k] = dz * dz * sz + dy * dy * sy + dx * dx * sx
        lowest = least(lowest, bounds[k])
    return np.float64(lowest)


@helper
def _losses(
    box: Singles,
    first: int,
    last: int,
    low: Point,
    high: Point,
    nearest: Point,
    scale: Point,
    losses: Singles,
) -> None:
    """Write `losses[k]`: by how much box first + k is at least farther than `nearest`.

    It is measured in squares, from any point of a box.

    In float32 and without a branch, as `_lower_bounds`; `slack` allows for the rounding.
    """
    qz0, qy0, qx0 = np.float32(low[0]), np.float32(low[1]), np.float32(low[2])
    qz1, qy1, qx1 = np.float32(high[0]), np.float32(high[1]), np.float32(high[2])
    nz, ny, nx = np.float32(nearest[0]), np.float32(nearest[1]), np.float32(nearest[2])
    sz, sy, sx = np.float32(scale[0]), np.float32(scale[1]), np.float32(scale[2])
    z0, z1, y0 = box[0, first:last], box[1, first:last], box[2, first:last]
    y1, x0, x1 = box[3, first:last], box[4, first:last], box[5, first:last]
    for k in range(last - first):
        # the least over all corners of the query box, as each axis may take the end that suits it
        lz = _loss(qz0, qz1, nz, z0[k], z1[k])
        ly = _loss(qy0, qy1, ny, y0[k], y1[k])
        lx = _loss(qx0, qx1, nx, x0[k], x1[k])
        losses[k] = lz * sz + ly * sy + lx * sx


@helper
def _loss(q0: Any, q1: Any, nearest_along: Any, low: Any, high: Any) -> Any:
    """Return, along one axis, how much farther low ... high lies than `nearest_along`, in squares.

    It is the squared distance to the nearest of low ... high less that to `nearest_along`, from q0
    or q1: the lesser of both.
    """
    zero = np.float32(0)
    away0 = greatest(greatest(low - q0, q0 - high), zero)
    away1 = greatest(greatest(low - q1, q1 - high), zero)
    loss0 = away0 * away0 - (q0 - nearest_along) * (q0 - nearest_along)
    loss1 = away1 * away1 - (q1 - nearest_along) * (q1 - nearest_along)
    return least(loss0, loss1)
