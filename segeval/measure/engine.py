"""What measures the masks of a case: the compiled kernels of the host, or torch on a device."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from typing import Any

from segeval.statistics.contingency import Contingency
from segeval.statistics.statistic import Need, RegionStatistic

from .layers import Layer


class Engine(ABC):
    """What measures one case.

    The cards of statistics and boundary rules name what is called for each of them.
    """

    @abstractmethod
    def table(self) -> Contingency:
        """Return the contingency table."""

    @abstractmethod
    def enter(self, layer: Layer) -> None:
        """Turn to the maps of a layer; those before are done with."""

    @abstractmethod
    def statistic(self, need: Need, layer: Layer, spacing: tuple[float, ...]) -> RegionStatistic:
        """Return the statistic of the regions of the layer entered last."""


@cache
def measurer(name: str) -> Callable[..., Any]:
    """Return the function that a card names as `module:function` of `segeval.measure`.

    Cards name functions instead of holding them so that listing metrics loads no kernel.
    """
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(
        importlib.import_module(f"segeval.measure.{module}"), function
    )
    return found
