"""What measures the distances between boundaries, by rule."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.boundary import Boundary
from segeval.labels import Labels
from segeval.surface.boundary import sweep
from segeval.surface.distances import SurfaceDistances
from segeval.surface.engine import corner_distances, surface_distances
from segeval.workspace import Workspace


def distances_by(
    kind: type[SurfaceDistances],
    pred: Labels,
    gt: Labels,
    labels: NDArray[np.int64],
    spacing: tuple[float, ...],
    workspace: Workspace,
) -> SurfaceDistances:
    """The distances of the labels' regions by the boundary of a kind of statistic, on the host.

    Masks are 2-D or 3-D, uint8 or uint16. The buffers of an earlier sweep in the workspace are overwritten.
    """
    boundary: Boundary = kind.boundary
    if boundary.rule in ("mesh", "smooth"):
        from segeval.mesh.engine import mesh_distances

        found = mesh_distances(pred, gt, labels, spacing, boundary=boundary, workspace=workspace)
    elif boundary.rule in ("surfel", "face"):
        found = corner_distances(pred, gt, spacing, labels, boundary=boundary, workspace=workspace)
    else:
        solid = boundary.rule == "solid"
        swept = sweep(pred, gt, workspace, boundary)
        found = surface_distances(swept, spacing, labels, solid=solid, workspace=workspace)
    return kind(found.pg, found.gp)
