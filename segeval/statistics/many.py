"""One statistic of many cases: what averages add up and select from.

Metric objects, files and other processes keep statistics in their flat form: a few arrays in which
the rows of all cases lie one after the other. `Marks` says which row is of which case and label.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Integers

from .statistic import Arrays, Cases, RegionStatistic, Statistic

SLACK = 1e-6
"""Relative difference of volumes up to which they are equal: spacings come from float32 headers."""


@dataclass(frozen=True, slots=True, eq=False)
class WholeCases(Cases):
    """A statistic about cases as a whole, of each of them; `nothing` is that of no voxel."""

    members: Sequence[Statistic]
    nothing: Statistic

    def __len__(self) -> int:
        return len(self.members)

    def only(self, regions: Integers) -> WholeCases:
        """Return the same: a statistic of whole cases knows of no regions."""
        return self

    def weighted(self, weights: Floats) -> WholeCases:
        """Return the cases with the voxels of each counted as so many; `weights` is (cases,)."""
        pairs = zip(self.members, weights, strict=True)
        return WholeCases([member.weighted(weight) for member, weight in pairs], self.nothing)

    def pooled(self) -> WholeCases:
        """Return all cases added up, as one."""
        # From `nothing` on, so that the sum of no case exists too.
        return WholeCases(
            [functools.reduce(operator.add, self.members, self.nothing)], self.nothing
        )

    def each(self) -> Sequence[Statistic]:
        """Return the statistic of each case."""
        return self.members


@dataclass(frozen=True, slots=True, eq=False)
class RegionCases(Cases):
    """A statistic of `regions` regions of each of `count` cases, case after case.

    Region r of case c is at `c * regions + r` of `statistic`.
    """

    count: int
    regions: int
    statistic: RegionStatistic

    def __len__(self) -> int:
        return self.count

    def only(self, regions: Integers) -> RegionCases:
        """Return the same of some regions of each case alone."""
        if len(regions) == self.regions:
            return self
        order = (np.arange(self.count)[:, None] * self.regions + regions).ravel()
        return RegionCases(self.count, len(regions), self.statistic.select(order))

    def weighted(self, weights: Floats) -> RegionCases:
        """Return the cases with the voxels of each counted as so many; `weights` is (cases,)."""
        by_region = np.repeat(weights, self.regions)
        return RegionCases(self.count, self.regions, self.statistic.weighted(by_region))

    def pooled(self) -> RegionCases:
        """Return all cases added up, as one."""
        groups = np.tile(np.arange(self.regions), self.count)
        return RegionCases(1, self.regions, self.statistic.grouped(groups, self.regions))

    def joined(self) -> RegionCases:
        """Return all regions of each case added up, as one."""
        groups = np.repeat(np.arange(self.count), self.regions)
        return RegionCases(self.count, 1, self.statistic.grouped(groups, self.count))

    def each(self) -> Sequence[Statistic]:
        """Return the statistic of each case."""
        regions = np.arange(self.regions)
        return [self.statistic.select(regions + case * self.regions) for case in range(self.count)]


class Marks(NamedTuple):
    """The rows of a flat form: the case and the label of each, and the number of cases.

    All single samples together are the last case.
    """

    case: Integers
    label: Integers
    cases: int

    @classmethod
    def of(cls, column: NDArray[Any]) -> Marks:
        """Return what the first column of the first array says.

        >>> Marks.of(np.array([0, 1, 0, 2, -1, -2])).case.tolist()
        [0, 0, 1, 1, 2, 2]
        """
        marks = column.astype(np.int64)
        sample = marks < 0  # the complement of the label
        # every case begins with a row of label 0
        cases = int(np.count_nonzero(marks == 0))
        return cls(
            np.where(sample, cases, np.cumsum(marks == 0) - 1),
            np.where(sample, ~marks, marks),
            cases + int(sample.any()),
        )

    def cells(self, regions: int) -> Integers:
        """Return the place of each row where cases with so many regions lie one after the other.

        >>> Marks.of(np.array([0, 2, 0, 1])).cells(3).tolist()
        [0, 2, 3, 4]
        """
        return self.case * regions + self.label

    def split(self, rows: NDArray[Any]) -> list[NDArray[Any]]:
        """Return the rows of each case."""
        if not self.cases:
            return []
        # Stable: the rows of a case stay in their order.
        ordered = rows[np.argsort(self.case, kind="stable")]
        return np.split(ordered, np.searchsorted(np.sort(self.case), np.arange(1, self.cases)))


def marked(labels: Integers, *, sample: bool) -> Integers:
    """Return the marks of rows about these labels: their complements for a single sample."""
    if sample:
        return ~labels
    return labels


def relative_to_smallest(volumes: Floats) -> Floats:
    """Return volumes of voxels in units of the smallest, as cases that are added up weigh them.

    Those that differ in the last digits of a header alone count as equal, and so do unknown ones.

    >>> relative_to_smallest(np.array([8, 1, 1.0000001])).tolist()
    [8.0, 1.0, 1.0]
    """
    if not len(volumes) or np.isnan(volumes).any():
        return np.ones(len(volumes))
    weights = volumes / volumes.min()
    return np.where(weights < 1 + SLACK, 1, weights)


def joined(records: Sequence[Arrays]) -> Arrays:
    """Return the flat form of the cases of several flat forms, one after the other."""
    return {name: np.concatenate([arrays[name] for arrays in records]) for name in records[0]}


def labels_of(arrays: Arrays) -> int:
    """Return how many labels a flat form knows; 0 of an empty one."""
    # The first array is the one with the marks.
    marks = next(iter(arrays.values()))[:, 0].astype(np.int64)
    return int(np.where(marks < 0, ~marks, marks).max(initial=-1)) + 1
