"""Meshes of triangles from files, and the distances between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ReadError, UsageError
from segeval.kernels.workspace import Workspace
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import SurfaceDistances

from .formats import SUFFIXES
from .surfaces import Surface, between

MILLIMETRES = {"um": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1000.0}
"""How many there are in each unit that a file may be in."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """`vertices` (V, 3) in mm and `triangles` (T, 3) of them, one or more, each of three different ones."""

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int64]


def read_mesh(path: str | Path, *, unit: str = "mm") -> Mesh:
    """The triangles of an STL, PLY or OBJ file; larger faces are split into triangles.

    Such files do not say what their coordinates are in: `unit`, one of um, mm, cm and m.

    Raises `ReadError` for a file without triangles or with coordinates that are no numbers, `UsageError` for another
    unit or format and when the package that reads the files is missing.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "triangle.obj")
    ...     _ = path.write_text("v 0 0 0\\nv 1 0 0\\nv 0 1 0\\nf 1 2 3\\n")
    ...     read_mesh(path, unit="cm").vertices.tolist()
    [[0.0, 0.0, 0.0], [0.0, 10.0, 0.0], [10.0, 0.0, 0.0]]
    """
    path = Path(path)
    if unit not in MILLIMETRES:
        raise UsageError(f"{path}: the unit of a mesh is one of {', '.join(MILLIMETRES)}, not {unit!r}")
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: a mesh is a file of {', '.join(SUFFIXES)}, not {path.suffix or 'without suffix'}")
    loaded = _loaded(path)
    faces, vertices = (
        getattr(loaded, "faces", np.empty((0, 3))),
        np.asarray(getattr(loaded, "vertices", ()), np.float64),
    )
    if not np.isfinite(vertices).all():
        raise ReadError(f"{path}: has coordinates that are infinite or NaN; export the mesh again")
    places, of = np.unique(vertices.reshape(-1, 3), axis=0, return_inverse=True)
    triangles = of.reshape(-1)[np.asarray(faces, np.int64)]
    triangles = triangles[(triangles != np.roll(triangles, 1, axis=1)).all(axis=1)]
    if not len(triangles):
        raise ReadError(
            f"{path}: holds no triangles, only {len(vertices)} vertices; surfaces are measured between triangles: "
            "export the mesh with its faces"
        )
    return Mesh(places * MILLIMETRES[unit], triangles)


def distances_between(pred: Mesh, gt: Mesh, *, boundary: Boundary, workspace: Workspace) -> SurfaceDistances:
    """The distances between two meshes in one space, as the statistic of one region; by the rule mesh or smooth.

    >>> square = np.array([[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1.0]])
    >>> halves = np.array([[0, 1, 2], [0, 2, 3]])
    >>> low, high = Mesh(square, halves), Mesh(square + [2, 0, 0], halves)
    >>> distances_between(low, high, boundary=Boundary("mesh"), workspace=Workspace()).pg.mean()
    array([2.])
    """
    p, g = (Surface(mesh.vertices, mesh.triangles) for mesh in (pred, gt))
    return between(p, g, boundary, workspace)


def _loaded(path: Path) -> Any:
    """What the library makes of a file, its vertices and faces as they are."""
    try:
        import trimesh
    except ModuleNotFoundError:
        raise UsageError(f"{path}: reading meshes needs trimesh; pip install trimesh, or score masks instead") from None
    if not path.is_file():
        raise ReadError(f"{path}: there is no such file; check the path")
    try:
        loaded = trimesh.load(path, process=False)
        return loaded.to_mesh() if isinstance(loaded, trimesh.Scene) else loaded
    except Exception as error:  # whatever the readers of a damaged file run into
        raise ReadError(f"{path}: cannot be read as a mesh ({error}); export it again") from error
