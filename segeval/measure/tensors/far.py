"""Distances to voxels of the same region, however far: two trees descended together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .masks import flatnonzero
from .tree import WIDTH, Curve, Tree
from .voxels import Raster, Voxels

MARGIN = 1 + 1e-5
"""Factor by which a bound may be exceeded before a pair is given up: bounds are float32."""


def pairs_at_once(device: torch.device) -> int:
    """Return how many pairs of cells are looked at together.

    That many fit in a processor's cache, or keep a GPU busy.
    """
    return 2**13 if device.type == "cpu" else 2**16


def squared_distances(queries: Voxels, targets: Voxels, raster: Raster) -> Tensor:
    """Return the squared distance from each query to the nearest target of its region.

    (n,) float64, in the square of the raster's unit; infinite if its region has no target.
    """
    curve = Curve.of(raster, queries.flat.device)
    search = Search.of(Tree.of(queries, curve), Tree.of(targets, curve), raster)
    search.run()
    # slots that repeat a voxel are left out, then the results put in the order of the queries
    leaves = torch.arange(len(search.best), device=queries.flat.device)
    is_repeated = search.queries.levels[0].children(leaves).is_repeated
    squared = search.best.view(-1).index_select(0, flatnonzero(~is_repeated.view(-1)))
    return torch.empty_like(squared).index_copy_(0, search.queries.order, squared)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of a cell of queries (`cell_q`) and one of targets (`cell_t`), each of one level."""

    level_q: int
    level_t: int
    cell_q: Tensor
    cell_t: Tensor

    def __len__(self) -> int:
        return len(self.cell_q)

    def __getitem__(self, rows: slice) -> Pairs:
        return Pairs(self.level_q, self.level_t, self.cell_q[rows], self.cell_t[rows])

    def take(self, rows: Tensor) -> Pairs:
        """Return the pairs in these rows of the list."""
        cell_q = self.cell_q.index_select(0, rows)
        return Pairs(self.level_q, self.level_t, cell_q, self.cell_t.index_select(0, rows))


class Bounds(NamedTuple):
    """Squared distances that none between the boxes of two cells is below, and none above."""

    low: Tensor
    high: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A search under way.

    `best` (leaves, WIDTH): the smallest squared distance of each query so far. `limit`: for each
    level and cell of queries, a square that the result of none of them exceeds.
    """

    queries: Tree
    targets: Tree
    raster: Raster
    best: Tensor
    limit: list[Tensor]

    @classmethod
    def of(cls, queries: Tree, targets: Tree, raster: Raster) -> Search:
        """Return a search that has not begun."""
        device = queries.leaf.device
        best = torch.full((len(queries.leaf), WIDTH), torch.inf, dtype=torch.float64, device=device)
        limit = [torch.full((len(level),), torch.inf, device=device) for level in queries.levels]
        return cls(queries, targets, raster, best, limit)

    def run(self) -> None:
        """Go down from the cells of whole regions, targets first, to pairs of leaves.

        Depth first and a limited number of pairs at a time, so that few of them wait.
        """
        size = pairs_at_once(self.best.device)
        waiting = [self._roots()]
        while waiting:
            pairs = waiting.pop()
            # Those split off wait at the bottom, so that limits get small before they come up.
            if len(pairs) > size:
                waiting.append(pairs[size:])
                pairs = pairs[:size]
            if pairs.level_q == pairs.level_t == 0:
                self._measure(pairs)
            else:
                waiting.append(self._promising_children(pairs))

    def _roots(self) -> Pairs:
        """Return the pairs of top cells, one for each region that both trees have."""
        # the same curve orders both trees, so that both have as many levels
        top = len(self.limit) - 1
        row_t = torch.searchsorted(self.targets.region, self.queries.region)
        # a region beyond the last one of the targets falls on that one, and is not equal to it
        row_t.clamp_(max=len(self.targets.region) - 1)
        in_both = self.targets.region.index_select(0, row_t) == self.queries.region
        cell_q = flatnonzero(in_both)
        return Pairs(top, top, cell_q, row_t.index_select(0, cell_q))

    def _promising_children(self, pairs: Pairs) -> Pairs:
        """Return those pairs one level down that may hold a nearest target.

        The limits are lowered by all pairs before any is judged by them.
        """
        level_q, level_t = pairs.level_q, pairs.level_t
        cell_q, cell_t = pairs.cell_q[:, None], pairs.cell_t[:, None]
        # the larger cell is split, of equal ones that of targets: the boxes stay alike in size
        if level_q > level_t:
            cell_q, is_repeated = self.queries.levels[level_q].children(pairs.cell_q)
            level_q -= 1
        else:
            cell_t, is_repeated = self.targets.levels[level_t].children(pairs.cell_t)
            level_t -= 1
        # WIDTH children of each, repeated ones too: these go where the shape changes anyway
        flat_q = cell_q.expand_as(is_repeated).reshape(-1)
        flat_t = cell_t.expand_as(is_repeated).reshape(-1)
        children = Pairs(level_q, level_t, flat_q, flat_t)
        # `high` is the square of the farthest that any target of the cell can be: no query of the
        # other cell ends up farther than the smallest of these.
        bounds = self._bounds(children)
        limit = self.limit[level_q].scatter_reduce_(0, flat_q, bounds.high, "amin")
        is_promising = bounds.low <= limit.index_select(0, flat_q) * MARGIN
        return children.take(flatnonzero(is_promising & ~is_repeated.reshape(-1)))

    def _bounds(self, pairs: Pairs) -> Bounds:
        """Return the bounds of the distances between the boxes of each pair."""
        queries = self.queries.levels[pairs.level_q]
        targets = self.targets.levels[pairs.level_t]
        # by how much one box begins behind the end of the other along each axis, below 0 if before
        after = targets.low.index_select(0, pairs.cell_t)
        after = after - queries.high.index_select(0, pairs.cell_q)
        before = queries.low.index_select(0, pairs.cell_q)
        before = before - targets.high.index_select(0, pairs.cell_t)
        gap = torch.maximum(after, before).clamp_(min=0)
        span = torch.minimum(after, before)  # negative, and its square is that of the full extent
        return Bounds(self.raster.squared(gap.unbind(1)), self.raster.squared(span.unbind(1)))

    def _measure(self, pairs: Pairs) -> None:
        """Take in the distances between pairs of leaves.

        First those that gave the limits: what they find spares most of the others.
        """
        bounds = self._bounds(pairs)
        gave_limit = bounds.high <= self.limit[0].index_select(0, pairs.cell_q)
        self._compare(pairs.take(flatnonzero(gave_limit)))
        # `best` is lower by now: a pair counts only if it may still lower the worst of its queries
        farthest = self.best.index_select(0, pairs.cell_q).amax(1)
        is_promising = bounds.low <= farthest * MARGIN
        self._compare(pairs.take(flatnonzero(~gave_limit & is_promising)))

    def _compare(self, pairs: Pairs) -> None:
        """Compare all voxels of the two leaves of each pair."""
        # (pairs, axes, WIDTH, 1) and (pairs, axes, 1, WIDTH); indices are whole, so that float32
        # holds their differences exactly
        queries = self.queries.leaf.index_select(0, pairs.cell_q)[:, :, :, None]
        targets = self.targets.leaf.index_select(0, pairs.cell_t)[:, :, None, :]
        steps = (queries - targets).to(torch.float64).unbind(1)
        nearest = self.raster.squared(steps).amin(2)
        # a leaf of queries may be in several pairs: the smallest of all wins
        rows = pairs.cell_q[:, None].expand_as(nearest)
        self.best.scatter_reduce_(0, rows, nearest, "amin")
