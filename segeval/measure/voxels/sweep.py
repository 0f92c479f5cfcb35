"""One sweep over both masks: where their boundaries lie, all labels together, and the contingency
table on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from segeval.arrays import Integers, Labels
from segeval.kernels.words import (
    ALL,
    BACKGROUND,
    LANES,
    ONE,
    ZERO,
    Word,
    differ,
    equal,
    helper,
    kernel,
    least,
    ones,
    popcount,
)
from segeval.kernels.workspace import Workspace, evenly
from segeval.measure.counting import Scan, contingency_of, count_runs, crowded, joined, tallied
from segeval.statistics.boundary import VOXEL, Boundary
from segeval.statistics.contingency import Contingency

from .marks import BAND, Layout, Marks, note


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What a sweep finds in one mask; marks live until the workspace's next sweep.

    `border`: its border voxels, of all labels together. `apart`: those of them that are not border
    voxels of the same label in the other mask as well, but for the bits, which are those of
    `border`. `size`: border voxels by label.
    """

    mask: Labels
    border: Marks
    apart: Marks
    size: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What one pass over a prediction and a ground truth finds. `labels`: 0 and the others that
    occur.
    """

    layout: Layout
    transposed: bool
    contingency: Contingency
    labels: Integers
    pred: Side
    gt: Side


def sweep(pred: Labels, gt: Labels, workspace: Workspace, boundary: Boundary = VOXEL) -> Sweep:
    """Sweep two masks of one shape, 2-D or 3-D, uint8 or uint16.

    A border voxel is a foreground voxel one of whose neighbours, by the connectivity of the
    boundary, has another label or, where the image edge is boundary, is missing. Where it is not, a
    label may occur that has no border voxel.

    >>> mask = np.zeros((5, 5), np.uint8)
    >>> mask[1:4, 1:4] = 1
    >>> sweep(mask, mask, Workspace()).pred.size
    array([0, 8])
    """
    scan = Scan.of(pred, gt)
    layout = Layout.of(scan.shape)
    p, g = (layout.unmarked(f"border {side}", workspace) for side in "pg")
    apart_p, apart_g = (
        Marks(m.bits, np.zeros(m.occupied.size, np.bool_), np.zeros_like(m.per_band))
        for m in (p, g)
    )

    around = None if boundary == VOXEL else _around(len(scan.shape), boundary["connectivity"])
    fixed = (scan.pred, scan.gt, layout, p, g, apart_p, apart_g, around, boundary["image_edge"])

    def part(bands: tuple[int, int]) -> Integers:
        first, last = layout.words_before(bands[0]), layout.words_before(bands[1])
        return tallied(lambda start, tally: _sweep(*fixed, start, last, tally), first, last)

    rows = joined(
        workspace.map(part, pairwise(evenly(len(p.per_band), workspace.parts(scan.size))))
    )
    table = contingency_of(rows)
    labels, size_p, size_g = _sizes(table, rows[:, 2], rows[:, 3])
    sides = Side(scan.pred, p, apart_p, size_p[labels]), Side(scan.gt, g, apart_g, size_g[labels])
    return Sweep(layout, scan.transposed, table, labels, *sides)


def _around(axes: int, connectivity: int) -> Integers:
    """The neighbours (dz, dy, dx) of a voxel that differ from it along so many axes at most."""
    flat = (0, 1, 1) if axes == 2 else (1, 1, 1)
    steps = [
        step
        for step in product(*(range(-n, n + 1) for n in flat))
        if 0 < sum(map(abs, step)) <= connectivity
    ]
    return np.array(steps, np.int64)


def _sizes(
    table: Contingency, border_p: Integers, border_g: Integers
) -> tuple[Integers, Integers, Integers]:
    """0 and the labels that occur; how many border voxels each has in pred, and in gt, from those
    of each pair.
    """
    numbers = int(max(table.pred.max(initial=0), table.gt.max(initial=0))) + 1
    occurs = np.zeros(numbers, np.bool_)
    occurs[0] = occurs[table.pred] = occurs[table.gt] = True
    size_p, size_g = (
        np.bincount(table.pred, border_p, numbers),
        np.bincount(table.gt, border_g, numbers),
    )
    return occurs.nonzero()[0], size_p.astype(np.int64), size_g.astype(np.int64)


def disagreements(swept: Sweep, workspace: Workspace) -> tuple[Marks, Marks]:
    """The foreground voxels of the prediction, and of the ground truth, that have another label in
    the other mask.
    """
    pred, gt, layout = swept.pred.mask, swept.gt.mask, swept.layout
    p, g = (layout.unmarked(f"differ {side}", workspace) for side in "pg")
    cuts = evenly(len(p.per_band), workspace.parts(pred.size))
    workspace.map(lambda cut: _disagreements(pred, gt, layout, *cut, p, g), pairwise(cuts))
    return p, g


@kernel
def _disagreements(
    pred: Labels, gt: Labels, layout: Layout, start: int, stop: int, p: Marks, g: Marks
) -> None:
    height, width, words = layout.height, layout.width, layout.words
    for band in range(start, stop):
        z, y0 = band // layout.bands, band % layout.bands * BAND
        for y in range(y0, min(height, y0 + BAND)):
            at = layout.first + (z * layout.rows + y) * layout.stride
            for word in range(words):
                i = (z * height + y) * width + word * LANES
                apart = differ(pred, i, gt, i) & ones(width - word * LANES)
                p.bits[at + word] = g.bits[at + word] = ZERO
                if apart:
                    p.bits[at + word] = apart & ~equal(pred, i, BACKGROUND)
                    g.bits[at + word] = apart & ~equal(gt, i, BACKGROUND)
                    note(p, band, band * words + word, popcount(p.bits[at + word]))
                    note(g, band, band * words + word, popcount(g.bits[at + word]))


@helper
def _border(mask: Labels, i: int, changes: Word, edge: Word, width: int, plane: int) -> Word:
    """Border bits of the voxels from i on: foreground, and at the volume's edge or unlike a
    neighbour.

    `changes` says which are unlike the voxel before; `plane` is the number of voxels in a slice, 0
    in 2-D.
    """
    if changes == ZERO and mask[i] == 0:
        return ZERO
    border = edge
    if edge != ALL:
        border |= changes | differ(mask, i, mask, i + 1)
        border |= differ(mask, i, mask, i - width) | differ(mask, i, mask, i + width)
        if plane:
            border |= differ(mask, i, mask, i - plane) | differ(mask, i, mask, i + plane)
    return border & ~equal(mask, i, BACKGROUND)


@helper
def _border_among(
    mask: Labels,
    z: int,
    y: int,
    x: int,
    layout: Layout,
    edge: Word,
    around: Integers,
    edge_counts: bool,
) -> Word:
    """Border bits of the voxels from (z, y, x) on, unlike any of the neighbours `around`.

    `edge`: those at the edge of the volume, which are border if that counts; if not, neighbours
    must lie inside.
    """
    depth, height, width = layout.depth, layout.height, layout.width
    i = (z * height + y) * width + x
    border = edge if edge_counts else ZERO
    if border != ALL:
        for k in range(around.shape[0]):
            dz, dy, dx = around[k, 0], around[k, 1], around[k, 2]
            if 0 <= z + dz < depth and 0 <= y + dy < height and (dx <= 0 or x + 1 < width):
                unlike = differ(mask, i, mask, i + (dz * height + dy) * width + dx)
                if dx < 0 and x == 0:
                    unlike &= ~ONE
                if dx > 0 and x + LANES >= width:
                    unlike &= ones(width - 1 - x)
                border |= unlike
    return border & ~equal(mask, i, BACKGROUND)


@kernel
def _sweep(
    pred: Labels,
    gt: Labels,
    layout: Layout,
    p: Marks,
    g: Marks,
    apart_p: Marks,
    apart_g: Marks,
    around: Integers | None,
    edge_counts: bool,
    start: int,
    stop: int,
    tally: Integers,
) -> int:
    """Write the marks of the words from `start` to `stop`, all rows one after the other, and count
    their voxels.

    Return where it had to stop. `around` is None for the default boundary, which costs less; Numba
    then compiles nothing for the other.
    """
    depth, height, width, words = layout.depth, layout.height, layout.width, layout.words
    plane = 0 if layout.flat else height * width
    first_word = start % words
    for row in range(start // words, stop // words):
        z, y = row // height, row % height
        rim = y == 0 or y == height - 1 or (plane > 0 and (z == 0 or z == depth - 1))
        band = z * layout.bands + y // BAND
        at = layout.first + (z * layout.rows + y) * layout.stride
        p.bits[at + words] = g.bits[at + words] = ZERO
        for word in range(first_word, words):
            x = word * LANES
            i = row * width + x
            n = least(width - x, LANES)
            inside = ones(n)
            changes_p = differ(pred, i, pred, i - 1) & inside
            changes_g = differ(gt, i, gt, i - 1) & inside
            if changes_p | changes_g == ZERO and pred[i] | gt[i] == 0:
                p.bits[at + word] = g.bits[at + word] = ZERO
                tally[0, 1] += n
                continue
            if crowded(tally):
                return row * words + word
            edge = ALL if rim else ZERO
            if x == 0:
                edge |= ONE
            if x + n == width:
                edge |= ONE << np.uint64(n - 1)
            if around is None:
                border_p = _border(pred, i, changes_p, edge, width, plane) & inside
                border_g = _border(gt, i, changes_g, edge, width, plane) & inside
            else:
                border_p = _border_among(pred, z, y, x, layout, edge, around, edge_counts) & inside
                border_g = _border_among(gt, z, y, x, layout, edge, around, edge_counts) & inside
            p.bits[at + word], g.bits[at + word] = border_p, border_g
            if border_p | border_g:
                same = border_p & border_g
                if same:
                    same &= ~differ(pred, i, gt, i)
                note(p, band, band * words + word, popcount(border_p))
                note(g, band, band * words + word, popcount(border_g))
                note(apart_p, band, band * words + word, popcount(border_p & ~same))
                note(apart_g, band, band * words + word, popcount(border_g & ~same))
            count_runs(tally, pred, gt, i, n, changes_p | changes_g, border_p, border_g)
        first_word = 0
    return stop
