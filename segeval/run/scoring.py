"""From the statistics of a case to its rows.

A row has one value per metric for a region, and a note wherever there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segeval.arrays import Floats
from segeval.measure.measured import Measured
from segeval.metrics.card import Metric
from segeval.results.columns import ALL


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Rows of a case in the table of cases.

    >>> Scores(("liver",), np.array([[0.9, 4.5]]), ("",)).row("liver", 1)
    4.5
    """

    regions: tuple[str, ...]
    """Name of the region of each row."""
    values: Floats
    """Values, (rows, metrics), NaN where a metric does not apply to the row."""
    notes: tuple[str, ...]
    """Note of each row, "" where there is nothing to tell."""

    def row(self, region: str, metric: int) -> float:
        """Return one value of the row of a region, by the position of its metric.

        For those who listen to a run: docs/python.md.
        """
        return float(self.values[self.regions.index(region), metric])


NEITHER = "region in neither mask"
"""The note of a region without a voxel."""


def score_measured(
    measured: Measured, metrics: Sequence[Metric], remarks: Sequence[str] = ()
) -> Scores:
    """Return the rows of a case: one a region, and one for the whole case if a metric asks for it.

    Metrics of regions are NaN in the row of the whole case, called `all`, and metrics of whole
    cases in all others. `remarks` about the case go into the note of every row.
    """
    by_region = np.full((len(measured.regions), len(metrics)), np.nan)
    whole = np.full(len(metrics), np.nan)
    per_region = np.array([metric.spec.scope == "region" for metric in metrics], dtype=bool)
    names = [region.name for region in measured.regions]
    for column, metric in enumerate(metrics):
        scored = metric.score(measured.statistics[metric.need], names)
        if per_region[column]:
            by_region[:, column] = scored
        else:
            whole[column] = scored[0]
    counts = measured.counts
    # most rows have nothing to tell; those that have are few, so that a loop over them is cheap
    plain = np.isfinite(by_region[:, per_region]).all(1) & ~counts.empty_p & ~counts.empty_g
    chosen = [m for m in metrics if m.spec.scope == "region"]
    notes = ["; ".join(remarks)] * len(plain)
    for row in np.flatnonzero(~plain).tolist():
        emptiness = _emptiness(counts.empty_p[row], counts.empty_g[row])
        notes[row] = _note(emptiness, by_region[row, per_region], chosen, remarks)
    # without a metric of whole cases, these have no row
    if per_region.all():
        return Scores(tuple(names), by_region, tuple(notes))
    notes.append(
        _note("", whole[~per_region], [m for m in metrics if m.spec.scope == "case"], remarks)
    )
    return Scores((*names, ALL), np.vstack([by_region, whole]), tuple(notes))


def _emptiness(no_p: bool, no_g: bool) -> str:
    """Return which of the masks a region is not in; "" if it is in both.

    >>> _emptiness(no_p=True, no_g=False)
    'region not in the prediction'
    """
    if no_p and no_g:
        return NEITHER
    if no_p:
        return "region not in the prediction"
    if no_g:
        return "region not in the ground truth"
    return ""


def _note(emptiness: str, row: Floats, metrics: Sequence[Metric], remarks: Sequence[str]) -> str:
    """Return why values of a row are NaN or infinite, and what else was remarked.

    Where a mask is empty, that explains all of them.
    """
    if emptiness:
        return "; ".join([emptiness, *remarks])
    reasons = []
    for metric, value in zip(metrics, row.tolist(), strict=True):
        if np.isnan(value):
            reasons.append(f"{metric.column} undefined (a denominator vanishes)")
        elif np.isinf(value):
            reasons.append(f"{metric.column} infinite (division by 0)")
    return "; ".join([*reasons, *remarks])
