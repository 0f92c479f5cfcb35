"""Two masks of one physical grid whose arrays run along its axes in another order or direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations, product
from typing import TypeAlias

import numpy as np

from segeval.arrays import Floats
from segeval.errors import GeometryMismatch

from .grid import Grid
from .labels import LabelMap

Affine: TypeAlias = Floats


def aligned(
    pred: LabelMap,
    gt: LabelMap,
    *,
    check_position: bool = True,
    tolerance: float = 0.1,
    spacing_tolerance: float = 1e-3,
) -> tuple[LabelMap, str]:
    """Return the prediction on the array axes of the ground truth, and a note of what was done.

    The note is "" when nothing was. Axes are only swapped and reversed: the labels are a view,
    never interpolated. Masks without an affine are taken as they are. Shape and spacing are left to
    `Case`. Raises `GeometryMismatch` when those agree but a voxel lies more than `tolerance` voxels
    from its place in the ground truth. Without `check_position` (a spacing given by hand) only the
    directions of the axes count, and a turned prediction takes the spacing of the ground truth.

    >>> reverse = np.diag([-1.0, 1.0, 1.0, 1.0])
    >>> reverse[0, 3] = 1
    >>> gt = LabelMap.of(np.array([[1, 2], [3, 4]]), Grid((2, 2), (1, 1), "mm", np.eye(4)))
    >>> pred = LabelMap.of(np.array([[3, 4], [1, 2]]), Grid((2, 2), (1, 1), "mm", reverse))
    >>> turned, note = aligned(pred, gt)
    >>> turned.labels.tolist(), note
    ([[1, 2], [3, 4]], 'prediction turned onto the axes of the ground truth (LA -> RA)')
    """
    if pred.grid.affine is None or gt.grid.affine is None or pred.grid.ndim != gt.grid.ndim:
        return pred, ""
    turned, note = _turned(pred, gt, keep_spacing=check_position)
    if check_position:
        _check_position(turned, gt, tolerance=tolerance, spacing_tolerance=spacing_tolerance)
    if not note:
        return pred, ""
    # The two affines differ by less than the tolerance by now, or positions do not count.
    return replace(turned, grid=replace(turned.grid, affine=gt.grid.affine)), note


def _turned(pred: LabelMap, gt: LabelMap, *, keep_spacing: bool) -> tuple[LabelMap, str]:
    """Return the prediction along the axes of the ground truth, with an affine that says the same.

    Reversing an axis of n voxels maps the index i to n - 1 - i, which the new affine undoes.
    """
    axes, signs = _nearest_axes(pred.grid, gt.grid)
    if axes == tuple(range(pred.grid.ndim)) and -1 not in signs:
        return pred, ""
    labels = pred.labels.transpose(axes)[tuple(slice(None, None, sign) for sign in signs)]
    spacing = gt.grid.spacing
    if keep_spacing:
        spacing = tuple(pred.grid.spacing[axis] for axis in axes)
    # From indices of the turned array to those of the prediction. Axes that a 2-D mask lacks stay.
    to_pred = np.diag([0.0 if i < pred.grid.ndim else 1.0 for i in range(4)])
    for i, (axis, sign) in enumerate(zip(axes, signs, strict=True)):
        to_pred[axis, i] = sign
        if sign < 0:
            to_pred[axis, 3] = labels.shape[i] - 1
    grid = Grid(labels.shape, spacing, pred.grid.unit, _affine(pred.grid) @ to_pred)
    turn = f"{_codes(pred.grid)} -> {_codes(gt.grid)}"
    note = f"prediction turned onto the axes of the ground truth ({turn})"
    return replace(pred, labels=labels, grid=grid), note


def _nearest_axes(pred: Grid, gt: Grid) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return for each axis of `gt` the axis of `pred` nearest to its line, and its sign.

    The sign is 1 where both run in one direction, -1 where they run in opposite ones.
    """
    # along[i, j]: the share of the prediction's axis j along axis i of the ground truth
    along = np.linalg.solve(_directions(gt), _directions(pred))

    def fit(order: tuple[int, ...]) -> float:
        return round(sum(abs(float(along[i, axis])) for i, axis in enumerate(order)), 6)

    # the order as it is comes first, so it wins a tie at 45 degrees
    axes = max(permutations(range(gt.ndim)), key=fit)
    return axes, tuple(-1 if along[i, axis] < 0 else 1 for i, axis in enumerate(axes))


def _check_position(
    pred: LabelMap, gt: LabelMap, *, tolerance: float, spacing_tolerance: float
) -> None:
    """Raise `GeometryMismatch` where a corner of the prediction is not in its place.

    Both affines are linear, so no voxel inside is further from its place than some corner.
    """
    spaced = np.allclose(pred.grid.spacing, gt.grid.spacing, rtol=spacing_tolerance, atol=0)
    if pred.grid.shape != gt.grid.shape or not spaced:
        return  # the error of `Case` says more
    # A 2-D mask lies at index 0 of the axis that it lacks.
    ends = [(0, n - 1) for n in gt.grid.shape] + [(0,)] * (3 - gt.grid.ndim)
    corners = np.array([(*corner, 1) for corner in product(*ends)]).T
    moved = np.linalg.solve(_affine(gt.grid), _affine(pred.grid) @ corners) - corners
    farthest = float(np.abs(moved).max())
    if farthest > tolerance:
        raise GeometryMismatch(
            f"{pred.source}: a voxel lies {farthest:.3g} voxels from its place in {gt.source}, "
            f"more than {tolerance:g} (first voxel at ({_origin(pred.grid)}) mm, wanted "
            f"({_origin(gt.grid)})); resample the prediction onto the ground-truth grid, copy the "
            f"ground truth's header if only the header is wrong, or pass --spacing to ignore "
            f"positions"
        )


def _origin(grid: Grid) -> str:
    """Return where the first voxel lies, in millimetres; -0 is written as 0."""
    return ", ".join(f"{x:g}" for x in _affine(grid)[:3, 3].round(3) + 0.0)


def _affine(grid: Grid) -> Affine:
    assert grid.affine is not None
    return grid.affine


def _directions(grid: Grid) -> Affine:
    """Return the directions of the array axes as columns of length one."""
    columns = _affine(grid)[:3, :3]
    unit: Affine = columns / np.linalg.norm(columns, axis=0)
    return unit


def _codes(grid: Grid) -> str:
    """Return the letters of the array axes' ends, such as RAS: right, anterior, superior."""
    from nibabel import orientations

    codes: Callable[[Affine], tuple[str, ...]] = orientations.aff2axcodes
    return "".join(codes(_affine(grid))[: grid.ndim])
