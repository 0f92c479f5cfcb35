"""The statistics of distances on the device of the masks, all labels of a case at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from segeval.statistics.distances import SNAP

from .histogram import Heap, Histogram, histogram
from .masks import CHUNK, chunks, count_by_region, flatnonzero
from .nearest import Target
from .voxels import Lookup, Raster, Side, Voxels


class DistanceHistograms(NamedTuple):
    """Distances from `pred` to `gt`, and from `gt` to `pred`."""

    pg: Histogram
    gp: Histogram


class DepthHistograms(NamedTuple):
    """Depths in `pred`, depths in `gt`, and the larger of both for voxels that lie in both."""

    p: Histogram
    g: Histogram
    shared: Histogram


def surface_distances(
    pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]
) -> DistanceHistograms:
    """Measure the distances between the boundaries of each label, in both directions.

    The masks are one case, 2-D or 3-D, of any dtype of whole numbers. `labels` (R,) are all
    different, best on the host; 0 stands for the background, as a region. A border voxel is one
    with another label, or the end of the array, next to it.

    >>> pred, gt = torch.zeros(2, 4, 9, dtype=torch.uint8)
    >>> pred[1, 2] = gt[1, 5] = 7
    >>> surface_distances(pred, gt, torch.tensor([7]), (1.0, 0.5)).pg.value
    tensor([1.5000], dtype=torch.float64)
    """
    case = _Case.of(pred, gt, labels, spacing)
    return DistanceHistograms(
        case.surface_distances(case.pred, case.gt), case.surface_distances(case.gt, case.pred)
    )


def volume_distances(
    pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]
) -> DistanceHistograms:
    """Measure the distances from all voxels of each label to that label in the other mask.

    Parameters are those of `surface_distances`.

    >>> pred, gt = torch.zeros(2, 1, 4, dtype=torch.uint8)
    >>> pred[0, :], gt[0, 0] = 7, 7
    >>> volume_distances(pred, gt, torch.tensor([7]), (1.0, 0.5)).pg.value
    tensor([0.0000, 0.5000, 1.0000, 1.5000], dtype=torch.float64)
    """
    case = _Case.of(pred, gt, labels, spacing)
    return DistanceHistograms(
        case.volume_distances(case.pred, case.gt), case.volume_distances(case.gt, case.pred)
    )


def depths(pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]) -> DepthHistograms:
    """Measure how deep the voxels of each label lie in `pred`, in `gt`, and in both.

    Depth is the distance to the nearest border voxel of the same mask; that in both masks is the
    larger one. Parameters are those of `surface_distances`.

    >>> pred = torch.ones(3, 3, dtype=torch.uint8)
    >>> p, g, shared = depths(pred, pred, torch.tensor([1]), (1.0, 1.0))
    >>> p.value.tolist(), p.size.tolist()
    ([0.0, 1.0], [8, 1])
    """
    case = _Case.of(pred, gt, labels, spacing)
    target_p = case.target(case.pred)
    target_g = case.target(case.gt)
    # a chunk at a time: every voxel has a depth, and both masks are compared voxel by voxel
    heaps_p: list[Heap] = []
    heaps_g: list[Heap] = []
    heaps_shared: list[Heap] = []
    for chunk in case.chunks:
        region_p, depth_p = case.depth_map(case.pred, target_p, chunk)
        region_g, depth_g = case.depth_map(case.gt, target_g, chunk)
        # Where both masks agree on the region, or on none; elsewhere a voxel is in neither set.
        region_shared = torch.where(region_p == region_g, region_p, case.regions)
        heaps_p.append(case.heap(region_p, depth_p))
        heaps_g.append(case.heap(region_g, depth_g))
        heaps_shared.append(case.heap(region_shared, torch.maximum(depth_p, depth_g)))
    return DepthHistograms(
        histogram(heaps_p, case.regions),
        histogram(heaps_g, case.regions),
        histogram(heaps_shared, case.regions),
    )


class DepthMap(NamedTuple):
    """The region of each voxel of a chunk, R for none, and its depth."""

    region: Tensor
    depth: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """Both masks of a case, and the regions that are measured on them."""

    pred: Side
    gt: Side
    raster: Raster
    lookup: Lookup

    @classmethod
    def of(cls, pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]) -> _Case:
        """Return a case whose region r is that of `labels[r]`."""
        lookup = Lookup.of(labels, pred.device)
        raster = Raster.of(pred.shape, spacing)
        return cls(Side.of(pred, lookup), Side.of(gt, lookup), raster, lookup)

    @property
    def regions(self) -> int:
        """Number of regions, R."""
        return len(self.lookup)

    @property
    def chunks(self) -> list[range]:
        """The numbers of all voxels, as many at a time as are measured together."""
        return list(chunks(len(self.pred.labels)))

    def target(self, side: Side) -> Target:
        """Return the border voxels of a mask as something to look for."""
        return Target.of(side, self.raster, self.lookup)

    def surface_distances(self, source: Side, other: Side) -> Histogram:
        """Return the distances from the border voxels of one mask to those of the other."""
        queries = source.border
        same_label = other.labels.index_select(0, queries.flat) == queries.label
        is_shared = same_label & other.on_border.index_select(0, queries.flat)
        # Zeros are counted without a search; masks that agree well have few other voxels.
        target = self.target(other)
        heaps = [self.zeros(queries, is_shared)]
        for part in queries.take(flatnonzero(~is_shared)).split(CHUNK):
            heaps.append(self.distances(part, target))
        return histogram(heaps, self.regions)

    def volume_distances(self, source: Side, other: Side) -> Histogram:
        """Return the distances from all voxels of one mask to the regions of the other.

        The nearest voxel of a region, seen from outside of it, is always on its border.
        """
        target = self.target(other)
        heaps = []
        for chunk in self.chunks:
            queries = self.voxels(source, chunk)
            is_shared = other.labels.index_select(0, queries.flat) == queries.label
            heaps.append(self.zeros(queries, is_shared))
            heaps.append(self.distances(queries.take(flatnonzero(~is_shared)), target))
        return histogram(heaps, self.regions)

    def voxels(self, side: Side, chunk: range) -> Voxels:
        """Return those voxels of a chunk of a mask that are in a region."""
        flat = torch.arange(chunk.start, chunk.stop, device=side.labels.device)
        return Voxels.in_regions(side.labels, flat, self.lookup)

    def zeros(self, queries: Voxels, is_shared: Tensor) -> Heap:
        """Return the voxels that both masks share, which are at distance 0."""
        region = queries.region.index_select(0, flatnonzero(is_shared))
        return Heap.zeros(count_by_region(region, self.regions))

    def distances(self, queries: Voxels, target: Target) -> Heap:
        """Return the distances of voxels of one mask from the other mask, snapped."""
        # As on the host: roots of equal multiples of 1 / SNAP are equal to the last bit.
        squared = target.squared_distances(queries).mul_(SNAP).round_()
        return Heap.of(queries.region, squared.sqrt_().mul_(self.raster.unit / SNAP**0.5))

    def depth_map(self, side: Side, target: Target, chunk: range) -> DepthMap:
        """Return the region and the depth of every voxel of a chunk of a mask."""
        voxels = self.voxels(side, chunk)
        shape = (len(chunk),)
        # R, no region, until those that are in one are entered
        region = torch.full(shape, self.regions, dtype=torch.int64, device=voxels.flat.device)
        region.index_copy_(0, voxels.flat - chunk.start, voxels.region)
        inner = voxels.take(flatnonzero(~side.on_border.index_select(0, voxels.flat)))
        # Border voxels keep depth 0. Depths are not snapped: those of the host are not either.
        depth = torch.zeros_like(region, dtype=torch.float64)
        inner_depth = target.squared_distances(inner).sqrt_().mul_(self.raster.unit)
        return DepthMap(region, depth.index_copy_(0, inner.flat - chunk.start, inner_depth))

    def heap(self, region: Tensor, depth: Tensor) -> Heap:
        """Return the depths of the voxels that are in a region."""
        rows = flatnonzero(region < self.regions)
        return Heap.of(region.index_select(0, rows), depth.index_select(0, rows))
