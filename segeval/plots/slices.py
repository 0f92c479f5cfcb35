"""The slice through the place where two masks differ most, turned the way it is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any, cast

import numpy as np

from segeval.arrays import Flags, Floats
from segeval.data.grid import Grid
from segeval.measure.voxels.transform import squared_distances_to

LETTERS = (("L", "R"), ("P", "A"), ("I", "S"))
"""Ends of the physical axes, in the order of an affine's rows."""
COARSE = 1.25
"""Spacing of an axis, in the finest spacing, from which on slices go across it."""
MOST = 1 << 20
"""Voxels of the box around both masks that are looked at singly, at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """A voxel, and its distance from the other boundary; NaN where there is none.

    It is exact, or that between blocks of voxels.
    """

    index: tuple[int, ...]
    distance: float
    is_exact: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A cut through a volume, and the way it is turned on the page."""

    axis: int | None
    """Array axis that the cut goes across; None in 2-D."""
    index: int
    """Place of the cut along that axis."""
    down: int
    """Array axis that rows follow each other along."""
    across: int
    """Array axis that columns follow each other along."""
    flips: tuple[bool, bool]
    """Whether rows and columns run against their array axes."""
    names: tuple[str, str]
    """Descriptions of both axes, that of the rows first."""

    def rows(self, volume: Flags) -> Flags:
        """Return the slice of a mask as rows from top to bottom."""
        if self.axis is None:
            return self._turned(volume)
        # `numpy.take` would copy all of a volume in Fortran order, as NIfTI's are.
        return self._turned(np.moveaxis(volume, self.axis, 0)[self.index])

    def shadow(self, volume: Flags) -> Flags:
        """Return, in the same rows, where a mask lies in any slice."""
        if self.axis is None:
            return self._turned(volume)
        return self._turned(np.logical_or.reduce(volume, self.axis))

    def _turned(self, plane: Flags) -> Flags:
        """Return a plane the way it is looked at."""
        # The plane has the earlier array axis as its rows.
        if self.down > self.across:
            plane = plane.T
        flipped = tuple(axis for axis, flip in enumerate(self.flips) if flip)
        return np.flip(plane, flipped)

    def locate(self, index: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, int]:
        """Return row and column of a voxel of the slice; `shape` is that of the volume."""
        row, column = index[self.down], index[self.across]
        if self.flips[0]:
            row = shape[self.down] - 1 - row
        if self.flips[1]:
            column = shape[self.across] - 1 - column
        return row, column


def farthest(pred: Flags, gt: Flags, spacing: tuple[float, ...]) -> Place:
    """Return the boundary voxel of either mask that lies farthest from the boundary of the other.

    Where one mask is empty, it is the crossing of the fullest slices of the other along each axis.
    Around masks of more than `MOST` voxels, blocks of voxels are looked at.
    """
    both = pred | gt
    if not (pred.any() and gt.any()):
        return Place(_middle(both), np.nan)
    box = bounds(both)
    block = ceil((both[box].size / MOST) ** (1 / both.ndim))
    edge_p, edge_g = _boundary(_blocks(pred[box], block)), _boundary(_blocks(gt[box], block))
    size = block * np.asarray(spacing)
    from_p, from_g = _farthest(edge_p, edge_g, size), _farthest(edge_g, edge_p, size)
    place = max(from_p, from_g, key=lambda place: place.distance)
    corner = [side.start + block * k for side, k in zip(box, place.index, strict=True)]
    return Place(tuple(corner), place.distance, is_exact=block == 1)


def _farthest(edge: Flags, opposite: Flags, spacing: Floats) -> Place:
    """Return the voxel of a boundary that lies farthest from another one, on the same grid."""
    volume = (1, *edge.shape)[-3:]
    squared = np.empty(volume)
    z, y, x = np.square((1.0, *spacing)[-3:]).tolist()
    labels = opposite.view(np.uint8).reshape(volume)
    squared_distances_to(labels, 1, same=True, steps=(z, y, x), squared=squared)
    squared = squared.reshape(edge.shape)
    squared[~edge] = -1
    worst = np.unravel_index(squared.argmax(), edge.shape)
    return Place(tuple(map(int, worst)), float(np.sqrt(squared[worst])))


