"""Distances of all voxels to a region: exact, in the unit of the spacing, on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from segeval.arrays import Floats, Labels, Singles
from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.voxels.transform import squared_distances_to

from .checks import check_integers
from .modules import checked

# A plain tuple: kernels are compiled anew for a tuple of another type.
Steps: TypeAlias = tuple[float, float, float]
"""The squared distance of neighbours along z, y and x."""


@checked
def signed_distance_map(
    target: Tensor, num_classes: int, *, spacing: Sequence[float] | None = None
) -> Tensor:
    """Return how far each voxel lies outside of each class, below 0 inside.

    `target` holds labels (N, *spatial), of which the map of classes 0 to `num_classes` − 1 is (N,
    C, *spatial), float32. Outside it is the distance to the nearest voxel of the class, inside
    minus that to the nearest voxel of no such class, centre to centre: neighbours across the
    boundary have 1 and −1 at spacing 1. `spacing` is in the order of the axes. A class that has no
    voxel, or all of them, has no boundary: 0 throughout.

    >>> signed_distance_map(torch.tensor([[0, 0, 1, 1, 1]]), 2)
    tensor([[[-2., -1.,  1.,  2.,  3.],
             [ 2.,  1., -1., -2., -3.]]])
    """
    check_integers(target)
    labels = _volumes(target)
    distances = np.empty((len(labels), num_classes, *target.shape[1:]), np.float32)
    steps = _steps(target, spacing)

    def write(sample_and_label: tuple[int, int]) -> None:
        sample, label = sample_and_label
        _write_signed(labels[sample], label, steps, distances[sample, label])

    with Workspace(torch.get_num_threads()) as workspace:
        workspace.map(write, product(range(len(labels)), range(num_classes)))
    return torch.from_numpy(distances).to(target.device)


def distance_fields(masks: Tensor, *, spacing: Sequence[float] | None = None) -> Tensor:
    """Return how far each voxel is from the boundary of its mask, inside and outside, float32.

    `masks` are flags (N, C, *spatial).
    """
    flags = masks.flatten(0, 1).to(torch.uint8)
    volumes = _volumes(flags)
    distances = np.empty(flags.shape, np.float32)
    steps = _steps(flags, spacing)

    def write(mask: int) -> None:
        _write_signed(volumes[mask], 1, steps, distances[mask])

    with Workspace(torch.get_num_threads()) as workspace:
        workspace.map(write, range(len(volumes)))
    return torch.from_numpy(np.abs(distances, out=distances)).view(masks.shape).to(masks.device)


def _volumes(target: Tensor) -> Labels:
    """Return labels (N, *spatial) as volumes (N, Z, Y, X) in the host's memory.

    Axes of length 1 come in front where there are fewer than three.
    """
    if not 2 <= target.ndim <= 4:
        raise UsageError(
            f"target must have shape (N, *spatial), up to 3-D; it has {tuple(target.shape)}"
        )
    # One kernel is compiled for each dtype: these two are enough.
    is_small = target.dtype in (torch.bool, torch.uint8)
    dtype = torch.uint8 if is_small else torch.int64
    labels = target.detach().to("cpu", dtype).contiguous().numpy()
    return labels.reshape(len(labels), *(1,) * (4 - labels.ndim), *labels.shape[1:])


def _steps(target: Tensor, spacing: Sequence[float] | None) -> Steps:
    """Return the steps of labels (N, *spatial); 1 along axes that are not there."""
    axes = target.ndim - 1
    lengths = [1.0] * axes
    if spacing is not None:
        lengths = [float(length) for length in spacing]
    if len(lengths) != axes or not all(0 < length < np.inf for length in lengths):
        raise UsageError(
            f"spacing must be {axes} lengths above 0, in the order of target's axes; not "
            f"{spacing!r}"
        )
    z, y, x = [1.0] * (3 - axes) + lengths
    return z**2, y**2, x**2


def _write_signed(labels: Labels, label: int, steps: Steps, distances: Singles) -> None:
    """Write the signed map of one class of one volume; 0 where it has no boundary."""
    out = distances.reshape(labels.shape)
    to_class: Floats = np.empty(labels.shape)
    to_others: Floats = np.empty(labels.shape)
    squared_distances_to(labels, label, same=True, steps=steps, squared=to_class)
    # Where the class, or all else, has no voxel, each voxel is infinitely far from one.
    if not np.isfinite(to_class.flat[0]):
        out[:] = 0
        return
    squared_distances_to(labels, label, same=False, steps=steps, squared=to_others)
    if not np.isfinite(to_others.flat[0]):
        out[:] = 0
        return
    outside = np.sqrt(to_class, out=to_class)
    inside = np.sqrt(to_others, out=to_others)
    np.subtract(outside, inside, out=out, casting="same_kind")
