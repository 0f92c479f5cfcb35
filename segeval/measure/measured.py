"""From a case to its statistics: each measured once, for all regions at once. The one place that
chooses kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from segeval.arrays import Flags, Labels
from segeval.data.case import Case, Region
from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.voxels.engine import surface_distances
from segeval.measure.voxels.sweep import sweep
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.depths import Depths
from segeval.statistics.distances import SurfaceDistances, VolumeDistances
from segeval.statistics.moments import Moments

from .counting import contingency
from .crops import crops
from .depths import measure_depths
from .host import distances_by
from .layers import Layer, Maps, layers
from .moments import measure_moments


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The statistics of a case, by type, each with its regions in the order of `regions`."""

    regions: tuple[Region, ...]
    contingency: Contingency
    counts: Counts
    statistics: dict[type, Any]
    voxel_volume: float

    def counts_of(self, regions: Sequence[Region]) -> Counts:
        """The counts of any regions, also of such as do not occur in the case."""
        return Counts.of(self.contingency, regions, self.voxel_volume)

    def absent(self, regions: Sequence[Region], kind: Any) -> Any:
        """The statistic of this type for further regions, which occur in neither mask of the case."""
        table = _from_table(
            kind, replace(self, regions=tuple(regions), counts=self.counts_of(regions))
        )
        return kind.absent(len(regions)) if table is None else table


def measure(
    case: Case,
    regions: Callable[[Sequence[int]], Sequence[Region]],
    statistics: Collection[type],
    workspace: Workspace,
) -> Measured:
    """The statistics of a case. `regions` gives the regions to measure, from the labels that occur
    in the case.

    The device of the workspace decides what measures them.

    Raises `UsageError` when surfaces are asked for in other than 2 or 3 dimensions.
    """
    maps = _compact(case.pred.labels, case.gt.labels)
    if set(statistics) - {Counts, Contingency} and case.grid.ndim not in (2, 3):
        raise UsageError(
            f"case {case.id!r}: surface metrics need masks of 2 or 3 axes, these have "
            f"{case.grid.ndim}; "
            "ask for overlap metrics alone (a single case of an array needs a first axis: "
            "pred[None])"
        )
    engine = _engine(maps, statistics, workspace)
    table = _decoded(engine.table(), maps, case.ignored)
    chosen = tuple(regions(table.labels.tolist()))
    volume = case.grid.voxel_volume
    measured = Measured(chosen, table, Counts.of(table, chosen, volume), {}, volume)
    shapes = sorted(
        statistics, key=lambda kind: kind not in (SurfaceDistances, VolumeDistances)
    )  # they share a sweep
    parts: dict[type, list[Any]] = {
        kind: [] for kind in shapes if _from_table(kind, measured) is None
    }
    order: list[int] = []
    for layer in layers(maps, measured.regions, case.ignored) if parts else ():
        engine.enter(layer)
        order += layer.members
        for kind, done in parts.items():
            done.append(engine.statistic(kind, layer, case.grid.spacing))
    for kind in statistics:
        measured.statistics[kind] = (
            _joined(kind, parts[kind], order) if kind in parts else _from_table(kind, measured)
        )
    return measured


class Engine(Protocol):
    """What measures the masks of one case: the compiled kernels of the host, or torch on a device."""

    def table(self) -> Contingency:
        """The contingency table."""

    def enter(self, layer: Layer) -> None:
        """Turns to the maps of a layer; those before are done with."""

    def statistic(self, kind: Any, layer: Layer, spacing: tuple[float, ...]) -> Any:
        """The statistic of the regions of the layer entered last."""


def _engine(maps: Maps, statistics: Collection[type], workspace: Workspace) -> Engine:
    if workspace.device == "cpu":
        return _HostEngine(maps, statistics, workspace)
    from segeval.measure.tensors.engine import DeviceEngine

    return DeviceEngine(maps, workspace)


class _HostEngine:
    """Measures with the compiled kernels. Sweeps lie in the buffers of the workspace, one at a
    time.
    """

    def __init__(self, maps: Maps, statistics: Collection[type], workspace: Workspace) -> None:
        self._maps, self._workspace = maps, workspace
        swept = any(kind in statistics for kind in (SurfaceDistances, VolumeDistances))
        self._swept = sweep(maps.pred, maps.gt, workspace) if swept else None

    def table(self) -> Contingency:
        """The contingency table, from the sweep if there was one."""
        return (
            self._swept.contingency
            if self._swept
            else contingency(self._maps.pred, self._maps.gt, self._workspace)
        )

    def enter(self, layer: Layer) -> None:
        """Turns to the maps of a layer, which are swept when a statistic asks for it."""
        if layer.relabelled:
            self._swept = None

    def statistic(self, kind: Any, layer: Layer, spacing: tuple[float, ...]) -> Any:
        """The statistic of the regions of the layer entered last."""
        maps = layer.maps
        if kind in (SurfaceDistances, VolumeDistances):
            self._swept = self._swept or sweep(maps.pred, maps.gt, self._workspace)
            solid = kind is VolumeDistances
            return surface_distances(
                self._swept, spacing, layer.labels, solid=solid, workspace=self._workspace
            )
        if issubclass(kind, SurfaceDistances):
            self._swept = None  # its buffers are taken by what follows
            return distances_by(kind, maps.pred, maps.gt, layer.labels, spacing, self._workspace)
        by_crop: dict[type, Callable[[Any, tuple[float, ...]], Any]] = {
            Depths: measure_depths,
            Moments: measure_moments,
        }
        return by_crop[kind](crops(maps.pred, maps.gt, layer.labels), spacing)


def _joined(kind: Any, parts: list[Any], order: list[int]) -> Any:
    """The statistic of all layers, with the regions in their own order."""
    if not parts:
        return kind.absent(0)
    return (
        parts[0]
        if order == sorted(order) and len(parts) == 1
        else kind.stacked(parts).select(np.argsort(order))
    )


def _from_table(kind: type, measured: Measured) -> Any:
    """A statistic that the table of label pairs holds; None for any other."""
    if kind is Contingency:
        return measured.contingency
    return measured.counts if kind is Counts else None


def _compact(pred: Labels, gt: Labels) -> Maps:
    """Both label maps in one dtype of at most 16 bits, with ranks for labels where they do not fit."""
    dtype = np.result_type(pred, gt)
    if dtype.itemsize <= 2:
        return Maps(
            pred.astype(dtype, order="K", copy=False), gt.astype(dtype, order="K", copy=False)
        )
    masks = [
        mask.astype(np.int64, order="K", copy=False) for mask in (pred, gt)
    ]  # uint64 would compare as float64
    values = np.union1d(np.union1d(*masks), [0])
    if len(values) > 2**16:
        raise UsageError(
            f"{len(values) - 1} different labels; a case may hold 65,535: split the masks or remap "
            f"the labels"
        )
    ranks = [np.searchsorted(values, labels).astype(np.uint16) for labels in masks]
    return Maps(ranks[0], ranks[1], values)


def _decoded(table: Contingency, maps: Maps, ignored: Flags | None) -> Contingency:
    """The table with labels for ranks, without the ignored voxels, which are background in both
    masks.
    """
    gt, pred = (
        (table.gt, table.pred)
        if maps.values is None
        else (maps.values[table.gt], maps.values[table.pred])
    )
    if ignored is None:
        return Contingency(gt, pred, table.count)
    count = table.count - np.where((gt == 0) & (pred == 0), np.count_nonzero(ignored), 0)
    left = count > 0
    return Contingency(gt[left], pred[left], count[left])
