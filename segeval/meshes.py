"""Cases with a mesh of triangles instead of a mask: their surfaces are all that can be measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from segeval.boundary import VOXEL, Boundary
from segeval.case import LabelMap, Region
from segeval.errors import UsageError
from segeval.grid import Grid
from segeval.measure import Measured
from segeval.mesh.files import SUFFIXES, Mesh, distances_between, read_mesh
from segeval.mesh.net import Net
from segeval.mesh.surfaces import Surface
from segeval.overlap.contingency import Contingency
from segeval.overlap.counts import Counts
from segeval.protocol import Protocol
from segeval.surface.crops import crops
from segeval.surface.distances import SurfaceDistances
from segeval.workspace import Workspace

GRID = Grid((1, 1, 1), (1.0, 1.0, 1.0), "mm")
"""Stands for the space of meshes, which has no voxels."""
MIXED = "the surface of the mask was taken to the mesh by the affine of its file"
"""The note of a case of a mesh and a mask."""


def is_mesh(path: Path | None) -> bool:
    """Whether a file holds a mesh, by its suffix."""
    return path is not None and path.suffix.lower() in SUFFIXES


def measure_meshes(
    name: str, pred: Path, gt: Path, protocol: Protocol, read: Callable[[Path], LabelMap], workspace: Workspace
) -> Measured:
    """The distances between two surfaces of which one or both are meshes; `read` reads the other.

    Raises `UsageError` for metrics that need voxels and for more than one region, `ReadError` for files.
    """
    kinds = _kinds(name, protocol)
    region = _region(name, protocol)
    statistics = {
        kind: kind(found.pg, found.gp)
        for kind in kinds
        for sides in [[_surface(path, region, kind.boundary, read, workspace) for path in (pred, gt)]]
        for found in [distances_between(*sides, boundary=kind.boundary, workspace=workspace)]
    }
    label = np.array([min(region.labels)])  # one voxel that both share: present in either, and of no known volume
    table = Contingency(label, label, np.ones(1, np.int64))
    return Measured((region,), table, Counts.of(table, (region,), np.nan), dict(statistics), np.nan)


def _kinds(name: str, protocol: Protocol) -> list[type[SurfaceDistances]]:
    rules = [getattr(metric.statistic, "boundary", VOXEL).rule for metric in protocol.metrics]
    unfit = [m.column for m, rule in zip(protocol.metrics, rules, strict=True) if rule not in ("mesh", "smooth")]
    if unfit:
        raise UsageError(
            f"case {name!r}: a mesh has a surface and no voxels, so {unfit[0]} cannot be computed of it; ask for "
            "distances between meshes alone, such as -m hd95,assd,nsd@2 --boundary mesh"
        )
    return sorted(protocol.statistics, key=lambda kind: str(kind.boundary))


def _region(name: str, protocol: Protocol) -> Region:
    """The one region that a mesh is."""
    regions = protocol.regions or (Region.of(1),)
    if len(regions) > 1:
        raise UsageError(
            f"case {name!r}: a mesh is the surface of one region, but {len(regions)} are to be scored; name one with "
            "--regions, and keep the meshes of others in folders of their own"
        )
    return regions[0]


def _surface(
    path: Path, region: Region, boundary: Boundary, read: Callable[[Path], LabelMap], workspace: Workspace
) -> Mesh:
    """The mesh in a file, or the surface of a region of the mask in it, in millimetres."""
    if is_mesh(path):
        return read_mesh(path)
    mask = read(path)
    if mask.grid.ndim != 3:
        raise UsageError(f"{path}: a mask of {mask.grid.ndim} axes has no surface to compare with a mesh; wanted 3")
    inside = np.isin(mask.labels, list(region.labels)).view(np.uint8)
    if not inside.any():
        raise UsageError(f"{path}: holds no voxel of region {region.name!r}, so there is no surface to compare with")
    ((crop, _),) = crops(inside, inside, np.array([1]))
    net = Net.of(crop, mask.grid.spacing)
    if boundary.rule == "smooth":
        from segeval.mesh.smoothing import relaxed

        net = relaxed(net, mask.grid.spacing)
    surface = Surface.of(net)
    if mask.grid.affine is None:
        return Mesh(surface.vertices, surface.pieces)
    index = surface.vertices / mask.grid.spacing
    return Mesh(index @ mask.grid.affine[:3, :3].T + mask.grid.affine[:3, 3], surface.pieces)
