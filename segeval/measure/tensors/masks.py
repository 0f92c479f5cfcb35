"""Masks as tensors: one kind of dtype, and where the boundaries of all labels lie."""

from __future__ import annotations

import torch
from torch import Tensor

PART = 2**20
"""How many voxels a pass works on at a time: what it needs beside its input does not grow with the
input.
"""


def as_integers(mask: Tensor) -> Tensor:
    """The mask in a dtype that all of PyTorch's operations know; copied only if it is uint16 or a
    longer unsigned.
    """
    if mask.dtype is torch.bool:
        return mask.view(torch.uint8)
    if mask.dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        return mask
    return mask.to(torch.int32 if mask.element_size() < 4 else torch.int64)


def border(mask: Tensor) -> Tensor:
    """Where a neighbour along an axis has another label or is missing: the boundaries of all
    labels, background too.

    >>> border(torch.ones(3, 4, dtype=torch.uint8)).int()
    tensor([[1, 1, 1, 1],
            [1, 0, 0, 1],
            [1, 1, 1, 1]], dtype=torch.int32)
    """
    at = torch.zeros(mask.shape, dtype=torch.bool, device=mask.device)
    for axis, length in enumerate(mask.shape):
        if length:
            apart = mask.narrow(axis, 1, length - 1) != mask.narrow(axis, 0, length - 1)
            at.narrow(axis, 1, length - 1).logical_or_(apart)
            at.narrow(axis, 0, length - 1).logical_or_(apart)
            at.select(axis, 0).fill_(True)
            at.select(axis, -1).fill_(True)
    return at


def places(flags: Tensor) -> Tensor:
    """Where a line of flags is set. The host waits: how many there are decides what comes next."""
    return flags.nonzero()[:, 0]


def tally(region: Tensor, regions: int) -> Tensor:
    """How many there are of each region, (R,)."""
    one = torch.ones((), dtype=torch.int64, device=region.device)
    return torch.zeros(regions, dtype=torch.int64, device=region.device).scatter_add_(
        0, region, one.expand_as(region)
    )
