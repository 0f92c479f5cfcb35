"""What measures the distances between boundaries, by rule."""

from __future__ import annotations

import numpy as np

from segeval.arrays import Flags, Integers, Labels
from segeval.kernels.workspace import Workspace
from segeval.measure.voxels.engine import corner_distances, surface_distances
from segeval.measure.voxels.sweep import sweep
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import Distances, SurfaceDistances


def distances_by(
    kind: type[SurfaceDistances],
    pred: Labels,
    gt: Labels,
    labels: Integers,
    spacing: tuple[float, ...],
    workspace: Workspace,
) -> SurfaceDistances:
    """The distances of the labels' regions by the boundary of a kind of statistic, on the host.

    Masks are 2-D or 3-D, uint8 or uint16. The buffers of an earlier sweep in the workspace are
    overwritten.
    """
    boundary: Boundary = kind.boundary
    if boundary.rule in ("mesh", "smooth"):
        from segeval.measure.mesh.engine import mesh_distances

        found = mesh_distances(pred, gt, labels, spacing, boundary=boundary, workspace=workspace)
    elif boundary.rule in ("surfel", "face"):
        found = corner_distances(pred, gt, spacing, labels, boundary=boundary, workspace=workspace)
    else:
        solid = boundary.rule == "solid"
        swept = sweep(pred, gt, workspace, boundary)
        found = surface_distances(swept, spacing, labels, solid=solid, workspace=workspace)
        if not boundary.image_edge:
            table = swept.contingency
            bare_p, bare_g = (
                d.empty & np.isin(labels, side)
                for d, side in ((found.pg, table.pred), (found.gp, table.gt))
            )
            return kind(_present(found.pg, bare_p & ~bare_g), _present(found.gp, bare_g & ~bare_p))
    return kind(found.pg, found.gp)


def _present(distances: Distances, bare: Flags) -> Distances:
    """The distances, with an element of no size for regions that have none and yet are not empty.

    Such a mask fills the image: it has no boundary there, and nothing else is near to it.
    """
    marked = Distances.stacked(
        [distances, Distances(np.array([0, 1]), np.zeros(1), np.zeros(1, np.int64))]
    )
    return marked.select(np.where(bare, len(distances), np.arange(len(distances))))
