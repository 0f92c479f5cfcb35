"""Distances to border voxels of the same label in the neighbourhood, all labels together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .masks import places
from .voxels import Frame, Side, Voxels

REACH = 6.0
"""How far the neighbourhood goes, in the frame's unit."""

BLOCK = 32
"""Most neighbours looked at in one step."""


def together(device: torch.device) -> int:
    """How many voxels look around together: what fits in a processor's cache, or keeps a GPU busy."""
    return 2**14 if device.type == "cpu" else 2**18


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """The labels of border voxels, to be looked up around other voxels.

    `labels` has them, and `free`, a label of no region, in all other places: the volume with room
    around it, in which a step along axis k is one of `stride[k]`. `step` and `squared` (K,): the
    neighbours of a voxel, nearest first.
    """

    frame: Frame
    labels: Tensor
    origin: int
    stride: tuple[int, ...]
    step: Tensor
    squared: Tensor

    @classmethod
    def of(cls, side: Side, frame: Frame, free: int) -> Band:
        """The band around the border voxels of a mask."""
        sizes = zip(frame.shape, frame.spacing, strict=True)
        reach = [max(0, min(n - 1, int(REACH * frame.unit / s + 1e-6))) for n, s in sizes]
        stride: list[int] = []
        origin, size = 0, 1
        for n, r in zip(reversed(frame.shape), reversed(reach), strict=True):
            stride.insert(0, size)
            origin += r * size
            size *= (
                n + r
            )  # what lies before the first voxel of a row lies behind the last one of another
        dtype = side.labels.dtype if free <= torch.iinfo(side.labels.dtype).max else torch.int64
        labels = torch.full((origin + size + origin,), free, dtype=dtype, device=side.labels.device)
        inner = labels.as_strided(frame.shape, stride, origin)
        inner.copy_(side.labels.view(frame.shape)).masked_fill_(
            side.border.logical_not().view(frame.shape), free
        )
        axes = torch.meshgrid(*(torch.arange(-r, r + 1) for r in reach), indexing="ij")
        squared = frame.squared([axis.to(torch.float64) for axis in axes]).view(-1)
        order = squared.argsort(stable=True)[: int((squared <= REACH**2 * (1 + 1e-9)).sum())]
        step = torch.stack([axis * s for axis, s in zip(axes, stride, strict=True)]).sum(0).view(-1)
        at = side.labels.device
        return cls(frame, labels, origin, tuple(stride), step[order].to(at), squared[order].to(at))

    def squared_distances(self, voxels: Voxels) -> Tensor:
        """From each voxel to the nearest border voxel of its label, in the frame's unit; infinite
        beyond the band.
        """
        size = together(voxels.flat.device)
        found = torch.full_like(voxels.flat, torch.inf, dtype=torch.float64)
        for part, into in zip(voxels.split(size), torch.split(found, size), strict=True):
            self._search(part, into)
        return found

    def _search(self, voxels: Voxels, found: Tensor) -> None:
        at = torch.full_like(voxels.flat, self.origin)
        for index, stride in zip(self.frame.indices(voxels.flat), self.stride, strict=True):
            at += index * stride
        left, label = torch.arange(len(at), device=at.device), voxels.label
        start, size = 0, BLOCK // 4
        while start < len(self.step) and len(left):
            step, squared = self.step[start : start + size], self.squared[start : start + size]
            same = self.labels.take(at[:, None] + step) == label[:, None]
            any_same, first = same.to(torch.uint8).max(1)
            hit, miss = places(any_same), places(any_same == 0)
            found.index_copy_(
                0, left.index_select(0, hit), squared.index_select(0, first.index_select(0, hit))
            )
            left, at, label = (column.index_select(0, miss) for column in (left, at, label))
            start, size = start + size, min(2 * size, BLOCK)
