"""The numbers of a cases table as one array, which summaries and figures work on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segeval.arrays import Flags, Floats
from segeval.errors import UsageError
from segeval.metrics.card import Metric
from segeval.results.columns import FAILED, applies, metrics_of

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """Scores by case, region and metric, each in the order of the table; failed cases are left out.

    `values` is (cases, regions, metrics), NaN where undefined, where a metric does not apply to a
    region and where the table has no row; `present`, (cases, regions), tells the rows that it has.
    """

    cases: tuple[str, ...]
    regions: tuple[str, ...]
    metrics: tuple[Metric, ...]
    values: Floats
    present: Flags

    @classmethod
    def of(cls, table: DataFrame, metrics: Sequence[Metric] | None = None) -> Cube:
        """Return the cube of a cases table.

        `metrics` are those of its columns, None for what their names say. Raises `UsageError` for
        unknown metrics and two rows of one case and region.
        """
        import pandas as pd

        metrics = metrics_of(table) if metrics is None else tuple(metrics)
        rows = table[table["region"] != FAILED]
        # Numbers of cases and regions in the order in which they first appear.
        case, cases = pd.factorize(rows["case"])
        region, regions = pd.factorize(rows["region"])
        present = np.zeros((len(cases), len(regions)), dtype=bool)
        present[case, region] = True
        if present.sum() < len(rows):
            twice = rows[rows.duplicated(["case", "region"])].iloc[0]
            raise UsageError(
                f"the table has two rows for case {twice['case']!r} and region "
                f"{twice['region']!r}; keep one of them"
            )
        values = np.full((*present.shape, len(metrics)), np.nan)
        values[case, region] = rows[[m.column for m in metrics]].to_numpy(dtype=np.float64)
        return cls(tuple(map(str, cases)), tuple(map(str, regions)), metrics, values, present)

    def regions_of(self, metric: Metric) -> tuple[str, ...]:
        """Return the regions that carry the metric."""
        return tuple(region for region in self.regions if applies(metric, region))

    def scores(self, metric: Metric) -> Floats:
        """Return the metric's values, (cases, `regions_of(metric)`)."""
        places = [place for place, region in enumerate(self.regions) if applies(metric, region)]
        return self.values[:, places, self.metrics.index(metric)]
