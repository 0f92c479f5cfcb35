"""A case: a prediction and a ground truth on one grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from segeval.arrays import Flags
from segeval.errors import GeometryMismatch, ReadError

from .grid import Grid
from .labels import LabelMap
from .mesh import Mesh
from .provenance import Input

Side: TypeAlias = LabelMap | Mesh
"""Kinds of side that a case has."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A prediction and a ground truth under one id.

    Both are label maps on one grid, or surfaces in one space where either is a mesh. `ignored`
    tells which voxels count for nothing, None for none; they are background in both masks by then.
    `notes` say what was done to get here. `tolerance` is how far spacings may differ, relative to
    that of the ground truth. `roi` is what was read of a region of interest. Raises
    `GeometryMismatch` when the grids of two label maps differ; `data.geometry.aligned` turns a
    prediction that is only oriented differently.
    """

    id: str
    pred: Side
    gt: Side
    ignored: Flags | None = None
    notes: tuple[str, ...] = ()
    tolerance: float = 1e-3
    roi: Input | None = None

    def __post_init__(self) -> None:
        # Surfaces lie in one space as they are; only label maps have grids that could differ.
        if not self.has_mesh:
            self._check_grids(*self.masks)

    @property
    def has_mesh(self) -> bool:
        """Whether a side is a mesh, so that there are surfaces to compare and no voxels."""
        return isinstance(self.pred, Mesh) or isinstance(self.gt, Mesh)

    @property
    def masks(self) -> tuple[LabelMap, LabelMap]:
        """Prediction and ground truth of a case of voxels."""
        assert isinstance(self.pred, LabelMap)  # of a case without a mesh
        assert isinstance(self.gt, LabelMap)
        return self.pred, self.gt

    @property
    def grid(self) -> Grid:
        """Grid that both masks share, as the ground truth has it."""
        return self.masks[1].grid

    def ignoring(self, label: int) -> Case:
        """Return the case without the voxels whose ground truth is `label`."""
        return self.without(self.masks[1].labels == label)

    def within(self, roi: LabelMap) -> Case:
        """Return the case without the voxels that are 0 in a region of interest.

        Raises `GeometryMismatch` where that is on another grid, `ReadError` where it is empty.
        """
        grid = self.grid
        spaced_apart = roi.grid.unit == grid.unit and not np.allclose(
            roi.grid.spacing, grid.spacing, rtol=self.tolerance
        )
        if roi.grid.shape != grid.shape or spaced_apart:
            raise GeometryMismatch(
                f"case {self.id!r}: the region of interest is {roi.grid}, but the ground truth "
                f"{grid} ({roi.source} against {self.gt.source}); resample it onto that grid"
            )
        if not roi.labels.any():
            raise ReadError(
                f"{roi.source}: wanted a region of interest, but it holds no voxel above 0; "
                "correct the mask, or leave the case out"
            )
        return replace(self.without(roi.labels == 0), roi=roi.file)

    def without(self, ignored: Flags) -> Case:
        """Return the case without these voxels.

        They become background in both masks, and are not counted.
        """
        if not ignored.any():
            return self
        pred, gt = self.masks
        pred, gt = _blanked(pred, ignored), _blanked(gt, ignored)
        # What was ignored before is background by now, where this label is no longer to be seen.
        if self.ignored is not None:
            ignored = ignored | self.ignored
        return replace(self, pred=pred, gt=gt, ignored=ignored)

    def _check_grids(self, pred: LabelMap, gt: LabelMap) -> None:
        where = f"({pred.source} against {gt.source})"
        if pred.grid.shape != gt.grid.shape:
            raise GeometryMismatch(
                f"case {self.id!r}: pred shape {pred.grid.shape} differs from gt shape "
                f"{gt.grid.shape} {where}; resample the prediction onto the ground-truth grid"
            )
        # Headers store float32 or text, so that equal spacings may differ in their last digits.
        spacings = zip(pred.grid.spacing, gt.grid.spacing, strict=True)
        spaced_apart = any(abs(p - g) > self.tolerance * g for p, g in spacings)
        if pred.grid.unit != gt.grid.unit or spaced_apart:
            raise GeometryMismatch(
                f"case {self.id!r}: pred spacing {_written(pred.grid)} differs from gt spacing "
                f"{_written(gt.grid)} {where}; resample the prediction onto the ground-truth grid, "
                "or pass --spacing to override both"
            )


def _blanked(mask: LabelMap, where: Flags) -> LabelMap:
    background = mask.labels.dtype.type(0)  # of the mask's dtype, which it keeps
    return replace(mask, labels=np.where(where, background, mask.labels))


def _written(grid: Grid) -> str:
    return f"({', '.join(f'{s:g}' for s in grid.spacing)}) {grid.unit}"
