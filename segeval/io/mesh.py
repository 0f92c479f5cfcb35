"""Meshes of triangles from STL, PLY and OBJ files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segeval.data.labels import LabelMap
from segeval.data.mesh import Mesh
from segeval.errors import ReadError, UsageError

from .registry import Request, reader

SUFFIXES = (".stl", ".ply", ".obj")
"""The formats that are read."""
MILLIMETRES = {"um": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1000.0}
"""How many there are in each unit that a file may be in."""


def is_mesh(path: Path | None) -> bool:
    """Whether a file holds a mesh, by its suffix."""
    return path is not None and path.suffix.lower() in SUFFIXES


@reader(*SUFFIXES)
def refuse_mesh(request: Request) -> LabelMap:
    """Raises `ReadError`: what measures meshes takes them before they come here."""
    raise ReadError(
        f"{request.path}: wanted a mask, but this is a mesh; score it as a file of its own with "
        f"--boundary mesh and "
        "metrics of distances, such as -m hd95,assd"
    )


def read_mesh(path: str | Path, *, unit: str = "mm") -> Mesh:
    """The triangles of an STL, PLY or OBJ file; larger faces are split into triangles.

    Such files do not say what their coordinates are in: `unit`, one of um, mm, cm and m.

    Raises `ReadError` for a file without triangles or with coordinates that are no numbers,
    `UsageError` for another unit or format and when the package that reads the files is missing.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "triangle.obj")
    ...     _ = path.write_text("v 0 0 0\\nv 1 0 0\\nv 0 1 0\\nf 1 2 3\\n")
    ...     read_mesh(path, unit="cm").vertices.tolist()
    [[0.0, 0.0, 0.0], [0.0, 10.0, 0.0], [10.0, 0.0, 0.0]]
    """
    path = Path(path)
    if unit not in MILLIMETRES:
        raise UsageError(
            f"{path}: the unit of a mesh is one of {', '.join(MILLIMETRES)}, not {unit!r}"
        )
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"{path}: a mesh is a file of {', '.join(SUFFIXES)}, not "
            f"{path.suffix or 'without suffix'}"
        )
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
            f"{path}: holds no triangles, only {len(vertices)} vertices; surfaces are measured "
            f"between triangles: "
            "export the mesh with its faces"
        )
    return Mesh(places * MILLIMETRES[unit], triangles)


def _loaded(path: Path) -> Any:
    """What the library makes of a file, its vertices and faces as they are."""
    try:
        import trimesh
    except ModuleNotFoundError:
        raise UsageError(
            f"{path}: reading meshes needs trimesh; pip install trimesh, or score masks instead"
        ) from None
    if not path.is_file():
        raise ReadError(f"{path}: there is no such file; check the path")
    try:
        loaded = trimesh.load(path, process=False)
        return loaded.to_mesh() if isinstance(loaded, trimesh.Scene) else loaded
    except Exception as error:  # whatever the readers of a damaged file run into
        raise ReadError(f"{path}: cannot be read as a mesh ({error}); export it again") from error
