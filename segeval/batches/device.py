"""Batches measured on the device of their tensors, without a volume ever moved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from segeval.data.grid import Grid
from segeval.errors import UsageError
from segeval.measure.engine import measurer
from segeval.measure.tensors.table import joint_counts, pair_counts
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.distances import HistogramStatistic
from segeval.statistics.moments import MOST_AXES
from segeval.statistics.statistic import Need, Statistic

from .device_masks import Masks, masks_of
from .form import Form
from .reading import ODD, Reading

DENSE = 2048
"""With more classes than this a dense table of label pairs would not fit."""


def measure_batch(
    pred: Tensor,
    gt: Tensor,
    form: Form,
    reading: Reading,
    needs: Collection[Need],
    spacing: Sequence[tuple[float, ...] | None],
) -> dict[str, Tensor]:
    """Return the flat forms of all statistics as tensors on the device, and under `ODD` how many
    values were wrong.
    """
    masks = masks_of(pred, gt, form, reading.inputs)
    channels = form.pred_channels if form.kind == "multilabel" else 0
    shape = tuple(masks.gt.shape[1:])
    grids = [_grid(shape, lengths) for lengths in spacing for _ in range(channels or 1)]
    batch = Batch(masks, grids, channels, form.pooled)
    arrays: dict[str, Tensor] = {ODD: masks.odd}
    for need in needs:
        if need.statistic in FROM_TABLE:
            arrays |= FROM_TABLE[need.statistic](batch)
        else:
            cases = list(_shapes(need, batch, reading))
            arrays |= {name: torch.cat([case[name] for case in cases]) for name in need.columns}
    return arrays


class Batch(NamedTuple):
    """Masks on a device, the grid of each, the channels of a case (0 for label maps), and whether
    all are single samples.
    """

    masks: Masks
    grids: Sequence[Grid]
    channels: int
    samples: bool


def _grid(shape: tuple[int, ...], spacing: tuple[float, ...] | None) -> Grid:
    return Grid.unspaced(shape) if spacing is None else Grid(shape, spacing, "mm")


def _counts(batch: Batch) -> dict[str, Tensor]:
    """Return the flat form of `Counts` of all cases."""
    masks, channels = batch.masks, batch.channels
    sums = _sums(masks) if masks.classes <= DENSE else _sparse_sums(masks)
    sums[:, :, 0] -= masks.ignored  # they are background in both masks
    tp, size_p, size_g = sums.double()
    image = size_p.sum(1, keepdim=True).expand_as(size_p)
    volumes = [_volumes(size_p, batch.grids), _volumes(size_g, batch.grids)]
    columns = [tp, size_p, size_g, image, *volumes]
    if channels:  # label 1 of every channel
        columns = [column[:, 1].reshape(-1, channels) for column in columns]
    marks = _marks(columns[0].shape[1], batch).expand_as(columns[0])
    return {"counts": torch.stack([marks.double(), *columns], -1).reshape(-1, 7)}


def _volumes(sizes: Tensor, grids: Sequence[Grid]) -> Tensor:
    """Return numbers of voxels (N, labels) as volumes."""
    # numbers of the host one by one: a tensor of them would be copied, and that waits for the device
    cases = zip(sizes, grids, strict=True)
    return torch.stack([counts * grid.voxel_volume for counts, grid in cases])


def _marks(count: int, batch: Batch) -> Tensor:
    """Return the first column of the rows of a case."""
    numbers = torch.arange(count, device=batch.masks.gt.device)
    return ~numbers if batch.samples else numbers


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


def _tables(batch: Batch) -> dict[str, Tensor]:
    """Return the flat form of `Contingency` of all cases."""
    masks = batch.masks
    cases = []
    for pred, gt, ignored in zip(masks.pred, masks.gt, masks.ignored, strict=True):
        rows = pair_counts(pred, gt)
        rows[:, 2] -= torch.where((rows[:, :2] == 0).all(1), ignored, 0)
        occurring = rows[:, 2] > 0
        # a row without voxels where all are ignored: still a case
        nothing = rows.new_zeros((int(not occurring.any()), 3))
        rows = torch.cat([rows[occurring], nothing])
        cases.append(torch.cat([_marks(len(rows), batch)[:, None], rows], 1))
    return {"table": torch.cat(cases)}


FROM_TABLE: dict[type[Statistic], Callable[[Batch], dict[str, Tensor]]] = {
    Counts: _counts,
    Contingency: _tables,
}
"""Statistics that do not depend on where voxels lie, and what counts them for a whole batch."""


def _shapes(need: Need, batch: Batch, reading: Reading) -> Iterator[dict[str, Tensor]]:
    """Yield the flat form of each case of a statistic that depends on where voxels lie."""
    masks, channels = batch.masks, batch.channels
    axes = masks.gt.ndim - 1
    if axes not in (2, 3):
        raise UsageError(
            f"surface metrics need masks of 2 or 3 axes, these have {axes}; ask for overlap "
            f"metrics alone"
        )
    first, last, sides = 1, masks.classes, (masks.pred, masks.gt)
    if reading.background(need.statistic) and not channels:
        first = 0
        if masks.left_out is not None:  # which would be part of the background
            last, sides = last + 1, masks.shifted(masks.left_out)
    labels = torch.arange(last - masks.classes + first, last, device=masks.gt.device)
    measure = measurer(need.device_measurer)
    for case, (pred, gt, grid) in enumerate(zip(*sides, batch.grids, strict=True)):
        mark = case % channels if channels else None
        yield _flat(need, measure(pred, gt, labels, grid.spacing), first, mark)


def _flat(need: Need, parts: Sequence[Any], first: int, mark: int | None) -> dict[str, Tensor]:
    """Return the flat form of a case whose labels begin with `first`, or of the channel `mark`."""
    if issubclass(need.statistic, HistogramStatistic):
        rows = torch.stack([histogram.length for histogram in parts], 1)
        sets = (array for histogram in parts for array in (histogram.value, histogram.size))
    else:
        return {need.name: _marked(_moments(parts), first, mark)}
    (name, *names) = need.columns
    return {name: _marked(rows, first, mark), **dict(zip(names, sets, strict=True))}


def _moments(parts: Sequence[Tensor]) -> Tensor:
    """Return number of axes, and all moments padded to three, of each region."""
    n_p, n_g, sum_p, sum_g, outer_p, outer_g = parts
    axes = sum_p.shape[1]
    lacking = (0, MOST_AXES - axes)
    pad = torch.nn.functional.pad
    return torch.cat(
        [
            torch.full_like(n_p, axes)[:, None],
            n_p[:, None],
            n_g[:, None],
            pad(sum_p, lacking),
            pad(sum_g, lacking),
            pad(outer_p, lacking * 2).flatten(1),
            pad(outer_g, lacking * 2).flatten(1),
        ],
        1,
    )


def _marked(rows: Tensor, first: int, mark: int | None) -> Tensor:
    """Return the rows with their marks; label 0, where it was not measured, is a row of nothing."""
    if mark is not None:
        return torch.nn.functional.pad(rows, (1, 0), value=mark)
    rows = torch.nn.functional.pad(rows, (0, 0, first, 0))
    labels = torch.arange(len(rows), device=rows.device, dtype=rows.dtype)
    return torch.cat([labels[:, None], rows], 1)
