"""How deep every voxel lies inside its mask: the statistic of Boundary IoU, for any width of the band."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.surface.crops import Crop
from segeval.surface.distances import Distances


@dataclass(frozen=True, slots=True, eq=False)
class Depths:
    """Distances of a mask's voxels to the nearest boundary voxel of the same mask, for all regions at once.

    `shared` holds, for the voxels in both masks, the larger of the two depths: a voxel lies in both bands if that is
    below the width.
    """

    p: Distances
    g: Distances
    shared: Distances

    @classmethod
    def of(cls, regions: Iterable[tuple[Crop, Crop]], spacing: tuple[float, ...]) -> Depths:
        """The depths in both masks of each region."""
        sets: list[list[Distances]] = [[], [], []]
        for pred, gt in regions:
            p, g = (_depth(crop.mask, spacing) for crop in (pred, gt))
            in_p, in_g = pred.overlap(gt), gt.overlap(pred)
            both = pred.mask[in_p] & gt.mask[in_g]
            depths = (p[pred.mask], g[gt.mask], np.maximum(p[in_p], g[in_g])[both])
            for members, values in zip(sets, depths, strict=True):
                members.append(Distances.of(values))
        return cls(*(Distances.stacked(members) for members in sets))

    @classmethod
    def absent(cls, regions: int) -> Depths:
        """The statistic of regions without a voxel in either mask."""
        return cls(*(Distances.absent(regions) for _ in range(3)))

    @classmethod
    def stacked(cls, members: Sequence[Depths]) -> Depths:
        """The regions of all members, one after the other."""
        return cls(*(Distances.stacked([getattr(m, name) for m in members]) for name in cls.__slots__))

    def select(self, order: ArrayLike) -> Depths:
        """The regions at these positions, in this order."""
        return Depths(*(getattr(self, name).select(order) for name in self.__slots__))

    def __add__(self, other: Depths) -> Depths:
        return Depths(self.p + other.p, self.g + other.g, self.shared + other.shared)

    @property
    def empty_p(self) -> NDArray[np.bool_]:
        """Where the prediction has no voxel of the region."""
        return np.asarray(self.p.total() == 0)

    @property
    def empty_g(self) -> NDArray[np.bool_]:
        """Where the ground truth has no voxel of the region."""
        return np.asarray(self.g.total() == 0)


def _depth(mask: NDArray[np.bool_], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Distance of every voxel to the nearest boundary voxel of the mask, which ends where the array does."""
    from scipy import ndimage

    inner = ndimage.binary_erosion(mask)
    if not mask.any():
        return np.zeros(mask.shape)
    return np.asarray(ndimage.distance_transform_edt(~(mask & ~inner), sampling=spacing), dtype=np.float64)
