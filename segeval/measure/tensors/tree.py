"""An octree over the voxels of all regions, built without a loop over regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .voxels import Raster, Voxels

BITS = 3
WIDTH = 2**BITS
"""Most children of a cell, and most voxels of a leaf."""


class SortedVoxels(NamedTuple):
    """The order that sorts voxels, and their keys in that order: region first, then the curve."""

    order: Tensor
    key: Tensor


class Curve(NamedTuple):
    """A way through the volume that keeps neighbours together: Morton order.

    `share`: for each axis and index along it, the bits that it gives to a voxel's place on the
    curve; `bits` in all, a multiple of `BITS`.
    """

    raster: Raster
    share: list[Tensor]
    bits: int

    @classmethod
    def of(cls, raster: Raster, device: torch.device) -> Curve:
        """Return the curve, for voxels on a device.

        Digits are taken in order of the length that they stand for, so that cells are about as
        long as wide, whatever the spacing.
        """
        # the binary digits of the indices along each axis
        digits = [
            (axis, digit)
            for axis, length in enumerate(raster.shape)
            for digit in range((length - 1).bit_length())
        ]
        digits.sort(key=lambda pair: raster.spacing[pair[0]] * 2 ** pair[1])
        share = [torch.zeros(length, dtype=torch.int64) for length in raster.shape]
        for place, (axis, digit) in enumerate(digits):
            # a digit of each index, moved to its place in the number of the voxel
            share[axis] += (torch.arange(raster.shape[axis]) >> digit & 1) << place
        levels = -(-max(len(digits), 1) // BITS)
        return cls(raster, [bits.to(device) for bits in share], levels * BITS)

    def sort(self, voxels: Voxels) -> SortedVoxels:
        """Sort voxels by region, and those of a region along the curve."""
        # Region and place in one int64: a single sort orders all regions at once.
        key = voxels.region << self.bits
        for share, index in zip(self.share, self.raster.indices(voxels.flat), strict=True):
            key += share.index_select(0, index)
        key, order = key.sort()
        return SortedVoxels(order, key)


class Children(NamedTuple):
    """The cells below some cells, (k, WIDTH).

    Where a cell has fewer children its last one is repeated, and flagged in `is_repeated`.
    """

    cell: Tensor
    is_repeated: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Cells of one size that hold voxels, by region and along the curve.

    `low`, `high` (n, d): the smallest box around the voxels, float32, which holds indices exactly.
    `first`, `count` (n,): the cells in the level below, or the voxels of a leaf.
    """

    low: Tensor
    high: Tensor
    first: Tensor
    count: Tensor

    def __len__(self) -> int:
        return len(self.first)

    def children(self, cells: Tensor) -> Children:
        """Return the children of these cells, or the voxels of these leaves."""
        return _children(self.first.index_select(0, cells), self.count.index_select(0, cells))


class Tree(NamedTuple):
    """Levels from the leaves up to one cell a region; `region` is that of each.

    `leaf` (n, d, WIDTH): the indices of the voxels of each leaf, the last one repeated. `order`:
    which voxels they are.
    """

    order: Tensor
    leaf: Tensor
    levels: list[Level]
    region: Tensor

    @classmethod
    def of(cls, voxels: Voxels, curve: Curve) -> Tree:
        """Return the tree over a list of voxels."""
        order, key = curve.sort(voxels)
        indices = curve.raster.indices(voxels.flat.index_select(0, order))
        position = torch.stack([index.to(torch.float32) for index in indices], 1)
        # the voxels of a leaf differ in the lowest BITS bits alone
        cells = _Cells.of(key)
        leaf = cells.gather(position).transpose(1, 2).contiguous()
        levels = [Level(leaf.amin(2), leaf.amax(2), cells.first, cells.count)]
        # BITS more are dropped at each level, until nothing but the region is left of a key
        for _ in range(BITS, curve.bits, BITS):
            cells = _Cells.of(cells.key)
            # a repeated child changes neither the least nor the largest
            low = cells.gather(levels[-1].low).amin(1)
            high = cells.gather(levels[-1].high).amax(1)
            levels.append(Level(low, high, cells.first, cells.count))
        return cls(order, leaf, levels, cells.key)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The cells of the next level: their keys, and the first and the count of what lies in each."""

    key: Tensor
    first: Tensor
    count: Tensor

    @classmethod
    def of(cls, key: Tensor) -> _Cells:
        """Return the cells that hold what has these sorted keys."""
        key, count = torch.unique_consecutive(key >> BITS, return_counts=True)
        # a cell begins behind all those before it
        return cls(key, count.cumsum(0) - count, count)

    def gather(self, rows: Tensor) -> Tensor:
        """Return those of `rows` (m, d) that lie in each cell, (n, WIDTH, d), the last repeated."""
        members = _children(self.first, self.count).cell.view(-1)
        return rows.index_select(0, members).view(len(self.first), WIDTH, rows.shape[1])


def _children(first: Tensor, count: Tensor) -> Children:
    """Return `count` children of each cell, numbered from `first` on."""
    # Always WIDTH of them: a shape that the host knows, so that it does not wait.
    slot = torch.arange(WIDTH, device=first.device)
    cell = first[:, None] + torch.minimum(slot, count[:, None] - 1)
    return Children(cell, slot >= count[:, None])
