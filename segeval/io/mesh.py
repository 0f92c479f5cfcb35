"""Meshes of triangles from STL, PLY and OBJ files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segeval.data.mesh import Mesh
from segeval.errors import ReadError, UsageError

from .registry import reader
from .request import Request

MILLIMETRES = {"um": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1000.0}
"""Millimetres in each unit that a file may be in."""


@reader(
    ".stl",
    ".ply",
    ".obj",
    gives="mesh",
    sentence="A surface of triangles, in millimetres; larger faces are split into triangles.",
    package="trimesh",
    extra="mesh",
)
def read_mesh(request: Request) -> Mesh:
    """Return the triangles of a file, with each place a vertex once and without degenerate ones.

    Such files do not say what their coordinates are in: `request.unit` does. Raises `ReadError` for
    a file without triangles or with coordinates that are no numbers, `UsageError` for another unit.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "triangle.obj")
    ...     _ = path.write_text("v 0 0 0\\nv 1 0 0\\nv 0 1 0\\nf 1 2 3\\n")
    ...     read_mesh(Request(path=path, unit="cm")).vertices.tolist()
    [[0.0, 0.0, 0.0], [0.0, 10.0, 0.0], [10.0, 0.0, 0.0]]
    """
    path, unit = request.path, request.unit
    if unit not in MILLIMETRES:
        raise UsageError(
            f"{path}: the unit of a mesh is one of {', '.join(MILLIMETRES)}, not {unit!r}"
        )
    loaded = _loaded(path)
    # a file of points or lines becomes an object without faces
    faces = np.asarray(getattr(loaded, "faces", np.empty((0, 3))), np.int64)
    vertices = np.asarray(getattr(loaded, "vertices", ()), np.float64)
    if not np.isfinite(vertices).all():
        raise ReadError(f"{path}: has coordinates that are infinite or NaN; export the mesh again")
    # STL writes the corners of every triangle anew: shared ones must be one vertex again
    places, place_of_vertex = np.unique(vertices.reshape(-1, 3), axis=0, return_inverse=True)
    triangles = place_of_vertex.reshape(-1)[faces]
    # A triangle with two corners in one place has neither area nor plane.
    degenerate = (triangles == np.roll(triangles, 1, axis=1)).any(axis=1)
    triangles = triangles[~degenerate]
    if not len(triangles):
        raise ReadError(
            f"{path}: holds no triangles, only {len(vertices)} vertices; surfaces are measured "
            f"between triangles: export the mesh with its faces"
        )
    return Mesh(places * MILLIMETRES[unit], triangles, str(path))


def _loaded(path: Path) -> Any:
    """Return what trimesh makes of a file, with vertices and faces as they are in it."""
    import trimesh

    try:
        # Unprocessed: trimesh would merge vertices that are merely close to each other.
        loaded = trimesh.load(path, process=False)
        return loaded.to_mesh() if isinstance(loaded, trimesh.Scene) else loaded
    except Exception as error:  # whatever the readers of a damaged file run into
        raise ReadError(f"{path}: cannot be read as a mesh ({error}); export it again") from error
