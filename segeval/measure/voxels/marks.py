"""Marks, a bit for every element of a lattice, and how they lie in memory.

Marks of all labels lie together: whose an element is, is read from the mask. Rows begin with a word
of their own, so that a word never holds voxels of two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from segeval.arrays import Bits, Flags, Integers, Labels
from segeval.kernels.words import LANES, ZERO, Word, equal, helper
from segeval.kernels.workspace import Workspace

REACH = 8
"""Number of voxels outside of the volume a bit array may be read."""

BAND = 8
"""Rows in a band, the unit in which passes are cut and marks are counted."""

Cell: TypeAlias = tuple[int, ...]
"""The voxels that an element of a lattice consists of, as steps in a mask from its own index; of a
voxel (0,).
"""


class Marks(NamedTuple):
    """Elements of a mask that are marked, in the bits of a `Layout`.

    What is not `occupied` is not to be looked for in `bits`, which may hold marks of an earlier
    case there, unless every word has been written, as sweeps do.
    """

    bits: Bits
    occupied: Flags  # (bands * words,): whether a word of columns has a mark in a band
    per_band: Integers  # (bands,): how many elements are marked


class Layout(NamedTuple):
    """The layout of voxels (z, y, x) in bit arrays.

    A row has a spare word, a slice spare rows, and the whole spare slices. So what lies up to
    `REACH` voxels outside of the volume is a zero bit. Row (z, y) is the `words` words and the
    spare one from `first + (z * rows + y) * stride` on. A slice has `bands` bands. `flat`: there is
    no z axis.
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
        """Return the layout of a shape of two or three axes."""
        depth, height, width = (1, *shape)[-3:]
        # no search goes further than the volume is long: a flat one needs no spare slices
        spare_slices = max(0, min(REACH, depth - 1))
        spare_rows = max(0, min(REACH, height - 1))
        words, rows = -(-width // LANES), height + spare_rows
        return cls(
            depth=depth,
            height=height,
            width=width,
            flat=len(shape) == 2,
            words=words,
            stride=words + 1,
            rows=rows,
            # a window before the first row begins in the word before it: one more
            first=(spare_slices * rows + spare_rows) * (words + 1) + 1,
            bands=-(-height // BAND),
        )

    def unmarked(self, name: str, workspace: Workspace) -> Marks:
        """Return marks in kept buffers.

        The spare rows and slices are zero; all other words are yet to be written.
        """
        slice_words = self.rows * self.stride
        end = self.first + self.depth * slice_words
        # A kept buffer holds the bits of the case before. Clearing it all would be one more pass
        # over memory; sweeps write every word of a row, the spare one included; here is the rest.
        bits = workspace.buffer(f"{name} bits", end + self.first, np.uint64)
        bits[: self.first] = bits[end:] = 0
        bits[self.first : end].reshape(self.depth, slice_words)[:, self.height * self.stride :] = 0
        bands = self.depth * self.bands
        occupied = workspace.buffer(f"{name} occupied", bands * self.words, np.bool_)
        occupied[:] = False
        return Marks(bits, occupied, np.zeros(bands, np.int64))

    def words_before(self, band: int) -> int:
        """Return how many words lie before a band, spare ones apart."""
        # those of the slices before, and of the rows before in this slice
        return (band // self.bands * self.height + band % self.bands * BAND) * self.words


class Lattice(NamedTuple):
    """Places and kinds of elements.

    They are voxels of one size, or corners of voxels with `sizes` by code, as in `areas`.
    """

    layout: Layout
    cell: Cell = (0,)
    sizes: Integers | None = None


class Row(NamedTuple):
    """A row of voxels: its slice, its place there, its band and the index of its first word."""

    z: int
    y: int
    band: int
    word: int


@helper
def row_of(layout: Layout, row: int) -> Row:
    """Return the row that is the `row`-th of the volume.

    Bands begin anew with each slice, and the last of a slice may have fewer rows.
    """
    z, y = row // layout.height, row % layout.height
    band = z * layout.bands + y // BAND
    return Row(z, y, band, layout.first + (z * layout.rows + y) * layout.stride)


@helper
def note(marks: Marks, layout: Layout, band: int, column: int, elements: int) -> None:
    """Count the elements that were marked in a word: the `column`-th of its row, in a band.

    No other thread may count in the same band.
    """
    # most words have none, and need no store
    if elements:
        marks.occupied[band * layout.words + column] = True
        marks.per_band[band] += elements


@helper
def claimed(mask: Labels, i: int, cell: Cell, among: Word, label: Any, unclaimed: Bits) -> Word:
    """Return which of the elements `among` those from i on have a voxel of a label.

    `unclaimed[j]`: where the voxel j of a cell waits for its label; those of this one are taken
    out. So a loop over what is left there meets each label of a word once.
    """
    elements = ZERO
    # an element has the label as soon as one of its voxels has, in whichever corner of the cell
    for j in range(len(cell)):
        voxels = equal(mask, i + cell[j], label) & among
        unclaimed[j] &= ~voxels
        elements |= voxels
    return elements
