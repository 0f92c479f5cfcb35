"""What figures are drawn from: results, seen through the metrics that were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.errors import UsageError
from segeval.metrics import separate
from segeval.metrics.card import Metric, badness
from segeval.results.columns import ALL, metric_of
from segeval.results.results import Results
from segeval.run.scoring import NEITHER
from segeval.summary.cube import Cube

from .style import PALETTE

if TYPE_CHECKING:
    from pandas import DataFrame


class NothingToDraw(UsageError):  # noqa: N818  # it says what is wrong
    """A kind of figure that these results hold no data for; the text says what is missing and how
    to get it.
    """


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Results to draw: `metrics` are those chosen, all where none was; `worst` is how many cases to
    show singly.

    `nowhere` is how many regions occur in no mask at all: the cube and the figures do without them.
    """

    results: Results
    cube: Cube
    metrics: tuple[Metric, ...]
    chosen: bool
    worst: int
    nowhere: int = 0

    @classmethod
    def of(cls, results: Results, metrics: Sequence[str] | None, worst: int) -> Source:
        """The source for these metrics. Raises `UsageError` for those that the table lacks.

        Raises `NothingToDraw` for tables without scores.
        """
        whole = Cube.of(results.cases)
        if not len(results.cases):
            raise NothingToDraw("the table of cases is empty: there was no region to score")
        if not whole.cases:
            raise NothingToDraw(
                "there is no scored case in the table, so nothing to draw; see the notes of its "
                "rows"
            )
        cube = _without(whole, _nowhere(results.cases))
        if not cube.regions:
            raise NothingToDraw(
                f"nothing to draw: none of the {len(whole.regions):,} regions occurs in any mask"
            )
        asked = tuple(dict.fromkeys(map(metric_of, separate(list(metrics or ())))))
        absent = [metric.column for metric in asked if metric not in cube.metrics]
        if absent:
            have = ", ".join(metric.column for metric in cube.metrics)
            raise UsageError(
                f"metric {absent[0]!r} is not in the table, which has {have}; score again with -m "
                f"{absent[0]}"
            )
        usual = _of_one_protocol(cube.metrics)
        return cls(
            results,
            cube,
            asked or usual,
            bool(asked),
            worst,
            len(whole.regions) - len(cube.regions),
        )

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that were scored and occur in some mask, without `all`."""
        return tuple(region for region in self.cube.regions if region != ALL)

    @property
    def extent(self) -> str:
        """How much was scored: `30 cases × 3 regions`."""
        return f"{counted(len(self.cube.cases), 'case')} × {counted(len(self.regions), 'region')}"

    @property
    def omission(self) -> str:
        """What a caption says of the regions that are left out; empty if none is."""
        if not self.nowhere:
            return ""
        verbs = ("occurs", "is") if self.nowhere == 1 else ("occur", "are")
        return f" {counted(self.nowhere, 'region')} that {verbs[0]} nowhere {verbs[1]} left out."

    @property
    def length_unit(self) -> str:
        """Unit of lengths."""
        return str(self.results.run["units"]["length"])

    @property
    def volume_unit(self) -> str:
        """Unit of volumes."""
        return str(self.results.run["units"]["volume"])

    def colors(self, regions: Sequence[str]) -> list[str]:
        """A colour for each region, the same in all figures; one for all when there are more than
        the palette holds.
        """
        if len(self.regions) > len(PALETTE):
            return [PALETTE[0]] * len(regions)
        return [
            PALETTE[self.regions.index(r)] if r in self.regions else PALETTE[-1] for r in regions
        ]

    def leading(self) -> tuple[Metric | None, Metric | None]:
        """The first overlap (in [0, 1], best 1) and the first distance (a length, best 0) among the
        region metrics.
        """
        specs = [(metric, metric.spec) for metric in self.metrics if metric.spec.scope == "region"]
        overlap = next((m for m, s in specs if s.best == 1 and s.range == (0, 1)), None)
        distance = next((m for m, s in specs if s.best == 0 and s.unit == "length"), None)
        return overlap, distance


def _of_one_protocol(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """Where several protocols are compared, the metrics of the first: figures of all would be too
    many.
    """
    first = metrics[0].column.rpartition("/")[0]
    return tuple(metric for metric in metrics if metric.column.rpartition("/")[0] == first)


def _nowhere(table: DataFrame) -> set[str]:
    """The regions that are in neither mask of any case."""
    lacking = table["note"].astype(str).str.contains(NEITHER, regex=False)
    return set(table.loc[lacking, "region"]) - set(table.loc[~lacking, "region"])


def _without(cube: Cube, regions: set[str]) -> Cube:
    at = [place for place, region in enumerate(cube.regions) if region not in regions]
    kept = tuple(cube.regions[place] for place in at)
    return replace(cube, regions=kept, values=cube.values[:, at], present=cube.present[:, at])


def counted(number: int, word: str) -> str:
    """How many there are of it.

    >>> counted(3000, "case")
    '3,000 cases'
    """
    return f"{number:,} {word}{'s' * (number != 1)}"


def badness_of(scores: Floats, metric: Metric) -> Floats:
    """Return how bad each score is: the larger, the worse.

    Raises `NothingToDraw` for a metric without a best value.
    """
    goal = metric.spec.goal
    if goal is None:
        raise NothingToDraw(
            f"{metric.column} has no best value, so no case is the worst; choose another metric"
        )
    return badness(scores, goal)


def worst_first(bad: Floats) -> Integers:
    """Order of the rows of (rows, columns) badness by mean; those with infinite values first,
    undefined ones last.
    """
    infinite = np.isposinf(bad).sum(axis=1)
    finite = np.isfinite(bad)
    n = finite.sum(axis=1)
    mean = np.where(finite, bad, 0).sum(axis=1) / np.maximum(n, 1)
    mean[n == 0] = -np.inf
    return np.lexsort((-mean, -infinite))
