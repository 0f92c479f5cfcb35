"""A surface of triangles."""

from __future__ import annotations

from dataclasses import dataclass

from segeval.arrays import Floats, Integers

from .provenance import Input


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles that share vertices.

    `vertices` (V, 3) are in mm; a row of `triangles` (T, 3) holds the positions of three different
    ones. `source` names the file, for messages; `file` is what was read of it, None where nobody
    asked.
    """

    vertices: Floats
    triangles: Integers
    source: str = "mesh"
    file: Input | None = None
