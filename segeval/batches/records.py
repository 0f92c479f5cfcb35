"""Statistics as flat arrays: the form in which many cases are kept, concatenated and gathered from
other processes.

The first array of a record has rows for labels of every case, 0 first, so that its first column
tells where a case begins. Single samples all belong to one case: their rows have the complement of
the label there (−1 for 0, …).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Integers
from segeval.errors import UsageError
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.depths import Depths
from segeval.statistics.distances import Distances, SurfaceDistances
from segeval.statistics.moments import Moments

from .averages import Cases

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
Columns: TypeAlias = dict[str, tuple[str, int]]
"""By name the dtype of an array and its number of columns, 0 for a single axis."""


class Record(Protocol):
    """How one kind of statistic is laid out in arrays."""

    @property
    def columns(self) -> Columns:
        """The arrays."""

    def pack(self, statistic: Any, labels: Integers, *, pooled: bool = False) -> Arrays:
        """The record of one case, whose regions have these labels, 0 first; `pooled`: of single
        samples.
        """

    def unpack(self, arrays: Arrays, regions: int) -> Cases:
        """The cases of a record, with so many regions each."""


@dataclass(frozen=True, slots=True)
class _Counts:
    @property
    def columns(self) -> Columns:
        return {
            "counts": ("float64", 7)
        }  # label, tp, voxels of pred, of gt, of the image, volumes of pred and gt

    def pack(self, statistic: Counts, labels: Integers, *, pooled: bool = False) -> Arrays:
        p, g = statistic.tp + statistic.fp, statistic.size_g
        total = p + statistic.fn + statistic.tn
        marks = ~labels if pooled else labels
        return {
            "counts": np.column_stack(
                [marks, statistic.tp, p, g, total, statistic.volume_p, statistic.volume_g]
            )
        }

    def unpack(self, arrays: Arrays, regions: int) -> Cases:
        rows = arrays["counts"]
        case, label, count = _places(rows[:, 0])
        cells = case * regions + label
        tp, p, g, total, volume_p, volume_g = (
            np.bincount(cells, rows[:, column], count * regions).astype(np.float64)
            for column in range(1, 7)
        )
        total = np.repeat(total[:: max(1, regions)], regions)  # of label 0, which every case has
        return Cases(
            count, regions, Counts(tp, p - tp, g - tp, total - p - g + tp, volume_p, volume_g)
        )


@dataclass(frozen=True, slots=True)
class _Table:
    @property
    def columns(self) -> Columns:
        return {"table": ("int64", 4)}  # number of the row, gt, pred, voxels

    def pack(self, statistic: Contingency, labels: Integers, *, pooled: bool = False) -> Arrays:
        rows = np.stack([statistic.gt, statistic.pred, statistic.count], 1)
        if not len(rows):
            rows = np.zeros((1, 3), np.int64)  # all ignored, and still a case
        marks = np.arange(len(rows))
        return {"table": np.column_stack([~marks if pooled else marks, rows])}

    def unpack(self, arrays: Arrays, regions: int) -> Cases:
        rows = arrays["table"]
        case, _, count = _places(rows[:, 0])
        tables = [Contingency(*part[part[:, 3] > 0, 1:].T) for part in _split(rows, case, count)]
        nothing = Contingency(*np.zeros((3, 0), np.int64))
        return Cases(
            count, regions, [table + nothing for table in tables]
        )  # samples come in any order: sorted


@dataclass(frozen=True, slots=True)
class _Histograms:
    kind: Any
    sets: tuple[str, ...]
    dtype: str = "int64"

    @property
    def name(self) -> str:
        name: str = self.kind.__name__
        return name.lower()

    @property
    def columns(self) -> Columns:
        found: Columns = {
            self.name: ("int64", 1 + len(self.sets))
        }  # label, number of distances in each set
        for part in self.sets:
            found |= {
                f"{self.name}_{part}": ("float64", 0),
                f"{self.name}_{part}_size": (self.dtype, 0),
            }
        return found

    def pack(self, statistic: Any, labels: Integers, *, pooled: bool = False) -> Arrays:
        sets = {part: getattr(statistic, part) for part in self.sets}
        lengths = [np.diff(one.start) for one in sets.values()]
        arrays = {self.name: np.stack([labels, *lengths], 1)}
        for part, one in sets.items():
            arrays |= {
                f"{self.name}_{part}": one.value,
                f"{self.name}_{part}_size": one.size.astype(self.dtype),
            }
        return arrays

    def unpack(self, arrays: Arrays, regions: int) -> Cases:
        rows = arrays[self.name]
        case, label, count = _places(rows[:, 0])
        lengths = np.zeros((count * regions, len(self.sets)), np.int64)
        lengths[case * regions + label] = rows[:, 1:]
        starts = np.concatenate([np.zeros((1, len(self.sets)), np.int64), np.cumsum(lengths, 0)])
        parts = (
            Distances(
                np.ascontiguousarray(start),
                arrays[f"{self.name}_{part}"],
                arrays[f"{self.name}_{part}_size"],
            )
            for part, start in zip(self.sets, starts.T, strict=True)
        )
        return Cases(count, regions, self.kind(*parts))


@dataclass(frozen=True, slots=True)
class _Moments:
    @property
    def columns(self) -> Columns:
        return {
            "moments": ("float64", 4 + 2 * 3 + 2 * 9)
        }  # label, axes, numbers, sums, outer products: up to 3 axes

    def pack(self, statistic: Moments, labels: Integers, *, pooled: bool = False) -> Arrays:
        regions, axes = statistic.sum_p.shape
        room = ((0, 0), (0, 3 - axes))
        sums = [np.pad(field, room) for field in (statistic.sum_p, statistic.sum_g)]
        outers = [
            np.pad(field, (*room, room[1])) for field in (statistic.outer_p, statistic.outer_g)
        ]
        fields = (
            np.full(regions, axes),
            statistic.n_p,
            statistic.n_g,
            *sums,
            *(o.reshape(regions, 9) for o in outers),
        )
        return {"moments": np.column_stack([labels, *fields])}

    def unpack(self, arrays: Arrays, regions: int) -> Cases:
        rows = arrays["moments"]
        case, label, count = _places(rows[:, 0])
        several = np.unique(rows[rows[:, 2:4].any(1), 1]).astype(np.int64)
        if len(several) > 1:
            raise UsageError(
                "some cases have 2 axes and others 3: their moments cannot be scored together; "
                "pass them apart"
            )
        axes = int(several.max(initial=1))
        cells = np.zeros((count * regions, rows.shape[1] - 2))
        cells[case * regions + label] = rows[:, 2:]
        sums = [part[:, :axes] for part in (cells[:, 2:5], cells[:, 5:8])]
        outers = [
            part.reshape(-1, 3, 3)[:, :axes, :axes] for part in (cells[:, 8:17], cells[:, 17:])
        ]
        return Cases(count, regions, Moments(cells[:, 0], cells[:, 1], *sums, *outers))


ODD = "odd"
"""The record that counts the voxels of a device whose values were not allowed: nothing waits there
to look at them.
"""


@functools.cache
def record_of(kind: Any) -> Record:
    """The record of a kind of statistic."""
    if issubclass(kind, SurfaceDistances):
        return _Histograms(kind, ("pg", "gp"), "float64" if kind.boundary.weighs else "int64")
    others: dict[type, Record] = {Counts: _Counts(), Contingency: _Table(), Moments: _Moments()}
    return others[kind] if kind in others else _Histograms(Depths, ("p", "g", "shared"))


def joined(records: Sequence[Arrays]) -> Arrays:
    """The record of all cases of several."""
    return {name: np.concatenate([record[name] for record in records]) for name in records[0]}


def labels_of(arrays: Arrays) -> int:
    """How many labels the record knows, from its first array; 0 for an empty one."""
    marks = next(iter(arrays.values()))[:, 0].astype(np.int64)
    return int(np.where(marks < 0, ~marks, marks).max(initial=-1)) + 1


def _places(marks: NDArray[Any]) -> tuple[Integers, Integers, int]:
    """The case and the label of each row, and the number of cases; all single samples are the last
    case.
    """
    marks = marks.astype(np.int64)
    case = np.cumsum(marks == 0) - 1
    samples = marks < 0
    count = int(np.count_nonzero(marks == 0))
    return (
        np.where(samples, count, case),
        np.where(samples, ~marks, marks),
        count + int(samples.any()),
    )


def _split(rows: NDArray[Any], case: Integers, count: int) -> list[NDArray[Any]]:
    if not count:
        return []
    rows = rows[np.argsort(case, kind="stable")]
    return np.split(rows, np.searchsorted(np.sort(case), np.arange(1, count)))
