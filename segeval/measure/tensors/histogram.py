"""Histograms of distances on a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .masks import places, tally


class Histogram(NamedTuple):
    """Distances by region, as `segeval.statistics.distances.Distances` has them, on any device.

    `length` (R,) int64: how many of `value` each region has, strictly increasing, infinite where
    there is nothing to measure to. `size` (int64) says how many elements lie at each.
    """

    length: Tensor
    value: Tensor
    size: Tensor


class Heap(NamedTuple):
    """Elements in any order: so many (`size`) of a region at a distance (`value`)."""

    region: Tensor
    value: Tensor
    size: Tensor

    @classmethod
    def of(cls, region: Tensor, value: Tensor) -> Heap:
        """Single elements, counted."""
        return _counted(cls(region, value, torch.ones_like(region)))

    @classmethod
    def zeros(cls, count: Tensor) -> Heap:
        """So many elements of each region at distance 0."""
        return cls(
            torch.arange(len(count), device=count.device),
            torch.zeros_like(count, dtype=torch.float64),
            count,
        )


def histogram(heaps: Sequence[Heap], regions: int) -> Histogram:
    """The elements of all heaps."""
    heap = _counted(Heap(*(torch.cat(parts) for parts in zip(*heaps, strict=True))))
    return Histogram(tally(heap.region, regions), heap.value, heap.size)


def _counted(heap: Heap) -> Heap:
    """The same elements sorted by region and distance, each distance of a region once, if it has
    any element.
    """
    # as whole numbers, the bits of floating-point numbers >= 0 have the same order, and are sorted faster
    bits, rank = torch.unique(heap.value.view(torch.int64), return_inverse=True)
    key, place = torch.unique(heap.region * max(1, len(bits)) + rank, return_inverse=True)
    size = torch.zeros_like(key).scatter_add_(0, place, heap.size)
    some = places(size)
    key = key.index_select(0, some)
    value = bits.index_select(0, key % max(1, len(bits))).view(torch.float64)
    return Heap(key // max(1, len(bits)), value, size.index_select(0, some))
