"""Compiling ahead: the kernels are compiled when they are first called, and loaded from disk from then on."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from segeval.overlap.contingency import contingency
from segeval.surface.boundary import sweep
from segeval.surface.distances import surface_distances
from segeval.workspace import Workspace


def warm_up(dtype: DTypeLike = np.uint8) -> None:
    """Compile, or load, every kernel for masks of a dtype, uint8 or uint16, by measuring a toy case.

    >>> warm_up()
    """
    pred, gt = np.zeros((2, 1, 3, 300), dtype)
    pred[..., :2] = gt[..., -2:] = 1
    with Workspace() as workspace:
        contingency(pred, gt, workspace)
        surface_distances(sweep(pred, gt, workspace), (1.0, 1.0, 1.0), solid=True, workspace=workspace)
