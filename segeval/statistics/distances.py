"""The surface-distance statistic.

How much of one boundary lies at which distance from the other, region by region. Every metric of
boundaries is a number taken from these histograms, so a case is measured once for all of them, and
cases are pooled by adding histograms. The idea is that of DeepMind's surface-distance package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.arrays import Flags, Floats, Integers

from .boundary import SOLID
from .many import Marks, RegionCases, marked
from .statistic import Arrays, Column, Columns, Need, RegionStatistic

if TYPE_CHECKING:
    from typing_extensions import Self

SNAP = 2.0**32
"""Squared distances, in the square of the smallest spacing, are rounded to multiples of 1 / SNAP:
those that differ in their last digits only become one, whichever search found them.
"""

SLACK = 1e-6
"""Relative; spacings come from float32 headers, so a distance of 0.8 arrives as 0.800000012."""


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """A histogram of distances for each of R regions.

    Region r has the distances `value[start[r]:start[r + 1]]`, strictly increasing, infinite where
    there is nothing to measure to. `size` says how much lies at each: int64 counts for elements of
    equal size, float64 for elements that have sizes of their own. Methods give one number a region,
    NaN where that needs an element and there is none.

    >>> d = Distances.of([0, 1, 1, 4])
    >>> d.mean(), d.quantile(0.75), d.within(1)
    (array([1.5]), array([1.75]), array([3.]))
    """

    start: Integers
    value: Floats
    size: NDArray[Any]

    @classmethod
    def of(cls, values: ArrayLike, sizes: ArrayLike | None = None) -> Distances:
        """Return the histogram of one region; elements are equal unless they are given sizes.

        >>> Distances.of([0, 1, 4], sizes=[2, 1, 1]).quantile(0.75)
        array([1.])
        """
        value = np.ravel(np.asarray(values, np.float64))
        size: NDArray[Any] = np.ones(len(value), np.int64)
        if sizes is not None:
            size = np.ravel(np.asarray(sizes, np.float64))
        value, size = value[size > 0], size[size > 0]
        return cls._gathered(np.zeros(len(value), np.int64), value, size, 1)

    @classmethod
    def absent(cls, regions: int) -> Distances:
        """Return regions without an element."""
        return cls(np.zeros(regions + 1, np.int64), np.empty(0), np.empty(0, np.int64))

    @classmethod
    def stacked(cls, members: Sequence[Distances]) -> Distances:
        """Return the regions of all members, one after the other."""
        counts = np.concatenate([np.zeros(1, np.int64), *(np.diff(m.start) for m in members)])
        value = np.concatenate([member.value for member in members])
        size = np.concatenate([member.size for member in members])
        return cls(np.cumsum(counts), value, size)

    @classmethod
    def _gathered(
        cls, region: Integers, value: Floats, size: NDArray[Any], regions: int
    ) -> Distances:
        """Return the histograms of elements in any order, those of equal distance as one.

        It is quick if they are a few sequences sorted by region and value: a stable sort of NumPy
        merges such sequences.
        """
        # NumPy orders complex numbers by real, then by imaginary part: one sort does for both keys
        key = np.empty(len(value), np.complex128)
        key.real, key.imag = region, value
        order = np.argsort(key, kind="stable")
        key = key[order]
        first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])[: len(key)])
        total = size[:0]
        if len(first):  # `reduceat` refuses an empty list
            total = np.add.reduceat(size[order], first)
        return cls(np.searchsorted(key.real[first], np.arange(regions + 1)), key.imag[first], total)

    def __len__(self) -> int:
        return len(self.start) - 1

    def __add__(self, other: Distances) -> Distances:
        """Return the elements of both, region by region: of two directions, or of two cases."""
        region = np.concatenate([self._region, other._region])
        value = np.concatenate([self.value, other.value])
        size = np.concatenate([self.size, other.size])
        return self._gathered(region, value, size, len(self))

    def weighted(self, weights: Floats) -> Distances:
        """Return the elements with their sizes times the weight of their region, (R,)."""
        return Distances(self.start, self.value, self.size * weights[self._region])

    def grouped(self, groups: Integers, count: int) -> Distances:
        """Return the elements of all regions of a group as one region.

        Region r belongs to `groups[r]` of `count` groups.
        """
        return self._gathered(groups[self._region], self.value, self.size, count)

    def select(self, order: ArrayLike) -> Distances:
        """Return the regions at these positions, in this order; -1 is one without an element.

        >>> d = Distances.stacked([Distances.of([0, 1]), Distances.of([3])])
        >>> d.select([1, -1]).total()
        array([1., 0.])
        """
        order = np.asarray(order, np.int64)
        if np.array_equal(order, np.arange(len(self))):
            return self
        # the last entry is that of a region without an element, which -1 picks
        first = np.append(self.start[:-1], 0)[order]
        counts = np.append(np.diff(self.start), 0)[order]
        start = np.concatenate([[0], np.cumsum(counts)])
        # Places of the elements: those of a region follow each other from its first one on.
        elements = np.repeat(first - start[:-1], counts) + np.arange(start[-1])
        return Distances(start, self.value[elements], self.size[elements])

    def up_to(self, limit: float) -> Distances:
        """Return the elements that lie at most `limit` away, with a relative slack of 1e-6."""
        is_near = self.value <= limit * (1 + SLACK)
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(is_near)])
        return Distances(before[self.start], self.value[is_near], self.size[is_near])

    def thinned(self, exact: int, parts: int) -> Distances:
        """Return the same with the `exact` smallest distances of a region, and fewer beyond.

        Farther elements are cut into groups of less than 1 / `parts` of the region's size, or a
        single distance, and each group moves to the largest distance in it.

        >>> Distances.of([1, 2, 3, 4, 5]).thinned(exact=1, parts=2).value
        array([1., 2., 5.])
        """
        counts = np.diff(self.start)
        if counts.max(initial=0) <= exact:
            return self
        region = self._region
        reached = np.concatenate([[0], np.cumsum(self.size, dtype=np.float64)])
        before, total = reached[self.start[:-1]], np.diff(reached[self.start])
        part = np.ceil((reached[1:] - before[region]) * parts / total[region])
        place = np.arange(len(region)) - self.start[:-1][region]
        # the last of a group differs in its part from the next; regions have ends of their own
        is_kept = np.append(part[1:] != part[:-1], True) | (place < exact)
        is_kept[self.start[1:][counts > 0] - 1] = True
        kept = np.flatnonzero(is_kept)
        size = np.add.reduceat(self.size, np.concatenate([[0], kept[:-1] + 1]))
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(is_kept)])[self.start]
        return Distances(start, self.value[kept], size)

    def total(self) -> Floats:
        """Return the size of the set, (R,)."""
        return self._sum(self.size)

    def within(self, tolerance: float) -> Floats:
        """Return the size of what lies at most `tolerance` away, with a relative slack of 1e-6."""
        return self._sum(np.where(self.value <= tolerance * (1 + SLACK), self.size, 0))

    def within_each(self, tolerances: Floats) -> Floats:
        """Return the size of what lies at most each of some ascending tolerances away, (R, T).

        It is one pass over the elements, however many tolerances there are.

        >>> Distances.of([0, 1, 4]).within_each(np.array([0.5, 1.0, 9.0]))
        array([[1., 2., 3.]])
        """
        # An element is added at the first tolerance that reaches it; the running sum does the rest.
        reached = np.searchsorted(tolerances * (1 + SLACK), self.value)
        columns = len(tolerances) + 1  # the last for what lies farther than all
        sums = np.bincount(self._region * columns + reached, self.size, len(self) * columns)
        within: Floats = np.cumsum(sums.reshape(-1, columns)[:, :-1], 1)
        return within

    def below(self, width: float) -> Floats:
        """Return the size of what lies less than `width` away, (R,), with the same slack."""
        return self._sum(np.where(self.value < width * (1 - SLACK), self.size, 0))

    def moment(self, power: float) -> Floats:
        """Return the sum of size times distance to the power, (R,)."""
        return self._sum(self.size * self.value**power)

    def part_of(self, limit: float) -> Floats:
        """Return the sum of size times the part of `limit` that the distance takes, (R,).

        The part is 1 at most, so that the sum is no more than the size of the set.
        """
        return self._sum(self.size * np.minimum(self.value / limit, 1))

    def mean(self) -> Floats:
        """Return the mean distance, by size, (R,)."""
        total = self.total()
        mean: Floats = np.divide(
            self.moment(1), total, out=np.full(len(self), np.nan), where=total > 0
        )
        return mean

    def std(self) -> Floats:
        """Return the standard deviation of the distance, by size; infinite if a distance is.

        It is that of the whole set: the sum of squares is over the size, not the size less one.
        """
        mean, total = self.mean(), self.total()
        finite = np.isfinite(mean)
        # two passes: the difference of mean square and squared mean would lose digits
        centre = np.where(finite, mean, 0)[self._region]
        squares = self._sum(self.size * (self.value - centre) ** 2)
        root: Floats = np.sqrt(np.divide(squares, total, out=mean.copy(), where=finite))
        return root

    def quantile(self, q: float) -> Floats:
        """Return the distance that a share `q` of the set, by size, does not exceed, (R,).

        `q` lies in (0, 1]; 1 is the maximum. Equal elements: linear interpolation, as
        `numpy.quantile`. Elements with sizes: the smallest distance of the set at which the
        cumulative size reaches the share.
        """
        quantiles = np.full(len(self), np.nan)
        if self._weighted:
            regions = np.flatnonzero(self._occupied)
            quantiles[regions] = self._reached(regions, q)
        else:
            regions = np.flatnonzero(self.total())
            quantiles[regions] = self._interpolated(regions, q)
        return quantiles

    def _reached(self, regions: Integers, q: float) -> Floats:
        """Return the distances at which the cumulative size of the regions reaches the share."""
        reached = np.cumsum(self.size)
        # One running sum over all regions: a share is sought behind what lies before its region.
        before = np.concatenate([[0], reached])[self.start]
        target = before[regions] + np.diff(before)[regions] * (q - 1e-9)  # the sums are rounded
        element = np.searchsorted(reached, target)
        # Rounding of the sum may lead past the ends of the region.
        return self.value[np.clip(element, self.start[regions], self.start[regions + 1] - 1)]

    def _interpolated(self, regions: Integers, q: float) -> Floats:
        """Return the quantiles of the regions, linear between the two elements at the share."""
        # A distance stands for `size` elements, which are never written out: the running count says
        # at which distance the n-th of them lies.
        counted = np.cumsum(self.size)
        before = np.concatenate([[0], counted])[self.start]
        place = (np.diff(before)[regions] - 1).astype(np.float64) * q
        lower = place.astype(np.int64)
        share = place - lower
        first = before[regions] + lower  # the element below, counted from 0 over all regions
        low = self.value[np.searchsorted(counted, first, side="right")]
        high = self.value[np.searchsorted(counted, first + (share > 0), side="right")]
        with np.errstate(invalid="ignore"):  # two infinite distances
            step = np.where(high > low, high - low, 0.0)
            # from the nearer end, as NumPy does it: so the last digit is the same
            from_above = (share >= 0.5) & (high < np.inf)
            return np.where(from_above, high - step * (1 - share), low + step * share)

    @property
    def empty(self) -> Flags:
        """Mask of the regions without an element."""
        return ~self._occupied

    @property
    def _weighted(self) -> bool:
        """Whether elements have sizes of their own."""
        return self.size.dtype.kind == "f"

    @property
    def _occupied(self) -> Flags:
        return np.greater(self.start[1:], self.start[:-1])

    @property
    def _region(self) -> Integers:
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def _sum(self, terms: NDArray[Any]) -> Floats:
        """Return the sum of the terms of each region, (R,); a term is that of one element."""
        # of an empty slice, `reduceat` gives the next element: such regions are left out
        occupied = self._occupied
        sums = np.zeros(len(self))
        if occupied.any():
            sums[occupied] = np.add.reduceat(terms, self.start[:-1][occupied])
        return sums


class HistogramStatistic(RegionStatistic):
    """A dataclass of histograms of distances, `Distances`, with the same regions in each.

    Its fields are the histograms; all methods are made from their names, so a statistic of this
    kind is a list of fields, a card, and what measures it.
    """

    __slots__ = ()

    @classmethod
    def sets(cls) -> tuple[str, ...]:
        """Return the names of the histograms."""
        return tuple(field.name for field in fields(cls))  # type: ignore[arg-type]

    @classmethod
    def absent(cls, regions: int) -> Self:
        """Return the statistic of regions without a voxel in either mask."""
        return cls(*(Distances.absent(regions) for _ in cls.sets()))

    @classmethod
    def stacked(cls, members: Sequence[Self]) -> Self:
        """Return the regions of all members, one after the other."""
        return cls(
            *(
                Distances.stacked([getattr(member, name) for member in members])
                for name in cls.sets()
            )
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in self.sets()))

    def weighted(self, weights: Floats) -> Self:
        """Return the statistic in which a voxel counts as so many; `weights` is (R,)."""
        return type(self)(*(getattr(self, name).weighted(weights) for name in self.sets()))

    def select(self, order: ArrayLike) -> Self:
        """Return the regions at these positions, in this order; −1 is a region in neither mask."""
        return type(self)(*(getattr(self, name).select(order) for name in self.sets()))

    def grouped(self, groups: Integers, count: int) -> Self:
        """Return all regions of a group as one: region r belongs to `groups[r]` of `count`."""
        return type(self)(*(getattr(self, name).grouped(groups, count) for name in self.sets()))

    @classmethod
    def columns(cls, need: Need) -> Columns:
        """Return the label and how many distances each set has of it; then the sets."""
        sized = need.boundary is not None and need.boundary.weighs
        columns = {need.name: Column("int64", 1 + len(cls.sets()))}
        for name in cls.sets():
            columns[f"{need.name}_{name}"] = Column("float64", 0)
            columns[f"{need.name}_{name}_size"] = Column("float64" if sized else "int64", 0)
        return columns

    def flat(self, need: Need, labels: Integers, *, sample: bool = False) -> Arrays:
        """Return a row for each region, and the distances of all.

        A row is the mark of the label and the number of distances in each set: with those numbers,
        the distances of all regions and cases lie one after the other in one array a set.
        """
        sets: dict[str, Distances] = {name: getattr(self, name) for name in self.sets()}
        lengths = [np.diff(distances.start) for distances in sets.values()]
        arrays = {need.name: np.stack([marked(labels, sample=sample), *lengths], 1)}
        columns = self.columns(need)
        for name, distances in sets.items():
            size = f"{need.name}_{name}_size"
            arrays[f"{need.name}_{name}"] = distances.value
            arrays[size] = distances.size.astype(columns[size].dtype)
        return arrays

    @classmethod
    def cases(cls, need: Need, arrays: Arrays, regions: int) -> RegionCases:
        """Return the histograms of each case."""
        rows = arrays[need.name]
        marks = Marks.of(rows[:, 0])
        lengths = np.zeros((marks.cases * regions, len(cls.sets())), np.int64)
        # A cell without a row has no distances. Rows are sorted as the distances are, by case and
        # label, so that lengths alone say which distances are whose.
        lengths[marks.cells(regions)] = rows[:, 1:]
        starts = np.concatenate([np.zeros((1, len(cls.sets())), np.int64), np.cumsum(lengths, 0)])
        histograms = (
            Distances(
                np.ascontiguousarray(start),
                arrays[f"{need.name}_{name}"],
                arrays[f"{need.name}_{name}_size"],
            )
            for name, start in zip(cls.sets(), starts.T, strict=True)
        )
        return RegionCases(marks.cases, regions, cls(*histograms))


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceDistances(HistogramStatistic):
    """Distances between two boundaries.

    `pg` are those from the boundary of the prediction to that of the ground truth, `gp` those back.
    """

    pg: Distances
    gp: Distances

    sides = ("labels", "mesh")
    by_boundary = True

    @property
    def size_g(self) -> Floats:
        """Size of the ground truth's boundary."""
        return self.gp.total()

    @property
    def empty_p(self) -> Flags:
        """Mask of the regions of which the prediction has no voxel."""
        return self.pg.empty

    @property
    def empty_g(self) -> Flags:
        """Mask of the regions of which the ground truth has no voxel."""
        return self.gp.empty

    def weighted(self, weights: Floats) -> SurfaceDistances:
        """Return the same: elements of a boundary weigh what its rule says, in every case."""
        return self

    @property
    def both(self) -> Distances:
        """Both directions as one set."""
        return self.pg + self.gp


VolumeDistances: TypeAlias = Annotated[SurfaceDistances, SOLID]
"""Distances from all voxels of one mask to the other mask, 0 for those that lie in it."""
