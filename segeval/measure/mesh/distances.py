"""From label maps to the statistic of the rules mesh and smooth.

That is: distances between the surfaces of regions.
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

from .boxes import Boxes, label_boxes
from .faces import FINE, Frame, exposed
from .lattice import FaceDistances, Pair, Ways, directed, unreached
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
    """Return the distances between the surfaces of each label by the rule mesh or smooth.

    Each label is a region of the statistic. `pred`, `gt`: uint8 or uint16, of one shape of two or
    three axes. `labels`, from 1 on, may be absent from one mask or both.

    >>> pred, gt = np.zeros((2, 4, 9), np.uint8)
    >>> pred[1, 2] = gt[1, 5] = 7
    >>> labels, context = np.array([7]), {"boundary": Boundary("mesh"), "workspace": Workspace()}
    >>> mesh_distances(pred, gt, labels, (1.0, 0.5), **context).pg.mean()
    array([1.25])
    """
    scan = Scan.of(pred, gt)
    along = tuple(spacing)[::-1] if scan.transposed else tuple(spacing)
    sides = _Sides(labels, _Side.of(scan.pred, scan, labels), _Side.of(scan.gt, scan, labels))
    if boundary.rule == "mesh":
        measure = partial(_unrelaxed, sides, Ways.of(along), boundary)
    else:
        measure = partial(_relaxed, sides, along, boundary)
    if len(labels) > workspace.threads > 1:  # labels in parallel, each on one thread
        # one workspace without threads for all of them: nothing here keeps buffers in it
        regions = workspace.map(partial(measure, Workspace()), range(len(labels)))
    else:
        regions = [measure(workspace, k) for k in range(len(labels))]
    # no regions at the head, so that no labels at all give a statistic as well
    return SurfaceDistances.stacked([SurfaceDistances.absent(0), *regions])


class _Side(NamedTuple):
    """One mask: its voxels in C order, perhaps with zeros behind, and the boxes of its labels."""

    flat: Labels
    shape: tuple[int, ...]
    boxes: Boxes

    @classmethod
    def of(cls, flat: Labels, scan: Scan, labels: Integers) -> _Side:
        """Return a mask of a scan."""
        return cls(flat, scan.shape, label_boxes(flat, scan.shape, labels))

    def crop(self, label: int, k: int) -> Crop:
        """Return the mask of label k in its box."""
        # boxes have three axes, of which an image lacks the first
        box = self.boxes[k, :, 3 - len(self.shape) :]
        volume = self.flat[: int(np.prod(self.shape))].reshape(self.shape)
        return Crop(volume[tuple(map(slice, *box))] == label, tuple(box[0].tolist()))


class _Sides(NamedTuple):
    """Both masks, and the labels in question."""

    labels: Integers
    pred: _Side
    gt: _Side


def _unrelaxed(
    sides: _Sides, ways: Ways, boundary: Boundary, workspace: Workspace, k: int
) -> SurfaceDistances:
    """Return the statistic of label k by the rule mesh."""
    boxes = (sides.pred.boxes[k], sides.gt.boxes[k])
    present = np.array([box for box in boxes if box.any()])
    if not len(present):
        return SurfaceDistances.absent(1)
    # one frame around both, so that the same face is the same bit in both nets
    frame = Frame.of(np.array([present[:, 0].min(axis=0), present[:, 1].max(axis=0)]))
    shape, label = (1, *sides.pred.shape)[-3:], int(sides.labels[k])
    pred = exposed(sides.pred.flat, shape, label, frame)
    gt = exposed(sides.gt.flat, shape, label, frame)
    pair = Pair(pred, gt, frame)
    if len(present) == 2:
        pg = directed(pair, ways, workspace)
        gp = directed(pair.reversed, ways, workspace)
    else:
        pg, gp = unreached(pair, ways), unreached(pair.reversed, ways)
    return SurfaceDistances(_of_faces(pg, ways, boundary), _of_faces(gp, ways, boundary))


def _of_faces(by_axis: Sequence[FaceDistances], ways: Ways, boundary: Boundary) -> Distances:
    """Return the histogram of one direction: all points on a face stand for equal shares of it."""
    dtype = np.int64 if boundary["sizes"] == "equal" else np.float64
    # begun with an element of no size, which `histogram` leaves out
    value, size = [np.zeros(1)], [np.zeros(1, dtype)]
    points, edges = len(ways.places), FINE * ways.step[list(ways.axes)]
    for k, faces in enumerate(by_axis):
        # the area of a face, from its edges along the other axes, shared out among its points
        share = np.prod(np.delete(edges, k)) / points if boundary["sizes"] == "own" else 1
        distances, counts = np.unique(faces.squared, return_counts=True)
        value += [np.zeros(1), np.sqrt(distances)]
        size += [np.array([faces.shared * points]) * share, counts * share]
    return histogram(np.concatenate(value), np.concatenate(size))


def _relaxed(
    sides: _Sides, spacing: Spacing, boundary: Boundary, workspace: Workspace, k: int
) -> SurfaceDistances:
    """Return the statistic of label k by the rule smooth."""
    from .smoothing import relaxed

    label = int(sides.labels[k])
    nets = [Net.of(side.crop(label, k), spacing) for side in (sides.pred, sides.gt)]
    pred, gt = workspace.map(lambda net: Surface.of(relaxed(net, spacing)), nets)
    return between(pred, gt, boundary, workspace)
