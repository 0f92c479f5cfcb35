"""Place of voxels: shape, spacing and, when known, the affine that maps indices to millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from segeval.arrays import Floats
from segeval.errors import UsageError

from .limits import FARTHEST, FINEST, is_length

Unit = Literal["mm", "px"]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A regular grid of voxels (pixels in 2-D); `spacing` is in array-axis order.

    `affine` is 4 × 4, from the indices of the first three array axes to millimetres, or None when
    the file has none.

    >>> Grid((4, 4), (0.5, 0.5), "mm").element
    0.25
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    unit: Unit = "px"
    affine: Floats | None = None

    def __post_init__(self) -> None:
        if len(self.spacing) != len(self.shape):
            raise UsageError(
                f"spacing {self.spacing} has {len(self.spacing)} values for a mask of shape "
                f"{self.shape}; give one value per array axis, in array-axis order"
            )
        if not all(map(is_length, self.spacing)):
            raise UsageError(
                f"spacing {self.spacing} holds a value that is not positive and finite, from "
                f"{FINEST:g} to {FARTHEST:g}; give lengths above 0"
            )

    @classmethod
    def unspaced(cls, shape: tuple[int, ...]) -> Grid:
        """Return the grid of an image without a spacing: 1 px along every axis."""
        return cls(shape, (1.0,) * len(shape))

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of voxels."""
        return math.prod(self.shape)

    @property
    def element(self) -> float:
        """Size of one voxel in `unit` to the power of the rank."""
        return float(np.prod(self.spacing))

    @property
    def volume_unit(self) -> str:
        """Unit of volumes: ml in 3-D and mm² in 2-D where lengths are in mm, else px."""
        if self.unit == "px":
            return "px"
        return {3: "ml", 2: "mm²"}.get(self.ndim, f"mm^{self.ndim}")

    @property
    def voxel_volume(self) -> float:
        """Size of one voxel in `volume_unit`."""
        if self.volume_unit == "ml":
            return self.element / 1000
        return self.element

    def __str__(self) -> str:
        shape = "×".join(map(str, self.shape))
        spacing = "×".join(f"{length:g}" for length in self.spacing)
        return f"{shape} at {spacing} {self.unit}"
