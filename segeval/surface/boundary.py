"""One sweep over both masks: where their boundaries lie, all labels together, and the contingency table on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.overlap.contingency import Contingency, Integers, Scan, count, count_runs, crowded, enlarged, evenly, joined, new_tally
from segeval.words import ALL, LANES, ONE, ZERO, Bits, Labels, Word, differ, equal, kernel, low, popcount
from segeval.workspace import Workspace

REACH = 8
"""How many voxels around a word may be looked at without asking whether they exist."""

BAND = 8
"""Rows in a band, the unit in which passes are cut and flags are kept."""


class Layout(NamedTuple):
    """How voxels (z, y, x) lie in bit arrays: a row has a spare word, a slice spare rows, the whole spare slices.

    So whatever lies up to `REACH` voxels outside of the volume is a zero bit. Voxel (z, y, x) is bit x of the words from
    `first + (z * rows + y) * stride` on. Numbers of voxels: `depth`, `height`, `width`; `flat` if there is no z axis.
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
        words = -(-width // LANES)
        rows = height + min(REACH, height - 1)
        first = (min(REACH, depth - 1) * rows + rows - height) * (words + 1) + 1
        bands = depth * -(-height // BAND)
        return cls(depth, height, width, len(shape) == 2, words, words + 1, rows, first, bands)

    def cleared(self, name: str, workspace: Workspace) -> Bits:
        """A bit array whose spare rows and slices are zero; all else, spare words included, is to be written."""
        inner = self.depth * self.rows * self.stride
        bits = workspace.buffer(name, inner + 2 * self.first, np.uint64)
        bits[: self.first] = 0
        bits[self.first + inner :] = 0
        bits[self.first : self.first + inner].reshape(self.depth, self.rows, self.stride)[:, self.height :] = 0
        return bits


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Some voxels of a mask: `bits`, with `occupied` (bands * words) telling where there are any, and how many in each
    band."""

    bits: Bits
    occupied: NDArray[np.bool_]
    count: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What a sweep finds in one mask. Bits live until the workspace's next sweep.

    `border`: its border voxels, of all labels together; `apart`: those of them that are not border voxels of the same
    label in the other mask, which may have other bits set as well. `size`: border voxels by label.
    """

    mask: Labels
    border: Marks
    apart: Marks
    size: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What one pass over a prediction and a ground truth finds; sizes are in the order of `contingency.labels`."""

    layout: Layout
    transposed: bool
    contingency: Contingency
    pred: Side
    gt: Side


def sweep(pred: Labels, gt: Labels, workspace: Workspace) -> Sweep:
    """Sweep two masks of one shape, 2-D or 3-D, uint8 or uint16.

    A border voxel is a foreground voxel one of whose 4 (2-D) or 6 (3-D) neighbours has another label or is missing.

    >>> mask = np.zeros((5, 5), np.uint8)
    >>> mask[1:4, 1:4] = 1
    >>> sweep(mask, mask, Workspace()).pred.size
    array([0, 8])
    """
    scan = Scan.of(pred, gt)
    layout = Layout.of(scan.shape)
    bits_p, bits_g = (layout.cleared(f"border {side}", workspace) for side in "pg")
    occupied = workspace.buffer("occupied", 4 * layout.bands * layout.words, np.bool_).reshape(4, -1)
    occupied[:] = False
    count = np.zeros((4, layout.bands), np.int64)

    def part(ends: tuple[int, int]) -> Integers:
        return _sweep(scan.pred, scan.gt, layout, *ends, bits_p, bits_g, occupied, count)

    rows = joined(workspace.map(part, pairwise(evenly(layout.bands, workspace.parts(scan.size)))))
    table = Contingency(*rows[:, :3].T)
    sides = []
    for k, (mask, bits, of) in enumerate(((scan.pred, bits_p, table.pred), (scan.gt, bits_g, table.gt))):
        border, apart = (Marks(bits, occupied[j], count[j]) for j in (k, k + 2))
        size = np.bincount(np.searchsorted(table.labels, of), rows[:, 3 + k], len(table.labels))
        sides.append(Side(mask, border, apart, size.astype(np.int64)))
    return Sweep(layout, scan.transposed, table, *sides)


def disagreements(swept: Sweep, workspace: Workspace) -> tuple[Marks, Marks]:
    """The foreground voxels of the prediction, and of the ground truth, that have another label in the other mask."""
    layout = swept.layout
    bits = [workspace.buffer(f"differ {side}", swept.pred.border.bits.size, np.uint64) for side in "pg"]
    occupied, count = np.zeros((2, layout.bands * layout.words), np.bool_), np.zeros((2, layout.bands), np.int64)
    workspace.map(
        lambda ends: _disagreements(swept.pred.mask, swept.gt.mask, layout, *ends, *bits, occupied, count),
        pairwise(evenly(layout.bands, workspace.parts(swept.pred.mask.size))),
    )
    p, g = (Marks(bits[k], occupied[k], count[k]) for k in range(2))
    return p, g


@kernel
def _disagreements(
    pred: Labels,
    gt: Labels,
    layout: Layout,
    start: int,
    stop: int,
    bits_p: Bits,
    bits_g: Bits,
    occupied: NDArray[np.bool_],
    count_of: Integers,
) -> None:
    height, width, words = layout.height, layout.width, layout.words
    bands = -(-height // BAND)
    background = pred[0] * 0
    for band in range(start, stop):
        z = band // bands
        for y in range(band % bands * BAND, min(height, (band % bands + 1) * BAND)):
            for word in range(words):
                i = (z * height + y) * width + word * LANES
                at = layout.first + (z * layout.rows + y) * layout.stride + word
                apart = differ(pred, i, gt, i) & low(width - word * LANES)
                bits_p[at] = bits_g[at] = ZERO
                if apart:
                    bits_p[at] = apart & ~equal(pred, i, background)
                    bits_g[at] = apart & ~equal(gt, i, background)
                    occupied[0, band * words + word] |= bits_p[at] != ZERO
                    occupied[1, band * words + word] |= bits_g[at] != ZERO
                    count_of[0, band] += popcount(bits_p[at])
                    count_of[1, band] += popcount(bits_g[at])


@kernel
def _border(mask: Labels, i: int, changes: Word, edge: Word, width: int, plane: int) -> Word:
    """Border bits of the voxels from i on; `changes` says which differ from the voxel before, `edge` which lie at the
    edge of the volume; `plane` is 0 in 2-D."""
    background = mask[i] * 0
    if changes == ZERO and mask[i] == background:
        return ZERO
    border = edge
    if edge != ALL:
        border |= changes | differ(mask, i, mask, i + 1)
        border |= differ(mask, i, mask, i - width) | differ(mask, i, mask, i + width)
        if plane:
            border |= differ(mask, i, mask, i - plane) | differ(mask, i, mask, i + plane)
    return border & ~equal(mask, i, background)


@kernel
def _sweep(
    pred: Labels,
    gt: Labels,
    layout: Layout,
    start: int,
    stop: int,
    bits_p: Bits,
    bits_g: Bits,
    occupied: NDArray[np.bool_],
    count_of: Integers,
) -> Any:
    """Write the marks of the bands from `start` to `stop`: border of pred, of gt, apart in pred, in gt. Their tally."""
    depth, height, width, words = layout.depth, layout.height, layout.width, layout.words
    plane = 0 if layout.flat else height * width
    bands = -(-height // BAND)
    tally = new_tally(1024)
    background = 0
    for band in range(start, stop):
        z = band // bands
        for y in range(band % bands * BAND, min(height, (band % bands + 1) * BAND)):
            rim = y == 0 or y == height - 1 or (plane > 0 and (z == 0 or z == depth - 1))
            at = layout.first + (z * layout.rows + y) * layout.stride
            bits_p[at + words] = ZERO
            bits_g[at + words] = ZERO
            for word in range(words):
                x = word * LANES
                i = (z * height + y) * width + x
                n = min(LANES, width - x)
                inside = low(n)
                changes_p = differ(pred, i, pred, i - 1) & inside
                changes_g = differ(gt, i, gt, i - 1) & inside
                if changes_p | changes_g == ZERO and pred[i] | gt[i] == 0:
                    bits_p[at + word] = ZERO
                    bits_g[at + word] = ZERO
                    background += n
                    continue
                edge = ALL if rim else ZERO
                if x == 0:
                    edge |= ONE
                if n == width - x:
                    edge |= ONE << np.uint64(n - 1)
                border_p = _border(pred, i, changes_p, edge, width, plane) & inside
                border_g = _border(gt, i, changes_g, edge, width, plane) & inside
                bits_p[at + word] = border_p
                bits_g[at + word] = border_g
                if border_p | border_g:
                    same = border_p & border_g
                    if same:
                        same &= ~differ(pred, i, gt, i)
                    block = band * words + word
                    occupied[0, block] |= border_p != ZERO
                    occupied[1, block] |= border_g != ZERO
                    occupied[2, block] |= border_p != same
                    occupied[3, block] |= border_g != same
                    count_of[0, band] += popcount(border_p)
                    count_of[1, band] += popcount(border_g)
                    count_of[2, band] += popcount(border_p & ~same)
                    count_of[3, band] += popcount(border_g & ~same)
                if crowded(tally):
                    tally = enlarged(tally)
                count_runs(tally, pred, gt, i, n, changes_p | changes_g, border_p, border_g)
    if background:
        count(tally, 0, background, 0, 0)
    return tally
