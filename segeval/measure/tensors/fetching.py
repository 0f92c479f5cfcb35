"""Fetching results from a device to the host: the one place where they move there."""

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
    """Return the statistic of this type, on the host, of the parts that were measured on a device.

    >>> import torch
    >>> from segeval.measure.tensors import surface_distances
    >>> from segeval.statistics.distances import SurfaceDistances
    >>> pred = torch.tensor([[1, 1, 0, 2]])
    >>> parts = surface_distances(pred, pred.flip(1), torch.tensor([1, 2]), (1.0, 1.0))
    >>> on_host(SurfaceDistances, parts).pg.mean()
    array([1.5, 3. ])
    """
    return kind(*(_moved(part) for part in parts))


def _moved(part: Histogram | Tensor) -> object:
    """Return the host's form of one part: `Distances` of a histogram, an array of a tensor."""
    if not isinstance(part, Histogram):
        return part.cpu().numpy()
    length = part.length.cpu().numpy()
    # lengths become starts: region r is from start[r] to start[r + 1]
    start = np.concatenate([[0], np.cumsum(length, dtype=np.int64)])
    return Distances(start, part.value.cpu().numpy(), part.size.cpu().numpy())
