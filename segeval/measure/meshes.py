"""Cases with a mesh of triangles for a side: the surfaces of both are all that can be measured.

A mask beside a mesh is turned into a mesh as well, by the rule of the boundary, and taken to the
space of the mesh. Distances are then those between two surfaces, in mm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from segeval.arrays import Bytes, Flags
from segeval.data.case import Case, Side
from segeval.data.labels import LabelMap
from segeval.data.mesh import Mesh
from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.statistics.boundary import Boundary
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.distances import SurfaceDistances
from segeval.statistics.statistic import Need, Statistic

from .crops import crop_pairs
from .measured import Measured

Regions = Callable[[Sequence[int]], Sequence[Region]]
"""Gives the regions of a case from the labels that occur in it."""

BY_AFFINE = "the surface of the mask was taken to the mesh by the affine of its file"
BY_SPACING = (
    "the file of the mask has no affine: its surface was placed by the spacing alone, the centre "
    "of the first voxel at the origin of the mesh"
)
"""Notes of a case of a mesh and a mask."""


def measure_meshes(
    case: Case, regions_of: Regions, needs: Collection[Need], workspace: Workspace
) -> Measured:
    """Measure the distances between the surfaces of both sides, of which one or both are meshes.

    `regions_of` names the only region, which meshes are of; all `needs` are of meshes. Raises
    `UsageError` for several regions, and for a mask that cannot be placed beside a mesh.
    """
    from .mesh.surfaces import distances_between

    region = _region(case, regions_of)
    labels = region.labels if regions_of(()) else None  # None where no label was named: any
    distances: dict[Need, SurfaceDistances] = {}
    # in a fixed order, since the table below is made from the first
    for need in sorted(needs, key=lambda need: str(need.boundary)):
        assert need.boundary is not None  # as it is of meshes
        distances[need] = distances_between(
            surface_of(case.pred, labels, need.boundary),
            surface_of(case.gt, labels, need.boundary),
            boundary=need.boundary,
            workspace=workspace,
        )
    table = _table(region, next(iter(distances.values())))
    counts = Counts.of(table, (region,), np.nan)
    statistics: dict[Need, Statistic] = {need: distances[need] for need in needs}
    return Measured((region,), table, counts, statistics, np.nan)


def _table(region: Region, distances: SurfaceDistances) -> Contingency:
    """Return a table in which one voxel, of no known volume, stands for a side that is there.

    Metrics and notes tell from it which side is empty, as they do for masks.
    """
    label, nothing = np.array([min(region.labels)]), np.zeros(1, np.int64)
    gt = nothing if distances.empty_g[0] else label
    pred = nothing if distances.empty_p[0] else label
    return Contingency(gt, pred, np.ones(1, np.int64))


def _region(case: Case, regions_of: Regions) -> Region:
    """Return the one region that meshes are of, label 1 where none is named.

    Raises `UsageError` for several.
    """
    named = regions_of(())
    if len(named) > 1:
        raise UsageError(
            f"case {case.id!r}: a mesh is the surface of one region, but {len(named)} are to be "
            "scored; name one with --regions, and keep the meshes of others in folders of their own"
        )
    return named[0] if named else Region.of(1)


def surface_of(side: Side, labels: Collection[int] | None, boundary: Boundary) -> Mesh:
    """Return a mesh as it is, or the surface of some labels of a mask, in millimetres.

    `labels` None stands for the only one of the mask. Raises `UsageError` for masks that cannot be
    placed beside a mesh.
    """
    from .mesh.net import Net
    from .mesh.surfaces import Surface

    if isinstance(side, Mesh):
        return side
    _check_mask(side)
    inside = _inside(side, labels)
    if not inside.any():
        return Mesh(np.empty((0, 3)), np.empty((0, 3), np.int64), side.source)
    ((crop, _),) = crop_pairs(inside, inside, np.array([1]))
    net = Net.of(crop, side.grid.spacing)
    if boundary.rule == "smooth":
        from .mesh.smoothing import relaxed

        net = relaxed(net, side.grid.spacing)
    surface = Surface.of(net)
    vertices, affine = surface.vertices, side.grid.affine
    if affine is not None:
        # the affine takes indices, and vertices are lengths by now
        vertices = (vertices / side.grid.spacing) @ affine[:3, :3].T + affine[:3, 3]
    return Mesh(vertices, surface.pieces, side.source)


def _check_mask(mask: LabelMap) -> None:
    """Raise `UsageError` for a mask that cannot lie beside a mesh, which is 3-D and in mm."""
    if mask.grid.unit != "mm":
        raise UsageError(
            f"{mask.source}: counts in pixels and a mesh in mm; pass --spacing to give voxels a "
            "size"
        )
    if mask.grid.ndim != 3:
        raise UsageError(
            f"{mask.source}: a mask of {mask.grid.ndim} axes has no surface to compare with a "
            "mesh; wanted 3"
        )


def _inside(mask: LabelMap, labels: Collection[int] | None) -> Bytes:
    """Return where the region of the mask is: 1 inside.

    Without `labels` the mask must hold one label alone; several raise `UsageError`.
    """
    if labels is not None:
        return np.isin(mask.labels, list(labels)).astype(np.uint8)
    foreground: Flags = mask.labels != 0
    occurring = np.unique(mask.labels[foreground])
    if len(occurring) > 1:
        listed = ", ".join(map(str, occurring[:5].tolist()))
        raise UsageError(
            f"{mask.source}: holds {len(occurring)} labels ({listed}, …) and a mesh is one region; "
            "name it with --regions, such as liver=2, or pass --binary to take all labels together"
        )
    return foreground.astype(np.uint8)
