"""Distances to the nearest border voxel of the same label.

Most voxels have one in their neighbourhood and find it by looking around (`near`); only the others
go down the trees (`far`), so that a tree is built for few voxels or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from . import far
from .masks import count_by_region, flatnonzero
from .near import Band
from .voxels import Lookup, Raster, Side, Voxels


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The border voxels of a mask, for others to look for; `count` (R,) is that of each region."""

    border: Voxels
    count: Tensor
    band: Band
    raster: Raster

    @classmethod
    def of(cls, side: Side, raster: Raster, lookup: Lookup) -> Target:
        """Return the border voxels of one side of a case as a target."""
        count = count_by_region(side.border.region, len(lookup))
        return cls(side.border, count, Band.of(side, raster, lookup.unused), raster)

    def squared_distances(self, queries: Voxels) -> Tensor:
        """Return the squared distance from each voxel to the nearest border voxel of its label.

        (n,) float64, in the square of the raster's unit; infinite if the target has no such voxel.
        """
        squared = torch.full_like(queries.flat, torch.inf, dtype=torch.float64)
        # a region without a border voxel has no answer: it stays infinite, and is not looked for
        answerable = flatnonzero(self.count.index_select(0, queries.region))
        nearest = self.band.squared_distances(queries.take(answerable))
        beyond = flatnonzero(nearest.isinf())
        if len(beyond):
            far_queries = queries.take(answerable.index_select(0, beyond))
            nearest.index_copy_(0, beyond, self._far_squared_distances(far_queries))
        return squared.index_copy_(0, answerable, nearest)

    def _far_squared_distances(self, queries: Voxels) -> Tensor:
        """Return the same of voxels beyond the band, from trees over their regions alone."""
        is_queried = torch.zeros_like(self.count).index_fill_(0, queries.region, 1)
        rows = flatnonzero(is_queried.index_select(0, self.border.region))
        return far.squared_distances(queries, self.border.take(rows), self.raster)
