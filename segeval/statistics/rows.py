"""Statistics that hold a few numbers for every region, which add up.

A statistic of this kind is a list of fields with their shapes, a card, and what measures it:
`Counts` and `Moments` are two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Integers

from .many import Marks, RegionCases, marked
from .statistic import Arrays, Column, Columns, Need, RegionStatistic

if TYPE_CHECKING:
    from typing_extensions import Self


class RowStatistic(RegionStatistic):
    """A dataclass of arrays of float64, one entry of each for a region; regions and cases add up.

    `shapes` gives each field, in their order, and the shape of its entries: () for a number.
    """

    __slots__ = ()

    shapes: ClassVar[Mapping[str, tuple[int, ...]]]

    @classmethod
    def absent(cls, regions: int) -> Self:
        """Return the statistic of regions without a voxel in either mask."""
        return cls(*(np.zeros((regions, *shape)) for shape in cls.shapes.values()))

    @classmethod
    def stacked(cls, members: Sequence[Self]) -> Self:
        """Return the regions of all members, one after the other."""
        return cls(
            *(np.concatenate([getattr(member, name) for member in members]) for name in cls.shapes)
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in self.shapes))

    def weighted(self, weights: Floats) -> Self:
        """Return the statistic in which a voxel counts as so many; `weights` is (R,)."""
        columns = (field.T * weights for field in self._fields())
        return type(self)(*(column.T for column in columns))

    def select(self, order: Integers) -> Self:
        """Return the regions at these positions, in this order; −1 is a region in neither mask."""
        return type(self)(*(_selected(field, order) for field in self._fields()))

    def grouped(self, groups: Integers, count: int) -> Self:
        """Return all regions of a group as one: region r belongs to `groups[r]` of `count`."""
        return type(self)(*(_grouped(field, groups, count) for field in self._fields()))

    @classmethod
    def columns(cls, need: Need) -> Columns:
        """Return one array: the label, and all numbers of a region."""
        return {need.name: Column("float64", 1 + sum(map(math.prod, cls.shapes.values())))}

    def flat(self, need: Need, labels: Integers, *, sample: bool = False) -> Arrays:
        """Return a row for each region."""
        rows = [field.reshape(len(labels), -1) for field in self._fields()]
        return {need.name: np.column_stack([marked(labels, sample=sample), *rows])}

    @classmethod
    def cases(cls, need: Need, arrays: Arrays, regions: int) -> RegionCases:
        """Return the regions of each case; those without a row are in neither mask."""
        rows = arrays[need.name]
        marks = Marks.of(rows[:, 0])
        cells = np.zeros((marks.cases * regions, rows.shape[1] - 1))
        # Added, not set: every batch of single samples has rows of its own in their case.
        np.add.at(cells, marks.cells(regions), rows[:, 1:])
        widths = [math.prod(shape) for shape in cls.shapes.values()]
        pieces = np.split(cells, np.cumsum(widths)[:-1], axis=1)
        fields = (
            piece.reshape(len(cells), *shape)
            for piece, shape in zip(pieces, cls.shapes.values(), strict=True)
        )
        return RegionCases(marks.cases, regions, cls(*fields))

    def _fields(self) -> list[NDArray[Any]]:
        return [getattr(self, name) for name in self.shapes]


def _selected(field: NDArray[Any], order: Integers) -> NDArray[Any]:
    """Return the entries at these positions; those at −1 are 0."""
    nowhere = np.zeros_like(field, shape=(1, *field.shape[1:]))
    return np.concatenate([field, nowhere])[order]


def _grouped(field: NDArray[Any], groups: Integers, count: int) -> NDArray[Any]:
    """Return the sum of the entries of each group, of `count` groups."""
    if field.ndim == 1:  # far quicker than `add.at`
        return np.bincount(groups, field, count).astype(np.float64)
    sums = np.zeros((count, *field.shape[1:]))
    np.add.at(sums, groups, field)
    return sums
