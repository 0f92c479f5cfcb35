"""The counts of voxels that the two masks share or not: the statistic of every overlap metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segeval.arrays import Flags, Floats, Integers
from segeval.data.regions import Region, disjoint_layers

from .many import Marks, RegionCases, marked
from .rows import RowStatistic
from .statistic import Arrays, Column, Columns, LabelPairs, Need


@dataclass(frozen=True, slots=True, eq=False)
class Counts(RowStatistic):
    """True and false positives and negatives by region, (R,) each.

    Both volumes are there as well, in the grid's unit of volume. Whole numbers as float64, so that
    products of four of them do not overflow.
    """

    tp: Floats
    fp: Floats
    fn: Floats
    tn: Floats
    volume_p: Floats
    volume_g: Floats

    axes = None
    pooled = True
    background = True
    lengths = False
    shapes = dict.fromkeys(("tp", "fp", "fn", "tn", "volume_p", "volume_g"), ())

    @classmethod
    def of(cls, table: LabelPairs, regions: Sequence[Region], voxel_volume: float = 1.0) -> Counts:
        """Return the counts of the regions, which may overlap, from the label pairs of a case.

        `voxel_volume` is the volume of a voxel in the unit that volumes shall have.
        """
        # the last entry of each is for labels of no region
        tp, size_p, size_g = np.zeros((3, len(regions) + 1))
        # regions of one layer share no label, so that a label looks up its region
        for layer in disjoint_layers(regions):
            pairs = sorted((label, region) for region in layer for label in regions[region].labels)
            labels, region_of = np.array(pairs, np.int64).T
            in_p = _looked_up(labels, region_of, table.pred)
            in_g = _looked_up(labels, region_of, table.gt)
            np.add.at(size_p, in_p, table.count)
            np.add.at(size_g, in_g, table.count)
            # Where neither label has a region both are -1: the last entry, which is dropped.
            np.add.at(tp, np.where(in_p == in_g, in_p, -1), table.count)
        tp, size_p, size_g = tp[:-1], size_p[:-1], size_g[:-1]
        total = table.count.sum()
        return cls(
            tp,
            size_p - tp,
            size_g - tp,
            total - size_p - size_g + tp,
            size_p * voxel_volume,
            size_g * voxel_volume,
        )

    @classmethod
    def of_table(cls, table: LabelPairs, regions: Sequence[Region], voxel_volume: float) -> Counts:
        """Return the counts of the regions."""
        return cls.of(table, regions, voxel_volume)

    @classmethod
    def columns(cls, need: Need) -> Columns:
        """Return one array: label, tp, voxels of pred, gt and the image, volumes of pred and gt."""
        return {"counts": Column("float64", 7)}

    def flat(self, need: Need, labels: Integers, *, sample: bool = False) -> Arrays:
        """Return a row for each region."""
        size_p, size_g = self.tp + self.fp, self.size_g
        image = size_p + self.fn + self.tn
        volumes = self.volume_p, self.volume_g
        marks = marked(labels, sample=sample)
        return {"counts": np.column_stack([marks, self.tp, size_p, size_g, image, *volumes])}

    @classmethod
    def cases(cls, need: Need, arrays: Arrays, regions: int) -> RegionCases:
        """Return the counts of each case; a label without a row is in neither mask of its case."""
        rows = arrays["counts"]
        marks = Marks.of(rows[:, 0])
        cells, size = marks.cells(regions), marks.cases * regions
        sums = [np.bincount(cells, column, size).astype(np.float64) for column in rows[:, 1:].T]
        tp, size_p, size_g, image, volume_p, volume_g = sums
        # every case has a row of label 0, which knows how many voxels there are
        image = np.repeat(image[:: max(1, regions)], regions)
        tn = image - size_p - size_g + tp
        counts = cls(tp, size_p - tp, size_g - tp, tn, volume_p, volume_g)
        return RegionCases(marks.cases, regions, counts)

    def weighted(self, weights: Floats) -> Counts:
        """Return the counts in which a voxel counts as so many; volumes stay what they are."""
        return Counts(
            self.tp * weights,
            self.fp * weights,
            self.fn * weights,
            self.tn * weights,
            self.volume_p,
            self.volume_g,
        )

    @property
    def size_g(self) -> Floats:
        """Voxels of the ground truth."""
        return self.tp + self.fn

    @property
    def empty_p(self) -> Flags:
        """Mask of the regions of which the prediction has no voxel."""
        return np.asarray(self.tp + self.fp == 0)

    @property
    def empty_g(self) -> Flags:
        """Mask of the regions of which the ground truth has no voxel."""
        return np.asarray(self.tp + self.fn == 0)


def _looked_up(labels: Integers, regions: Integers, column: Integers) -> Integers:
    """Return the region of each label in a column, -1 where it has none.

    `labels`, sorted, are those that have a region, `regions` the region of each.
    """
    nearest = np.minimum(labels.searchsorted(column), len(labels) - 1)
    return np.where(labels[nearest] == column, regions[nearest], -1)
