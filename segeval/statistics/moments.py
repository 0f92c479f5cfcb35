"""Where the voxels of a mask lie and how they spread: the statistic of distances between centres of
mass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from segeval.arrays import Flags, Floats, Integers

from .ratios import ratio


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Number, sum and sum of outer products of the voxels' positions, by region: (R,), (R, d) and
    (R, d, d).

    Positions are in the unit of the spacing, from the grid's first voxel.
    """

    n_p: Floats
    n_g: Floats
    sum_p: Floats
    sum_g: Floats
    outer_p: Floats
    outer_g: Floats
    background: ClassVar[bool] = False

    @classmethod
    def absent(cls, regions: int, ndim: int = 3) -> Moments:
        """The statistic of regions without a voxel in either mask."""
        shapes = ((regions,), (regions,), *[(regions, ndim)] * 2, *[(regions, ndim, ndim)] * 2)
        return cls(*(np.zeros(shape) for shape in shapes))

    @classmethod
    def stacked(cls, members: Sequence[Moments]) -> Moments:
        """The regions of all members, one after the other."""
        return cls(*(np.concatenate([getattr(m, name) for m in members]) for name in cls.__slots__))

    def grouped(self, groups: Integers, count: int) -> Moments:
        """All regions of a group as one region: region r belongs to `groups[r]` of `count` groups."""
        member = (groups == np.arange(count)[:, None]).astype(np.float64)
        return Moments(*(np.tensordot(member, getattr(self, name), 1) for name in self.__slots__))

    def select(self, order: Integers) -> Moments:
        """The regions at these positions, in this order; -1 is a region without a voxel in either
        mask.
        """
        fields = (getattr(self, name) for name in self.__slots__)
        return Moments(
            *(
                np.concatenate([field, np.zeros_like(field, shape=(1, *field.shape[1:]))])[order]
                for field in fields
            )
        )

    def __add__(self, other: Moments) -> Moments:
        return Moments(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def size_g(self) -> Floats:
        """Voxels of the ground truth."""
        return self.n_g

    @property
    def empty_p(self) -> Flags:
        """Where the prediction has no voxel of the region."""
        return np.asarray(self.n_p == 0)

    @property
    def empty_g(self) -> Flags:
        """Where the ground truth has no voxel of the region."""
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
        """Distance of the two centres in units of the common covariance, (R,); NaN where that is
        singular.

        The common covariance is the mean of the two sample covariances, weighted by the numbers of
        voxels.
        """
        shift = self.mean_p - self.mean_g
        weighted_p = self.n_p[:, None, None] * _covariance(self.outer_p, self.sum_p, self.n_p)
        weighted_g = self.n_g[:, None, None] * _covariance(self.outer_g, self.sum_g, self.n_g)
        spread = ratio(weighted_p + weighted_g, (self.n_p + self.n_g)[:, None, None])
        # a flat mask far from the first voxel leaves what rounding leaves of squared positions, not 0
        nothing = 1e-12 * ratio(
            np.trace(self.outer_p + self.outer_g, axis1=1, axis2=2), self.n_p + self.n_g
        )
        scores = np.full(len(shift), np.nan)
        for region in np.flatnonzero(np.isfinite(shift).all(1) & np.isfinite(spread).all((1, 2))):
            if (
                np.linalg.matrix_rank(spread[region], nothing[region], hermitian=True)
                == shift.shape[1]
            ):
                scores[region] = (
                    shift[region] @ np.linalg.solve(spread[region], shift[region])
                ) ** 0.5
        return scores


def _covariance(outer: Floats, total: Floats, n: Floats) -> Floats:
    """Sample covariance from sums, with n - 1 in the denominator."""
    n = n[:, None, None]
    return ratio(outer - ratio(total[:, :, None] * total[:, None, :], n), n - 1)
