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
from .reading import Reading, Spacing, grid_of
from .records import ODD

DENSE = 2048
"""Classes up to which a dense table of label pairs is made: of more it would take gigabytes."""


def measure_batch(
    pred: Tensor,
    gt: Tensor,
    form: Form,
    reading: Reading,
    *,
    needs: Collection[Need],
    spacing: Sequence[Spacing],
) -> dict[str, Tensor]:
    """Return the flat forms of all statistics of a batch of this form, as tensors on the device.

    `pred` and `gt` are (N, *spatial) or (N, C, *spatial), single samples as one case; `spacing` is
    that of each case. Under `ODD` stands how many values were not allowed.
    """
    masks = masks_of(pred, gt, form)
    shape = tuple(masks.gt.shape[1:])
    masks_a_case = form.channels or 1
    grids = [grid_of(shape, lengths) for lengths in spacing for _ in range(masks_a_case)]
    batch = Batch(masks, grids, form.channels, form.pooled)
    arrays: dict[str, Tensor] = {ODD: masks.odd}
    for need in needs:
        # One pass over the whole batch where it is enough to count, case by case otherwise.
        if need.statistic in FROM_TABLE:
            arrays |= FROM_TABLE[need.statistic](batch)
        else:
            cases = list(_shapes(need, batch, reading))
            arrays |= {name: torch.cat([case[name] for case in cases]) for name in need.columns}
    return arrays


class Batch(NamedTuple):
    """Masks on a device, and the grid of each.

    `channels` of a case that may overlap, each of which is a mask; 0 for label maps. `samples`: all
    are single samples, which belong to one case.
    """

    masks: Masks
    grids: Sequence[Grid]
    channels: int
    samples: bool


def _counts(batch: Batch) -> dict[str, Tensor]:
    """Return the flat form of `Counts` of all cases: a row a region, its mark and six numbers."""
    masks, channels = batch.masks, batch.channels
    sums = _sums(masks)
    # Ignored voxels are background in both masks, and count for nothing.
    sums[:, :, 0] -= masks.ignored
    tp, size_p, size_g = sums.double()
    image = size_p.sum(1, keepdim=True).expand_as(size_p)
    volumes = [_volumes(size_p, batch.grids), _volumes(size_g, batch.grids)]
    columns = [tp, size_p, size_g, image, *volumes]
    if channels:
        # Of every channel its foreground, label 1, is a region of the case.
        columns = [column[:, 1].reshape(-1, channels) for column in columns]
    marks = _marks(columns[0].shape[1], batch).expand_as(columns[0])
    return {"counts": torch.stack([marks.double(), *columns], -1).reshape(-1, 7)}


def _volumes(sizes: Tensor, grids: Sequence[Grid]) -> Tensor:
    """Return numbers of voxels (N, labels) as volumes, in the unit of the grids."""
    # The host's numbers one by one: a tensor of them would be copied, which waits for the device.
    cases = zip(sizes, grids, strict=True)
    return torch.stack([counts * grid.voxel_volume for counts, grid in cases])


def _marks(count: int, batch: Batch) -> Tensor:
    """Return the first column of the rows of a case: labels, or their complements for samples."""
    labels = torch.arange(count, device=batch.masks.gt.device)
    if batch.samples:
        return ~labels
    return labels


def _sums(masks: Masks) -> Tensor:
    """Return shared voxels, those of pred and those of gt, by case and label: (3, N, classes)."""
    if masks.classes > DENSE:
        return _sparse_sums(masks)
    table = joint_counts(masks.pred, masks.gt, masks.classes)
    return torch.stack([table.diagonal(dim1=1, dim2=2), table.sum(1), table.sum(2)])


def _sparse_sums(masks: Masks) -> Tensor:
    """Return the same as `_sums`, from the pairs of labels that occur in each case."""
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
    """Return the flat form of `Contingency` of all cases: a row a pair of labels that occurs.

    How many pairs there are decides the shape, so the host waits for the device here.
    """
    masks = batch.masks
    cases = []
    for pred, gt, ignored in zip(masks.pred, masks.gt, masks.ignored, strict=True):
        rows = pair_counts(pred, gt)
        rows[:, 2] -= torch.where((rows[:, :2] == 0).all(1), ignored, 0)
        occurring = rows[:, 2] > 0
        # A row without voxels where all are ignored: it is still a case.
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
    background = reading.background(need.statistic) and not channels
    first = int(not background)
    labels = torch.arange(first, masks.classes, device=masks.gt.device)
    sides = masks.pred, masks.gt
    if background and masks.left_out is not None:
        # Voxels left out are background in the masks, and would be part of that region.
        labels, sides = labels + 1, masks.shifted(masks.left_out)
    measure = measurer(need.device_measurer)
    for case, (pred, gt, grid) in enumerate(zip(*sides, batch.grids, strict=True)):
        parts = measure(pred, gt, labels, grid.spacing)
        mark = case % channels if channels else None
        yield _flat(need, parts, first, mark)


def _flat(need: Need, parts: Sequence[Any], first: int, mark: int | None) -> dict[str, Tensor]:
    """Return the flat form of a case whose labels begin with `first`, or of the channel `mark`.

    `parts` is what the device measured: a histogram of each direction and region, or moments.
    """
    if not issubclass(need.statistic, HistogramStatistic):
        return {need.name: _marked(_moments(parts), first, mark)}
    lengths = torch.stack([histogram.length for histogram in parts], 1)
    first_name, *names = need.columns
    arrays = {first_name: _marked(lengths, first, mark)}
    sets = [array for histogram in parts for array in (histogram.value, histogram.size)]
    return arrays | dict(zip(names, sets, strict=True))


def _moments(parts: Sequence[Tensor]) -> Tensor:
    """Return number of axes, and all moments padded to three, of each region: (R, 2 + …).

    The order is that of the columns of `Moments`.
    """
    n_p, n_g, sum_p, sum_g, outer_p, outer_g = parts
    axes = sum_p.shape[1]
    lacking = (0, MOST_AXES - axes)
    # 2-D cases have a third axis of zeros, so that rows of both kinds have the same columns.
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
    """Return the rows with their marks; label 0, where it was not measured, is a row of zeros."""
    if mark is not None:
        return torch.nn.functional.pad(rows, (1, 0), value=mark)
    rows = torch.nn.functional.pad(rows, (0, 0, first, 0))
    labels = torch.arange(len(rows), device=rows.device, dtype=rows.dtype)
    return torch.cat([labels[:, None], rows], 1)
