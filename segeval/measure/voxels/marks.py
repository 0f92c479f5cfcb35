"""Marks, a bit for every element of a lattice, and how they lie in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from segeval.arrays import Bits, Flags, Integers, Labels
from segeval.kernels.words import LANES, ZERO, Word, equal, helper
from segeval.kernels.workspace import Workspace

REACH = 8
"""How many voxels outside of the volume a bit array may be read."""

BAND = 8
"""Rows in a band, the unit in which passes are cut and marks are counted."""


Cell: TypeAlias = tuple[int, ...]
"""The voxels that an element of a lattice consists of, as steps in a mask from its own index; of a
voxel (0,).
"""


class Marks(NamedTuple):
    """Some elements of a mask: bits, as a `Layout` has them; which words of each band have any; how
    many a band has.
    """

    bits: Bits
    occupied: Flags
    per_band: Integers


class Layout(NamedTuple):
    """How voxels (z, y, x) lie in bit arrays: a row has a spare word, a slice spare rows, the whole
    spare slices.

    So what lies up to `REACH` voxels outside of the volume is a zero bit. Row (z, y) is the `words`
    words and the spare one from `first + (z * rows + y) * stride` on. A slice has `bands` bands.
    `flat`: there is no z axis.
    """

    depth: int
    height: int
    width: int
    flat: bool
    words: int
    stride: int
    rows: int
    first: int
    bands: int

    @classmethod
    def of(cls, shape: Sequence[int]) -> Layout:
        """The layout of a shape of two or three axes."""
        depth, height, width = (1, *shape)[-3:]
        spare_slices, spare_rows = (max(0, min(REACH, n - 1)) for n in (depth, height))
        words, rows = -(-width // LANES), height + spare_rows
        first = (spare_slices * rows + spare_rows) * (words + 1) + 1
        return cls(
            depth, height, width, len(shape) == 2, words, words + 1, rows, first, -(-height // BAND)
        )

    def unmarked(self, name: str, workspace: Workspace) -> Marks:
        """Marks in kept buffers: the spare rows and slices are zero, all other words are yet to be
        written.
        """
        slice_words = self.rows * self.stride
        end = self.first + self.depth * slice_words
        bits = workspace.buffer(f"{name} bits", end + self.first, np.uint64)
        bits[: self.first] = bits[end:] = 0
        bits[self.first : end].reshape(self.depth, slice_words)[:, self.height * self.stride :] = 0
        occupied = workspace.buffer(
            f"{name} occupied", self.depth * self.bands * self.words, np.bool_
        )
        occupied[:] = False
        return Marks(bits, occupied, np.zeros(self.depth * self.bands, np.int64))

    def words_before(self, band: int) -> int:
        """Return how many words lie before a band, spare ones apart."""
        return (band // self.bands * self.height + band % self.bands * BAND) * self.words


@helper
def note(marks: Marks, band: int, at: int, elements: int) -> None:
    """Count the elements of a word of a band; `at` is its place in `marks.occupied`."""
    if elements:
        marks.occupied[at] = True
        marks.per_band[band] += elements


@helper
def claimed(mask: Labels, i: int, cell: Cell, among: Word, label: Any, rest: Bits) -> Word:
    """Which elements from i on, among some, have a voxel of this label; takes such voxels out of
    what is the `rest`.
    """
    elements = ZERO
    for j in range(len(cell)):
        these = equal(mask, i + cell[j], label) & among
        rest[j] &= ~these
        elements |= these
    return elements
