"""A surface of triangles."""

from __future__ import annotations

from dataclasses import dataclass

from segeval.arrays import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """`vertices` (V, 3) in mm and `triangles` (T, 3) of them, one or more, each of three different
    ones.
    """

    vertices: Floats
    triangles: Integers
