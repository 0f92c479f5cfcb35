"""Label maps in which every region is one label: what statistics of shapes are measured on.

Kernels measure all labels of a map in one pass. So a region of several labels, or one that shares
labels with others, is given a label of its own in a copy of the maps; regions that share labels go
into different copies. Single labels, which are most regions, are measured on the maps as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from segeval.arrays import Flags, Integers, Labels
from segeval.data.regions import Region, disjoint_layers
from segeval.kernels.words import kernel

LARGEST = 2**16 - 1
"""The largest label of a map."""


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Both masks in one dtype of at most 16 bits.

    `values`, if the labels had to be replaced by their ranks, holds the label of each rank.
    """

    pred: Labels
    gt: Labels
    values: Integers | None = None

    @property
    def top(self) -> int:
        """The largest number that the maps may hold."""
        if self.values is None:
            return int(np.iinfo(self.pred.dtype).max)
        return len(self.values) - 1

    def numbers(self, labels: Sequence[int]) -> Integers:
        """Return the numbers that stand for labels in the maps.

        A label that does not occur has `top` + 1.

        >>> ranked = Maps(np.array([0, 1]), np.array([0, 2]), values=np.array([0, 70, 70_000]))
        >>> ranked.numbers([70_000, 5])
        array([2, 3])
        """
        sought, top = np.array(labels, np.int64), self.top
        if self.values is None:
            return np.minimum(sought, top + 1)
        rank = np.searchsorted(self.values, sought)
        # a label above all others has a rank that is no index of `values`
        return np.where(self.values[np.minimum(rank, top)] == sought, rank, top + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Regions that share no label.

    In `maps`, the voxels of region `members[k]` have the label `labels[k]`. `relabelled` tells
    whether the maps are others than those that the layer was made from.
    """

    members: list[int]
    maps: Maps
    labels: Integers
    relabelled: bool


def split_into_layers(
    maps: Maps, regions: Sequence[Region], ignored: Flags | None = None
) -> Iterator[Layer]:
    """Yield the regions in layers.

    Those that are single labels, on the maps as they are, come first. Voxels that are `ignored`
    have label 0 in the maps; they belong to no region, not even to one that holds label 0.
    """
    groups = [
        group[start : start + LARGEST]
        for group in disjoint_layers(regions)
        for start in range(0, len(group), LARGEST)
    ]
    for members in groups:
        # first, while the engine still has the masks that gave the table
        if _are_labels(regions, members):
            numbers = maps.numbers([min(regions[m].labels) for m in members])
            yield Layer(members, maps, numbers, relabelled=False)
    for members in groups:
        if not _are_labels(regions, members):
            relabelled = _relabelled(maps, regions, members, ignored)
            yield Layer(members, relabelled, np.arange(1, len(members) + 1), relabelled=True)


def _are_labels(regions: Sequence[Region], members: Sequence[int]) -> bool:
    """Return whether each region is a single label that the maps have as it is, 0 apart."""
    return all(len(regions[m].labels) == 1 and 0 not in regions[m].labels for m in members)


def _relabelled(
    maps: Maps, regions: Sequence[Region], members: Sequence[int], ignored: Flags | None
) -> Maps:
    """Return maps in which the region `members[k]` has the label k + 1."""
    # one entry more than the maps have numbers, which labels that do not occur write to
    table: Labels = np.zeros(maps.top + 2, np.uint8 if len(members) < 256 else np.uint16)
    for number, member in enumerate(members, 1):
        table[maps.numbers(list(regions[member].labels))] = number
    pred, gt = _looked_up(table, maps.pred), _looked_up(table, maps.gt)
    if ignored is not None and table[maps.numbers([0])].any():
        # these voxels have label 0, and would join a region that holds it
        pred[ignored] = gt[ignored] = 0
    return Maps(pred, gt)


def _looked_up(table: Labels, labels: Labels) -> Labels:
    """Return `table[labels]`, in the order of memory that the labels have.

    NumPy's indexing gives C order, and a mask in Fortran order would then be copied once more.
    """
    order: Literal["C", "F"] = "F" if labels.flags.f_contiguous else "C"
    values: Labels = np.empty(labels.size, table.dtype)
    _look_up(table, labels.ravel(order), values)
    return values.reshape(labels.shape, order=order)


@kernel
def _look_up(table: Labels, labels: Labels, values: Labels) -> None:
    """Write `values[i] = table[labels[i]]`."""
    for i in range(labels.size):
        values[i] = table[labels[i]]
