"""A case of the host measured on a device: its masks go there once, small statistics come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from segeval.arrays import Labels
from segeval.kernels.workspace import Workspace
from segeval.measure.engine import Engine, measurer
from segeval.measure.host import HostMasks
from segeval.measure.layers import Layer, Maps
from segeval.statistics.contingency import Contingency
from segeval.statistics.statistic import Need, RegionStatistic

from .fetching import on_host
from .table import pair_counts


class DeviceEngine(Engine):
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

    def statistic(self, need: Need, layer: Layer, spacing: tuple[float, ...]) -> RegionStatistic:
        """Return the statistic of the regions of the layer entered last.

        It is measured on the host where no torch kernel is known.
        """
        # the host still has the masks in its memory
        if not need.device_measurer:
            masks = HostMasks(layer.maps, self._workspace)
            statistic: RegionStatistic = measurer(need.measurer)(masks, layer.labels, spacing, need)
            return statistic
        labels = torch.from_numpy(layer.labels).to(self._device)
        parts = measurer(need.device_measurer)(self._pred, self._gt, labels, spacing)
        fields: Any = on_host(need.statistic, parts)
        moved: RegionStatistic = fields
        return moved

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
        # the axes back in their places, which is a matter of strides alone
        return tensor.permute(*np.argsort(axes).tolist())
