"""Distances to voxels of the same region, however far: two trees descended together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .masks import places
from .tree import WIDTH, Curve, Level, Tree
from .voxels import Frame, Voxels

SLACK = 1 + 1e-5
"""Bounds are float32."""


def together(device: torch.device) -> int:
    """How many pairs of cells are looked at together: what fits in a processor's cache, or keeps a
    GPU busy.
    """
    return 2**13 if device.type == "cpu" else 2**16


def squared_distances(queries: Voxels, targets: Voxels, frame: Frame) -> Tensor:
    """From each query to the nearest target of its region, in the frame's unit; infinite if there
    is none.
    """
    curve = Curve.of(frame, queries.flat.device)
    search = Search.of(Tree.of(queries, curve), Tree.of(targets, curve), frame)
    search.run()
    leaves = torch.arange(len(search.best), device=queries.flat.device)
    repeated = search.queries.levels[0].children(leaves)[1]
    found = search.best.view(-1).index_select(0, places(~repeated.view(-1)))
    return torch.empty_like(found).index_copy_(0, search.queries.order, found)


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A search under way.

    `best` (leaves, WIDTH): the least squared distance found so far of each query. `limit`: for each
    level and cell of queries, a square that the result of none of them exceeds.
    """

    queries: Tree
    targets: Tree
    frame: Frame
    best: Tensor
    limit: list[Tensor]

    @classmethod
    def of(cls, queries: Tree, targets: Tree, frame: Frame) -> Search:
        """A search that has not begun."""
        device = queries.leaf.device
        best = torch.full((len(queries.leaf), WIDTH), torch.inf, dtype=torch.float64, device=device)
        limit = [torch.full((len(level),), torch.inf, device=device) for level in queries.levels]
        return cls(queries, targets, frame, best, limit)

    def run(self) -> None:
        """Go down from the cells of whole regions, targets first, to pairs of leaves.

        Depth first and some pairs at a time, so that few wait.
        """
        size = together(self.best.device)
        top = len(self.limit) - 1
        waiting = [(top, top, _shared(self.queries.region, self.targets.region))]
        while waiting:
            level_q, level_t, pairs = waiting.pop()
            if pairs.shape[1] > size:
                waiting.append((level_q, level_t, pairs[:, size:]))
                pairs = pairs[:, :size]
            q, t = pairs[:, :, None]
            if level_q == level_t == 0:
                self._measure(q[:, 0], t[:, 0])
                continue
            if level_q > level_t:
                q, repeated = self.queries.levels[level_q].children(q[:, 0])
                level_q -= 1
            else:
                t, repeated = self.targets.levels[level_t].children(t[:, 0])
                level_t -= 1
            q, t = q.expand_as(repeated), t.expand_as(repeated)
            kept = self._promising(
                level_q, level_t, q.reshape(-1), t.reshape(-1), repeated.reshape(-1)
            )
            waiting.append((level_q, level_t, kept))

    def _promising(
        self, level_q: int, level_t: int, q: Tensor, t: Tensor, repeated: Tensor
    ) -> Tensor:
        """Of pairs of cells those that may hold a nearest target, after all pairs had their say in
        the limits.
        """
        near, far = self._bounds(self.queries.levels[level_q], q, self.targets.levels[level_t], t)
        limit = self.limit[level_q].scatter_reduce_(0, q, far, "amin")
        kept = places((near <= limit.index_select(0, q) * SLACK) & ~repeated)
        return torch.stack([q.index_select(0, kept), t.index_select(0, kept)])

    def _bounds(
        self, queries: Level, q: Tensor, targets: Level, t: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Squares that no distance between the boxes of two cells is below, and none above."""
        after = targets.low.index_select(0, t) - queries.high.index_select(0, q)
        before = queries.low.index_select(0, q) - targets.high.index_select(0, t)
        near, far = torch.maximum(after, before).clamp_(min=0), torch.minimum(after, before)
        return self.frame.squared(near.unbind(1)), self.frame.squared(far.unbind(1))

    def _measure(self, q: Tensor, t: Tensor) -> None:
        """Take in the distances between pairs of leaves; first of those that gave the limits, to
        spare most others.
        """
        near, far = self._bounds(self.queries.levels[0], q, self.targets.levels[0], t)
        first = far <= self.limit[0].index_select(0, q)
        self._compare(q, t, places(first))
        farthest = self.best.index_select(0, q).amax(1)
        self._compare(q, t, places(~first & (near <= farthest * SLACK)))

    def _compare(self, q: Tensor, t: Tensor, at: Tensor) -> None:
        """Compare all voxels of two leaves, of the pairs at some places."""
        q, t = q.index_select(0, at), t.index_select(0, at)
        one = self.queries.leaf.index_select(0, q)[:, :, :, None]
        other = self.targets.leaf.index_select(0, t)[:, :, None, :]
        nearest = self.frame.squared((one - other).to(torch.float64).unbind(1)).amin(2)
        self.best.scatter_reduce_(0, q[:, None].expand_as(nearest), nearest, "amin")


def _shared(one: Tensor, other: Tensor) -> Tensor:
    """Where the numbers that are in both of two sorted tensors lie in them, (2, n)."""
    at = torch.searchsorted(other, one).clamp_(max=len(other) - 1)
    found = places(other.index_select(0, at) == one)
    return torch.stack([found, at.index_select(0, found)])
