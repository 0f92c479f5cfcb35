"""Label maps, the regions looked for in them, and a case: a prediction and a ground truth on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import GeometryMismatch, ReadError, UsageError
from segeval.grid import Grid

Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """Non-negative integers on a grid; 0 is background.

    `labels` keeps the smallest unsigned dtype that holds its values; `source` names the file, for messages.
    """

    labels: Labels
    grid: Grid
    source: str = "array"

    def __post_init__(self) -> None:
        if self.labels.dtype.kind not in "ui":
            raise ReadError(f"{self.source}: a label map holds integers, not {self.labels.dtype}; convert it with `LabelMap.of`")
        if self.labels.shape != self.grid.shape:
            raise ReadError(f"{self.source}: labels of shape {self.labels.shape} on a grid of shape {self.grid.shape}")

    @classmethod
    def of(cls, array: NDArray[Any], grid: Grid | None = None, source: str = "array") -> LabelMap:
        """The label map of any array of whole numbers ≥ 0, whatever its dtype.

        Raises `ReadError` for NaN, negative, fractional or complex values.

        >>> LabelMap.of(np.array([[0.0, 2.0]])).labels.dtype
        dtype('uint8')
        """
        return cls(as_labels(array, source), grid or Grid.unspaced(array.shape), source)


def as_labels(array: NDArray[Any], source: str) -> Labels:
    """`array` in the smallest of uint8, uint16, uint32 and uint64 that holds its values; not copied if it is so already."""
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "b":
        return array.view(np.uint8)
    if array.dtype.kind not in "uif":
        raise ReadError(f"{source}: labels must be whole numbers, but the dtype is {array.dtype}; save an integer label map")
    if array.size == 0:
        return array.astype(np.uint8)
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ReadError(f"{source}: holds NaN or infinite values; a label map holds whole numbers: replace them with a label")
    if low < 0:
        raise ReadError(f"{source}: holds the negative value {low:g}; labels start at 0: shift or remap them")
    if high >= 2**63:
        raise ReadError(f"{source}: holds {high:g}, beyond the largest label 2**63 - 1; remap the labels")
    dtype = next(np.dtype(d) for d in (np.uint8, np.uint16, np.uint32, np.uint64) if high <= np.iinfo(d).max)
    labels = array.astype(dtype, copy=False, order="K")
    if array.dtype.kind == "f":
        odd = array != labels
        if odd.any():
            raise ReadError(
                f"{source}: holds {array[odd][0]:g}, which is not a whole number; labels are integers: "
                "threshold or take the argmax of a probability map first"
            )
    return labels


@dataclass(frozen=True, slots=True)
class Region:
    """A named set of label values: one class, or a union such as whole tumour = {1, 2, 3}."""

    name: str
    labels: frozenset[int]

    def __post_init__(self) -> None:
        if not self.labels:
            raise UsageError(f"region {self.name!r} holds no label; give at least one, such as {self.name}=1")
        if min(self.labels) < 0:
            raise UsageError(f"region {self.name!r} holds the label {min(self.labels)}; labels are 0 or above")

    @classmethod
    def of(cls, name: str | int, *labels: int) -> Region:
        """The region of these labels; without any, of the label that is its name.

        >>> Region.of("core", 1, 4).labels == {1, 4}
        True
        """
        return cls(str(name), frozenset(labels or (int(name),)))


def disjoint_layers(regions: Sequence[Region]) -> list[list[int]]:
    """Positions of the regions in as few groups as first-fit finds, so that no label occurs twice in a group.

    >>> disjoint_layers([Region.of("whole", 1, 2), Region.of("core", 1), Region.of(2), Region.of(3)])
    [[0, 3], [1, 2]]
    """
    layers: list[tuple[list[int], set[int]]] = []
    for position, region in enumerate(regions):
        for members, taken in layers:
            if taken.isdisjoint(region.labels):
                break
        else:
            members, taken = [], set()
            layers.append((members, taken))
        members.append(position)
        taken |= region.labels
    return [members for members, _ in layers]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A prediction and a ground truth on one grid, under one id.

    `ignored` voxels count for nothing; they are background in both masks by then. `notes` say what was done to get here.
    Raises `GeometryMismatch` when the grids differ; `segeval.alignment.aligned` turns a prediction that is only oriented
    differently.
    """

    id: str
    pred: LabelMap
    gt: LabelMap
    ignored: int = 0
    notes: tuple[str, ...] = ()
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        pred, gt = self.pred.grid, self.gt.grid
        if pred.shape != gt.shape:
            raise GeometryMismatch(
                f"case {self.id!r}: pred shape {pred.shape} differs from gt shape {gt.shape}; "
                "resample the prediction onto the ground-truth grid"
            )
        if pred.unit != gt.unit or not np.allclose(pred.spacing, gt.spacing, rtol=self.tolerance, atol=0):
            raise GeometryMismatch(
                f"case {self.id!r}: pred spacing {_written(pred)} differs from gt spacing {_written(gt)}; "
                "resample the prediction onto the ground-truth grid, or pass --spacing to override both"
            )

    @property
    def grid(self) -> Grid:
        """The grid of the ground truth, which both masks share."""
        return self.gt.grid

    def ignoring(self, label: int) -> Case:
        """The case with every voxel whose ground truth is `label` taken out: background in both masks, and not counted."""
        out = self.gt.labels == label
        if not out.any():
            return self
        pred, gt = (replace(m, labels=np.where(out, m.labels.dtype.type(0), m.labels)) for m in (self.pred, self.gt))
        return replace(self, pred=pred, gt=gt, ignored=self.ignored + int(np.count_nonzero(out)))


def _written(grid: Grid) -> str:
    return f"({', '.join(f'{s:g}' for s in grid.spacing)}) {grid.unit}"
