"""The fold of records: tables, and what figures need beyond them.

Records hold the regions of their own case. The fold lays them onto the regions of the run: R of
them, in one order for all cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from segeval.arrays import Floats
from segeval.data.regions import Region
from segeval.measure.measured import Measured
from segeval.metrics.card import Metric
from segeval.protocols.protocol import Protocol
from segeval.results.columns import ALL, FAILED, applies
from segeval.results.details import Details
from segeval.statistics.counts import Counts
from segeval.statistics.curves import Curves

from .record import Record, Scored
from .scoring import NEITHER, Scores

if TYPE_CHECKING:
    from pandas import DataFrame

Failed: TypeAlias = Literal["error", "skip", "worst"]
"""Choices for a case that failed: left out of all means, and an error in the end; left out; or
counted with the worst value of every metric in every region."""


def all_regions(records: Iterable[Record], protocol: Protocol) -> tuple[Region, ...]:
    """Return the regions of the run: those asked for, or a region for every label of any case."""
    measured = [
        region for record in records if record.scored for region in record.scored.measured.regions
    ]
    return protocol.regions_among(sorted({label for region in measured for label in region.labels}))


def cases_table(
    records: Sequence[Record], regions: Sequence[Region], protocol: Protocol, failed: Failed
) -> DataFrame:
    """Return the table with one row a case and region, in the order of `records` and `regions`.

    Its columns are `case`, `region`, one for each metric, `note` and `protocol`. A failed case has
    one row, whose note says why; or, where it counts with the worst values, one for every region.
    """
    import pandas as pd

    names: list[str] = []
    places: list[str] = []
    notes: list[str] = []
    # never without a block, which `vstack` refuses: there may be no record yet
    blocks: list[Floats] = [np.empty((0, len(protocol.metrics)))]
    for record in records:
        scores = _rows(record, regions, protocol, failed)
        names += [record.pair.id] * len(scores.regions)
        places += scores.regions
        notes += scores.notes
        blocks.append(scores.values)
    columns = [metric.column for metric in protocol.metrics]
    table = pd.DataFrame(np.vstack(blocks), columns=columns)
    table.insert(0, "case", names)
    table.insert(1, "region", places)
    table["note"] = notes
    table["protocol"] = protocol.stamp
    return table


def details(
    records: Sequence[Record], counts: Sequence[Counts], regions: Sequence[Region]
) -> Details:
    """Return volumes (cases, R) and NSD curves of all cases.

    `counts` are those of the cases that were scored, in their order; a failed case has NaN, and no
    curve.
    """
    place = {region.name: position for position, region in enumerate(regions)}
    volume_p, volume_g = np.full((2, len(records), len(regions)), np.nan)
    # failed cases have no counts: the iterator moves on with the scored ones alone
    sizes_of_scored = iter(counts)
    for row, record in enumerate(records):
        if record.scored is None:
            continue
        sizes = next(sizes_of_scored)
        volume_p[row] = np.where(sizes.empty_p, 0, sizes.volume_p)  # NaN where there is a mesh
        volume_g[row] = np.where(sizes.empty_g, 0, sizes.volume_g)
    names = tuple(record.pair.id for record in records)
    return Details(names, tuple(place), volume_p, volume_g, _curves(records, place))


def _curves(records: Sequence[Record], place: Mapping[str, int]) -> Curves:
    """Return the NSD curves of all cases for the regions of the run, which have these places."""
    # one of no region, as there may be no case
    members = [Curves.absent(0)]
    order = np.full((len(records), len(place)), -1)
    count = 0
    for row, record in enumerate(records):
        if record.scored and record.scored.curves is not None:
            members.append(record.scored.curves)
            columns = [place[region.name] for region in record.scored.measured.regions]
            order[row, columns] = np.arange(count, count + len(columns))
            count += len(columns)
    return Curves.stacked(members).select(order.ravel())


def _rows(record: Record, regions: Sequence[Region], protocol: Protocol, failed: Failed) -> Scores:
    """Return the rows of a case in the table, also of one that failed."""
    if record.scored:
        return _completed(record.scored, record.notes, regions, protocol.metrics)
    if failed == "worst" and regions:
        return _worst(record, regions, protocol.metrics)
    nothing = np.full((1, len(protocol.metrics)), np.nan)
    return Scores((FAILED,), nothing, (f"failed: {record.error}",))


def _completed(
    scored: Scored, notes: Sequence[str], regions: Sequence[Region], metrics: Sequence[Metric]
) -> Scores:
    """Return the rows of a case for every region of the run, also where it is in neither mask.

    A run scores every label of any case, so that a case may lack regions that others hold.
    """
    measured = {region.name for region in scored.measured.regions}
    further = [region for region in regions if region.name not in measured]
    if not further:  # then they are measured in the order of the run
        return scored.scores
    names = tuple(region.name for region in further)
    values = np.full((len(further), len(metrics)), np.nan)
    for column, metric in enumerate(metrics):
        if metric.spec.scope == "region":
            values[:, column] = _of_absent(metric, scored.measured, further)
    note = "; ".join((NEITHER, *notes))
    rest = Scores(names, values, (note,) * len(further))
    return _in_order([scored.scores, rest], [region.name for region in regions])


def _of_absent(metric: Metric, measured: Measured, regions: Sequence[Region]) -> Floats | float:
    """Return the scores of regions that are in neither mask.

    The card, or the protocol, says what such a region scores; else its formula decides.
    """
    if metric.empty.both is not None:
        return metric.empty.both
    absent = measured.absent(metric.need, regions)
    return metric.score(absent, [region.name for region in regions])


def _in_order(parts: Sequence[Scores], regions: Sequence[str]) -> Scores:
    """Return the rows of several in the order of the regions, that of the whole case last."""
    rows = {
        region: (values, note)
        for part in parts
        for region, values, note in zip(part.regions, part.values, part.notes, strict=True)
    }
    order = [*regions, ALL] if ALL in rows else list(regions)
    return Scores(
        tuple(order),
        np.array([rows[region][0] for region in order]),
        tuple(rows[region][1] for region in order),
    )


def _worst(record: Record, regions: Sequence[Region], metrics: Sequence[Metric]) -> Scores:
    """Return the rows of a failed case as the worst that can be, in every region of the run."""
    names = [region.name for region in regions]
    if any(metric.spec.scope == "case" for metric in metrics):
        names.append(ALL)
    values = [
        [metric.worst if applies(metric, name) else np.nan for metric in metrics] for name in names
    ]
    note = f"failed, scored as the worst: {record.error}"
    return Scores(tuple(names), np.array(values), (note,) * len(names))
