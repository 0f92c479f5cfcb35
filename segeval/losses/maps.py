"""Distances of all voxels to a region: exact, in the unit of the spacing, on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import torch
from torch import Tensor

from segeval.arrays import Labels, Singles
from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.voxels.transform import squared_distances_to

from .checks import check_integers
from .modules import checked


@checked
def signed_distance_map(
    target: Tensor, num_classes: int, *, spacing: Sequence[float] | None = None
) -> Tensor:
    """How far each voxel lies outside of each class of labels (N, *spatial), below 0 inside: (N, C,
    *spatial), float32.

    Outside it is the distance to the nearest voxel of the class, inside minus that to the nearest
    voxel of no such class, centre to centre: neighbours across the boundary have 1 and −1 at
    spacing 1. `spacing` is in the order of the axes. A class that has no voxel, or all of them, has
    no boundary: 0 throughout.

    >>> signed_distance_map(torch.tensor([[0, 0, 1, 1, 1]]), 2)
    tensor([[[-2., -1.,  1.,  2.,  3.],
             [ 2.,  1., -1., -2., -3.]]])
    """
    check_integers(target)
    labels = _host(target)
    found = np.empty((len(labels), num_classes, *target.shape[1:]), np.float32)
    steps = _steps(target, spacing)
    with Workspace(torch.get_num_threads()) as workspace:
        places = product(range(len(labels)), range(num_classes))
        workspace.map(lambda at: _signed(labels[at[0]], at[1], steps, found[at]), places)
    return torch.from_numpy(found).to(target.device)


def distance_fields(masks: Tensor, *, spacing: Sequence[float] | None = None) -> Tensor:
    """How far each voxel is from the boundary of its mask, (N, C, *spatial) bool: the map's size,
    in float32.
    """
    flags = masks.flatten(0, 1).to(torch.uint8)
    labels = _host(flags)
    found = np.empty(flags.shape, np.float32)
    steps = _steps(flags, spacing)
    with Workspace(torch.get_num_threads()) as workspace:
        workspace.map(lambda at: _signed(labels[at], 1, steps, found[at]), range(len(labels)))
    return torch.from_numpy(np.abs(found, out=found)).view(masks.shape).to(masks.device)


def _host(target: Tensor) -> Labels:
    """The labels as volumes (N, Z, Y, X) in the host's memory, with axes of length 1 in front where
    there are fewer.
    """
    if not 2 <= target.ndim <= 4:
        raise UsageError(
            f"target must have shape (N, *spatial), up to 3-D; it has {tuple(target.shape)}"
        )
    dtype = (
        torch.uint8 if target.dtype in (torch.bool, torch.uint8) else torch.int64
    )  # a kernel each, no more
    labels = target.detach().to("cpu", dtype).contiguous().numpy()
    return labels.reshape(len(labels), *(1,) * (4 - labels.ndim), *labels.shape[1:])


def _steps(target: Tensor, spacing: Sequence[float] | None) -> tuple[float, float, float]:
    """The squared spacing along z, y, x."""
    axes = target.ndim - 1
    lengths = [float(length) for length in spacing] if spacing is not None else [1.0] * axes
    if len(lengths) != axes or not all(0 < length < np.inf for length in lengths):
        raise UsageError(
            f"spacing must be {axes} lengths above 0, in the order of target's axes; not "
            f"{spacing!r}"
        )
    z, y, x = (length**2 for length in ([1.0] * (3 - axes) + lengths))
    return z, y, x


def _signed(labels: Labels, label: int, steps: tuple[float, float, float], found: Singles) -> None:
    """Write the map of one class of one volume."""
    out = found.reshape(labels.shape)
    to_class, to_others = (np.empty(labels.shape) for _ in range(2))
    squared_distances_to(labels, label, True, steps, to_class)
    if not np.isfinite(to_class.flat[0]):
        out[:] = 0
        return
    squared_distances_to(labels, label, False, steps, to_others)
    if not np.isfinite(to_others.flat[0]):
        out[:] = 0
        return
    np.subtract(
        np.sqrt(to_class, out=to_class),
        np.sqrt(to_others, out=to_others),
        out=out,
        casting="same_kind",
    )
