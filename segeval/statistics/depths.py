"""The depth of each voxel inside its mask: the statistic of Boundary IoU, for any width of band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segeval.arrays import Flags, Floats

from .distances import Distances, HistogramStatistic


@dataclass(frozen=True, slots=True, eq=False)
class Depths(HistogramStatistic):
    """Distances of a mask's voxels to the nearest boundary voxel of the same mask.

    All regions are in it at once. `shared` holds, for the voxels in both masks, the larger of the
    two depths: a voxel lies in both bands if that is below the width.
    """

    p: Distances
    g: Distances
    shared: Distances

    measurer = "host:depths"
    device_measurer = "tensors.distances:depths"

    @property
    def size_g(self) -> Floats:
        """Voxels of the ground truth."""
        return self.g.total()

    @property
    def empty_p(self) -> Flags:
        """Mask of the regions of which the prediction has no voxel."""
        return np.asarray(self.p.total() == 0)

    @property
    def empty_g(self) -> Flags:
        """Mask of the regions of which the ground truth has no voxel."""
        return np.asarray(self.g.total() == 0)
