"""From masks to the statistic: which elements of a lattice are asked how far they lie from what."""

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
from .nearest import CornerWay, Lattice, nearest
from .search import Way
from .sweep import Sweep, disagreements


def surface_distances(
    swept: Sweep,
    spacing: Sequence[float],
    labels: Integers | None = None,
    *,
    solid: bool = False,
    workspace: Workspace,
) -> SurfaceDistances:
    """The distances between the boundaries of each label, or with `solid` between its voxels; one
    region a label.

    `spacing` is in the axis order of the masks that were swept. `labels` may be absent from one
    mask or both; None stands for all that occur, except 0, which has no boundary.

    >>> from segeval.measure.voxels.sweep import sweep
    >>> from segeval.kernels.workspace import Workspace
    >>> workspace = Workspace()
    >>> pred, gt = np.zeros((2, 4, 9), np.uint8)
    >>> pred[1, 2] = gt[1, 5] = 7
    >>> surface_distances(sweep(pred, gt, workspace), (1.0, 0.5), workspace=workspace).pg.mean()
    array([1.5])
    """
    p, g, known, table = swept.pred, swept.gt, swept.labels, swept.contingency
    size_p, size_g, marks_p, marks_g = p.size, g.size, p.apart, g.apart
    if solid:
        size_p, size_g = (
            np.bincount(of, table.count, known[-1] + 1)[known].astype(np.int64)
            for of in (table.pred, table.gt)
        )
        marks_p, marks_g = disagreements(swept, workspace)
    lattice = Lattice(swept.layout, tuple(spacing[::-1] if swept.transposed else spacing))

    def search(both: Integers) -> list[Distances]:
        ways = [
            Way(p.mask, marks_p, size_p[both], g.mask, g.border),
            Way(g.mask, marks_g, size_g[both], p.mask, p.border),
        ]
        return nearest(ways, lattice, known[both], workspace)

    return SurfaceDistances(*_by_region(known, size_p, size_g, labels, search))


def corner_distances(
    pred: Labels,
    gt: Labels,
    spacing: Sequence[float],
    labels: Integers | None = None,
    *,
    boundary: Boundary,
    workspace: Workspace,
) -> SurfaceDistances:
    """The distances between the corners where the boundaries of each label pass, by the rule
    "surfel" or "face".

    Masks are 2-D or 3-D, uint8 or uint16; labels are as in `surface_distances`.

    >>> pred, gt = np.zeros((2, 4, 9), np.uint8)
    >>> pred[1, 2] = gt[1, 5] = 7
    >>> d = corner_distances(pred, gt, (1.0, 0.5), boundary=Boundary("face"), workspace=Workspace())
    >>> d.pg.mean(), d.size_g
    (array([1.25]), array([3.]))
    """
    corners = Corners.of(pred, gt, workspace)
    along = tuple(spacing[::-1] if corners.transposed else spacing)
    sizes = workspace.kept(_Sizes.of, boundary, along, corners.pred.size.bit_length())
    swept = sweep_corners(corners, sizes.by_code, workspace)
    p, g = swept.pred, swept.gt
    lattice = Lattice(corners.layout, along, corners.cell, sizes.by_code)

    def search(both: Integers) -> list[Distances]:
        ways = [
            CornerWay(p.mask, p.queries, p.size[both], g.mask, g.border),
            CornerWay(g.mask, g.queries, g.size[both], p.mask, p.border),
        ]
        return nearest(ways, lattice, swept.labels[both], workspace)

    pair = _by_region(swept.labels, p.size, g.size, labels, search)
    return SurfaceDistances(
        *(
            d if sizes.unit is None else Distances(d.start, d.value, d.size * sizes.unit)
            for d in pair
        )
    )


class _Sizes(NamedTuple):
    """The sizes of elements by code, as multiples of a unit: sums of whole numbers do not depend on
    their order.

    The unit is a power of two; None where all elements count one.
    """

    by_code: Integers
    unit: float | None

    @classmethod
    def of(cls, boundary: Boundary, spacing: tuple[float, ...], bits: int) -> _Sizes:
        """The sizes by a rule; so many bits hold the number of elements."""
        sizes = (surfel_sizes if boundary.rule == "surfel" else face_sizes)(spacing)
        if boundary["sizes"] == "equal":
            return cls((sizes > 0).astype(np.int64), None)
        unit = 2.0 ** (ceil(log2(sizes.max())) - (62 - bits))
        return cls(np.rint(sizes / unit).astype(np.int64), unit)


def _by_region(
    known: Integers,
    size_p: Integers,
    size_g: Integers,
    labels: Integers | None,
    search: Callable[[Integers], list[Distances]],
) -> list[Distances]:
    """Both directions for the labels wanted, from the sizes of those known; `search` those that
    occur in both masks.
    """
    wanted = known[known > 0] if labels is None else np.minimum(labels, known[-1] + 1)
    asked = np.zeros(known[-1] + 2, np.bool_)
    asked[wanted] = True
    asked[0] = False
    in_p, in_g = asked[known] & (size_p > 0), asked[known] & (size_g > 0)
    both, alone = np.flatnonzero(in_p & in_g), np.flatnonzero(in_p ^ in_g)
    pair = search(both) if len(both) else [Distances.absent(0)] * 2
    if len(alone):
        pair = [
            Distances.stacked([d, _unreached(n[alone])])
            for d, n in zip(pair, (size_p, size_g), strict=True)
        ]
    order = np.full(len(asked), -1)
    order[known[np.concatenate([both, alone])]] = np.arange(len(both) + len(alone))
    return [d.select(order[wanted]) for d in pair]


def _unreached(size: Integers) -> Distances:
    """Regions whose elements, so many, have nothing to be near to."""
    some = size > 0
    return Distances(
        np.concatenate([[0], np.cumsum(some)]), np.full(some.sum(), np.inf), size[some]
    )
