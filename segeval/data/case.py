"""Label maps, the regions looked for in them, and a case: a prediction and a ground truth on one
grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Flags, Labels
from segeval.errors import GeometryMismatch, ReadError, UsageError

from .grid import Grid
from .labels import as_labels


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """Non-negative integers on a grid; 0 is background.

    `labels` keeps the smallest unsigned dtype that holds its values; `source` names the file, for
    messages.
    """

    labels: Labels
    grid: Grid
    source: str = "array"

    def __post_init__(self) -> None:
        if self.labels.dtype.kind not in "ui":
            dtype = self.labels.dtype
            raise ReadError(
                f"{self.source}: a label map holds integers, not {dtype}; convert it with "
                f"`LabelMap.of`"
            )
        if self.labels.shape != self.grid.shape:
            raise ReadError(
                f"{self.source}: labels of shape {self.labels.shape} on a grid of shape "
                f"{self.grid.shape}"
            )

    @classmethod
    def of(cls, array: NDArray[Any], grid: Grid | None = None, source: str = "array") -> LabelMap:
        """The label map of any array of whole numbers ≥ 0, whatever its dtype.

        Raises `ReadError` for NaN, negative, fractional or complex values.

        >>> LabelMap.of(np.array([[0.0, 2.0]])).labels.dtype
        dtype('uint8')
        """
        return cls(as_labels(array, source), grid or Grid.unspaced(array.shape), source)


@dataclass(frozen=True, slots=True)
class Region:
    """A named set of label values: one class, or a union such as whole tumour = {1, 2, 3}."""

    name: str
    labels: frozenset[int]

    def __post_init__(self) -> None:
        if not self.labels:
            raise UsageError(
                f"region {self.name!r} holds no label; give at least one, such as {self.name}=1"
            )
        if min(self.labels) < 0:
            raise UsageError(
                f"region {self.name!r} holds the label {min(self.labels)}; labels are 0 or above"
            )

    @classmethod
    def of(cls, name: str | int, *labels: int) -> Region:
        """The region of these labels; without any, of the label that is its name.

        >>> Region.of("core", 1, 4).labels == {1, 4}
        True
        """
        return cls(str(name), frozenset(labels or (int(name),)))


def disjoint_layers(regions: Sequence[Region]) -> list[list[int]]:
    """Positions of the regions in as few groups as first-fit finds, so that no label occurs twice
    in a group.

    >>> disjoint_layers([Region.of("whole", 1, 2), Region.of("core", 1), Region.of(2), Region.of(3)])
    [[0, 3], [1, 2]]
    """
    labels = [label for region in regions for label in region.labels]
    if labels and len(set(labels)) == len(labels):
        return [list(range(len(regions)))]
    layers: list[tuple[list[int], set[int]]] = []
    for position, region in enumerate(regions):
        layer = next((layer for layer in layers if layer[1].isdisjoint(region.labels)), None)
        if layer is None:
            layer = ([], set())
            layers.append(layer)
        layer[0].append(position)
        layer[1].update(region.labels)
    return [members for members, _ in layers]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A prediction and a ground truth on one grid, under one id.

    `ignored` tells which voxels count for nothing, None for none; they are background in both masks
    by then. `notes` say what was done to get here. Raises `GeometryMismatch` when the grids differ;
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
                f"{where}; "
                "resample the prediction onto the ground-truth grid"
            )
        off = any(
            abs(p - g) > self.tolerance * g for p, g in zip(pred.spacing, gt.spacing, strict=True)
        )
        if pred.unit != gt.unit or off:
            raise GeometryMismatch(
                f"case {self.id!r}: pred spacing {_written(pred)} differs from gt spacing "
                f"{_written(gt)} {where}; "
                "resample the prediction onto the ground-truth grid, or pass --spacing to override "
                "both"
            )

    @property
    def grid(self) -> Grid:
        """The grid of the ground truth, which both masks share."""
        return self.gt.grid

    def ignoring(self, label: int) -> Case:
        """The case without the voxels whose ground truth is `label`: background in both masks, and
        not counted.
        """
        out = self.gt.labels == label
        if not out.any():
            return self
        pred, gt = (
            replace(m, labels=np.where(out, m.labels.dtype.type(0), m.labels))
            for m in (self.pred, self.gt)
        )
        return replace(
            self, pred=pred, gt=gt, ignored=out if self.ignored is None else out | self.ignored
        )


def _written(grid: Grid) -> str:
    return f"({', '.join(f'{s:g}' for s in grid.spacing)}) {grid.unit}"
