"""An octree over the voxels of all regions, built without a loop over regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .voxels import Frame, Voxels

BITS = 3
WIDTH = 2**BITS
"""Most children of a cell, and most voxels of a leaf."""


class Curve(NamedTuple):
    """A way through the volume that keeps neighbours together: Morton order.

    `part`: for each axis and index along it, the bits that it gives to a voxel's place; `bits` in
    all.
    """

    frame: Frame
    part: list[Tensor]
    bits: int

    @classmethod
    def of(cls, frame: Frame, device: torch.device) -> Curve:
        """The curve, for voxels on a device; cells are about as long as wide, whatever the spacing."""
        axes = range(len(frame.shape))
        digits = [(axis, k) for axis in axes for k in range((frame.shape[axis] - 1).bit_length())]
        digits.sort(key=lambda digit: frame.spacing[digit[0]] * 2 ** digit[1])
        part = [torch.zeros(n, dtype=torch.int64) for n in frame.shape]
        for place, (axis, k) in enumerate(digits):
            part[axis] += (torch.arange(frame.shape[axis]) >> k & 1) << place
        return cls(
            frame, [bits.to(device) for bits in part], -(-max(len(digits), 1) // BITS) * BITS
        )

    def ordered(self, voxels: Voxels) -> tuple[Tensor, Tensor]:
        """The order by region and along the curve, and the keys (region, place), sorted."""
        indices = self.frame.indices(voxels.flat)
        key = voxels.region << self.bits
        for part, index in zip(self.part, indices, strict=True):
            key += part.index_select(0, index)
        key, order = key.sort()
        return order, key


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

    def children(self, cells: Tensor) -> tuple[Tensor, Tensor]:
        """Children (k, WIDTH) of cells, the last one repeated where there are fewer, and which are
        repeated.
        """
        return _slots(self.first.index_select(0, cells), self.count.index_select(0, cells))


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
        """The tree over some voxels."""
        order, key = curve.ordered(voxels)
        flat = voxels.flat.index_select(0, order)
        place = torch.stack([index.to(torch.float32) for index in curve.frame.indices(flat)], 1)
        key, first, count = _cells(key)
        leaf = _gathered(place, first, count).transpose(1, 2).contiguous()
        levels = [Level(leaf.amin(2), leaf.amax(2), first, count)]
        for _ in range(BITS, curve.bits, BITS):
            key, first, count = _cells(key)
            low, high = (
                _gathered(side, first, count) for side in (levels[-1].low, levels[-1].high)
            )
            levels.append(Level(low.amin(1), high.amax(1), first, count))
        return cls(order, leaf, levels, key)


def _cells(key: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The next larger cells: their keys, and the first and the count of what lies in each."""
    cell, count = torch.unique_consecutive(key >> BITS, return_counts=True)
    return cell, count.cumsum(0) - count, count


def _slots(first: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """WIDTH places from each first on, the last of so many (`count`) repeated, and which are
    repeated.
    """
    slot = torch.arange(WIDTH, device=first.device)
    return first[:, None] + torch.minimum(slot, count[:, None] - 1), slot >= count[:, None]


def _gathered(rows: Tensor, first: Tensor, count: Tensor) -> Tensor:
    """The rows (n, WIDTH, d) of each group."""
    return rows.index_select(0, _slots(first, count)[0].view(-1)).view(
        len(first), WIDTH, rows.shape[1]
    )
