"""Distances to border voxels of the same label in the neighbourhood, all labels together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .masks import flatnonzero
from .voxels import Raster, Side, Voxels

REACH = 6.0
"""Reach of the neighbourhood, in the raster's unit."""

BLOCK = 32
"""Most neighbours looked at in one step."""


def voxels_at_once(device: torch.device) -> int:
    """Return how many voxels look around together.

    That many fit in a processor's cache, or keep a GPU busy.
    """
    return 2**14 if device.type == "cpu" else 2**18


class Padding(NamedTuple):
    """The layout of a volume with room around it, in which any step of the neighbourhood is legal.

    Voxel (i, j, …) lies at `origin + i * stride[0] + j * stride[1] + …` of `size` places.
    """

    origin: int
    stride: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, shape: tuple[int, ...], reach: list[int]) -> Padding:
        """Return the layout with `reach[k]` places of room along axis k."""
        stride: list[int] = []
        origin, size = 0, 1
        # from the last axis on, whose neighbours are next to each other
        for length, room in zip(reversed(shape), reversed(reach), strict=True):
            stride.insert(0, size)
            origin += room * size
            # Room on one side is enough: what lies before the first voxel of a row lies behind the
            # last one of the row before.
            size *= length + room
        # the first voxels look at places before them, the last ones at as many behind
        return cls(origin, tuple(stride), origin + size + origin)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """The labels of border voxels, to be looked up around other voxels.

    `labels` is the padded volume: the label of each border voxel, and in all other places a label
    of no region. `step` and `squared` (K,): where the neighbours of a voxel lie from it, nearest
    first, and their squared distances.
    """

    raster: Raster
    padding: Padding
    labels: Tensor
    step: Tensor
    squared: Tensor

    @classmethod
    def of(cls, side: Side, raster: Raster, unused_label: int) -> Band:
        """Return the band of the border voxels of a mask."""
        device = side.labels.device
        # The small surpluses here and below: a neighbour exactly at the reach belongs to the band,
        # though the ratio of two spacings is rounded.
        sizes = zip(raster.shape, raster.spacing, strict=True)
        reach = [max(0, min(n - 1, int(REACH * raster.unit / s + 1e-6))) for n, s in sizes]
        padding = Padding.of(raster.shape, reach)
        axes = torch.meshgrid(*(torch.arange(-r, r + 1) for r in reach), indexing="ij")
        squared = raster.squared([axis.to(torch.float64) for axis in axes]).view(-1)
        within_reach = int((squared <= REACH**2 * (1 + 1e-9)).sum())
        order = squared.argsort(stable=True)[:within_reach]
        # a step along all axes is one distance between places, the same for every voxel
        steps = [axis * stride for axis, stride in zip(axes, padding.stride, strict=True)]
        step = torch.stack(steps).sum(0).view(-1)
        return cls(
            raster,
            padding,
            _padded_border(side, raster, padding, unused_label),
            step[order].to(device),
            squared[order].to(device),
        )

    def squared_distances(self, voxels: Voxels) -> Tensor:
        """Return the squared distance from each voxel to the nearest border voxel of its label.

        (n,) float64, in the square of the raster's unit; infinite beyond the band.
        """
        # parts are views, so that what is written to a result is in `squared`
        size = voxels_at_once(voxels.flat.device)
        squared = torch.full_like(voxels.flat, torch.inf, dtype=torch.float64)
        for part, result in zip(voxels.split(size), torch.split(squared, size), strict=True):
            self._search(part, result)
        return squared

    def _search(self, voxels: Voxels, result: Tensor) -> None:
        """Write the squared distance of each voxel that has a border voxel within reach."""
        place = torch.full_like(voxels.flat, self.padding.origin)
        indices = self.raster.indices(voxels.flat)
        for index, stride in zip(indices, self.padding.stride, strict=True):
            place += index * stride
        label = voxels.label
        # Blocks of neighbours, nearest first: many voxels end with the first few, so that blocks
        # begin small. Who found one takes no part in the next.
        row = torch.arange(len(place), device=place.device)
        start, size = 0, BLOCK // 4
        while start < len(self.step) and len(row):
            step = self.step[start : start + size]
            squared = self.squared[start : start + size]
            same_label = self.labels.take(place[:, None] + step) == label[:, None]
            # `max` gives the first of several maxima: the nearest neighbour of the label.
            is_hit, neighbour = same_label.to(torch.uint8).max(1)
            hits = flatnonzero(is_hit)
            misses = flatnonzero(is_hit == 0)
            nearest = squared.index_select(0, neighbour.index_select(0, hits))
            result.index_copy_(0, row.index_select(0, hits), nearest)
            row = row.index_select(0, misses)
            place = place.index_select(0, misses)
            label = label.index_select(0, misses)
            start += size
            size = min(2 * size, BLOCK)


def _padded_border(side: Side, raster: Raster, padding: Padding, unused_label: int) -> Tensor:
    """Return the padded volume of labels, with the unused one wherever no border voxel is."""
    # the dtype of the mask is enough unless the unused label is too large for it
    dtype = side.labels.dtype
    if unused_label > torch.iinfo(dtype).max:
        dtype = torch.int64
    labels = torch.full((padding.size,), unused_label, dtype=dtype, device=side.labels.device)
    # the volume inside of its room, as a view
    volume = labels.as_strided(raster.shape, padding.stride, padding.origin)
    volume.copy_(side.labels.view(raster.shape))
    volume.masked_fill_(side.on_border.logical_not().view(raster.shape), unused_label)
    return labels
