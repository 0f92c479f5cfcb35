"""One sweep over both masks.

It tells where their boundaries lie, all labels together, and counts the contingency table on the
way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

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
from segeval.kernels.workspace import Workspace
from segeval.measure.counting import Scan, contingency_of, count_runs, crowded, joined, tallied
from segeval.statistics.boundary import VOXEL, Boundary
from segeval.statistics.contingency import Contingency

from .marks import BAND, Layout, Marks, Row, note, row_of


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One mask as a sweep finds it; marks live until the workspace's next sweep.

    `border`: its border voxels, of all labels together. `unshared`: those that are not border
    voxels of the same label in the other mask as well; only counts tell them apart, the bits are
    those of `border`. `size`: border voxels by label.
    """

    mask: Labels
    border: Marks
    unshared: Marks
    size: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """The result of one pass over a prediction and a ground truth.

    `labels` are 0 and the others that occur.
    """

    layout: Layout
    transposed: bool
    contingency: Contingency
    labels: Integers
    pred: Side
    gt: Side


class _Marked(NamedTuple):
    """A mask, and the marks that a sweep writes of it; see `Side`."""

    mask: Labels
    border: Marks
    unshared: Marks


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
    p = _marked(scan.pred, layout, "border p", workspace)
    g = _marked(scan.gt, layout, "border g", workspace)
    around = None if boundary == VOXEL else _around(len(scan.shape), boundary["connectivity"])
    fixed = p, g, layout, around, boundary["image_edge"]

    def part(first_band: int, end_band: int) -> Integers:
        start, stop = layout.words_before(first_band), layout.words_before(end_band)
        return tallied(lambda word, tally: _sweep(*fixed, word, stop, tally), start, stop)

    bands = layout.depth * layout.bands
    # whole bands to a thread, so that no two write into one entry of `per_band`
    rows = joined(workspace.map_parts(part, bands, scan.size))
    table = contingency_of(rows)
    labels = _occurring(table)
    # border voxels were counted by pairs of labels: in column 2 those of pred, in column 3 of gt
    size_p = np.bincount(table.pred, rows[:, 2], labels[-1] + 1)[labels].astype(np.int64)
    size_g = np.bincount(table.gt, rows[:, 3], labels[-1] + 1)[labels].astype(np.int64)
    return Sweep(layout, scan.transposed, table, labels, Side(*p, size_p), Side(*g, size_g))


def _marked(mask: Labels, layout: Layout, name: str, workspace: Workspace) -> _Marked:
    """Return a mask with marks that are yet to be written."""
    # The bits of both are the same array: which border voxels are shared is one AND away, and the
    # search does it again, where it has the words at hand. Only the counts are kept.
    border = layout.unmarked(name, workspace)
    unshared = Marks(
        border.bits, np.zeros(border.occupied.size, np.bool_), np.zeros_like(border.per_band)
    )
    return _Marked(mask, border, unshared)


def _around(axes: int, connectivity: int) -> Integers:
    """Return the neighbours (dz, dy, dx) of a voxel.

    They differ from it along so many axes at most.
    """
    reach = (0, 1, 1) if axes == 2 else (1, 1, 1)
    steps = product(*(range(-n, n + 1) for n in reach))
    return np.array([s for s in steps if 0 < sum(map(abs, s)) <= connectivity], np.int64)


def _occurring(table: Contingency) -> Integers:
    """Return 0 and the labels that occur in either mask, ascending."""
    top = int(max(table.pred.max(initial=0), table.gt.max(initial=0)))
    occurs = np.zeros(top + 1, np.bool_)
    occurs[0] = occurs[table.pred] = occurs[table.gt] = True
    return occurs.nonzero()[0]


def disagreements(swept: Sweep, workspace: Workspace) -> tuple[Marks, Marks]:
    """Return the foreground voxels of each mask that have another label in the other mask.

    Those of the prediction come first, then those of the ground truth.

    They are what looks for the region in the other mask, when voxels inside of it look as well.
    """
    pred, gt, layout = swept.pred.mask, swept.gt.mask, swept.layout
    p = layout.unmarked("differ p", workspace)
    g = layout.unmarked("differ g", workspace)
    workspace.map_parts(
        lambda first_band, end_band: _disagreements(pred, gt, layout, first_band, end_band, p, g),
        layout.depth * layout.bands,
        pred.size,
    )
    return p, g


@kernel
def _disagreements(
    pred: Labels, gt: Labels, layout: Layout, first_band: int, end_band: int, p: Marks, g: Marks
) -> None:
    """Write the marks of some bands.

    Where labels differ, a voxel is marked in each mask that has foreground there. Spare words are
    not written: such marks are gone through, and no window is read from them.
    """
    height, width, words = layout.height, layout.width, layout.words
    for band in range(first_band, end_band):
        z, y0 = band // layout.bands, band % layout.bands * BAND
        # the last band of a slice may have fewer rows
        for y in range(y0, min(height, y0 + BAND)):
            row = row_of(layout, z * height + y)
            for k in range(words):
                word = row.word + k
                i = (z * height + y) * width + k * LANES
                unlike = differ(pred, i, gt, i) & ones(width - k * LANES)
                p.bits[word] = g.bits[word] = ZERO
                if unlike:
                    p.bits[word] = unlike & ~equal(pred, i, BACKGROUND)
                    g.bits[word] = unlike & ~equal(gt, i, BACKGROUND)
                    note(p, layout, band, k, popcount(p.bits[word]))
                    note(g, layout, band, k, popcount(g.bits[word]))


