"""Measuring on the host, by compiled kernels.

The measurers here, which cards name, take the masks of one layer, the labels that are its regions,
the spacing in the order of the arrays' axes, and what is needed; each returns a statistic with a
region for each label.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from segeval.arrays import Flags, Integers, Labels
from segeval.kernels.workspace import Workspace
from segeval.statistics.boundary import SOLID, VOXEL, Boundary
from segeval.statistics.contingency import Contingency
from segeval.statistics.depths import Depths
from segeval.statistics.distances import Distances, SurfaceDistances
from segeval.statistics.moments import Moments
from segeval.statistics.statistic import Need, RegionStatistic

from .counting import contingency
from .crops import crop_pairs
from .depths import measure_depths
from .engine import Engine, measurer
from .layers import Layer, Maps
from .moments import measure_moments
from .voxels.distances import corner_distances, surface_distances
from .voxels.sweep import Sweep, sweep

SWEPT = (VOXEL, SOLID)
"""Boundaries that one sweep over the masks serves, the same for all of them."""


class HostMasks:
    """The masks that are measured now, uint8 or uint16, and the sweep over them once it was made.

    A sweep finds the boundaries of all labels and counts the table on the way. It lies in the
    buffers of the workspace, one at a time: whatever uses these drops it.
    """

    def __init__(self, maps: Maps, workspace: Workspace) -> None:
        self.pred: Labels = maps.pred
        self.gt: Labels = maps.gt
        self.workspace = workspace
        self._sweep: Sweep | None = None

    def sweep(self) -> Sweep:
        """Return the sweep with the usual boundary, which is made when it is first asked for."""
        if self._sweep is None:
            self._sweep = sweep(self.pred, self.gt, self.workspace)
        return self._sweep

    def drop_sweep(self) -> None:
        """Forget the sweep, as its buffers are taken by what follows."""
        self._sweep = None


class HostEngine(Engine):
    """Measures with the compiled kernels of this machine's processor.

    `needs` tell beforehand whether the masks will be swept: then the sweep gives the table, too.
    """

    def __init__(self, maps: Maps, needs: Collection[Need], workspace: Workspace) -> None:
        self._workspace = workspace
        self._masks = HostMasks(maps, workspace)
        self._sweeps = any(need.boundary in SWEPT for need in needs)

    def table(self) -> Contingency:
        """Return the contingency table, from the sweep if there is to be one."""
        if self._sweeps:
            return self._masks.sweep().contingency
        return contingency(self._masks.pred, self._masks.gt, self._workspace)

    def enter(self, layer: Layer) -> None:
        """Turn to the maps of a layer, which are swept when a statistic asks for it."""
        # on the maps as they are, the sweep that gave the table serves again
        if layer.relabelled:
            self._masks = HostMasks(layer.maps, self._workspace)

    def statistic(self, need: Need, layer: Layer, spacing: tuple[float, ...]) -> RegionStatistic:
        """Return the statistic of the regions of the layer entered last."""
        statistic: RegionStatistic = measurer(need.measurer)(
            self._masks, layer.labels, spacing, need
        )
        return statistic


def sweep_distances(
    masks: HostMasks, labels: Integers, spacing: tuple[float, ...], need: Need
) -> SurfaceDistances:
    """Measure the distances between boundary voxels, or with the rule solid between all voxels."""
    boundary = need.boundary or VOXEL
    if boundary in SWEPT:
        swept = masks.sweep()
    else:
        masks.drop_sweep()
        swept = sweep(masks.pred, masks.gt, masks.workspace, boundary)
    solid = boundary == SOLID
    distances = surface_distances(swept, spacing, labels, solid=solid, workspace=masks.workspace)
    if boundary.rule == "voxel" and not boundary["image_edge"]:
        return _with_masks_that_fill_the_image(distances, labels, swept.contingency)
    return distances


def distances_between_corners(
    masks: HostMasks, labels: Integers, spacing: tuple[float, ...], need: Need
) -> SurfaceDistances:
    """Measure the distances between the corners of voxels where boundaries pass."""
    masks.drop_sweep()
    return corner_distances(
        masks.pred,
        masks.gt,
        spacing,
        labels,
        boundary=_boundary(need),
        workspace=masks.workspace,
    )


def distances_between_surfaces(
    masks: HostMasks, labels: Integers, spacing: tuple[float, ...], need: Need
) -> SurfaceDistances:
    """Measure the distances between surfaces of faces, as they are or relaxed."""
    from .mesh.distances import mesh_distances

    masks.drop_sweep()
    return mesh_distances(
        masks.pred,
        masks.gt,
        labels,
        spacing,
        boundary=_boundary(need),
        workspace=masks.workspace,
    )


def depths(masks: HostMasks, labels: Integers, spacing: tuple[float, ...], need: Need) -> Depths:
    """Measure the depths of voxels in their masks, in the box of each region."""
    return measure_depths(crop_pairs(masks.pred, masks.gt, labels), spacing)


def moments(masks: HostMasks, labels: Integers, spacing: tuple[float, ...], need: Need) -> Moments:
    """Measure the moments of voxels, in the box of each region."""
    return measure_moments(crop_pairs(masks.pred, masks.gt, labels), spacing)


def _boundary(need: Need) -> Boundary:
    """Return the boundary of a need that depends on one."""
    assert need.boundary is not None  # as the card says
    return need.boundary


def _with_masks_that_fill_the_image(
    distances: SurfaceDistances, labels: Integers, table: Contingency
) -> SurfaceDistances:
    """Return the distances with an element of no size for regions that are there without any.

    Such a mask fills the image, whose edge is no boundary: it has no boundary there, nothing else
    is near to it, and yet it is not empty.
    """
    bare_p = distances.pg.empty & np.isin(labels, table.pred)
    bare_g = distances.gp.empty & np.isin(labels, table.gt)
    return SurfaceDistances(
        _with_element_of_no_size(distances.pg, bare_p & ~bare_g),
        _with_element_of_no_size(distances.gp, bare_g & ~bare_p),
    )


def _with_element_of_no_size(distances: Distances, bare: Flags) -> Distances:
    """Return the distances, with an element of no size at 0 in the regions that are `bare`."""
    nothing = Distances(np.array([0, 1]), np.zeros(1), np.zeros(1, np.int64))
    stacked = Distances.stacked([distances, nothing])
    return stacked.select(np.where(bare, len(distances), np.arange(len(distances))))
