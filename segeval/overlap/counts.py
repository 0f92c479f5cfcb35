"""How many voxels of each region the two masks share: the statistic of every overlap metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.case import Region, disjoint_layers
from segeval.overlap.contingency import Contingency


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

    @classmethod
    def of(cls, contingency: Contingency, regions: Sequence[Region], voxel_volume: float = 1.0) -> Counts:
        """The counts of the regions, which may overlap, from the table of label pairs of a case."""
        tp, size_p, size_g = np.zeros((3, len(regions)))
        for layer in disjoint_layers(regions):
            members = np.array(layer)
            pairs = sorted((label, place) for place, region in enumerate(layer) for label in regions[region].labels)
            labels, places = np.array(pairs, dtype=np.int64).T
            in_p, in_g = (_place(side, labels, places) for side in (contingency.pred, contingency.gt))
            for into, place, inside in (
                (size_p, in_p, in_p >= 0),
                (size_g, in_g, in_g >= 0),
                (tp, in_p, (in_p >= 0) & (in_p == in_g)),
            ):
                into[members] = np.bincount(place[inside], contingency.count[inside], len(layer))
        total = contingency.count.sum()
        return cls(
            tp, size_p - tp, size_g - tp, total - size_p - size_g + tp, size_p * voxel_volume, size_g * voxel_volume
        )

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def empty_p(self) -> NDArray[np.bool_]:
        """Where the prediction has no voxel of the region."""
        return np.asarray(self.tp + self.fp == 0)

    @property
    def empty_g(self) -> NDArray[np.bool_]:
        """Where the ground truth has no voxel of the region."""
        return np.asarray(self.tp + self.fn == 0)


def _place(values: NDArray[np.int64], labels: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each value the place of its label, -1 where it is none of the (sorted) labels."""
    at = np.minimum(np.searchsorted(labels, values), len(labels) - 1)
    return np.where(labels[at] == values, places[at], -1)
