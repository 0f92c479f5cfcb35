"""Results to draw, seen through the metrics that were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from segeval.arrays import Floats, Integers
from segeval.errors import UsageError
from segeval.metrics import separate
from segeval.metrics.card import Metric, badness
from segeval.results.columns import ALL, metric_of
from segeval.results.results import Results
from segeval.run.scoring import NEITHER
from segeval.summary.cube import Cube

from .errors import NothingToDraw
from .style import PALETTE, printable, region_names, sentences

if TYPE_CHECKING:
    from pandas import DataFrame


PREFERRED = ("dice", "iou")
"""Overlaps that speak for a table before any other: precision alone tells half of it."""


VERBS = {True: "is", False: "are"}
OCCURS = {True: "occurs", False: "occur"}
"""Verbs by whether their subject is a single one."""


class Leading(NamedTuple):
    """The overlap and the distance that speak for a table; None where it has none."""

    overlap: Metric | None
    distance: Metric | None


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Results to draw, and what of them."""

    results: Results
    cube: Cube
    """Scores of all metrics in the regions that occur in some mask."""
    regions: tuple[str, ...]
    """These regions, without `all`."""
    metrics: tuple[Metric, ...]
    """Metrics that were chosen; all of the first protocol where none was."""
    chosen: bool
    """Whether any was chosen."""
    worst: int
    """Number of cases to show singly."""
    nowhere: int = 0
    """Number of regions in no mask at all: cube and figures do without them."""

    @classmethod
    def of(cls, results: Results, metrics: Sequence[str] | None, worst: int) -> Source:
        """Return the source for these metrics. Raises `UsageError` for those that the table lacks.

        Raises `NothingToDraw` for tables without scores.
        """
        cube = _drawable(results.cases)
        chosen = tuple(dict.fromkeys(map(metric_of, separate(list(metrics or ())))))
        # Parameters belong to a metric: hd95 is absent where only hd was scored.
        absent = [metric.column for metric in chosen if metric not in cube.metrics]
        if absent:
            present = ", ".join(metric.column for metric in cube.metrics)
            raise UsageError(
                f"metric {absent[0]!r} is not in the table, which has {present}; score again "
                f"with -m {absent[0]}"
            )
        return cls(
            results,
            cube,
            regions=tuple(region for region in cube.regions if region != ALL),
            metrics=chosen or _of_first_protocol(cube.metrics),
            chosen=bool(chosen),
            worst=worst,
            nowhere=len(_nowhere(results.cases)),
        )

    @property
    def extent(self) -> str:
        """The numbers of cases and regions that were scored: `30 cases × 3 regions`."""
        return f"{counted(len(self.cube.cases), 'case')} × {counted(len(self.regions), 'region')}"

    def omissions(self, *, scored: bool = True) -> str:
        """Return the sentences of a caption on what a figure is without; empty for nothing.

        These are regions that occur nowhere, cases that failed, and those that an interrupted run
        did not come to. A failed case that counts as the worst has scores and no masks: `scored`
        tells whether the figure shows scores.
        """
        run = self.results.run
        failed = sum("error" in case for case in run.get("cases", {}).values())
        fate = VERBS[failed == 1] + " missing"
        if scored and run.get("failed") == "worst":
            fate = "counted as the worst"
        lacking = run.get("cases_asked", 0) - run.get("cases_done", 0)
        nowhere = f"{counted(self.nowhere, 'region')} that {OCCURS[self.nowhere == 1]} nowhere"
        return sentences(
            (failed, f"{counted(failed, 'failed case')} {fate}."),
            (lacking > 0, f"The run was interrupted: {counted(lacking, 'case')} not scored."),
            (self.nowhere, f"{nowhere} {VERBS[self.nowhere == 1]} left out."),
        )

    @property
    def _units(self) -> dict[str, str]:
        """Units of the run, by quantity; results that were changed may not say them."""
        units: dict[str, str] = self.results.run.get("units", {})
        return units

    @property
    def length_unit(self) -> str:
        """Unit of lengths."""
        return str(self._units.get("length", ""))

    @property
    def volume_unit(self) -> str:
        """Unit of volumes."""
        return str(self._units.get("volume", ""))

    def colors(self, regions: Sequence[str]) -> list[str]:
        """Return a colour for each region, the same in all figures.

        There is one for all when they are more than the palette holds.
        """
        if len(self.regions) > len(PALETTE):
            return [PALETTE[0]] * len(regions)
        color_of_region = dict(zip(self.regions, PALETTE, strict=False))
        # `all` is none of the regions.
        return [color_of_region.get(region, PALETTE[-1]) for region in regions]

    def name(self, case: int, region: int) -> str:
        """Return what a figure calls a case, with its region where there are several."""
        name = printable(self.cube.cases[case])
        if len(self.regions) == 1:
            return name
        return f"{name} · {region_names(self.regions, 16)[region]}"

    def leading(self) -> Leading:
        """Return an overlap (in [0, 1], best 1) and a distance (a length, best 0).

        It is the first overlap of `PREFERRED`, or else of the table, and the first distance of the
        table. Metrics of whole cases do not count.
        """
        regional = [metric for metric in self.metrics if metric.spec.scope == "region"]
        overlaps = [m for m in regional if m.spec.best == 1 and m.spec.range == (0, 1)]
        preferred = [m for name in PREFERRED for m in overlaps if m.spec.name == name]
        return Leading(
            overlap=next(iter(preferred + overlaps), None),
            distance=next(
                (m for m in regional if m.spec.best == 0 and m.spec.unit == "length"), None
            ),
        )

    def ranking(self) -> Metric | None:
        """Return the metric that says which cases are worst; None where none can.

        It is the first that can of those chosen, else the leading overlap or distance.
        """
        candidates = list(self.metrics)
        if not self.chosen:
            candidates = [metric for metric in self.leading() if metric] + candidates
        for metric in candidates:
            if metric.spec.scope == "region" and metric.spec.best is not None:
                return metric
        return None


