"""From a case to its statistics: each measured once, for all regions at once.

This is the one place that chooses what measures them. Overlap needs the contingency table alone.
What depends on where voxels lie is measured on maps in which each region is one label: regions that
overlap go into several such layers, whose statistics are joined in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from segeval.arrays import Flags, Labels
from segeval.data.case import Case
from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.statistic import Need, RegionStatistic, Statistic

from .engine import Engine
from .host import SWEPT, HostEngine
from .layers import Maps, split_into_layers
from .measured import Measured
from .meshes import measure_meshes


def measure(
    case: Case,
    regions_of: Callable[[Sequence[int]], Sequence[Region]],
    needs: Collection[Need],
    workspace: Workspace,
) -> Measured:
    """Measure the statistics of a case of voxels, or of surfaces where a side is a mesh.

    `regions_of` gives the regions to measure, from the labels that occur in the case, and `needs`
    are the statistics to measure; they come back in the order of `needs`. The device of the
    workspace decides what measures them. Raises `UsageError` where a statistic does not exist for
    masks of so many axes.
    """
    if case.has_mesh:
        return measure_meshes(case, regions_of, needs, workspace)
    _check_axes(case, needs)
    pred, gt = case.masks
    maps = _compact(pred.labels, gt.labels)
    engine = _engine(maps, needs, workspace)
    # the table comes first: the labels in it decide on the regions
    table = _decoded(engine.table(), maps, case.ignored)
    chosen = tuple(regions_of(table.labels.tolist()))
    volume = case.grid.voxel_volume
    statistics = {need: need.statistic.of_table(table, chosen, volume) for need in needs}
    unmeasured = [need for need, statistic in statistics.items() if statistic is None]
    measured = {need: statistic for need, statistic in statistics.items() if statistic is not None}
    if unmeasured:
        measured |= _measure_shapes(case, maps, chosen, unmeasured, engine)
    in_order = {need: measured[need] for need in needs}
    counts = measured.get(Need(Counts)) or Counts.of(table, chosen, volume)
    assert isinstance(counts, Counts)
    return Measured(chosen, table, counts, in_order, volume)


def _check_axes(case: Case, needs: Collection[Need]) -> None:
    """Raise `UsageError` where a statistic does not exist for masks of so many axes."""
    for need in needs:
        axes = need.statistic.axes
        if axes is not None and case.grid.ndim not in axes:
            raise UsageError(
                f"case {case.id!r}: surface metrics need masks of {' or '.join(map(str, axes))} "
                f"axes, these have {case.grid.ndim}; ask for overlap metrics alone (a single case "
                "of an array needs a first axis: pred[None])"
            )


def _measure_shapes(
    case: Case, maps: Maps, regions: Sequence[Region], needs: Sequence[Need], engine: Engine
) -> dict[Need, Statistic]:
    """Measure what depends on where voxels lie, layer by layer."""
    # those that share a sweep come first: others take its buffers
    ordered = sorted(needs, key=lambda need: need.boundary not in SWEPT)
    parts: dict[Need, list[RegionStatistic]] = {need: [] for need in ordered}
    order: list[int] = []
    for layer in split_into_layers(maps, regions, case.ignored):
        engine.enter(layer)
        order += layer.members
        for need in ordered:
            parts[need].append(engine.statistic(need, layer, case.grid.spacing))
    return {need: _joined(need, parts[need], order) for need in needs}


def _engine(maps: Maps, needs: Collection[Need], workspace: Workspace) -> Engine:
    """Return what measures on the device of the workspace."""
    if workspace.device == "cpu":
        return HostEngine(maps, needs, workspace)
    # importing torch takes seconds, which who measures on the host need not wait for
    from .tensors.engine import DeviceEngine

    return DeviceEngine(maps, workspace)


def _joined(need: Need, parts: list[RegionStatistic], order: list[int]) -> RegionStatistic:
    """Return the statistic of all layers, with the regions in their own order."""
    statistic = need.statistic
    assert issubclass(statistic, RegionStatistic)  # others need no shapes
    if not parts:
        return statistic.absent(0)
    if len(parts) == 1 and order == sorted(order):
        return parts[0]
    # row k is of region `order[k]`: sorting by it brings the rows back
    return statistic.stacked(parts).select(np.argsort(order))


def _compact(pred: Labels, gt: Labels) -> Maps:
    """Return both label maps in one dtype of at most 16 bits.

    Ranks stand for labels that do not fit.
    """
    dtype = np.result_type(pred, gt)
    if dtype.itemsize <= 2:
        return Maps(
            pred.astype(dtype, order="K", copy=False), gt.astype(dtype, order="K", copy=False)
        )
    # uint64 beside a signed type would be compared as float64, and large labels taken for equal
    masks = [mask.astype(np.int64, order="K", copy=False) for mask in (pred, gt)]
    # with 0, so that the background keeps its number
    values = np.union1d(np.union1d(*masks), [0])
    if len(values) > 2**16:
        raise UsageError(
            f"{len(values) - 1} different labels; a case may hold 65,535: split the masks or remap "
            f"the labels"
        )
    ranks = [np.searchsorted(values, labels).astype(np.uint16) for labels in masks]
    return Maps(ranks[0], ranks[1], values)


def _decoded(table: Contingency, maps: Maps, ignored: Flags | None) -> Contingency:
    """Return the table with labels for ranks, without the ignored voxels.

    Those are background in both masks.
    """
    gt, pred = table.gt, table.pred
    if maps.values is not None:
        gt, pred = maps.values[gt], maps.values[pred]
    if ignored is None:
        return Contingency(gt, pred, table.count)
    # ignored voxels were made background in both masks, and are counted there
    count = table.count - np.where((gt == 0) & (pred == 0), np.count_nonzero(ignored), 0)
    occurs = count > 0
    return Contingency(gt[occurs], pred[occurs], count[occurs])
