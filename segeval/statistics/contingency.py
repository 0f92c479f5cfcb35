"""The contingency table of a case: how many voxels carry each pair of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .many import Marks, WholeCases, marked
from .statistic import Arrays, Column, Columns, LabelPairs, Need, Statistic

if TYPE_CHECKING:
    from segeval.data.regions import Region

from segeval.arrays import Flags, Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Contingency(Statistic):
    """A table of how many voxels carry each pair of labels.

    A row is a label of `gt`, one of `pred` and the `count` of voxels with both. Only pairs that
    occur have a row; rows are sorted by (gt, pred).

    >>> a = Contingency(gt=np.array([0, 1]), pred=np.array([0, 0]), count=np.array([5, 2]))
    >>> (a + a).count
    array([10,  4])
    """

    gt: Integers
    pred: Integers
    count: NDArray[Any]

    axes = None
    by_region = False
    pooled = True
    background = True
    lengths = False

    @classmethod
    def of_table(
        cls, table: LabelPairs, regions: Sequence[Region], voxel_volume: float
    ) -> Contingency:
        """Return the table itself."""
        return cls(table.gt, table.pred, table.count)

    @classmethod
    def columns(cls, need: Need) -> Columns:
        """Return one array: number of the row, gt, pred, voxels."""
        return {"table": Column("int64", 4)}

    def flat(self, need: Need, labels: Integers, *, sample: bool = False) -> Arrays:
        """Return the table with its rows numbered; a row without voxels where it has none."""
        rows = np.stack([self.gt, self.pred, self.count], 1)
        if not len(rows):
            rows = np.zeros((1, 3), np.int64)  # all is ignored, and still a case
        numbers = marked(np.arange(len(rows)), sample=sample)
        return {"table": np.column_stack([numbers, rows])}

    @classmethod
    def cases(cls, need: Need, arrays: Arrays, regions: int) -> WholeCases:
        """Return the table of each case."""
        rows = arrays["table"]
        nothing = Contingency(*np.zeros((3, 0), np.int64))
        tables = [
            # samples come in any order: adding sorts them
            Contingency(*table[table[:, 3] > 0, 1:].T) + nothing
            for table in Marks.of(rows[:, 0]).split(rows)
        ]
        return WholeCases(tables, nothing)

    def weighted(self, weights: Floats) -> Contingency:
        """Return the table in which a voxel counts as so many: counts may be fractions then."""
        return Contingency(self.gt, self.pred, self.count * weights)

    @property
    def labels(self) -> Integers:
        """Labels that occur in either mask, background included, sorted."""
        return np.union1d(self.gt, self.pred)

    def __add__(self, other: Contingency) -> Contingency:
        gt = np.concatenate([self.gt, other.gt])
        pred = np.concatenate([self.pred, other.pred])
        count = np.concatenate([self.count, other.count])
        # `lexsort` goes by its last key first: by the label of gt, then by that of pred.
        order = np.lexsort((pred, gt))
        gt, pred, count = gt[order], pred[order], count[order]
        first = run_starts((gt[1:] != gt[:-1]) | (pred[1:] != pred[:-1]), len(gt))
        if len(first):  # `reduceat` refuses an empty list
            count = np.add.reduceat(count, first)
        return Contingency(gt[first], pred[first], count)


def run_starts(differs: Flags, count: int) -> Integers:
    """Return where runs of equal elements begin, among `count` of them.

    `differs` (count - 1,) says which elements, from the second on, differ from the one before.

    >>> run_starts(np.array([False, True, False]), 4)
    array([0, 2])
    """
    return np.concatenate([np.zeros(min(count, 1), np.int64), differs.nonzero()[0] + 1])
