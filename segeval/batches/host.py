"""Batches of predictions and ground truths, measured case by case on the host."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Integers
from segeval.data.case import Case, LabelMap, Region
from segeval.data.grid import Grid
from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.measured import Measured, measure
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts

from .form import Form, check_scale
from .host_masks import Masks, looks_one_hot, masks_of
from .reading import Reading
from .records import Arrays, joined, record_of

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
        _record(
            masks_of(p, g, form, reading.inputs, workspace), form, reading, kinds, space, workspace
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
    kinds: Collection[type],
    spacing: tuple[float, ...] | None,
    workspace: Workspace,
) -> Arrays:
    found = [_measured(one, kinds, reading, spacing, workspace) for one in masks]
    arrays: dict[str, NDArray[Any]] = {}
    if form.kind == "multilabel":  # label 1 of every channel
        channels, one = np.arange(len(masks)), np.array([1])
        for kind in kinds:
            parts = [_of_labels(kind, measured, one) for measured in found]
            arrays |= record_of(kind).pack(
                type(parts[0]).stacked(parts), channels, pooled=form.pooled
            )
        return arrays
    (measured,) = found
    last = (
        form.num_classes
        if form.kind == "binary"
        else reading.inputs.num_classes or form.num_classes
    )
    present = measured.contingency.labels
    if last is None:
        check_scale(present.tolist())
    labels = np.unique(np.concatenate([[0], present, [last - 1] if last else []]).astype(np.int64))
    for kind in kinds:
        arrays |= record_of(kind).pack(
            _of_labels(kind, measured, labels), labels, pooled=form.pooled
        )
    return arrays


def _measured(
    masks: Masks,
    kinds: Collection[type],
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
    background = any(
        reading.background(kind) for kind in kinds if kind not in (Counts, Contingency)
    )
    return measure(
        case,
        lambda found: [Region.of(label) for label in found if label or background],
        kinds,
        workspace,
    )


def _of_labels(kind: type, measured: Measured, labels: Integers) -> Any:
    """A statistic with a region for each of these labels."""
    if kind is Contingency:
        return measured.contingency
    if kind is Counts:
        return measured.counts_of([Region.of(label) for label in labels.tolist()])
    places = {int(region.name): place for place, region in enumerate(measured.regions)}
    return measured.statistics[kind].select(
        np.array([places.get(label, -1) for label in labels.tolist()])
    )
