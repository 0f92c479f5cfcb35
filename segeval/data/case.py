"""A case: a prediction and a ground truth on one grid."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segeval.arrays import Flags
from segeval.errors import GeometryMismatch

from .grid import Grid
from .labels import LabelMap


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A prediction and a ground truth on one grid, under one id.

    `ignored` tells which voxels count for nothing, None for none; they are background in both masks
    by then. `notes` say what was done to get here. `tolerance` is how far spacings may differ,
    relative to that of the ground truth. Raises `GeometryMismatch` when the grids differ;
    `data.geometry.aligned` turns a prediction that is only oriented differently.
    """

    id: str
    pred: LabelMap
    gt: LabelMap
    ignored: Flags | None = None
    notes: tuple[str, ...] = ()
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        pred, gt = self.pred.grid, self.gt.grid
        where = f"({self.pred.source} against {self.gt.source})"
        if pred.shape != gt.shape:
            raise GeometryMismatch(
                f"case {self.id!r}: pred shape {pred.shape} differs from gt shape {gt.shape} "
                f"{where}; resample the prediction onto the ground-truth grid"
            )
        spacings = zip(pred.spacing, gt.spacing, strict=True)
        spaced_apart = any(abs(p - g) > self.tolerance * g for p, g in spacings)
        if pred.unit != gt.unit or spaced_apart:
            raise GeometryMismatch(
                f"case {self.id!r}: pred spacing {_written(pred)} differs from gt spacing "
                f"{_written(gt)} {where}; resample the prediction onto the ground-truth grid, or "
                f"pass --spacing to override both"
            )

    @property
    def grid(self) -> Grid:
        """The grid of the ground truth, which both masks share."""
        return self.gt.grid

    def ignoring(self, label: int) -> Case:
        """Return the case without the voxels whose ground truth is `label`.

        They become background in both masks, and are not counted.
        """
        ignored = self.gt.labels == label
        if not ignored.any():
            return self
        pred, gt = _blanked(self.pred, ignored), _blanked(self.gt, ignored)
        if self.ignored is not None:
            ignored |= self.ignored
        return replace(self, pred=pred, gt=gt, ignored=ignored)


def _blanked(mask: LabelMap, where: Flags) -> LabelMap:
    background = mask.labels.dtype.type(0)  # of the mask's dtype, which it keeps
    return replace(mask, labels=np.where(where, background, mask.labels))


def _written(grid: Grid) -> str:
    return f"({', '.join(f'{s:g}' for s in grid.spacing)}) {grid.unit}"
