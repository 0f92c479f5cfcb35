"""Cases with a mesh of triangles instead of a mask: their surfaces are all that can be measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segeval.arrays import Bytes, Flags
from segeval.data.case import LabelMap, Region
from segeval.data.grid import Grid
from segeval.errors import UsageError
from segeval.io.mesh import is_mesh
from segeval.kernels.workspace import Workspace
from segeval.measure.crops import crop_pairs
from segeval.measure.measured import Measured
from segeval.protocols.protocol import Protocol
from segeval.statistics.boundary import Boundary
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.distances import SurfaceDistances
from segeval.statistics.statistic import Need

if TYPE_CHECKING:
    from segeval.data.mesh import Mesh
    from segeval.measure.mesh.surfaces import Surface

GRID = Grid((1, 1, 1), (1.0, 1.0, 1.0), "mm")
"""Stands for the space of meshes, which has no voxels."""
BY_AFFINE = "the surface of the mask was taken to the mesh by the affine of its file"
BY_SPACING = (
    "the file of the mask has no affine: its surface was placed by the spacing alone, the centre "
    "of "
    "the first voxel at the origin of the mesh"
)
"""The notes of a case of a mesh and a mask."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredMeshes:
    """What was measured of two surfaces, and the notes of the case: how a mask was placed."""

    measured: Measured
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """The surface of one side, and how it was placed; "" for a mesh, which needs no placing."""

    mesh: Mesh
    note: str = ""


def measure_meshes(
    name: str,
    pred: Path,
    gt: Path,
    protocol: Protocol,
    read: Callable[[Path], LabelMap],
    workspace: Workspace,
) -> MeasuredMeshes:
    """Measure the distances between two surfaces of which one or both are meshes.

    `read` reads the side that is a mask. Raises `UsageError` for metrics that need voxels and for
    more than one region, `ReadError` for files.
    """
    from segeval.measure.mesh.surfaces import distances_between

    needs = _needs(name, protocol)
    region = _region(name, protocol)
    given = {
        "ignore_label": protocol.ignore_label is not None,
        "include_background": protocol.include_background,
    }
    for option in filter(given.get, given):
        raise UsageError(
            f"case {name!r}: {option} is about voxels, and a mesh has none; leave it out"
        )
    statistics = {}
    notes: dict[str, None] = {}
    for need in needs:
        assert need.boundary is not None  # as `_needs` has seen to
        sides = [_surface(path, region, protocol, need.boundary, read) for path in (pred, gt)]
        statistics[need] = distances_between(
            sides[0].mesh, sides[1].mesh, boundary=need.boundary, workspace=workspace
        )
        notes |= {side.note: None for side in sides if side.note}
    return MeasuredMeshes(_measured(region, statistics), tuple(notes))


def _measured(region: Region, statistics: dict[Need, SurfaceDistances]) -> Measured:
    """Return the statistics with a table in which one voxel, of no known volume, stands for a side."""
    label, nothing = np.array([min(region.labels)]), np.zeros(1, np.int64)
    either = next(iter(statistics.values()))
    gt = nothing if either.empty_g[0] else label
    pred = nothing if either.empty_p[0] else label
    table = Contingency(gt, pred, np.ones(1, np.int64))
    counts = Counts.of(table, (region,), np.nan)
    return Measured((region,), table, counts, dict(statistics), np.nan)


def _needs(name: str, protocol: Protocol) -> list[Need]:
    unfit = [metric.column for metric in protocol.metrics if not metric.need.is_of_meshes]
    if unfit:
        raise UsageError(
            f"case {name!r}: a mesh has a surface and no voxels, which {unfit[0]} is about unless "
            f"it is a distance "
            "under the rule mesh or smooth; ask for distances alone, such as -m hd95,assd,nsd@2 "
            "--boundary mesh"
        )
    return sorted(protocol.needs, key=lambda need: str(need.boundary))


def _region(name: str, protocol: Protocol) -> Region:
    """The one region that a mesh is."""
    regions = protocol.regions or (Region.of(1),)
    if len(regions) > 1:
        raise UsageError(
            f"case {name!r}: a mesh is the surface of one region, but {len(regions)} are to be "
            f"scored; name one with "
            "--regions, and keep the meshes of others in folders of their own"
        )
    return regions[0]


def _surface(
    path: Path,
    region: Region,
    protocol: Protocol,
    boundary: Boundary,
    read: Callable[[Path], LabelMap],
) -> _Side:
    """Return the mesh in a file, or the surface of a region of the mask in it, in millimetres."""
    from segeval.data.mesh import Mesh
    from segeval.io.mesh import read_mesh
    from segeval.measure.mesh.net import Net
    from segeval.measure.mesh.surfaces import Surface

    if is_mesh(path):
        return _Side(read_mesh(path))
    mask = read(path)
    if mask.grid.unit != "mm":
        raise UsageError(
            f"{path}: counts in pixels and a mesh in mm; pass --spacing to give voxels a size"
        )
    if protocol.spacing is not None and mask.grid.affine is not None:
        raise UsageError(
            f"{path}: its affine places its voxels beside the mesh; leave --spacing out"
        )
    if mask.grid.ndim != 3:
        raise UsageError(
            f"{path}: a mask of {mask.grid.ndim} axes has no surface to compare with a mesh; "
            f"wanted 3"
        )
    inside = _inside(path, mask, region, protocol)
    if not inside.any():
        return _Side(Mesh(np.empty((0, 3)), np.empty((0, 3), np.int64)))
    ((crop, _),) = crop_pairs(inside, inside, np.array([1]))
    net = Net.of(crop, mask.grid.spacing)
    if boundary.rule == "smooth":
        from segeval.measure.mesh.smoothing import relaxed

        net = relaxed(net, mask.grid.spacing)
    return _placed(Surface.of(net), mask.grid)


def _placed(surface: Surface, grid: Grid) -> _Side:
    """Return the surface of a mask where its affine puts it, or where its voxels are without one."""
    from segeval.data.mesh import Mesh

    if grid.affine is None:
        return _Side(Mesh(surface.vertices, surface.pieces), BY_SPACING)
    index = surface.vertices / grid.spacing
    vertices = index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    return _Side(Mesh(vertices, surface.pieces), BY_AFFINE)


def _inside(path: Path, mask: LabelMap, region: Region, protocol: Protocol) -> Bytes:
    """Where the region of the mask is: 1 inside."""
    labels: Flags = mask.labels != 0
    if not protocol.binary and protocol.regions is not None:
        labels = np.isin(mask.labels, list(region.labels))
    elif not protocol.binary and len(found := np.unique(mask.labels[labels])) > 1:
        raise UsageError(
            f"{path}: holds {len(found)} labels ({', '.join(map(str, found[:5].tolist()))}, …) and "
            f"a mesh is one "
            "region; name it with --regions, such as liver=2, or pass --binary to take all labels "
            "together"
        )
    return labels.astype(np.uint8)
