"""A file to read, with all that a reader may need to know of it, and what it may cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from segeval.data.grid import Grid
from segeval.data.labels import Threshold
from segeval.data.limits import MAX_VOXELS
from segeval.errors import ReadError

from .source import Source

if TYPE_CHECKING:
    from segeval.kernels.workspace import Workspace

Color: TypeAlias = tuple[int, int, int]
"""Red, green and blue, each from 0 to 255."""
Colors: TypeAlias = Mapping[Color, int]
"""The label that each colour stands for."""

WIDEST = 8
"""Bytes of a voxel at most, in any file."""
EXTRAS = 1 << 26
"""Bytes that a file may hold beside its voxels: headers, extensions, text."""
DEFLATE = 1032
"""Bytes that a byte of deflate data can stand for at most: 258 in two bits, four times over."""
PADDING = 4096
"""Bytes behind the end of the data that are passed over: some programs fill up a block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A file to read, with what the caller knows that the file does not say.

    Readers take all bytes from `source`, as a stream or at once by `content()`, and call `admit`
    with the shape before they allocate anything. `spacing` overrides the file's; `colors` gives the
    labels of a colour image; `threshold` says that values are scores, label 1 above it and 0
    elsewhere; `unit` is that of a mesh's coordinates, one of um, mm, cm and m; `workspace` keeps
    the memory of `slot` from one file to the next.
    """

    source: Source
    spacing: tuple[float, ...] | None = None
    colors: Colors | None = None
    threshold: Threshold | None = None
    unit: str = "mm"
    max_voxels: int = MAX_VOXELS
    workspace: Workspace | None = None
    slot: str = "mask"

    @property
    def path(self) -> Path:
        """Path of the file, for messages."""
        return self.source.path

    def content(self) -> bytes:
        """Return all bytes of the file, for formats whose data lie in pieces."""
        return self.source.read()

    def buffer(self, size: int, dtype: DTypeLike = np.uint8) -> NDArray[Any]:
        """Return a 1-D array with room for the mask.

        It is kept memory when there is a workspace, and holds whatever it held before.
        """
        if self.workspace is None:
            return np.empty(size, dtype)
        return self.workspace.buffer(self.slot, size, dtype)

    def admit(self, shape: tuple[int, ...]) -> int:
        """Return the number of voxels of a shape. Raises `ReadError` for more than `max_voxels`.

        >>> from tempfile import NamedTemporaryFile
        >>> with NamedTemporaryFile() as file:
        ...     Request(source=Source(Path(file.name))).admit((512, 512, 300))
        78643200
        """
        voxels = math.prod(shape)
        if voxels > self.max_voxels:
            raise ReadError(
                f"{self.path}: wanted at most {self.max_voxels:,} voxels, but the shape {shape} "
                f"has {voxels:,}; write the file again if that is wrong, else pass --max-voxels "
                f"{voxels} (in Python max_voxels)"
            )
        return voxels

    def check_held(self, needed: int, stored: int, expansion: int = 1) -> None:
        """Raise `ReadError` unless `stored` bytes can stand for the bytes that a header promises.

        `expansion` is how many a stored byte can stand for at most, by the compression.
        """
        if needed <= stored * expansion:
            return
        if expansion == 1:
            came = f"the data end after byte {stored:,}"
        else:
            came = f"these are {needed:,} bytes, too many for {stored:,} compressed ones"
        raise ReadError(
            f"{self.path}: wanted the voxels that the header promises, but {came}; the file is "
            f"truncated: copy or write it again"
        )

    def check_end(self, trailing: int, allowed: int = PADDING, hint: str = "") -> None:
        """Raise `ReadError` for more bytes behind the end of the data than are allowed.

        `hint` says what they may be, and what to do then.
        """
        if trailing > allowed:
            raise ReadError(
                f"{self.path}: wanted the end of the file where its data end, but {trailing:,} "
                f"bytes follow, of which {allowed:,} would be passed over; "
                f"{hint or 'it may hold more than the header says: write it again'}"
            )

    def unspaced_grid(self, shape: tuple[int, ...]) -> Grid:
        """Return the grid of a file that says no spacing: pixels, unless the request has one.

        >>> from tempfile import NamedTemporaryFile
        >>> with NamedTemporaryFile() as file:
        ...     source = Source(Path(file.name))
        ...     print(Request(source=source).unspaced_grid((4, 6)))
        ...     print(Request(source=source, spacing=(0.5, 0.5)).unspaced_grid((4, 6)))
        4×6 at 1×1 px
        4×6 at 0.5×0.5 mm
        """
        if self.spacing:
            return Grid(shape, self.spacing, "mm")
        return Grid.unspaced(shape)
