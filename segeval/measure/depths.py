"""The depth at which every voxel lies inside its mask, measured along one axis after the other.

The depth is the distance to the nearest boundary voxel of the same mask, 0 at the boundary. Voxels
at the edge of the image are boundary.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from segeval.arrays import Flags, Floats
from segeval.kernels.words import helper, kernel
from segeval.statistics.depths import Depths
from segeval.statistics.distances import Distances

from .crops import Crop


def measure_depths(regions: Iterable[tuple[Crop, Crop]], spacing: tuple[float, ...]) -> Depths:
    """Measure the depths in both masks of each region, in the unit of the spacing.

    Each mask is measured in its own box: what lies beyond it is outside of the mask.
    """
    sets: list[list[Distances]] = [[], [], []]
    for pred, gt in regions:
        p, g = _squared_depths(pred.mask, spacing), _squared_depths(gt.mask, spacing)
        in_p, in_g = pred.overlap(gt), gt.overlap(pred)
        both = pred.mask[in_p] & gt.mask[in_g]
        depths = (p[pred.mask], g[gt.mask], np.maximum(p[in_p], g[in_g])[both])
        for members, values in zip(sets, depths, strict=True):
            members.append(_histogram(values))
    return Depths(*(Distances.stacked(members) for members in sets))


def _histogram(squared: Floats) -> Distances:
    """Return the distances of one region from their squares."""
    value, size = np.unique(np.sqrt(squared), return_counts=True)
    return Distances(np.array([0, len(value)]), value, size.astype(np.int64))


def _squared_depths(mask: Flags, spacing: tuple[float, ...]) -> Floats:
    """Return the squared distance of every voxel to the nearest boundary voxel of the mask.

    The mask ends where the array does.
    """
    if mask.flags.f_contiguous and not mask.flags.c_contiguous:  # kernels go in C order
        return _squared_depths(mask.T, spacing[::-1]).T
    mask = np.ascontiguousarray(mask)
    depth = np.zeros(mask.shape)
    volume = mask.reshape((1, *mask.shape)[-3:])
    scale = np.array((1.0, *spacing)[-3:]) ** 2
    _fill(
        volume, mask.ndim == 2, scale, depth.reshape(volume.shape), np.empty(max(volume.shape[:2]))
    )
    return depth


@kernel
def _fill(mask: Flags, flat: bool, scale: Floats, depth: Floats, column: Floats) -> None:
    """Write the squared depths; `depth` is 0 outside of the mask, `column` is room.

    One axis after the other, as a Euclidean distance transform is separable (Saito and Toriwaki
    1994); along y and z, each voxel looks to both sides until no voxel there can be nearer.
    """
    slices, height, width = mask.shape
    for z in range(slices):
        for y in range(height):
            _along_row(mask, z, y, flat, scale[2], depth)
    for z in range(slices):
        for x in range(width):
            for y in range(height):
                column[y] = depth[z, y, x]
            for y in range(height):
                depth[z, y, x] = _least(column, y, scale[1])
    if flat:
        return
    for y in range(height):
        for x in range(width):
            for z in range(slices):
                column[z] = depth[z, y, x]
            for z in range(slices):
                depth[z, y, x] = _least(column, z, scale[0])


@helper
def _along_row(mask: Flags, z: int, y: int, flat: bool, scale: float, depth: Floats) -> None:
    """Write the squared distances to the nearest boundary voxel in the same row."""
    slices, height, width = mask.shape
    rim = y == 0 or y == height - 1 or (not flat and (z == 0 or z == slices - 1))
    last = 0
    for x in range(width):
        # the first voxel of a run is boundary, so that `last` lies in the same run
        if mask[z, y, x]:
            inside = not rim and 0 < x < width - 1 and mask[z, y, x - 1] and mask[z, y, x + 1]
            inside = inside and mask[z, y - 1, x] and mask[z, y + 1, x]
            if not (inside and (flat or (mask[z - 1, y, x] and mask[z + 1, y, x]))):
                last = x
            depth[z, y, x] = (x - last) ** 2 * scale
    for x in range(width - 1, -1, -1):
        # voxels outside have 0 as well; the one beside them is boundary, and nearer
        if depth[z, y, x] == 0:
            last = x
        depth[z, y, x] = min(depth[z, y, x], (x - last) ** 2 * scale)


@helper
def _least(squared: Floats, i: int, scale: float) -> Any:
    """Return the least cost of reaching voxel i of a line from any voxel of the line.

    The cost is what the other voxel has already, plus the square of how far it is. The line goes on
    at least to where the mask ends, to both sides. A voxel there has 0, so the search ends before.
    """
    least, k = squared[i], 1
    while k * k * scale < least:
        least = min(least, min(squared[i - k], squared[i + k]) + k * k * scale)
        k += 1
    return least
