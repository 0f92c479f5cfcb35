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

from .host import on_host
from .table import pair_counts


class DeviceEngine(Engine):
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

    def statistic(self, need: Need, layer: Layer, spacing: tuple[float, ...]) -> RegionStatistic:
        """Return the statistic of the regions of the layer entered last.

        It is measured on the host where no torch kernel is known.
        """
        if not need.device_measurer:
            masks = HostMasks(layer.maps, self._workspace)
            statistic: RegionStatistic = measurer(need.measurer)(masks, layer.labels, spacing, need)
            return statistic
        labels = torch.from_numpy(layer.labels).to(self._device)
        parts = measurer(need.device_measurer)(self._pred, self._gt, labels, spacing)
        fields: Any = on_host(need.statistic, parts)
        moved: RegionStatistic = fields
        return moved

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
