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
    """Measures the masks of one case on a device."""

    def __init__(self, maps: Maps, workspace: Workspace) -> None:
        self._device, self._workspace = torch.device(workspace.device), workspace
        self._pred, self._gt = self._moved(maps.pred), self._moved(maps.gt)

    def table(self) -> Contingency:
        """The contingency table."""
        rows = pair_counts(self._pred, self._gt).cpu().numpy()
        return Contingency(*np.ascontiguousarray(rows.T))

    def enter(self, layer: Layer) -> None:
        """Turns to the maps of a layer."""
        if layer.relabelled:
            self._pred, self._gt = self._moved(layer.maps.pred), self._moved(layer.maps.gt)

    def statistic(self, kind: Any, layer: Layer, spacing: tuple[float, ...]) -> Any:
        """The statistic of the regions of the layer entered last; of boundaries without torch
        kernels, on the host.
        """
        if kind not in MEASURES:
            maps = layer.maps
            return distances_by(kind, maps.pred, maps.gt, layer.labels, spacing, self._workspace)
        labels = torch.from_numpy(layer.labels).to(self._device)
        return on_host(kind, MEASURES[kind](self._pred, self._gt, labels, spacing))

    def _moved(self, labels: Labels) -> Tensor:
        """The labels on the device, in a dtype that torch's kernels know."""
        known = labels if labels.dtype == np.uint8 else labels.astype(np.int32)
        by_stride = np.argsort([-abs(stride) for stride in known.strides], kind="stable")
        ordered = np.ascontiguousarray(
            known.transpose(by_stride)
        )  # Fortran order is kept: as a transposed view
        tensor = torch.from_numpy(ordered if ordered.flags.writeable else ordered.copy()).to(
            self._device
        )
        return tensor.permute(*np.argsort(by_stride).tolist())
