"""Voxels as lists, and the masks that they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .masks import as_integers, border, flatnonzero


class Raster(NamedTuple):
    """The shape and spacing of a case, and how lengths are measured on it.

    `unit` is the smallest spacing, and `scale` the squared spacing along each axis in that unit:
    squared distances between voxels are sums of squared index steps times `scale`.
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    unit: float
    scale: tuple[float, ...]

    @classmethod
    def of(cls, shape: Sequence[int], spacing: Sequence[float]) -> Raster:
        """Return the raster of masks of this shape.

        An axis along which there is but one voxel has no say in the unit: no step is along it.
        """
        stepped = [s for s, n in zip(spacing, shape, strict=True) if n > 1]
        unit = min(stepped, default=spacing[-1])
        return cls(tuple(shape), tuple(spacing), unit, tuple((s / unit) ** 2 for s in spacing))

    def indices(self, flat: Tensor) -> list[Tensor]:
        """Return the index along each axis of voxels that are given by their number in C order."""
        # from the last axis on: the remainder is the index along it, the quotient holds the others
        last_axis_first = []
        for length in self.shape[:0:-1]:
            last_axis_first.append(flat % length)
            flat = flat // length
        return [flat, *reversed(last_axis_first)]

    def squared(self, steps: Sequence[Tensor]) -> Tensor:
        """Return the squared length, in the squared unit, of steps in voxels along each axis.

        The steps are floating-point numbers; their dtype is that of the result.
        """
        # always in the order of the axes, so that equal steps have equal sums to the last bit
        total = torch.zeros_like(steps[0])
        for step, scale in zip(steps, self.scale, strict=True):
            total += step * step * scale
        return total


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """A table from labels to regions.

    `labels` are sorted, `region` is that of each. `unused` is a label >= 0 that has no region.
    """

    labels: Tensor
    region: Tensor
    unused: int

    @classmethod
    def of(cls, labels: Tensor, device: torch.device) -> Lookup:
        """Return the table in which region r is that of `labels[r]`; they are all different.

        The host has to know the labels, so it does not wait if they are there already.
        """
        in_use = set(labels.cpu().tolist())
        # R labels cannot take all of the numbers from 0 to R
        unused = next(label for label in range(len(in_use) + 1) if label not in in_use)
        ordered, region = labels.to(device, torch.int64).sort()
        return cls(ordered, region, unused)

    def __len__(self) -> int:
        return len(self.labels)

    def regions(self, labels: Tensor) -> Tensor:
        """Return the region of each label, R for a label that has none."""
        if not len(self.labels):
            return torch.zeros_like(labels, dtype=torch.int64)
        # Labels may be any int64, so they are searched for: a table by label could be too large.
        labels = labels.to(torch.int64)
        # a label above all others falls on the last row, and is not equal to it
        row = torch.searchsorted(self.labels, labels).clamp_(max=len(self.labels) - 1)
        has_region = self.labels.index_select(0, row) == labels
        return torch.where(has_region, self.region.index_select(0, row), len(self.labels))


class Voxels(NamedTuple):
    """A list of voxels of a mask: their number in C order, their label, its region, (n,) each."""

    flat: Tensor
    label: Tensor
    region: Tensor

    @classmethod
    def in_regions(cls, labels: Tensor, flat: Tensor, lookup: Lookup) -> Voxels:
        """List those of the voxels numbered `flat` that are in a region.

        `labels` is the whole mask, as a line in C order.
        """
        label = labels.index_select(0, flat)
        region = lookup.regions(label)
        return cls(flat, label, region).take(flatnonzero(region < len(lookup)))

    def take(self, rows: Tensor) -> Voxels:
        """Return the voxels in these rows of the list."""
        return Voxels(*(column.index_select(0, rows) for column in self))

    def split(self, size: int) -> Iterator[Voxels]:
        """Yield the list in parts of a size."""
        return map(Voxels._make, zip(*(torch.split(column, size) for column in self), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The prediction or the ground truth of a case.

    `labels` and `on_border` are the mask and the flags of its border voxels, as lines in C order;
    `border` lists the border voxels that are in a region.
    """

    labels: Tensor
    on_border: Tensor
    border: Voxels

    @classmethod
    def of(cls, mask: Tensor, lookup: Lookup) -> Side:
        """Return the side of a mask of any dtype of whole numbers, in any order in memory."""
        # C order whatever the order in memory: `reshape` copies where it has to.
        mask = as_integers(mask)
        labels = mask.reshape(-1)
        on_border = border(mask).view(-1)
        listed = Voxels.in_regions(labels, flatnonzero(on_border), lookup)
        return cls(labels, on_border, listed)
