"""Batches of predictions and ground truths, measured case by case on the host."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Integers
from segeval.data.case import Case
from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.dispatch import measure
from segeval.measure.measured import Measured
from segeval.statistics.many import joined
from segeval.statistics.statistic import Arrays, Need, RegionStatistic

from .form import Form, check_scale
from .host_masks import Masks, looks_one_hot, masks_of
from .reading import Reading

DOUBTFUL = (
    "gt looks one-hot along its second axis, yet label maps could look so too; pass "
    "input_format='one-hot' or, for "
    "scores, input_format='logits' or 'probabilities' with num_classes; pass input_format='labels' "
    "for label maps"
)


def measure_batch(
    pred: NDArray[Any],
    gt: NDArray[Any],
    form: Form,
    reading: Reading,
    needs: Collection[Need],
    spacing: Sequence[tuple[float, ...] | None],
    workspace: Workspace,
) -> Arrays:
    """The records of all kinds of statistics of a batch of this form.

    Raises `UsageError` or `ReadError` for values that cannot be what the form says.
    """
    if form.doubtful and looks_one_hot(gt):
        raise UsageError(DOUBTFUL)
    if form.pooled:
        pred, gt = _as_one_case(pred), _as_one_case(gt)
    arrays = [
        _record(
            masks_of(p, g, form, reading.inputs, workspace), form, reading, needs, space, workspace
        )
        for p, g, space in zip(pred, gt, spacing, strict=False)
    ]
    return joined(arrays)


def _as_one_case(array: NDArray[Any]) -> NDArray[Any]:
    """Single samples (N,) or (N, C) as one case: (1, N) or (1, C, N)."""
    return (array.T if array.ndim > 1 else array)[None]


def _record(
    masks: list[Masks],
    form: Form,
    reading: Reading,
    needs: Collection[Need],
    spacing: tuple[float, ...] | None,
    workspace: Workspace,
) -> Arrays:
    """Return the flat form of one case."""
    by_channel = [_measured(mask, needs, reading, spacing, workspace) for mask in masks]
    arrays: dict[str, NDArray[Any]] = {}
    if form.kind == "multilabel":
        foreground, channels = [Region.of(1)], np.arange(len(masks))
        for need in needs:
            parts: list[Any] = [m.of_regions(need, foreground) for m in by_channel]
            statistic = need.statistic
            assert issubclass(statistic, RegionStatistic)  # as `check_needs` has seen to
            stacked = statistic.stacked(parts)
            arrays |= stacked.flat(need, channels, sample=form.pooled)
        return arrays
    (measured,) = by_channel
    labels = _labels(measured, form, reading)
    regions = [Region.of(label) for label in labels.tolist()]
    for need in needs:
        arrays |= measured.of_regions(need, regions).flat(need, labels, sample=form.pooled)
    return arrays


def _labels(measured: Measured, form: Form, reading: Reading) -> Integers:
    """Return 0, the labels that occur, and the last class if it is known how many there are."""
    present = measured.contingency.labels
    classes = reading.inputs.num_classes or form.num_classes
    if form.kind == "binary":
        classes = form.num_classes
    if classes is None:
        check_scale(present.tolist())
    last = [classes - 1] if classes else []
    return np.unique(np.concatenate([[0], present, last]).astype(np.int64))


def _measured(
    masks: Masks,
    needs: Collection[Need],
    reading: Reading,
    spacing: tuple[float, ...] | None,
    workspace: Workspace,
) -> Measured:
    shape = masks.gt.shape
    grid = Grid.unspaced(shape) if spacing is None else Grid(shape, spacing, "mm")
    case = Case(
        "of the batch",
        LabelMap(masks.pred, grid, "pred"),
        LabelMap(masks.gt, grid, "gt"),
        masks.ignored,
    )
    shapes = [need for need in needs if need.measurer]
    background = any(reading.background(need.statistic) for need in shapes)

    def regions(labels: Sequence[int]) -> list[Region]:
        return [Region.of(label) for label in labels if label or background]

    return measure(case, regions, needs, workspace)
