"""From corners and faces to a mesh: the part that the readers of STL, PLY and OBJ share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.data.limits import FARTHEST, FINEST
from segeval.data.mesh import Mesh
from segeval.errors import ReadError, UsageError
from segeval.io.request import Request

MILLIMETRES = {"um": 1e-3, "mm": 1.0, "cm": 10.0, "m": 1000.0}
"""Millimetres in each unit that a file may be in."""


def damaged(request: Request, why: str) -> ReadError:
    """Return the error for a file that is no whole mesh."""
    return ReadError(f"{request.path}: cannot be read as a mesh ({why}); export it again")


def check_numbers(text: bytes, request: Request) -> None:
    """Raise `ReadError` for numbers with underscores, which Python alone takes: 1_0 for 10."""
    if b"_" in text:
        word = next(word for word in text.split() if b"_" in word)
        raise damaged(request, f"a number is {word[:40]!r}")


def mesh(vertices: Floats, triangles: Integers, request: Request) -> Mesh:
    """Return a mesh with each place a vertex once and without degenerate triangles.

    Files do not say what their coordinates are in: `request.unit` does. Raises `ReadError` for a
    file without triangles, with corners that it does not hold, or with coordinates that are no
    numbers or beyond all bounds, `UsageError` for another unit.
    """
    path, unit = request.path, request.unit
    if unit not in MILLIMETRES:
        raise UsageError(
            f"{path}: the unit of a mesh is one of {', '.join(MILLIMETRES)}, not {unit!r}"
        )
    request.admit((len(triangles),))
    if not np.isfinite(vertices).all():
        raise ReadError(f"{path}: has coordinates that are infinite or NaN; export the mesh again")
    if len(triangles) and not 0 <= triangles.min() <= triangles.max() < len(vertices):
        raise damaged(
            request,
            f"faces name vertices {triangles.min()} to {triangles.max()}, counted from 0, of "
            f"{len(vertices)}",
        )
    places, triangles = _merged(vertices * MILLIMETRES[unit], triangles)
    if not len(triangles):
        raise ReadError(
            f"{path}: holds no triangles, only {len(vertices)} vertices; surfaces are measured "
            f"between triangles: export the mesh with its faces"
        )
    if np.abs(places).max() > FARTHEST or np.ptp(places, axis=0).max() < FINEST:
        raise ReadError(
            f"{path}: wanted a mesh of at least {FINEST:g} mm and within {FARTHEST:g} mm, but "
            f"coordinates reach {np.abs(places).max():g} mm over {np.ptp(places, axis=0).max():g}; "
            f"export it again in millimetres"
        )
    return Mesh(places, triangles, str(path))


def _merged(vertices: Floats, triangles: Integers) -> tuple[Floats, Integers]:
    """Return each place once, and the triangles between three different ones."""
    # STL writes the corners of every triangle anew: shared ones must be one vertex again
    order = np.lexsort(vertices.T[::-1])
    ordered = vertices[order]
    is_new = np.ones(len(ordered), bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    place_of_vertex = np.empty(len(ordered), np.int64)
    place_of_vertex[order] = np.cumsum(is_new) - 1
    places, corners = ordered[is_new], place_of_vertex[triangles]
    # A triangle with two corners in one place has neither area nor plane.
    degenerate = (corners == np.roll(corners, 1, axis=1)).any(axis=1)
    return places, corners[~degenerate]


def fans(faces: Iterable[Sequence[int] | Integers], request: Request) -> Integers:
    """Return the triangles of faces: around the first corner of each.

    An array (faces, corners) has faces of one size. Raises `ReadError` for less than three corners,
    and for what is no number of a vertex.
    """
    if isinstance(faces, np.ndarray) and faces.ndim == 2:
        groups = [faces]
    else:
        by_size: dict[int, list[Sequence[int] | Integers]] = {}
        for face in faces:
            by_size.setdefault(len(face), []).append(face)
        groups = [np.array(same_size) for same_size in by_size.values()]
    triangles = [np.empty((0, 3), np.int64)]
    for group in groups:
        corners = group.shape[1]
        if corners < 3:
            raise damaged(request, f"a face has {corners} corners")
        # a text, and some PLY, have them as floats
        if not (np.abs(group) < 2**53).all() or (group % 1).any():
            raise damaged(request, "the corners of a face are no whole numbers")
        group = group.astype(np.int64)
        for corner in range(1, corners - 1):
            triangles.append(group[:, [0, corner, corner + 1]])
    return np.concatenate(triangles)