def cut(grid: Grid, index: tuple[int, ...]) -> Slice:
    """Return the slice through a voxel: across the coarsest axis, or axial where all are alike.

    With an affine, up is anterior or superior and the patient's right is on the right; without one,
    rows run along the first axis downwards, as in an image.
    """
    # Rows run downwards on the page, so that an axis which runs upwards in the body is turned.
    physical, backward = _orientation(grid)
    axis = _cut_axis(grid, physical)
    depth = 0 if axis is None else index[axis]
    first, second = [k for k in range(grid.ndim) if k != axis]
    if grid.affine is None:
        names = (f"axis {first}, downwards", f"axis {second}")
        return Slice(axis, depth, first, second, flips=(False, False), names=names)
    down, across = first, second
    if physical[first] < physical[second]:
        down, across = second, first
    left, right = LETTERS[physical[across]]
    low, high = LETTERS[physical[down]]
    flips = (not backward[down], backward[across])
    names = (f"axis {down}: {low} to {high}", f"axis {across}: {left} to {right}")
    return Slice(axis, depth, down, across, flips, names=names)


def _cut_axis(grid: Grid, physical: list[int]) -> int | None:
    """Return the array axis that slices go across; None for an image."""
    if grid.ndim != 3:
        return None
    # Thick slices were acquired as such; of two coarse axes neither is known to be that of slices.
    coarse = [k for k in range(3) if grid.spacing[k] > COARSE * min(grid.spacing)]
    return coarse[0] if len(coarse) == 1 else physical.index(max(physical))


def _orientation(grid: Grid) -> tuple[list[int], list[bool]]:
    """Return for each array axis the physical axis that it follows, and whether backwards."""
    if grid.affine is None:
        return list(range(grid.ndim)), [False] * grid.ndim
    from nibabel.orientations import io_orientation

    turns = cast("Callable[[Any], Any]", io_orientation)(grid.affine)[: grid.ndim]
    return [int(axis) for axis, _ in turns], [flip < 0 for _, flip in turns]


def bounds(mask: Flags) -> tuple[slice, ...]:
    """Return the smallest box around the mask, which must not be empty."""
    sides = []
    for axis in range(mask.ndim):
        hit = np.flatnonzero(mask.any(axis=_but(axis, mask.ndim)))
        sides.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return tuple(sides)


def _blocks(mask: Flags, size: int) -> Flags:
    """Return which cubes of `size` voxels along each axis hold a voxel of the mask."""
    for axis in range(mask.ndim if size > 1 else 0):
        mask = np.logical_or.reduceat(mask, np.arange(0, mask.shape[axis], size), axis)
    return np.ascontiguousarray(mask)


def _boundary(mask: Flags) -> Flags:
    """Return the mask's voxels with a neighbour outside, across a face.

    What lies beyond the array is outside.
    """
    inner = mask.copy()
    for axis in range(mask.ndim):
        along, inner_along = np.moveaxis(mask, axis, 0), np.moveaxis(inner, axis, 0)
        inner_along[1:] &= along[:-1]
        inner_along[:-1] &= along[1:]
        inner_along[[0, -1]] = False
    return mask & ~inner


def _middle(mask: Flags) -> tuple[int, ...]:
    """Return for each axis the slice that holds most of the mask."""
    axes = range(mask.ndim)
    return tuple(int(mask.sum(axis=_but(axis, mask.ndim)).argmax()) for axis in axes)


def _but(axis: int, ndim: int) -> tuple[int, ...]:
    """Return all axes of an array but one."""
    return tuple(k for k in range(ndim) if k != axis)
