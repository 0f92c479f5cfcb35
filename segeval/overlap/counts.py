"""How many voxels of each region the two masks share: the statistic of every overlap metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from segeval.case import Region, disjoint_layers
from segeval.overlap.contingency import Contingency, Integers
from segeval.words import brief, helper


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """True and false positives and negatives by region, (R,) each, with both volumes in the grid's unit of volume.

    Whole numbers as float64, so that products of four of them do not overflow.
    """

    tp: NDArray[np.float64]
    fp: NDArray[np.float64]
    fn: NDArray[np.float64]
    tn: NDArray[np.float64]
    volume_p: NDArray[np.float64]
    volume_g: NDArray[np.float64]
    background: ClassVar[bool] = True

    @classmethod
    def of(cls, contingency: Contingency, regions: Sequence[Region], voxel_volume: float = 1.0) -> Counts:
        """The counts of the regions, which may overlap, from the table of label pairs of a case."""
        tp, size_p, size_g = np.zeros((3, len(regions)))
        for layer in disjoint_layers(regions):
            pairs = sorted((label, region) for region in layer for label in regions[region].labels)
            _add(contingency.gt, contingency.pred, contingency.count, np.array(pairs, np.int64), tp, size_p, size_g)
        total = contingency.count.sum()
        return cls(
            tp, size_p - tp, size_g - tp, total - size_p - size_g + tp, size_p * voxel_volume, size_g * voxel_volume
        )

    @classmethod
    def stacked(cls, members: Sequence[Counts]) -> Counts:
        """The regions of all members, one after the other."""
        return cls(*(np.concatenate([getattr(m, name) for m in members]) for name in cls.__slots__))

    def grouped(self, groups: NDArray[np.int64], count: int) -> Counts:
        """All regions of a group as one region: region r belongs to `groups[r]` of `count` groups."""
        return Counts(*(np.bincount(groups, getattr(self, name), count).astype(np.float64) for name in self.__slots__))

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def select(self, order: NDArray[np.int64]) -> Counts:
        """The regions at these positions, in this order."""
        return Counts(*(getattr(self, name)[order] for name in self.__slots__))

    @property
    def size_g(self) -> NDArray[np.float64]:
        """Voxels of the ground truth."""
        return self.tp + self.fn

    @property
    def empty_p(self) -> NDArray[np.bool_]:
        """Where the prediction has no voxel of the region."""
        return np.asarray(self.tp + self.fp == 0)

    @property
    def empty_g(self) -> NDArray[np.bool_]:
        """Where the ground truth has no voxel of the region."""
        return np.asarray(self.tp + self.fn == 0)


@brief
def _add(
    gt: Integers,
    pred: Integers,
    count: Integers,
    members: Integers,
    tp: NDArray[np.float64],
    size_p: NDArray[np.float64],
    size_g: NDArray[np.float64],
) -> None:
    """Add the pairs of labels to their regions; `members` are sorted rows (label, region), each label once."""
    for row in range(count.size):
        in_p, in_g = _region(members, pred[row]), _region(members, gt[row])
        if in_p >= 0:
            size_p[in_p] += count[row]
        if in_g >= 0:
            size_g[in_g] += count[row]
        if in_p >= 0 and in_p == in_g:
            tp[in_p] += count[row]


@helper
def _region(members: Integers, label: int) -> int:
    """The region of a label; -1 for a label of none."""
    low, high = 0, members.shape[0]
    while low < high:
        middle = (low + high) // 2
        if members[middle, 0] < label:
            low = middle + 1
        else:
            high = middle
    region: int = members[low, 1] if low < members.shape[0] and members[low, 0] == label else -1
    return region
