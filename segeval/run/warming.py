"""Every kernel, run once on small masks of every kind, so that none is compiled later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from segeval.arrays import Labels
from segeval.data.case import Case
from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.data.regions import Region
from segeval.kernels.compiling import compiled_kernels, seconds_compiled
from segeval.kernels.workspace import Workspace
from segeval.measure.channels import argmax
from segeval.measure.dispatch import measure
from segeval.measure.voxels.transform import squared_distances_to
from segeval.metrics import REGISTRY
from segeval.metrics.card import Definition, Metric
from segeval.statistics.boundary import Boundary

from .scoring import score_measured

SHAPES = ((48, 72), (24, 48, 72))
"""The shapes of the masks: kernels are compiled for 2 and for 3 axes."""
SPACING = (2.0, 1.0, 0.5)
"""The spacing of the masks, one that is not the same along any two axes."""
BOUNDARIES = (
    Boundary(),
    Boundary("voxel", connectivity=2),
    Boundary("voxel", image_edge=False),
    Boundary("surfel"),
    Boundary("surfel", sizes="equal"),
    Boundary("face"),
    Boundary("solid"),
    Boundary("mesh"),
    Boundary("mesh", sizes="equal"),
    Boundary("smooth"),
    Boundary("smooth", sizes="equal"),
)
"""Boundaries that distances are measured under: between them they need every kernel of these."""


class WarmUp(NamedTuple):
    """The outcome of a warm-up."""

    compiled: int
    """Number of kernels that were compiled."""
    seconds: float
    """Seconds that compiling them took."""


def warm_up(dtypes: Sequence[DTypeLike] = (np.uint8, np.uint16)) -> WarmUp:
    """Run every kernel on small masks of these dtypes.

    What lies on no disk yet is compiled and kept. It takes a minute or two where nothing fits,
    seconds where all is there.
    """
    kernels, seconds = len(compiled_kernels()), seconds_compiled()
    with Workspace() as workspace:
        for dtype, shape in product(dtypes, SHAPES):
            _measure(dtype, shape, workspace)
        # labels of more than 256 channels are uint16: kernels are compiled for both
        for scores, channels in product((np.float32, np.float64, np.uint8), (2, 300)):
            argmax(np.zeros((channels, 8, 8), scores), workspace)
    for labels in (np.uint8, np.int64):
        steps, squared = (1.0, 1.0, 1.0), np.empty((2, 4, 8))
        squared_distances_to(np.ones((2, 4, 8), labels), 1, same=True, steps=steps, squared=squared)
    return WarmUp(len(compiled_kernels()) - kernels, seconds_compiled() - seconds)


def _measure(dtype: DTypeLike, shape: Sequence[int], workspace: Workspace) -> None:
    """Measure and score a case of this dtype and shape by all that there is."""
    grid = Grid(tuple(shape), SPACING[-len(shape) :], "mm")
    pred, gt = _masks(dtype, shape)
    case = Case("warm-up", LabelMap(pred, grid), LabelMap(gt, grid))
    for metrics, regions in _runs():
        needs = {metric.need for metric in metrics}
        score_measured(measure(case, partial(_always, regions), needs, workspace), metrics)


def _always(regions: Sequence[Region], _labels: Sequence[int]) -> Sequence[Region]:
    """Return the regions, whatever labels occur."""
    return regions


def _masks(dtype: DTypeLike, shape: Sequence[int]) -> tuple[Labels, Labels]:
    """Return two masks with two labels each.

    Parts of them agree, parts lie near each other and parts far.
    """
    pred, gt = np.zeros((2, *shape), dtype)
    pred[..., 4:12, 4:12], pred[..., 14:16, 40:70] = 1, 2
    gt[..., 5:13, 4:12], gt[..., 14:16, 40:44], gt[..., 40:44, 4:20] = 1, 2, 1
    return pred, gt


def _runs() -> Iterator[tuple[list[Metric], Sequence[Region]]]:
    """Yield metrics and regions that between them need every kernel.

    They are overlap alone, all metrics of labels and unions, many regions, and every boundary.
    """
    labels, unions = (Region.of(1), Region.of(2)), (Region.of("both", 1, 2), Region.of("inner", 1))
    # so many that their numbers need uint16, whatever the dtype of the masks
    many = tuple(Region.of(label, label, label + 1) for label in range(1, 600, 2))
    metrics = [
        spec.bind({p.name: 1 for p in spec.parameters if p.default is None})
        for spec in REGISTRY.values()
    ]
    yield [REGISTRY["dice"].bind({})], labels
    yield metrics, labels
    yield metrics, unions
    yield [REGISTRY["hd"].bind({})], many
    distances = [metric for metric in metrics if metric.spec.by_boundary]
    for boundary in BOUNDARIES:
        yield [replace(metric, definition=_under(boundary, metric)) for metric in distances], labels


def _under(boundary: Boundary, metric: Metric) -> Definition:
    """Return the definition of a metric under another boundary, all else as its card has it."""
    return Definition("segeval", metric, boundary, metric.spec.empty)
