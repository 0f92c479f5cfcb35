"""From masks to the statistic of the rules for voxels and for corners.

That is: distances between boundaries of voxels, or between the corners where boundaries pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, log2
from typing import NamedTuple

import numpy as np

from segeval.arrays import Integers, Labels
from segeval.kernels.workspace import Workspace
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import Distances, SurfaceDistances

from .areas import face_sizes, surfel_sizes
from .corner_sweep import sweep_corners
from .corners import Corners
from .marks import Lattice
from .nearest import Way, nearest_distances
from .search import Direction
from .sweep import Sweep, disagreements


def surface_distances(
    swept: Sweep,
    spacing: Sequence[float],
    labels: Integers | None = None,
    *,
    solid: bool = False,
    workspace: Workspace,
) -> SurfaceDistances:
    """Return the distances between the boundaries of each label, with `solid` between its voxels.

    Each label is a region of the statistic. `spacing` is in the axis order of the masks that were
    swept. `labels` may be absent from one mask or both; None stands for all that occur, except 0,
    which has no boundary.

    >>> from segeval.measure.voxels.sweep import sweep
    >>> from segeval.kernels.workspace import Workspace
    >>> workspace = Workspace()
    >>> pred, gt = np.zeros((2, 4, 9), np.uint8)
    >>> pred[1, 2] = gt[1, 5] = 7
    >>> surface_distances(sweep(pred, gt, workspace), (1.0, 0.5), workspace=workspace).pg.mean()
    array([1.5])
    """
    p, g, table = swept.pred, swept.gt, swept.contingency
    queries_p, queries_g = p.unshared, g.unshared
    elements = _Elements(swept.labels, p.size, g.size)
    if solid:
        # Voxels that agree are at distance 0. Of the rest, the nearest voxel of the region in the
        # other mask is on its border, so that the search is the same but for who looks.
        queries_p, queries_g = disagreements(swept, workspace)
        # elements are then all voxels of a label, not those of its border alone
        voxels_p = np.bincount(table.pred, table.count, swept.labels[-1] + 1)
        voxels_g = np.bincount(table.gt, table.count, swept.labels[-1] + 1)
        elements = _Elements(
            swept.labels,
            voxels_p[swept.labels].astype(np.int64),
            voxels_g[swept.labels].astype(np.int64),
        )
    lattice = Lattice(swept.layout)
    # the lattice has its axes in the order of memory
    along = spacing[::-1] if swept.transposed else spacing

    def search(both: Integers) -> list[Distances]:
        pg = Way(Direction(p.mask, g.mask, g.border), queries_p, elements.size_p[both])
        gp = Way(Direction(g.mask, p.mask, p.border), queries_g, elements.size_g[both])
        return nearest_distances([pg, gp], lattice, along, swept.labels[both], workspace)

    return SurfaceDistances(*_by_region(elements, labels, search))


def corner_distances(
    pred: Labels,
    gt: Labels,
    spacing: Sequence[float],
    labels: Integers | None = None,
    *,
    boundary: Boundary,
    workspace: Workspace,
) -> SurfaceDistances:
    """Return the distances between the corners where the boundaries of each label pass.

    The rule is "surfel" or "face". Masks are 2-D or 3-D, uint8 or uint16; labels are as in
    `surface_distances`.

    >>> pred, gt = np.zeros((2, 4, 9), np.uint8)
    >>> pred[1, 2] = gt[1, 5] = 7
    >>> d = corner_distances(pred, gt, (1.0, 0.5), boundary=Boundary("face"), workspace=Workspace())
    >>> d.pg.mean(), d.size_g
    (array([1.25]), array([3.]))
    """
    corners = Corners.of(pred, gt, workspace)
    along = tuple(spacing[::-1] if corners.transposed else spacing)
    # made anew only where spacing or size are not those of the case before
    sizes = workspace.kept(_Sizes.of, boundary, along, corners.pred.size.bit_length())
    swept = sweep_corners(corners, sizes.by_code, workspace)
    p, g = swept.pred, swept.gt
    lattice = Lattice(corners.layout, corners.cell, sizes.by_code)

    def search(both: Integers) -> list[Distances]:
        pg = Way(Direction(p.mask, g.mask, g.border), p.queries, p.size[both])
        gp = Way(Direction(g.mask, p.mask, p.border), g.queries, g.size[both])
        return nearest_distances([pg, gp], lattice, along, swept.labels[both], workspace)

    pair = _by_region(_Elements(swept.labels, p.size, g.size), labels, search)
    return SurfaceDistances(*map(sizes.in_units, pair))


class _Sizes(NamedTuple):
    """The sizes of elements by code, as multiples of a unit.

    Sums of whole numbers do not depend on their order. The unit is a power of two; None where all
    elements count one.
    """

    by_code: Integers
    unit: float | None

    @classmethod
    def of(cls, boundary: Boundary, spacing: tuple[float, ...], bits: int) -> _Sizes:
        """Return the sizes by a rule; so many bits hold the number of elements.

        The largest size has about 62 - bits binary digits in the unit, which is how exact sums are.
        """
        sizes = surfel_sizes(spacing) if boundary.rule == "surfel" else face_sizes(spacing)
        if boundary["sizes"] == "equal":
            return cls((sizes > 0).astype(np.int64), None)
        unit = 2.0 ** (ceil(log2(sizes.max())) - (62 - bits))  # the sum of all fits into int64
        return cls(np.rint(sizes / unit).astype(np.int64), unit)

    def in_units(self, distances: Distances) -> Distances:
        """Return the distances with sizes in the unit of the spacing."""
        if self.unit is None:
            return distances
        return Distances(distances.start, distances.value, distances.size * self.unit)


class _Elements(NamedTuple):
    """The labels that occur, 0 among them, and the size of the elements of each.

    Elements of pred and of gt are added up apart.
    """

    labels: Integers
    size_p: Integers
    size_g: Integers


def _by_region(
    elements: _Elements, labels: Integers | None, search: Callable[[Integers], list[Distances]]
) -> list[Distances]:
    """Return both directions for `labels`, or for all that occur but 0.

    `search` takes those that have elements in both masks, by their index.
    """
    occurring, size_p, size_g = elements
    none = occurring[-1] + 1  # stands for all labels that do not occur
    regions = occurring[occurring > 0] if labels is None else np.minimum(labels, none)
    needed = np.zeros(none + 1, np.bool_)
    needed[regions] = True
    needed[0] = False
    # in both masks: searched for; in one: nothing to be near to; in neither: row -1 of the result
    in_p, in_g = needed[occurring] & (size_p > 0), needed[occurring] & (size_g > 0)
    both, single = np.flatnonzero(in_p & in_g), np.flatnonzero(in_p ^ in_g)
    pg, gp = search(both) if len(both) else [Distances.absent(0)] * 2
    if len(single):
        pg = Distances.stacked([pg, _unreached(size_p[single])])
        gp = Distances.stacked([gp, _unreached(size_g[single])])
    # by label, its row among what was measured
    order = np.full(none + 1, -1)
    order[occurring[np.concatenate([both, single])]] = np.arange(len(both) + len(single))
    return [pg.select(order[regions]), gp.select(order[regions])]


def _unreached(size: Integers) -> Distances:
    """Return regions whose elements, so many, have nothing to be near to.

    Each has one distance, infinity, with all its size; none if it has no element.
    """
    present = size > 0
    start = np.concatenate([[0], np.cumsum(present)])
    return Distances(start, np.full(present.sum(), np.inf), size[present])
