"""Where two masks differ most, and the slice through that place, turned the way it is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from segeval.arrays import Flags, Integers
from segeval.data.grid import Grid

LETTERS = (("L", "R"), ("P", "A"), ("I", "S"))
"""Ends of the physical axes, in the order of an affine's rows."""


@dataclass(frozen=True, slots=True)
class Place:
    """A voxel, and its distance from the other boundary; NaN where there is none."""

    index: tuple[int, ...]
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """How to cut a volume: at `index` along `axis` (None in 2-D), shown with `down` and `across` as
    rows and columns.

    `flips` tells whether rows and columns run against their array axes; `names` describes both
    axes.
    """

    axis: int | None
    index: int
    down: int
    across: int
    flips: tuple[bool, bool]
    names: tuple[str, str]

    def of(self, volume: Flags) -> Flags:
        """The slice of a mask as rows from top to bottom."""
        plane = volume if self.axis is None else np.take(volume, self.index, self.axis)
        plane = plane if self.down < self.across else plane.T
        return plane[:: -1 if self.flips[0] else 1, :: -1 if self.flips[1] else 1]

    def locate(self, index: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, int]:
        """Row and column of a voxel of the slice."""
        row, column = (
            shape[axis] - 1 - index[axis] if flip else index[axis]
            for axis, flip in zip((self.down, self.across), self.flips, strict=True)
        )
        return row, column


def farthest(pred: Flags, gt: Flags, spacing: tuple[float, ...]) -> Place:
    """The boundary voxel of either mask that lies farthest from the boundary of the other one.

    Where one mask is empty, the crossing of the fullest slices of the other along each axis.
    """
    from scipy.spatial import cKDTree

    points_p, points_g = _boundary(pred), _boundary(gt)
    if not (len(points_p) and len(points_g)):
        return Place(_middle(pred | gt), np.nan)
    places = []
    for own, other in ((points_p, points_g), (points_g, points_p)):
        distance = np.asarray(cKDTree(other * spacing).query(own * spacing)[0])
        at = int(distance.argmax())
        places.append(Place(tuple(own[at].tolist()), float(distance[at])))
    return max(places, key=lambda place: place.distance)


def cut(grid: Grid, index: tuple[int, ...]) -> Slice:
    """The slice through a voxel: across the coarsest axis, or axial where all are alike.

    With an affine, up is anterior or superior and the patient's right is on the right; without one,
    rows run along the first axis downwards, as in an image.
    """
    physical, backward = _orientation(grid)
    axis = None
    if grid.ndim == 3:
        coarse = [k for k in range(3) if grid.spacing[k] > 1.25 * min(grid.spacing)]
        axis = coarse[0] if len(coarse) == 1 else physical.index(max(physical))
    first, second = (k for k in range(grid.ndim) if k != axis)
    if grid.affine is None:
        names = (f"axis {first}, downwards", f"axis {second}")
        return Slice(
            axis, index[axis] if axis is not None else 0, first, second, (False, False), names
        )
    down, across = (first, second) if physical[first] > physical[second] else (second, first)
    left, right = LETTERS[physical[across]]
    low, high = LETTERS[physical[down]]
    flips = (not backward[down], backward[across])
    names = (f"axis {down}: {low} to {high}", f"axis {across}: {left} to {right}")
    return Slice(axis, index[axis] if axis is not None else 0, down, across, flips, names)


def _orientation(grid: Grid) -> tuple[list[int], list[bool]]:
    """For each array axis the physical axis that it follows, and whether it runs against it."""
    if grid.affine is None:
        return list(range(grid.ndim)), [False] * grid.ndim
    from nibabel.orientations import io_orientation

    turns = cast("Callable[[Any], Any]", io_orientation)(grid.affine)[: grid.ndim]
    return [int(axis) for axis, _ in turns], [flip < 0 for _, flip in turns]


def bounds(mask: Flags) -> tuple[slice, ...]:
    """The smallest box around the mask, which must not be empty."""
    sides = []
    for axis in range(mask.ndim):
        hit = np.flatnonzero(mask.any(axis=tuple(k for k in range(mask.ndim) if k != axis)))
        sides.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return tuple(sides)


def _boundary(mask: Flags) -> Integers:
    """Indices of the mask's voxels with a neighbour outside, across a face, or at the edge of the
    image.
    """
    from scipy.ndimage import binary_erosion

    if not mask.any():
        return np.empty((0, mask.ndim), dtype=np.int64)
    box = bounds(mask)
    inside = mask[box]
    return np.asarray(
        np.argwhere(inside & ~binary_erosion(inside)) + [side.start for side in box], dtype=np.int64
    )


def _middle(mask: Flags) -> tuple[int, ...]:
    """For each axis the slice that holds most of the mask."""
    others = (tuple(k for k in range(mask.ndim) if k != axis) for axis in range(mask.ndim))
    return tuple(int(mask.sum(axis=rest).argmax()) for rest in others)
