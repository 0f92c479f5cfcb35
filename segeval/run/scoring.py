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
    """Rows of the table of cases.

    `values` is (rows, metrics), NaN where a metric does not apply to the row.
    """

    regions: tuple[str, ...]
    values: Floats
    notes: tuple[str, ...]

    def row(self, region: str, metric: int) -> float:
        """Return one value, by the name of its region and the position of its metric."""
        return float(self.values[self.regions.index(region), metric])


NEITHER = "region in neither mask"
"""The note of a region without a voxel."""


def score_measured(
    measured: Measured, metrics: Sequence[Metric], remarks: Sequence[str] = ()
) -> Scores:
    """Return the rows of a case: one a region, and one for the whole case if a metric asks for it.

    `remarks` about the case go into the note of every row.
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
    plain = np.isfinite(by_region[:, per_region]).all(1) & ~counts.empty_p & ~counts.empty_g
    chosen = [m for m in metrics if m.spec.scope == "region"]
    notes = ["; ".join(remarks)] * len(plain)
    for row in np.flatnonzero(~plain).tolist():
        emptiness = _emptiness(counts.empty_p[row], counts.empty_g[row])
        notes[row] = _note(emptiness, by_region[row, per_region], chosen, remarks)
    if per_region.all():
        return Scores(tuple(names), by_region, tuple(notes))
    notes.append(
        _note("", whole[~per_region], [m for m in metrics if m.spec.scope == "case"], remarks)
    )
    return Scores((*names, ALL), np.vstack([by_region, whole]), tuple(notes))


def _emptiness(no_p: bool, no_g: bool) -> str:
    if no_p and no_g:
        return NEITHER
    return (
        "region not in the prediction" if no_p else "region not in the ground truth" if no_g else ""
    )


def _note(emptiness: str, row: Floats, metrics: Sequence[Metric], remarks: Sequence[str]) -> str:
    """Return why values of a row are NaN or infinite, and what else was remarked."""
    parts = [emptiness] if emptiness else []
    if not emptiness and not np.isfinite(row).all():
        parts += [
            f"{m.column} "
            f"{'undefined (a denominator vanishes)' if np.isnan(v) else 'infinite (division by 0)'}"
            for m, v in zip(metrics, row.tolist(), strict=True)
            if not np.isfinite(v)
        ]
    return "; ".join([*parts, *remarks])
