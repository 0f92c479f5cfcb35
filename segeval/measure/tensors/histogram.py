"""Histograms of distances on a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .masks import count_by_region, flatnonzero


class Histogram(NamedTuple):
    """Distances by region, as `segeval.statistics.distances.Distances` has them, on any device.

    `length` (R,) int64: how many of `value` each region has, strictly increasing, infinite where
    there is nothing to measure to. `size` (int64) says how many elements lie at each.
    """

    length: Tensor
    value: Tensor
    size: Tensor


class Heap(NamedTuple):
    """Elements in any order: `size` of them, of a region, at the distance `value`; (n,) each."""

    region: Tensor
    value: Tensor
    size: Tensor

    @classmethod
    def of(cls, region: Tensor, value: Tensor) -> Heap:
        """Return single elements, those of one region at one distance counted together."""
        return _counted(cls(region, value, torch.ones_like(region)))

    @classmethod
    def zeros(cls, count: Tensor) -> Heap:
        """Return `count` (R,) elements of each region, all at distance 0."""
        region = torch.arange(len(count), device=count.device)
        return cls(region, torch.zeros_like(count, dtype=torch.float64), count)


def histogram(heaps: Sequence[Heap], regions: int) -> Histogram:
    """Return the histogram of the elements of all heaps, whatever their order."""
    heap = _counted(Heap(*(torch.cat(columns) for columns in zip(*heaps, strict=True))))
    return Histogram(count_by_region(heap.region, regions), heap.value, heap.size)


def _counted(heap: Heap) -> Heap:
    """Return the elements sorted by region and distance, each distance of a region once.

    Distances that have no element are left out.
    """
    # Taken as whole numbers, the bits of floating-point numbers >= 0 have the same order, and they
    # are sorted faster.
    bits, rank = torch.unique(heap.value.view(torch.int64), return_inverse=True)
    # one whole number for region and distance, to sort by both at once; without elements, ranks is
    # not 0, as it divides
    ranks = max(1, len(bits))
    key, row = torch.unique(heap.region * ranks + rank, return_inverse=True)
    size = torch.zeros_like(key).scatter_add_(0, row, heap.size)
    not_empty = flatnonzero(size)
    key = key.index_select(0, not_empty)
    value = bits.index_select(0, key % ranks).view(torch.float64)
    return Heap(key // ranks, value, size.index_select(0, not_empty))
