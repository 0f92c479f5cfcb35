"""The statistics of a case, as they were measured: what scores and records are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segeval.data.regions import Region
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.statistic import Need, RegionStatistic, Statistic


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The statistics of a case, by need, each with its regions in the order of `regions`.

    `contingency` and `counts` are there whatever was needed: they tell which regions are empty.
    `voxel_volume` is in the unit of volume of the grid, NaN where a side is a mesh.
    """

    regions: tuple[Region, ...]
    contingency: Contingency
    counts: Counts
    statistics: dict[Need, Statistic]
    voxel_volume: float

    def counts_of(self, regions: Sequence[Region]) -> Counts:
        """Return the counts of any regions, also of such as do not occur in the case."""
        if tuple(regions) == self.regions:
            return self.counts
        return Counts.of(self.contingency, regions, self.voxel_volume)

    def absent(self, need: Need, regions: Sequence[Region]) -> Statistic:
        """Return the statistic of further regions, which occur in neither mask of the case."""
        statistic = need.statistic.of_table(self.contingency, regions, self.voxel_volume)
        if statistic is not None:
            return statistic
        assert issubclass(need.statistic, RegionStatistic)  # others are of the whole table
        return need.statistic.absent(len(regions))

    def of_regions(self, need: Need, regions: Sequence[Region]) -> Statistic:
        """Return the statistic of any regions, also of such as do not occur in the case."""
        statistic = need.statistic.of_table(self.contingency, regions, self.voxel_volume)
        if statistic is not None:
            return statistic
        measured = self.statistics[need]
        assert isinstance(measured, RegionStatistic)  # others are of the whole table
        place = {region.name: position for position, region in enumerate(self.regions)}
        order = [place.get(region.name, -1) for region in regions]  # -1: in neither mask
        return measured.select(np.array(order, np.int64))
