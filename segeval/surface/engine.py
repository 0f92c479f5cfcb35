"""From a sweep to the statistic: which voxels are asked how far they lie from what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.surface.boundary import Sweep, disagreements
from segeval.surface.distances import Distances, Integers, SurfaceDistances, VolumeDistances
from segeval.surface.nearest import Way, nearest
from segeval.workspace import Workspace


def surface_distances(
    swept: Sweep,
    spacing: Sequence[float],
    labels: Integers | None = None,
    *,
    solid: bool = False,
    workspace: Workspace,
) -> SurfaceDistances:
    """The distances between the boundaries of each label, or with `solid` between its voxels; one region a label.

    `spacing` is in the axis order of the masks that were swept. `labels` may be absent from one mask or both; None
    stands for all that occur, except 0, which has no boundary.

    >>> from segeval.surface.boundary import sweep
    >>> from segeval.workspace import Workspace
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
            np.bincount(of, table.count, known[-1] + 1)[known].astype(np.int64) for of in (table.pred, table.gt)
        )
        marks_p, marks_g = disagreements(swept, workspace)
    wanted = known[known > 0] if labels is None else np.minimum(labels, known[-1] + 1)
    asked = np.zeros(known[-1] + 2, np.bool_)
    asked[wanted] = True
    asked[0] = False
    in_p, in_g = asked[known] & (size_p > 0), asked[known] & (size_g > 0)
    both, alone = np.flatnonzero(in_p & in_g), np.flatnonzero(in_p ^ in_g)
    ways = [Way(p.mask, marks_p, size_p[both], g.mask, g.border), Way(g.mask, marks_g, size_g[both], p.mask, p.border)]
    along = spacing[::-1] if swept.transposed else spacing
    pair = nearest(ways, swept.layout, along, known[both], workspace) if len(both) else [Distances.absent(0)] * 2
    if len(alone):
        pair = [Distances.stacked([d, _unreached(n[alone])]) for d, n in zip(pair, (size_p, size_g), strict=True)]
    order = np.full(len(asked), -1)
    order[known[np.concatenate([both, alone])]] = np.arange(len(both) + len(alone))
    return (VolumeDistances if solid else SurfaceDistances)(*pair).select(order[wanted])


def _unreached(size: Integers) -> Distances:
    """Regions whose elements, so many, have nothing to be near to."""
    some = size > 0
    return Distances(np.concatenate([[0], np.cumsum(some)]), np.full(some.sum(), np.inf), size[some])
