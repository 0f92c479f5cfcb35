"""The statistics of distances on the device of the masks, all labels of a case at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .histogram import Heap, Histogram, histogram
from .masks import places, tally
from .nearest import Target
from .voxels import Frame, Lookup, Side, Voxels, listed

SNAP = 2.0**32
"""As in `segeval.measure.voxels.search`: squared distances are rounded to multiples of 1 / SNAP of
the squared unit.
"""

TOGETHER = 2**20
"""Voxels that look for their nearest together; memory beyond the lists of border voxels grows with
it.
"""


def surface_distances(
    pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]
) -> tuple[Histogram, Histogram]:
    """Distances between the boundaries of each label, from `pred` to `gt` and back.

    The masks are one case, 2-D or 3-D, of any dtype of whole numbers. `labels` (R,) are all
    different, best on the host; 0 stands for the background, as a region. A border voxel is one
    with another label, or the end of the array, next to it.

    >>> pred, gt = torch.zeros(2, 4, 9, dtype=torch.uint8)
    >>> pred[1, 2] = gt[1, 5] = 7
    >>> surface_distances(pred, gt, torch.tensor([7]), (1.0, 0.5))[0].value
    tensor([1.5000], dtype=torch.float64)
    """
    case = _Case.of(pred, gt, labels, spacing)

    def way(own: Side, other: Side) -> Histogram:
        there = other.labels.index_select(0, own.edge.flat) == own.edge.label
        shared = there & other.border.index_select(0, own.edge.flat)
        target = case.target(other)
        parts = own.edge.take(places(~shared)).split(TOGETHER)
        zeros = tally(own.edge.region.index_select(0, places(shared)), case.regions)
        return histogram(
            [Heap.zeros(zeros), *(case.distances(part, target) for part in parts)], case.regions
        )

    return way(case.pred, case.gt), way(case.gt, case.pred)


def volume_distances(
    pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]
) -> tuple[Histogram, Histogram]:
    """Distances from all voxels of each label to those of that label in the other mask; else as
    `surface_distances`.

    >>> pred, gt = torch.zeros(2, 1, 4, dtype=torch.uint8)
    >>> pred[0, :], gt[0, 0] = 7, 7
    >>> volume_distances(pred, gt, torch.tensor([7]), (1.0, 0.5))[0].value
    tensor([0.0000, 0.5000, 1.0000, 1.5000], dtype=torch.float64)
    """
    case = _Case.of(pred, gt, labels, spacing)

    def way(own: Side, other: Side) -> Histogram:
        target = case.target(other)
        heaps = []
        for start in case.starts:
            voxels = case.voxels(own, start)
            shared = other.labels.index_select(0, voxels.flat) == voxels.label
            zeros = tally(voxels.region.index_select(0, places(shared)), case.regions)
            heaps += [Heap.zeros(zeros), case.distances(voxels.take(places(~shared)), target)]
        return histogram(heaps, case.regions)

    return way(case.pred, case.gt), way(case.gt, case.pred)


def depths(
    pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]
) -> tuple[Histogram, Histogram, Histogram]:
    """How deep the voxels of each label lie in `pred`, in `gt`, and, the larger depth, those that
    lie in both.

    Depth is the distance to the nearest border voxel of the same mask; parameters as for
    `surface_distances`.

    >>> pred = torch.ones(3, 3, dtype=torch.uint8)
    >>> p, g, shared = depths(pred, pred, torch.tensor([1]), (1.0, 1.0))
    >>> p.value.tolist(), p.size.tolist()
    ([0.0, 1.0], [8, 1])
    """
    case = _Case.of(pred, gt, labels, spacing)
    targets = case.target(case.pred), case.target(case.gt)
    heaps: list[list[Heap]] = [[], [], []]
    for start in case.starts:
        in_p, depth_p = case.depth_map(case.pred, targets[0], start)
        in_g, depth_g = case.depth_map(case.gt, targets[1], start)
        shared = torch.where(in_p == in_g, in_p, case.regions)
        sets = (in_p, depth_p), (in_g, depth_g), (shared, torch.maximum(depth_p, depth_g))
        for into, (region, depth) in zip(heaps, sets, strict=True):
            at = places(region < case.regions)
            into.append(Heap.of(region.index_select(0, at), depth.index_select(0, at)))
    p, g, both = (histogram(parts, case.regions) for parts in heaps)
    return p, g, both


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """Both masks of a case and what is asked about them."""

    pred: Side
    gt: Side
    frame: Frame
    lookup: Lookup

    @classmethod
    def of(cls, pred: Tensor, gt: Tensor, labels: Tensor, spacing: Sequence[float]) -> _Case:
        lookup = Lookup.of(labels, pred.device)
        return cls(
            Side.of(pred, lookup), Side.of(gt, lookup), Frame.of(pred.shape, spacing), lookup
        )

    @property
    def regions(self) -> int:
        return len(self.lookup)

    @property
    def starts(self) -> range:
        """Where to begin so that all voxels come, `TOGETHER` at a time."""
        return range(0, len(self.pred.labels), TOGETHER)

    def target(self, side: Side) -> Target:
        """The border voxels of a mask, to look for."""
        return Target.of(side, self.frame, self.lookup)

    def voxels(self, side: Side, start: int) -> Voxels:
        """The next voxels of a mask from number `start` on, those in no region left out."""
        stop = min(start + TOGETHER, len(side.labels))
        return listed(
            side.labels, torch.arange(start, stop, device=side.labels.device), self.lookup
        )

    def distances(self, queries: Voxels, target: Target) -> Heap:
        """The distances of voxels of one mask from the other mask."""
        squared = target.squared_distances(queries).mul_(SNAP).round_()
        return Heap.of(queries.region, squared.sqrt_().mul_(self.frame.unit / SNAP**0.5))

    def depth_map(self, side: Side, target: Target, start: int) -> tuple[Tensor, Tensor]:
        """Region, R for none, and depth of the next voxels of a mask from number `start` on."""
        voxels = self.voxels(side, start)
        region = side.border.new_full(
            (min(TOGETHER, len(side.labels) - start),), self.regions, dtype=torch.int64
        )
        region.index_copy_(0, voxels.flat - start, voxels.region)
        inner = voxels.take(places(~side.border.index_select(0, voxels.flat)))
        depth = torch.zeros_like(region, dtype=torch.float64)
        squared = target.squared_distances(inner)
        return region, depth.index_copy_(
            0, inner.flat - start, squared.sqrt_().mul_(self.frame.unit)
        )
