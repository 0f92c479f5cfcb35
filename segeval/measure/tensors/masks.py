"""Masks as tensors, and the few operations that every kernel of this room is built on."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

CHUNK = 2**20
"""Voxels that one pass works on: memory beyond the masks and their border lists grows with it."""


def as_integers(mask: Tensor) -> Tensor:
    """Return the mask in a dtype that all of PyTorch's operations know.

    It is copied only if it is uint16 or a longer unsigned.
    """
    if mask.dtype is torch.bool:
        return mask.view(torch.uint8)
    if mask.dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        return mask
    # a signed dtype that has all values of the unsigned one; none has those of uint64 from 2^63 on
    return mask.to(torch.int32 if mask.element_size() < 4 else torch.int64)


def border(mask: Tensor) -> Tensor:
    """Flag the voxels that have another label, or the end of the array, next to them on an axis.

    These are the boundaries of all labels at once, that of the background too.

    >>> border(torch.ones(3, 4, dtype=torch.uint8)).int()
    tensor([[1, 1, 1, 1],
            [1, 0, 0, 1],
            [1, 1, 1, 1]], dtype=torch.int32)
    """
    on_border = torch.zeros(mask.shape, dtype=torch.bool, device=mask.device)
    for axis, length in enumerate(mask.shape):
        if length:
            # each pair of neighbours is compared once, and flags both
            differs = mask.narrow(axis, 1, length - 1) != mask.narrow(axis, 0, length - 1)
            on_border.narrow(axis, 1, length - 1).logical_or_(differs)
            on_border.narrow(axis, 0, length - 1).logical_or_(differs)
            # The end of the array is a boundary, also along an axis of one voxel.
            on_border.select(axis, 0).fill_(1)
            on_border.select(axis, -1).fill_(1)
    return on_border


def flatnonzero(flags: Tensor) -> Tensor:
    """Return the positions of those elements of a 1-D tensor that are not 0.

    The host waits for the device here: how many there are decides the shape of what comes next.
    """
    return flags.nonzero()[:, 0]


def count_by_region(region: Tensor, regions: int) -> Tensor:
    """Return how often each region number below `regions` occurs, (R,) int64.

    Unlike `torch.bincount` this makes no host wait, and gives the same on every device.
    """
    # Expanded, so that no tensor of as many ones as elements is made.
    increment = torch.ones((), dtype=torch.int64, device=region.device)
    count = torch.zeros(regions, dtype=torch.int64, device=region.device)
    return count.scatter_add_(0, region, increment.expand_as(region))


def chunks(length: int) -> Iterator[range]:
    """Yield the voxel numbers below `length` in ranges of at most `CHUNK`."""
    for start in range(0, length, CHUNK):
        yield range(start, min(start + CHUNK, length))
