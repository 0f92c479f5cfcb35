"""The contingency table of a case: how many voxels carry each pair of labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segeval.arrays import Flags, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Contingency:
    """How many voxels carry each pair of labels; only pairs that occur, sorted by (gt, pred).

    >>> a = Contingency(gt=np.array([0, 1]), pred=np.array([0, 0]), count=np.array([5, 2]))
    >>> (a + a).count
    array([10,  4])
    """

    gt: Integers
    pred: Integers
    count: Integers

    @property
    def labels(self) -> Integers:
        """Labels that occur in either mask, background included, sorted."""
        return np.union1d(self.gt, self.pred)

    def __add__(self, other: Contingency) -> Contingency:
        rows = np.concatenate([np.stack([c.gt, c.pred, c.count], 1) for c in (self, other)])
        gt, pred, count = _summed(rows).T
        return Contingency(gt, pred, count)


def _summed(rows: Integers) -> Integers:
    """Rows (gt, pred, counts ...), those of a pair added up, sorted by pair."""
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    first = run_starts((rows[1:, :2] != rows[:-1, :2]).any(1), len(rows))
    return np.concatenate([rows[first, :2], np.add.reduceat(rows[:, 2:], first)], 1)


def run_starts(differs: Flags, count: int) -> Integers:
    """Return where runs of equal things begin, from which of them `differs` from the one before."""
    return np.concatenate([np.zeros(min(count, 1), np.int64), differs.nonzero()[0] + 1])
