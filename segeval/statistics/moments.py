"""Moments of a mask: where its voxels lie and how they spread.

It is the statistic of distances between centres of mass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from segeval.arrays import Flags, Floats, Integers
from segeval.errors import UsageError

from .many import Marks, RegionCases, marked
from .ratios import ratio
from .rows import RowStatistic
from .statistic import Arrays, Column, Columns, Need

MOST_AXES = 3
"""The number of axes that flat forms have room for; an axis that masks lack is 0 there."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments(RowStatistic):
    """Number, sum and sum of outer products of the voxels' positions, by region.

    They are (R,), (R, d) and (R, d, d). Positions are in the unit of the spacing, from the grid's
    first voxel.
    """

    n_p: Floats
    n_g: Floats
    sum_p: Floats
    sum_g: Floats
    outer_p: Floats
    outer_g: Floats

    measurer = "host:moments"
    positional = True
    device_measurer = "tensors.moments:moments"
    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {
        "n_p": (),
        "n_g": (),
        "sum_p": (MOST_AXES,),
        "sum_g": (MOST_AXES,),
        "outer_p": (MOST_AXES, MOST_AXES),
        "outer_g": (MOST_AXES, MOST_AXES),
    }

    @classmethod
    def absent(cls, regions: int, ndim: int = MOST_AXES) -> Moments:
        """Return the statistic of regions without a voxel in either mask."""
        numbers, sums, outers = (regions,), (regions, ndim), (regions, ndim, ndim)
        return cls(*map(np.zeros, (numbers, numbers, sums, sums, outers, outers)))

    def grouped(self, groups: Integers, count: int) -> Moments:
        """Return all regions of a group as one: region r belongs to `groups[r]` of `count`."""
        # A table of groups by regions, 1 where one belongs to the other: its product with a field
        # adds up numbers, vectors and matrices alike.
        member = (groups == np.arange(count)[:, None]).astype(np.float64)
        return Moments(*(np.tensordot(member, field, 1) for field in self._fields()))

    @classmethod
    def columns(cls, need: Need) -> Columns:
        """Return one array: label, axes, numbers, sums and outer products, padded to 3 axes."""
        return {"moments": Column("float64", 4 + 2 * MOST_AXES + 2 * MOST_AXES**2)}

    def flat(self, need: Need, labels: Integers, *, sample: bool = False) -> Arrays:
        """Return a row for each region."""
        regions, axes = self.sum_p.shape
        lacking = (0, MOST_AXES - axes)
        sums = [np.pad(field, ((0, 0), lacking)) for field in (self.sum_p, self.sum_g)]
        outers = [
            np.pad(field, ((0, 0), lacking, lacking)).reshape(regions, MOST_AXES**2)
            for field in (self.outer_p, self.outer_g)
        ]
        numbers = np.full(regions, axes), self.n_p, self.n_g
        marks = marked(labels, sample=sample)
        return {"moments": np.column_stack([marks, *numbers, *sums, *outers])}

    @classmethod
    def cases(cls, need: Need, arrays: Arrays, regions: int) -> RegionCases:
        """Return the moments of each case.

        Raises `UsageError` for cases of 2 axes beside others of 3.
        """
        rows = arrays["moments"]
        marks = Marks.of(rows[:, 0])
        # Rows without a voxel do not say how many axes there are: every case has one of label 0,
        # measured or not.
        occurring = rows[:, 2:4].any(1)
        numbers_of_axes = np.unique(rows[occurring, 1]).astype(np.int64)
        if len(numbers_of_axes) > 1:
            raise UsageError(
                "some cases have 2 axes and others 3: their moments cannot be scored together; "
                "pass them apart"
            )
        axes = int(numbers_of_axes.max(initial=1))
        cells = np.zeros((marks.cases * regions, rows.shape[1] - 2))
        cells[marks.cells(regions)] = rows[:, 2:]
        # Two numbers, two sums of 3 columns, two products of 9.
        n_p, n_g, sum_p, sum_g, outer_p, outer_g = np.split(cells, [1, 2, 5, 8, 17], axis=1)
        moments = cls(
            n_p[:, 0],
            n_g[:, 0],
            sum_p[:, :axes],
            sum_g[:, :axes],
            outer_p.reshape(-1, MOST_AXES, MOST_AXES)[:, :axes, :axes],
            outer_g.reshape(-1, MOST_AXES, MOST_AXES)[:, :axes, :axes],
        )
        return RegionCases(marks.cases, regions, moments)

    @property
    def size_g(self) -> Floats:
        """Voxels of the ground truth."""
        return self.n_g

    @property
    def empty_p(self) -> Flags:
        """Mask of the regions of which the prediction has no voxel."""
        return np.asarray(self.n_p == 0)

    @property
    def empty_g(self) -> Flags:
        """Mask of the regions of which the ground truth has no voxel."""
        return np.asarray(self.n_g == 0)

    @property
    def mean_p(self) -> Floats:
        """Centre of mass of the prediction, (R, d)."""
        return ratio(self.sum_p, self.n_p[:, None])

    @property
    def mean_g(self) -> Floats:
        """Centre of mass of the ground truth, (R, d)."""
        return ratio(self.sum_g, self.n_g[:, None])

    def mahalanobis(self) -> Floats:
        """Return the distance of the two centres in units of the common covariance, (R,).

        It is NaN where that is singular. The common covariance is the mean of the two sample
        covariances, weighted by the numbers of voxels.
        """
        shift = self.mean_p - self.mean_g
        weighted_p = self.n_p[:, None, None] * _covariance(self.outer_p, self.sum_p, self.n_p)
        weighted_g = self.n_g[:, None, None] * _covariance(self.outer_g, self.sum_g, self.n_g)
        spread = ratio(weighted_p + weighted_g, (self.n_p + self.n_g)[:, None, None])
        # a flat mask has a singular covariance; far from the first voxel it is not quite so, by
        # what rounding leaves of squared positions
        negligible = 1e-12 * ratio(
            np.trace(self.outer_p + self.outer_g, axis1=1, axis2=2), self.n_p + self.n_g
        )
        scores = np.full(len(shift), np.nan)
        for region in np.flatnonzero(np.isfinite(shift).all(1) & np.isfinite(spread).all((1, 2))):
            covariance, difference = spread[region], shift[region]
            rank = np.linalg.matrix_rank(covariance, negligible[region], hermitian=True)
            if rank == len(difference):
                scores[region] = (difference @ np.linalg.solve(covariance, difference)) ** 0.5
        return scores


def _covariance(outer: Floats, total: Floats, n: Floats) -> Floats:
    """Return the sample covariance from sums, with n - 1 in the denominator."""
    # A single voxel gives 0/0: its spread is not known.
    n = n[:, None, None]
    return ratio(outer - ratio(total[:, :, None] * total[:, None, :], n), n - 1)
