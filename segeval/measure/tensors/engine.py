"""A case of the host measured on a device: its masks go there once, small statistics come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segeval.arrays import Labels
from segeval.kernels.workspace import Workspace
from segeval.measure.host import distances_by
from segeval.measure.layers import Layer, Maps
from segeval.statistics.contingency import Contingency
from segeval.statistics.depths import Depths
from segeval.statistics.distances import SurfaceDistances, VolumeDistances
from segeval.statistics.moments import Moments

from .distances import depths, surface_distances, volume_distances
from .host import on_host
from .moments import moments
from .table import pair_counts

MEASURES: dict[type, Callable[..., tuple[Any, ...]]] = {
    SurfaceDistances: surface_distances,
    VolumeDistances: volume_distances,
    Depths: depths,
    Moments: moments,
}
"""What measures each statistic of shapes: of a prediction, a ground truth, labels and a spacing."""


class DeviceEngine:
    """The engine that measures the masks of one case on a device."""

    def __init__(self, maps: Maps, workspace: Workspace) -> None:
        self._workspace = workspace
        self._device = torch.device(workspace.device)
        self._pred = self._to_device(maps.pred)
        self._gt = self._to_device(maps.gt)

    def table(self) -> Contingency:
        """Return the contingency table, on the host."""
        rows = pair_counts(self._pred, self._gt).cpu().numpy()
        return Contingency(*np.ascontiguousarray(rows.T))

    def enter(self, layer: Layer) -> None:
        """Turn to the maps of a layer."""
        if layer.relabelled:
            self._pred = self._to_device(layer.maps.pred)
            self._gt = self._to_device(layer.maps.gt)

    def statistic(self, kind: Any, layer: Layer, spacing: tuple[float, ...]) -> Any:
        """Return a statistic of the regions of the layer entered last, on the host.

        Those of boundaries that torch has no kernels for are measured there too.
        """
        if kind not in MEASURES:
            maps = layer.maps
            return distances_by(kind, maps.pred, maps.gt, layer.labels, spacing, self._workspace)
        labels = torch.from_numpy(layer.labels).to(self._device)
        return on_host(kind, MEASURES[kind](self._pred, self._gt, labels, spacing))

    def _to_device(self, labels: Labels) -> Tensor:
        """Return the labels on the device, in a dtype that torch's kernels know."""
        if labels.dtype != np.uint8:
            labels = labels.astype(np.int32)
        # Fortran order is kept: the copy runs along memory, and comes back as a transposed view.
        axes = np.argsort([-abs(stride) for stride in labels.strides], kind="stable")
        along_memory = np.ascontiguousarray(labels.transpose(axes))
        if not along_memory.flags.writeable:
            along_memory = along_memory.copy()  # torch warns of memory that it could not write to
        tensor = torch.from_numpy(along_memory).to(self._device)
        return tensor.permute(*np.argsort(axes).tolist())
