"""A file to read, with all that a reader may need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from segeval.data.grid import Grid

if TYPE_CHECKING:
    from segeval.kernels.workspace import Workspace

Color: TypeAlias = tuple[int, int, int]
"""Red, green and blue, each from 0 to 255."""
Colors: TypeAlias = Mapping[Color, int]
"""The label that each colour stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A file to read, with what the caller knows that the file does not say.

    `spacing` overrides the file's; `colors` gives the labels of a colour image; `unit` is that of a
    mesh's coordinates, one of um, mm, cm and m; `workspace` keeps the memory of `slot` from one
    file to the next.
    """

    path: Path
    spacing: tuple[float, ...] | None = None
    colors: Colors | None = None
    unit: str = "mm"
    workspace: Workspace | None = None
    slot: str = "mask"

    def buffer(self, size: int, dtype: DTypeLike = np.uint8) -> NDArray[Any]:
        """Return a 1-D array with room for the mask.

        It is kept memory when there is a workspace, and holds whatever it held before.
        """
        if self.workspace is None:
            return np.empty(size, dtype)
        return self.workspace.buffer(self.slot, size, dtype)

    def start(self, size: int) -> bytes:
        """Return the first bytes of the file, which tell what it really is."""
        with self.path.open("rb") as file:
            return file.read(size)

    def unspaced_grid(self, shape: tuple[int, ...]) -> Grid:
        """Return the grid of a file that says no spacing: pixels, unless the request has one.

        >>> str(Request(path=Path("mask.png")).unspaced_grid((4, 6)))
        '4×6 at 1×1 px'
        >>> str(Request(path=Path("mask.png"), spacing=(0.5, 0.5)).unspaced_grid((4, 6)))
        '4×6 at 0.5×0.5 mm'
        """
        if self.spacing:
            return Grid(shape, self.spacing, "mm")
        return Grid.unspaced(shape)
