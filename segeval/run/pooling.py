"""Pooled scores: those of all cases added up, as if they were one."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from segeval.arrays import Floats
from segeval.data.regions import Region
from segeval.metrics.card import Metric
from segeval.protocols.protocol import Protocol
from segeval.results.columns import ALL
from segeval.statistics.counts import Counts
from segeval.statistics.many import relative_to_smallest
from segeval.statistics.statistic import Need, RegionStatistic, Statistic

from .record import Scored

Scores: TypeAlias = Mapping[str, Mapping[str, float]]
"""Scores by column, and then by region."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """The pooled scores of a run, under both weightings."""

    by_volume: Scores = field(default_factory=dict)
    """Scores where voxels weigh their volume; in px all weigh the same."""
    by_voxels: Scores = field(default_factory=dict)
    """Scores where all voxels weigh the same, whatever their size."""


@dataclass(frozen=True, slots=True)
class _Sums:
    """One statistic of all cases added up, under both weightings."""

    by_volume: Statistic
    by_voxels: Statistic


def pooled_scores(
    scored: Sequence[Scored],
    counts: Sequence[Counts],
    regions: Sequence[Region],
    protocol: Protocol,
) -> Pooled:
    """Return the scores of all cases added up.

    A large case weighs more than a small one. There are scores of the metrics whose statistics are
    kept of every case. `counts` are those of the cases, which others need as well.
    """
    if not scored:
        return Pooled()
    volumes = np.array([case.measured.voxel_volume for case in scored])
    weights = relative_to_smallest(volumes)
    has_one_unit = len({case.space.volume_unit for case in scored}) == 1
    sums: dict[Need, _Sums] = {}
    for need in protocol.needs:
        if need == Need(Counts):
            sums[need] = _sums(counts, weights)
        elif need.statistic.pooled:
            sums[need] = _sums(
                [case.measured.of_regions(need, regions) for case in scored], weights
            )
    by_volume: dict[str, dict[str, float]] = {}
    by_voxels: dict[str, dict[str, float]] = {}
    for metric in protocol.metrics:
        if metric.need not in sums:
            continue
        names = [ALL]
        if metric.spec.scope == "region":
            names = [region.name for region in regions]
        volume, voxels = _scores(metric, sums[metric.need], names, has_one_unit=has_one_unit)
        by_volume[metric.column] = dict(zip(names, volume.tolist(), strict=True))
        by_voxels[metric.column] = dict(zip(names, voxels.tolist(), strict=True))
    return Pooled(by_volume, by_voxels)


def _sums(statistics: Sequence[Statistic], weights: Floats) -> _Sums:
    """Return the sums of a statistic over cases; `weights` (cases,) are by volume."""
    by_voxels = functools.reduce(operator.add, statistics)
    if (weights == 1).all():
        return _Sums(by_voxels, by_voxels)
    weighted = [
        statistic.weighted(_spread(weight, statistic))
        for statistic, weight in zip(statistics, weights, strict=True)
    ]
    return _Sums(functools.reduce(operator.add, weighted), by_voxels)


def _spread(weight: float, statistic: Statistic) -> Floats:
    """Return the weight of a case for each of its regions; once, where it holds none."""
    if not isinstance(statistic, RegionStatistic):
        return np.array(weight)
    return np.full(len(statistic.size_g), weight)


def _scores(
    metric: Metric, sums: _Sums, names: Sequence[str], *, has_one_unit: bool
) -> tuple[Floats, Floats]:
    """Return the pooled scores by volume and by voxels; NaN where units do not add up.

    Numbers and volumes of voxels are sums themselves, which no weighting changes.
    """
    voxels = metric.score(sums.by_voxels, names)
    volume = voxels
    if metric.spec.unit not in ("voxel", "volume") and sums.by_volume is not sums.by_voxels:
        volume = metric.score(sums.by_volume, names)
    if has_one_unit:
        return volume, voxels
    undefined = np.full(len(voxels), np.nan)
    match metric.spec.unit:
        case "voxel":
            return voxels, voxels
        case "volume":
            return undefined, undefined
        case _:
            return undefined, voxels
