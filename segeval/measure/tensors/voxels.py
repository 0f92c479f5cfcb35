"""Voxels as lists, and the masks they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .masks import as_integers, border, places


class Frame(NamedTuple):
    """The grid of a case. `unit`: the smallest spacing. `scale`: the squared spacing along each
    axis in that unit.
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    unit: float
    scale: tuple[float, ...]

    @classmethod
    def of(cls, shape: Sequence[int], spacing: Sequence[float]) -> Frame:
        """The frame of masks; axes along which there is but one voxel have no say in the unit."""
        unit = min((s for s, n in zip(spacing, shape, strict=True) if n > 1), default=spacing[-1])
        return cls(tuple(shape), tuple(spacing), unit, tuple((s / unit) ** 2 for s in spacing))

    def indices(self, flat: Tensor) -> list[Tensor]:
        """The index along each axis of voxels given by their number in C order."""
        found = []
        for length in self.shape[:0:-1]:
            found.append(flat % length)
            flat = flat // length
        return [flat, *reversed(found)]

    def squared(self, steps: Sequence[Tensor]) -> Tensor:
        """The squared length, in the unit, of steps along each axis in voxels, which are
        floating-point numbers.
        """
        total = torch.zeros_like(steps[0])
        for step, scale in zip(steps, self.scale, strict=True):
            total += step * step * scale
        return total


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """Which region a label stands for: `labels` sorted, `region` of each; `free` is a label >= 0 of
    no region.
    """

    labels: Tensor
    region: Tensor
    free: int

    @classmethod
    def of(cls, labels: Tensor, device: torch.device) -> Lookup:
        """Region r is that of `labels[r]`, all different; the host has to know them, so they had
        better be there.
        """
        known = set(labels.cpu().tolist())
        free = next(label for label in range(len(known) + 1) if label not in known)
        ordered, region = labels.to(device, torch.int64).sort()
        return cls(ordered, region, free)

    def __len__(self) -> int:
        return len(self.labels)

    def regions(self, labels: Tensor) -> Tensor:
        """The region of each label, R for a label that is none of these."""
        if not len(self.labels):
            return torch.zeros_like(labels, dtype=torch.int64)
        labels = labels.to(torch.int64)
        at = torch.searchsorted(self.labels, labels).clamp_(max=len(self.labels) - 1)
        known = self.labels.index_select(0, at) == labels
        return torch.where(known, self.region.index_select(0, at), len(self.labels))


class Voxels(NamedTuple):
    """Some voxels of a mask: their number in C order, their label, its region."""

    flat: Tensor
    label: Tensor
    region: Tensor

    def take(self, at: Tensor) -> Voxels:
        """Those at some places in the list."""
        return Voxels(*(column.index_select(0, at) for column in self))

    def split(self, size: int) -> Iterator[Voxels]:
        """The list in parts of a size."""
        return map(Voxels._make, zip(*(torch.split(column, size) for column in self), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A mask as a line in C order: labels, which voxels are on a border, and a list of those that
    are in a region.
    """

    labels: Tensor
    border: Tensor
    edge: Voxels

    @classmethod
    def of(cls, mask: Tensor, lookup: Lookup) -> Side:
        """The side of a mask of any dtype of whole numbers, in any order in memory."""
        mask = as_integers(mask)
        labels, at = mask.reshape(-1), border(mask).view(-1)
        return cls(labels, at, listed(labels, places(at), lookup))


def listed(labels: Tensor, flat: Tensor, lookup: Lookup) -> Voxels:
    """Of these voxels of a mask, given by number, those that are in a region."""
    label = labels.index_select(0, flat)
    region = lookup.regions(label)
    return Voxels(flat, label, region).take(places(region < len(lookup)))
