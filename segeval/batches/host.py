"""Batches of predictions and ground truths, measured case by case on the host."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.case import Case, LabelMap, Region
from segeval.errors import UsageError
from segeval.grid import Grid
from segeval.measure import measure
from segeval.overlap.contingency import Contingency
from segeval.overlap.counts import Counts
from segeval.workspace import Workspace

from .form import Form
from .host_masks import Masks, looks_one_hot, masks_of
from .reading import Reading
from .records import RECORDS, Arrays, joined

DOUBTFUL = (
    "gt looks one-hot along its second axis, yet label maps could look so too; pass input_format='one-hot' or, for "
    "scores, input_format='logits' or 'probabilities' with num_classes; pass input_format='labels' for label maps"
)


def measure_batch(
    pred: NDArray[Any],
    gt: NDArray[Any],
    form: Form,
    reading: Reading,
    kinds: Collection[type],
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
        _record(masks_of(p, g, form, reading.inputs, workspace), form, reading, kinds, space, workspace)
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
    kinds: Collection[type],
    spacing: tuple[float, ...] | None,
    workspace: Workspace,
) -> Arrays:
    multilabel = form.kind == "multilabel"
    classes = form.num_classes if form.kind == "binary" else reading.inputs.num_classes or form.num_classes
    measured = [
        dict(_statistics(one, kinds, reading, 2 if multilabel else classes, spacing, workspace)) for one in masks
    ]
    arrays: dict[str, NDArray[Any]] = {}
    for kind in kinds:
        statistic: Any = measured[0][kind]
        if multilabel:  # label 1 of every channel
            if kind is Contingency:
                raise UsageError("metrics of partitions need one label a voxel; they are not for multilabel=True")
            statistic = type(statistic).stacked([one[kind].select(np.array([1])) for one in measured])
        arrays |= RECORDS[kind].pack(statistic, pooled=form.pooled)
    return arrays


def _statistics(
    masks: Masks,
    kinds: Collection[type],
    reading: Reading,
    classes: int | None,
    spacing: tuple[float, ...] | None,
    workspace: Workspace,
) -> Iterator[tuple[type, Any]]:
    """Each kind of statistic with a region for every label from 0 on."""
    shape = masks.gt.shape
    grid = Grid.unspaced(shape) if spacing is None else Grid(shape, spacing, "mm")
    case = Case("of the batch", LabelMap(masks.pred, grid, "pred"), LabelMap(masks.gt, grid, "gt"), masks.ignored)
    background = {kind: kind not in (Counts, Contingency) and reading.background(kind) for kind in kinds}
    measured = measure(
        case, lambda found: [Region.of(label) for label in found if label or any(background.values())], kinds, workspace
    )
    count = classes or int(measured.contingency.labels[-1]) + 1
    places = np.full(count, -1)
    places[[int(region.name) for region in measured.regions]] = np.arange(len(measured.regions))
    for kind in kinds:
        if kind is Counts:
            yield kind, measured.counts_of([Region.of(label) for label in range(count)])
        elif kind is Contingency:
            yield kind, measured.contingency
        else:
            yield kind, measured.statistics[kind].select(places)