@kernel
def _sweep(
    p: _Marked,
    g: _Marked,
    layout: Layout,
    around: Integers | None,
    edge_counts: bool,
    start: int,
    stop: int,
    tally: Integers,
) -> int:
    """Write the marks of the words from `start` to `stop`, and count their voxels.

    The words are those of all rows one after the other. Return where it had to stop: before `stop`
    if the tally may not hold the pairs of that word. `around` is None for the default boundary,
    which costs less.
    """
    width, words = layout.width, layout.words
    pred, gt = p.mask, g.mask
    # `start` is anywhere after a stop for want of room, `stop` is always the end of a row
    first = start % words
    for r in range(start // words, stop // words):
        row = row_of(layout, r)
        # the spare word, which the buffer may hold from an earlier case
        p.border.bits[row.word + words] = g.border.bits[row.word + words] = ZERO
        for k in range(first, words):
            word, i = row.word + k, r * width + k * LANES
            n = least(width - k * LANES, LANES)
            inside = ones(n)
            # at the first voxel of a row this compares with the last of the row before: a change
            # too many only cuts a run, and the voxel is at the edge anyway
            changes_p = differ(pred, i, pred, i - 1) & inside
            changes_g = differ(gt, i, gt, i - 1) & inside
            # most words of most masks are background in both, from end to end
            if changes_p | changes_g == ZERO and pred[i] | gt[i] == 0:
                p.border.bits[word] = g.border.bits[word] = ZERO
                tally[0, 1] += n
                continue
            # before anything is counted, so that the word can be taken up again from the start
            if crowded(tally):
                return r * words + k
            edge = _edge(layout, row, k, n)
            # an argument by itself, or Numba would compile the branch that None never takes
            if around is None:
                border_p = _border(pred, i, changes_p, edge, layout) & inside
                border_g = _border(gt, i, changes_g, edge, layout) & inside
            else:
                border_p = (
                    _border_among(pred, row, k * LANES, layout, edge, around, edge_counts) & inside
                )
                border_g = (
                    _border_among(gt, row, k * LANES, layout, edge, around, edge_counts) & inside
                )
            p.border.bits[word], g.border.bits[word] = border_p, border_g
            if border_p | border_g:
                # with one AND, a border voxel that both masks share is done: its distance is 0
                shared = border_p & border_g
                if shared:
                    shared &= ~differ(pred, i, gt, i)
                note(p.border, layout, row.band, k, popcount(border_p))
                note(g.border, layout, row.band, k, popcount(border_g))
                note(p.unshared, layout, row.band, k, popcount(border_p & ~shared))
                note(g.unshared, layout, row.band, k, popcount(border_g & ~shared))
            count_runs(tally, pred, gt, i, n, changes_p | changes_g, border_p, border_g)
        first = 0
    return stop


@helper
def _edge(layout: Layout, row: Row, k: int, n: int) -> Word:
    """Return which of the n voxels of a word, the k-th of its row, lie at the edge of the image.

    Bits behind these n may be set, too: who calls masks them.
    """
    # rows at the rim of a slice, and the first and the last slice, are edge from end to end
    rim = row.y == 0 or row.y == layout.height - 1
    if rim or (not layout.flat and (row.z == 0 or row.z == layout.depth - 1)):
        return ALL
    edge = ZERO
    if k == 0:
        edge |= ONE
    if k * LANES + n == layout.width:
        edge |= ONE << np.uint64(n - 1)
    return edge


@helper
def _border(mask: Labels, i: int, changes: Word, edge: Word, layout: Layout) -> Word:
    """Return the border bits of the voxels from i on.

    A border voxel is foreground, and at the volume's edge or unlike a neighbour that shares a face.
    `changes` says which are unlike the voxel before.
    """
    # the other mask may have brought us here: this one can still be background from end to end
    if changes == ZERO and mask[i] == 0:
        return ZERO
    border = edge
    if edge != ALL:
        # at the ends of a row, `differ` looks at voxels of other rows: those bits are edge anyway
        width, plane = layout.width, layout.height * layout.width
        border |= changes | differ(mask, i, mask, i + 1)
        border |= differ(mask, i, mask, i - width) | differ(mask, i, mask, i + width)
        if not layout.flat:
            border |= differ(mask, i, mask, i - plane) | differ(mask, i, mask, i + plane)
    return border & ~equal(mask, i, BACKGROUND)


@helper
def _border_among(
    mask: Labels,
    row: Row,
    x: int,
    layout: Layout,
    edge: Word,
    around: Integers,
    edge_counts: bool,
) -> Word:
    """Return the border bits of the voxels from column x of a row on.

    A border voxel is unlike any of the neighbours `around`. `edge`: those at the edge of the
    volume, which are border if that counts; if not, neighbours must lie inside.
    """
    depth, height, width = layout.depth, layout.height, layout.width
    i = (row.z * height + row.y) * width + x
    border = edge if edge_counts else ZERO
    if border != ALL:
        for k in range(around.shape[0]):
            dz, dy, dx = around[k, 0], around[k, 1], around[k, 2]
            # where the edge does not count, neighbours outside of the image are passed over
            within = 0 <= row.z + dz < depth and 0 <= row.y + dy < height
            # one column further on there may be no voxel left to compare, and `differ` needs one
            if within and (dx <= 0 or x + 1 < width):
                unlike = differ(mask, i, mask, i + (dz * height + dy) * width + dx)
                # what `differ` compared across the end of a row is no neighbour
                if dx < 0 and x == 0:
                    unlike &= ~ONE
                if dx > 0 and x + LANES >= width:
                    unlike &= ones(width - 1 - x)
                border |= unlike
    return border & ~equal(mask, i, BACKGROUND)
