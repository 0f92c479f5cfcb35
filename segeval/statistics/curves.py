"""NSD against its tolerance: of each region the near distances, from which any point follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.arrays import Floats

from .distances import Distances, SurfaceDistances
from .ratios import ratio

MOST_CURVES = 1000
"""Curves are kept of cases with so many regions at most: of thousands of instances they would fill
the disk.
"""
EXACT = 128
"""Smallest distances of a region that are all kept: in voxels they reach over several of them."""
PARTS = 512
"""Share of what is near, as one over this, up to which farther distances become one: smooth
surfaces have as many distances as elements.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """NSD of regions against the tolerance; the regions may be those of many cases.

    `near` are the distances of both directions up to `limit` (R,), in single precision, and
    `total` (R,) is the size of both boundaries; 0 for a region that has none, and so no curve.
    """

    near: Distances
    total: Floats
    limit: Floats

    @classmethod
    def of(cls, distances: SurfaceDistances, limit: float) -> Curves:
        """Return the curves of the regions of a case, known up to a tolerance.

        >>> pair = SurfaceDistances(Distances.of([0, 1, 1]), Distances.of([0, 3]))
        >>> Curves.of(pair, limit=2).at([0, 1, 2])
        array([[0.4, 0.8, 0.8]])
        """
        near = (distances.pg.up_to(limit) + distances.gp.up_to(limit)).thinned(EXACT, PARTS)
        total = distances.pg.total() + distances.gp.total()
        # half of the space, and rounded by less than what tolerances have for slack
        single = Distances(near.start, near.value.astype(np.float32), near.size.astype(np.float32))
        return cls(single, total, np.full(len(total), limit))

    @classmethod
    def absent(cls, regions: int) -> Curves:
        """Return regions without a curve."""
        return cls(Distances.absent(regions), *np.zeros((2, regions)))

    @classmethod
    def stacked(cls, members: Sequence[Curves]) -> Curves:
        """Return the regions of all members, one after the other."""
        return cls(
            Distances.stacked([member.near for member in members]),
            np.concatenate([member.total for member in members]),
            np.concatenate([member.limit for member in members]),
        )

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Curves:
        """Return the curves of such arrays as `arrays` gives."""
        near = Distances(arrays["start"], arrays["distance"], arrays["size"])
        return cls(near, arrays["total"], arrays["limit"])

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays that files hold, by name.

        Region r has the distances `start[r]` to `start[r + 1]`, and its boundary `size` at each.
        """
        near = self.near
        return {
            "start": near.start,
            "distance": near.value,
            "size": near.size,
            "total": self.total,
            "limit": self.limit,
        }

    def __len__(self) -> int:
        return len(self.total)

    def select(self, order: ArrayLike) -> Curves:
        """Return the regions at these positions, in this order; −1 is one without a curve."""
        places = np.asarray(order, np.int64)
        return Curves(
            self.near.select(places),
            np.append(self.total, 0)[places],
            np.append(self.limit, 0)[places],
        )

    def at(self, tolerances: ArrayLike) -> Floats:
        """Return the NSD at some ascending tolerances, (R, T); NaN where there is no curve.

        Beyond its limit, a curve goes on as it was there.
        """
        within = self.near.within_each(np.asarray(tolerances, np.float64))
        return ratio(within, self.total[:, None])
