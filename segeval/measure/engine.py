"""Engines measure the masks of a case: by compiled kernels of the host, or torch on a device."""

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
    """Measures one case, layer after layer of its regions.

    The cards of statistics and boundary rules name what is called for each of them, so a new one
    needs no change here.
    """

    @abstractmethod
    def table(self) -> Contingency:
        """Return the contingency table of both masks, before any layer is entered."""

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

    >>> measurer("host:depths").__name__
    'depths'
    """
    module_name, _, function_name = name.partition(":")
    module = importlib.import_module(f"segeval.measure.{module_name}")
    function: Callable[..., Any] = getattr(module, function_name)
    return function
