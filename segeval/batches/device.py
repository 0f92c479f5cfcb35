"""Batches measured on the device of their tensors, without a volume ever moved."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from segeval.data.grid import Grid
from segeval.errors import UsageError
from segeval.measure.tensors.engine import MEASURES
from segeval.measure.tensors.table import joint_counts, pair_counts
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.moments import Moments

from .device_masks import Masks, masks_of
from .form import Form
from .reading import Reading
from .records import ODD, record_of

DENSE = 2048
"""With more classes than this a dense table of label pairs would not fit."""


def measure_batch(
    pred: Tensor,
    gt: Tensor,
    form: Form,
    reading: Reading,
    kinds: Collection[type],
    spacing: Sequence[tuple[float, ...] | None],
) -> dict[str, Tensor]:
    """The records of all kinds of statistics, as tensors on the device, and under `ODD` how many
    values were wrong.
    """
    masks = masks_of(pred, gt, form, reading.inputs)
    channels = form.pred_channels if form.kind == "multilabel" else 0
    grids = [_grid(tuple(masks.gt.shape[1:]), own) for own in spacing for _ in range(channels or 1)]
    record: dict[str, Tensor] = {ODD: masks.odd}
    for kind in kinds:
        if kind is Contingency:
            record |= _tables(masks, form.pooled)
        elif kind is Counts:
            record |= _counts(masks, grids, channels, form.pooled)
        else:
            record |= _joined(kind, list(_shapes(kind, masks, grids, channels, reading)))
    return record


def _grid(shape: tuple[int, ...], spacing: tuple[float, ...] | None) -> Grid:
    return Grid.unspaced(shape) if spacing is None else Grid(shape, spacing, "mm")


def _counts(masks: Masks, grids: Sequence[Grid], channels: int, pooled: bool) -> dict[str, Tensor]:
    sums = (_sums if masks.classes <= DENSE else _sparse_sums)(masks)
    sums[:, :, 0] -= masks.ignored  # they are background in both masks
    tp, p, g = sums.double()
    total = p.sum(1, keepdim=True).expand_as(p)
    # numbers of the host one by one: a tensor of them would have to be copied, and that waits for the device
    volumes = [
        torch.stack([n * grid.voxel_volume for n, grid in zip(side, grids, strict=True)])
        for side in (p, g)
    ]
    columns = [tp, p, g, total, *volumes]
    if channels:  # label 1 of every channel
        columns = [column[:, 1].reshape(-1, channels) for column in columns]
    marks = torch.arange(columns[0].shape[1], device=p.device).expand_as(columns[0])
    return {
        "counts": torch.stack([(~marks if pooled else marks).double(), *columns], -1).reshape(-1, 7)
    }


def _sums(masks: Masks) -> Tensor:
    """Shared voxels, those of pred and those of gt, by case and label: (3, N, classes)."""
    table = joint_counts(masks.pred, masks.gt, masks.classes)
    return torch.stack([table.diagonal(dim1=1, dim2=2), table.sum(1), table.sum(2)])


def _sparse_sums(masks: Masks) -> Tensor:
    sums = torch.zeros(
        (3, len(masks.pred), masks.classes), dtype=torch.int64, device=masks.pred.device
    )
    for case, (pred, gt) in enumerate(zip(masks.pred, masks.gt, strict=True)):
        g, p, count = pair_counts(pred, gt).T
        sums[0, case].scatter_add_(0, g, torch.where(g == p, count, 0))
        sums[1, case].scatter_add_(0, p, count)
        sums[2, case].scatter_add_(0, g, count)
    return sums


def _tables(masks: Masks, pooled: bool) -> dict[str, Tensor]:
    parts = []
    for pred, gt, ignored in zip(masks.pred, masks.gt, masks.ignored, strict=True):
        rows = pair_counts(pred, gt)
        rows[:, 2] -= torch.where((rows[:, :2] == 0).all(1), ignored, 0)
        rows = torch.cat(
            [rows[rows[:, 2] > 0], rows.new_zeros((int(not (rows[:, 2] > 0).any()), 3))]
        )
        place = torch.arange(len(rows), device=rows.device)
        parts.append(torch.cat([(~place if pooled else place)[:, None], rows], 1))
    return {"table": torch.cat(parts)}


def _shapes(
    kind: Any, masks: Masks, grids: Sequence[Grid], channels: int, reading: Reading
) -> Iterator[dict[str, Tensor]]:
    """The records of a statistic of shapes, case by case."""
    axes = masks.gt.ndim - 1
    if axes not in (2, 3):
        raise UsageError(
            f"surface metrics need masks of 2 or 3 axes, these have {axes}; ask for overlap "
            f"metrics alone"
        )
    first, last, sides = 1, masks.classes, (masks.pred, masks.gt)
    if reading.background(kind) and not channels:
        first = 0
        if masks.left_out is not None:  # which would be part of the background
            last, sides = last + 1, masks.shifted(masks.left_out)
    labels = torch.arange(last - masks.classes + first, last, device=masks.gt.device)
    for at, (pred, gt, grid) in enumerate(zip(*sides, grids, strict=True)):
        mark = at % channels if channels else None
        yield _record(kind, MEASURES[kind](pred, gt, labels, grid.spacing), first, mark)


def _record(kind: Any, parts: Sequence[Any], first: int, mark: int | None) -> dict[str, Tensor]:
    """The record of a case whose labels begin with `first`, or of the channel `mark`."""
    if kind is Moments:
        axes = parts[2].shape[1]
        room = (0, 3 - axes)
        sums = [torch.nn.functional.pad(part, room) for part in parts[2:4]]
        outers = [torch.nn.functional.pad(part, room * 2).flatten(1) for part in parts[4:]]
        fields = [
            torch.full_like(parts[0], axes)[:, None],
            parts[0][:, None],
            parts[1][:, None],
            *sums,
            *outers,
        ]
        return {"moments": _marked(torch.cat(fields, 1), first, mark)}
    (name, *names) = record_of(kind).columns
    record = {name: _marked(torch.stack([part.length for part in parts], 1), first, mark)}
    arrays = (array for part in parts for array in (part.value, part.size))
    return record | dict(zip(names, arrays, strict=True))


def _marked(rows: Tensor, first: int, mark: int | None) -> Tensor:
    """The rows with their labels before them; label 0, where it was not measured, as a row of
    nothing.
    """
    if mark is not None:
        return torch.nn.functional.pad(rows, (1, 0), value=mark)
    rows = torch.nn.functional.pad(rows, (0, 0, first, 0))
    return torch.cat(
        [torch.arange(len(rows), device=rows.device, dtype=rows.dtype)[:, None], rows], 1
    )


def _joined(kind: Any, records: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {
        name: torch.cat([record[name] for record in records]) for name in record_of(kind).columns
    }
