"""How many voxels of each region the two masks share: the statistic of every overlap metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from segeval.arrays import Flags, Floats, Integers
from segeval.data.case import Region, disjoint_layers

from .contingency import Contingency


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """True and false positives and negatives by region, (R,) each, with both volumes in the grid's
    unit of volume.

    Whole numbers as float64, so that products of four of them do not overflow.
    """

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats
    volume_p: Floats
    volume_g: Floats
    background: ClassVar[bool] = True

    @classmethod
    def of(
        cls, contingency: Contingency, regions: Sequence[Region], voxel_volume: float = 1.0
    ) -> Counts:
        """The counts of the regions, which may overlap, from the table of label pairs of a case."""
        tp, size_p, size_g = np.zeros(
            (3, len(regions) + 1)
        )  # the last of each for labels of no region
        for layer in disjoint_layers(regions):
            pairs = sorted((label, region) for region in layer for label in regions[region].labels)
            labels, region_of = np.array(pairs, np.int64).T
            in_p, in_g = (
                _looked_up(labels, region_of, side) for side in (contingency.pred, contingency.gt)
            )
            np.add.at(size_p, in_p, contingency.count)
            np.add.at(size_g, in_g, contingency.count)
            np.add.at(tp, np.where(in_p == in_g, in_p, -1), contingency.count)
        tp, size_p, size_g = tp[:-1], size_p[:-1], size_g[:-1]
        total = contingency.count.sum()
        return cls(
            tp,
            size_p - tp,
            size_g - tp,
            total - size_p - size_g + tp,
            size_p * voxel_volume,
            size_g * voxel_volume,
        )

    @classmethod
    def stacked(cls, members: Sequence[Counts]) -> Counts:
        """The regions of all members, one after the other."""
        return cls(*(np.concatenate([getattr(m, name) for m in members]) for name in cls.__slots__))

    def grouped(self, groups: Integers, count: int) -> Counts:
        """All regions of a group as one region: region r belongs to `groups[r]` of `count` groups."""
        return Counts(
            *(
                np.bincount(groups, getattr(self, name), count).astype(np.float64)
                for name in self.__slots__
            )
        )

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def select(self, order: Integers) -> Counts:
        """The regions at these positions, in this order."""
        return Counts(*(getattr(self, name)[order] for name in self.__slots__))

    @property
    def size_g(self) -> Floats:
        """Voxels of the ground truth."""
        return self.tp + self.fn

    @property
    def empty_p(self) -> Flags:
        """Where the prediction has no voxel of the region."""
        return np.asarray(self.tp + self.fp == 0)

    @property
    def empty_g(self) -> Flags:
        """Where the ground truth has no voxel of the region."""
        return np.asarray(self.tp + self.fn == 0)


def _looked_up(labels: Integers, regions: Integers, wanted: Integers) -> Integers:
    """Return the region of each label wanted, -1 where it has none; `labels` are sorted."""
    nearest = np.minimum(labels.searchsorted(wanted), len(labels) - 1)
    return np.where(labels[nearest] == wanted, regions[nearest], -1)