def _drawable(table: DataFrame) -> Cube:
    """Return the scores of the regions that occur in some mask. Raises `NothingToDraw`."""
    if not len(table):
        raise NothingToDraw("the table of cases is empty: there was no region to score")
    cube = Cube.of(table)
    if not cube.cases:
        raise NothingToDraw(
            "there is no scored case in the table, so nothing to draw; see the notes of its rows"
        )
    nowhere = _nowhere(table)
    places = [place for place, region in enumerate(cube.regions) if region not in nowhere]
    if not places:
        raise NothingToDraw(
            f"nothing to draw: none of the {len(cube.regions):,} regions occurs in any mask"
        )
    return replace(
        cube,
        regions=tuple(cube.regions[place] for place in places),
        values=cube.values[:, places],
        present=cube.present[:, places],
    )


def _of_first_protocol(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """Return the metrics of the first of several protocols: figures of all would be too many."""
    protocols = [metric.column.rpartition("/")[0] for metric in metrics]
    return tuple(
        metric
        for metric, protocol in zip(metrics, protocols, strict=True)
        if protocol == protocols[0]
    )


def _nowhere(table: DataFrame) -> set[str]:
    """Return the regions that are in neither mask of any case."""
    # A region is left out only where no row of it lacks this note.
    lacking = table["note"].astype(str).str.contains(NEITHER, regex=False)
    return set(table.loc[lacking, "region"]) - set(table.loc[~lacking, "region"])


def counted(number: int, word: str) -> str:
    """Return a number of things with its noun.

    >>> counted(3000, "case"), counted(1, "case")
    ('3,000 cases', '1 case')
    """
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def badness_of(scores: Floats, metric: Metric) -> Floats:
    """Return how bad each value is: the larger, the worse.

    Raises `NothingToDraw` for metrics without a best value.
    """
    goal = metric.spec.goal
    if goal is None:
        raise NothingToDraw(
            f"{metric.column} has no best value, so no case is the worst; choose another metric"
        )
    return badness(scores, goal)


def worst_first(bad: Floats) -> Integers:
    """Return the order of the rows of (rows, columns) badness, the worst first.

    Rows go by their number of infinite values, then by the mean of the finite ones; rows without a
    defined value come last.
    """
    infinite = np.isposinf(bad).sum(axis=1)
    finite = np.isfinite(bad)
    n = finite.sum(axis=1)
    mean = np.where(finite, bad, 0).sum(axis=1) / np.maximum(n, 1)
    mean[n == 0] = -np.inf
    # `lexsort` goes by its last key first.
    return np.lexsort((-mean, -infinite))
