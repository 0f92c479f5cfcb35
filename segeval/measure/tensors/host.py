"""From a device to the host: the one place where results move there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from torch import Tensor

from segeval.statistics.distances import Distances

from .histogram import Histogram

Statistic = TypeVar("Statistic")


def on_host(
    kind: Callable[..., Statistic], parts: Sequence[Histogram] | Sequence[Tensor]
) -> Statistic:
    """The statistic of this type that the parts, measured on a device, make up.

    >>> import torch
    >>> from segeval.statistics.distances import SurfaceDistances
    >>> from segeval.measure.tensors import surface_distances
    >>> pred = torch.tensor([[1, 1, 0, 2]])
    >>> on_host(SurfaceDistances, surface_distances(pred, pred.flip(1), torch.tensor([1, 2]), (1.0, 1.0))).pg.mean()
    array([1.5, 3. ])
    """
    return kind(
        *(_distances(part) if isinstance(part, Histogram) else part.cpu().numpy() for part in parts)
    )


def _distances(histogram: Histogram) -> Distances:
    length, value, size = (part.cpu().numpy() for part in histogram)
    return Distances(np.concatenate([[0], np.cumsum(length, dtype=np.int64)]), value, size)
