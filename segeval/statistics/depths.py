"""How deep every voxel lies inside its mask: the statistic of Boundary IoU, for any width of the
band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from segeval.arrays import Flags, Floats, Integers

from .distances import Distances


@dataclass(frozen=True, slots=True, eq=False)
class Depths:
    """Distances of a mask's voxels to the nearest boundary voxel of the same mask, for all regions
    at once.

    `shared` holds, for the voxels in both masks, the larger of the two depths: a voxel lies in both
    bands if that is below the width.
    """

    p: Distances
    g: Distances
    shared: Distances
    background: ClassVar[bool] = False

    @classmethod
    def absent(cls, regions: int) -> Depths:
        """The statistic of regions without a voxel in either mask."""
        return cls(*(Distances.absent(regions) for _ in range(3)))

    @classmethod
    def stacked(cls, members: Sequence[Depths]) -> Depths:
        """The regions of all members, one after the other."""
        return cls(
            *(Distances.stacked([getattr(m, name) for m in members]) for name in cls.__slots__)
        )

    def grouped(self, groups: Integers, count: int) -> Depths:
        """All regions of a group as one region: region r belongs to `groups[r]` of `count` groups."""
        return Depths(*(getattr(self, name).grouped(groups, count) for name in self.__slots__))

    def select(self, order: ArrayLike) -> Depths:
        """The regions at these positions, in this order."""
        return Depths(*(getattr(self, name).select(order) for name in self.__slots__))

    def __add__(self, other: Depths) -> Depths:
        return Depths(self.p + other.p, self.g + other.g, self.shared + other.shared)

    @property
    def size_g(self) -> Floats:
        """Voxels of the ground truth."""
        return self.g.total()

    @property
    def empty_p(self) -> Flags:
        """Where the prediction has no voxel of the region."""
        return np.asarray(self.p.total() == 0)

    @property
    def empty_g(self) -> Flags:
        """Where the ground truth has no voxel of the region."""
        return np.asarray(self.g.total() == 0)
