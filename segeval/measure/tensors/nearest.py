"""Distances to the nearest border voxel of the same label: most by looking around, the others
through trees.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from . import far
from .masks import places, tally
from .near import Band
from .voxels import Frame, Lookup, Side, Voxels


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The border voxels of a mask, for others to look for; `count` (R,) says how many each region
    has.
    """

    edge: Voxels
    count: Tensor
    band: Band
    frame: Frame

    @classmethod
    def of(cls, side: Side, frame: Frame, lookup: Lookup) -> Target:
        """The border voxels of one side of a case."""
        return cls(
            side.edge,
            tally(side.edge.region, len(lookup)),
            Band.of(side, frame, lookup.free),
            frame,
        )

    def squared_distances(self, queries: Voxels) -> Tensor:
        """From each voxel to the nearest of its label, in the square of the frame's unit; infinite
        if there is none.
        """
        squared = torch.full_like(queries.flat, torch.inf, dtype=torch.float64)
        some = places(self.count.index_select(0, queries.region))
        found = self.band.squared_distances(queries.take(some))
        lost = places(found.isinf())
        if len(lost):
            found.index_copy_(0, lost, self._far(queries.take(some.index_select(0, lost))))
        return squared.index_copy_(0, some, found)

    def _far(self, queries: Voxels) -> Tensor:
        wanted = torch.zeros_like(self.count).index_fill_(0, queries.region, 1)
        targets = self.edge.take(places(wanted.index_select(0, self.edge.region)))
        return far.squared_distances(queries, targets, self.frame)
