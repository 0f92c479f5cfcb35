"""From the outcomes of a run to its results: tables, pooled scores, and what figures need beyond
them.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.arrays import Floats, Singles
from segeval.data.regions import Region
from segeval.protocols.protocol import Protocol
from segeval.results.columns import ALL, FAILED
from segeval.results.details import Details
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.ratios import ratio
from segeval.statistics.statistic import Need, Statistic

from .evaluate import Outcome
from .scoring import NEITHER, Scores

if TYPE_CHECKING:
    from pandas import DataFrame

STEPS = 65
"""How many tolerances the stored NSD curves have, half a voxel apart."""


def tolerances(spacing: Sequence[float]) -> Floats:
    """The tolerances of the stored NSD curves: multiples of half the finest spacing, from 0.

    >>> tolerances((1.0, 2.0))[:3].tolist()
    [0.0, 0.5, 1.0]
    """
    return np.arange(STEPS) * min(spacing) / 2


def nsd_curve(d: Any, tolerance: Floats) -> Singles:
    """NSD of each region at each tolerance, (R, T)."""
    within = d.pg.within_each(tolerance) + d.gp.within_each(tolerance)
    return np.asarray(ratio(within, (d.pg.total() + d.gp.total())[:, None]), dtype=np.float32)


def all_regions(outcomes: Sequence[Outcome], protocol: Protocol) -> tuple[Region, ...]:
    """The regions of the run: those asked for, or every one that any case holds."""
    found = {
        label
        for o in outcomes
        if o.measured
        for region in o.measured.regions
        for label in region.labels
    }
    return protocol.regions_among(sorted(found))


def completed(outcome: Outcome, regions: Sequence[Region], protocol: Protocol) -> Scores | None:
    """The scores of a case with a row for every region of the run, also where it is in neither
    mask.
    """
    if outcome.scores is None or outcome.measured is None:
        return None
    own = {region.name for region in outcome.measured.regions}
    further = [region for region in regions if region.name not in own]
    if not further:
        return outcome.scores
    values = np.full((len(further), len(protocol.metrics)), np.nan)
    for column, metric in enumerate(protocol.metrics):
        if metric.spec.scope == "region":
            both, names = metric.empty.both, [region.name for region in further]
            absent = None if both is not None else outcome.measured.absent(metric.need, further)
            values[:, column] = both if absent is None else metric.score(absent, names)
    rest = Scores(
        tuple(region.name for region in further),
        values,
        ("; ".join((NEITHER, *outcome.remarks)),) * len(further),
    )
    rows = {
        name: (row, note)
        for s in (outcome.scores, rest)
        for name, row, note in zip(s.regions, s.values, s.notes, strict=True)
    }
    order = [region.name for region in regions] + ([ALL] if ALL in rows else [])
    return Scores(
        tuple(order),
        np.array([rows[name][0] for name in order]),
        tuple(rows[name][1] for name in order),
    )


def failed_scores(outcome: Outcome, protocol: Protocol) -> Scores:
    """The one row of a case that could not be scored."""
    return Scores(
        (FAILED,), np.full((1, len(protocol.metrics)), np.nan), (f"failed: {outcome.error}",)
    )


def cases_table(
    outcomes: Sequence[Outcome], regions: Sequence[Region], protocol: Protocol
) -> DataFrame:
    """One row a case and region; a failed case has one row, whose note says why."""
    import pandas as pd

    names: list[str] = []
    places: list[str] = []
    notes: list[str] = []
    blocks: list[Floats] = [np.empty((0, len(protocol.metrics)))]
    for outcome in outcomes:
        scores = completed(outcome, regions, protocol) or failed_scores(outcome, protocol)
        names += [outcome.pair.id] * len(scores.regions)
        places += scores.regions
        notes += scores.notes
        blocks.append(scores.values)
    numbers = pd.DataFrame(
        np.vstack(blocks), columns=[metric.column for metric in protocol.metrics]
    )
    numbers.insert(0, "case", names)
    numbers.insert(1, "region", places)
    numbers["note"] = notes
    numbers["protocol"] = protocol.stamp
    return numbers


def pooled_scores(
    outcomes: Sequence[Outcome],
    counts: Sequence[Counts],
    regions: Sequence[Region],
    protocol: Protocol,
) -> dict[tuple[str, str], float]:
    """The score of the added counts of all cases, by region and column, for the metrics that counts
    are enough for.
    """
    tables = [o.measured.contingency for o in outcomes if o.measured]
    if not tables:
        return {}
    whole: dict[Need, Statistic] = {Need(Counts): functools.reduce(operator.add, counts)}
    if Need(Contingency) in protocol.needs:
        whole[Need(Contingency)] = functools.reduce(operator.add, tables)
    pooled = {}
    for metric in protocol.metrics:
        if metric.need in whole:
            names = [region.name for region in regions] if metric.spec.scope == "region" else [ALL]
            values = metric.score(whole[metric.need], names).tolist()
            pooled.update(
                {(name, metric.column): value for name, value in zip(names, values, strict=True)}
            )
    return pooled


def details(
    outcomes: Sequence[Outcome],
    counts: Sequence[Counts],
    curves: dict[int, Singles],
    tolerance: Floats,
    regions: Sequence[Region],
) -> Details:
    """Volumes and NSD curves; `curves` are those of the outcomes by position, with the regions of
    their own case.
    """
    place = {region.name: at for at, region in enumerate(regions)}
    shape = (len(outcomes), len(regions))
    volume_p, volume_g = np.full((2, *shape), np.nan)
    nsd = np.full((*shape, len(tolerance)), np.nan, np.float32)
    scored = iter(counts)
    for row, outcome in enumerate(outcomes):
        if outcome.measured is None:
            continue
        sizes = next(scored)
        volume_p[row] = np.where(
            sizes.empty_p, 0, sizes.volume_p
        )  # of a mesh, NaN where there is one
        volume_g[row] = np.where(sizes.empty_g, 0, sizes.volume_g)
        if row in curves:
            nsd[row, [place[region.name] for region in outcome.measured.regions]] = curves[row]
    names = tuple(outcome.pair.id for outcome in outcomes)
    return Details(names, tuple(place), volume_p, volume_g, tolerance, nsd)
