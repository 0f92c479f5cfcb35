"""From label maps to the statistic: distances between the surfaces of regions, by the rules mesh
and smooth.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from segeval.arrays import Integers, Labels
from segeval.kernels.workspace import Workspace
from segeval.measure.counting import Scan
from segeval.measure.crops import Crop
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import Distances, SurfaceDistances

from .boxes import Boxes, boxes
from .faces import FINE, Frame, exposed
from .lattice import Found, Ways, directed, unreached
from .net import Net
from .surfaces import Surface, between, histogram

Spacing = tuple[float, ...]


def mesh_distances(
    pred: Labels,
    gt: Labels,
    labels: Integers,
    spacing: Sequence[float],
    *,
    boundary: Boundary,
    workspace: Workspace,
) -> SurfaceDistances:
    """The distances between the surfaces of each label by the rule mesh or smooth, one region a
    label.

    `pred`, `gt`: uint8 or uint16, of one shape of two or three axes. `labels`, from 1 on, may be
    absent from one mask or both.

    >>> pred, gt = np.zeros((2, 4, 9), np.uint8)
    >>> pred[1, 2] = gt[1, 5] = 7
    >>> boundary = Boundary("mesh")
    >>> mesh_distances(pred, gt, np.array([7]), (1.0, 0.5), boundary=boundary, workspace=Workspace()).pg.mean()
    array([1.25])
    """
    scan = Scan.of(pred, gt)
    along = tuple(spacing)[::-1] if scan.transposed else tuple(spacing)
    sides = [
        _Side(flat, scan.shape, boxes(flat, scan.shape, labels)) for flat in (scan.pred, scan.gt)
    ]
    if boundary.rule == "mesh":
        measure = partial(_unrelaxed, sides, labels, Ways.of(along), boundary)
    else:
        measure = partial(_relaxed, sides, labels, along, boundary)
    if len(labels) > workspace.threads > 1:
        regions = workspace.map(partial(measure, Workspace()), range(len(labels)))
    else:
        regions = [measure(workspace, k) for k in range(len(labels))]
    return SurfaceDistances.stacked([SurfaceDistances.absent(0), *regions])


class _Side(NamedTuple):
    """One mask: its voxels in C order, perhaps with zeros behind, and the boxes of the labels in
    question.
    """

    flat: Labels
    shape: tuple[int, ...]
    boxes: Boxes

    def crop(self, label: int, k: int) -> Crop:
        """The mask of label k in its box."""
        box = self.boxes[k, :, 3 - len(self.shape) :]
        volume = self.flat[: int(np.prod(self.shape))].reshape(self.shape)
        return Crop(volume[tuple(map(slice, *box))] == label, tuple(box[0].tolist()))


def _unrelaxed(
    sides: Sequence[_Side],
    labels: Integers,
    ways: Ways,
    boundary: Boundary,
    workspace: Workspace,
    k: int,
) -> SurfaceDistances:
    """The statistic of label k by the rule mesh."""
    present = np.array([side.boxes[k] for side in sides if side.boxes[k].any()])
    if not len(present):
        return SurfaceDistances.absent(1)
    frame = Frame.of(np.array([present[:, 0].min(axis=0), present[:, 1].max(axis=0)]))
    shape = (1, *sides[0].shape)[-3:]
    pred, gt = (exposed(side.flat, shape, int(labels[k]), frame) for side in sides)
    if len(present) == 2:
        found = (
            directed(pred, gt, frame, ways, workspace),
            directed(gt, pred, frame, ways, workspace),
        )
    else:
        found = unreached(pred, gt, frame, ways), unreached(gt, pred, frame, ways)
    return SurfaceDistances(*(_of_faces(one_way, ways, boundary) for one_way in found))


def _of_faces(found: Sequence[Found], ways: Ways, boundary: Boundary) -> Distances:
    """The histogram of one direction."""
    value, size = (
        [np.zeros(1)],
        [np.zeros(1, np.int64 if boundary["sizes"] == "equal" else np.float64)],
    )
    points, edges = len(ways.places), FINE * ways.step[list(ways.axes)]
    for k, faces in enumerate(found):
        own = np.prod(np.delete(edges, k)) / points if boundary["sizes"] == "own" else 1
        distances, counts = np.unique(faces.squared, return_counts=True)
        value += [np.zeros(1), np.sqrt(distances)]
        size += [np.array([faces.shared * points]) * own, counts * own]
    return histogram(np.concatenate(value), np.concatenate(size))


def _relaxed(
    sides: Sequence[_Side],
    labels: Integers,
    spacing: Spacing,
    boundary: Boundary,
    workspace: Workspace,
    k: int,
) -> SurfaceDistances:
    """The statistic of label k by the rule smooth."""
    from .smoothing import relaxed

    nets = [Net.of(side.crop(int(labels[k]), k), spacing) for side in sides]
    pred, gt = workspace.map(lambda net: Surface.of(relaxed(net, spacing)), nets)
    return between(pred, gt, boundary, workspace)
