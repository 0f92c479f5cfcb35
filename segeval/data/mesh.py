"""A surface of triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """`vertices` (V, 3) in mm and `triangles` (T, 3) of them, one or more, each of three different ones."""

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int64]
