"""What is kept of one finished case: enough for every table and figure, in one line of JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Singles
from segeval.data.regions import Region
from segeval.io import Pair
from segeval.io.nonfinite import read_spelled, spelled
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.statistic import Need, RegionStatistic, Statistic

from .scoring import Scores

TOLERANCES = 65
"""Number of tolerances of the stored NSD curves, half a voxel apart."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was read: enough to tell later whether it is still the same.

    `modified` is its time of modification in nanoseconds.
    """

    bytes: int
    modified: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Space:
    """The space that a case lies in.

    It has the number of axes, the units, the smallest spacing and the volume of a voxel; NaN where
    there are none.
    """

    axes: int
    unit: str
    volume_unit: str
    finest: float
    voxel_volume: float


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """NSD of each region of a case at each tolerance, (R, T).

    Tolerances are multiples of half the spacing `finest`, from 0.
    """

    finest: float
    nsd: Singles

    @property
    def tolerances(self) -> Floats:
        """Tolerances, (T,), in the unit of the spacing."""
        return tolerances(self.finest)


def tolerances(finest: float) -> Floats:
    """Return the tolerances of NSD curves: multiples of half the finest spacing, from 0.

    >>> tolerances(1.0)[:3].tolist()
    [0.0, 0.5, 1.0]
    """
    return np.arange(TOLERANCES) * finest / 2


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What scoring a case gave: its rows, and what is added up or drawn later.

    `regions` are those that were measured. `statistics` are those that a run adds up over cases and
    that the `contingency` table does not hold. `curve` is None where no surface was measured.
    """

    space: Space
    regions: tuple[Region, ...]
    scores: Scores
    contingency: Contingency
    statistics: Mapping[Need, Statistic] = field(default_factory=dict)
    curve: Curve | None = None

    def counts_of(self, regions: Sequence[Region]) -> Counts:
        """Return the counts of any regions, also of such as do not occur in the case."""
        return Counts.of(self.contingency, regions, self.space.voxel_volume)

    def of_regions(self, need: Need, regions: Sequence[Region]) -> Statistic:
        """Return a statistic that is added up over cases, for any regions."""
        from_table = need.statistic.of_table(self.contingency, regions, self.space.voxel_volume)
        if from_table is not None:
            return from_table
        measured = self.statistics[need]
        if not isinstance(measured, RegionStatistic):
            return measured
        position = {region.name: place for place, region in enumerate(self.regions)}
        order = [position.get(region.name, -1) for region in regions]
        return measured.select(np.array(order, np.int64))

    def absent(self, need: Need, regions: Sequence[Region]) -> Statistic:
        """Return the statistic of regions that occur in neither mask of the case."""
        from_table = need.statistic.of_table(self.contingency, regions, self.space.voxel_volume)
        if from_table is not None:
            return from_table
        assert issubclass(need.statistic, RegionStatistic)  # others are of the whole table
        return need.statistic.absent(len(regions))


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What became of one pair of files: its scores, or the `error` that stopped it.

    `notes` say what was done to get there. `inputs` are the prediction and the ground truth, None
    for a file that was not read.
    """

    pair: Pair
    seconds: float
    error: str = ""
    notes: tuple[str, ...] = ()
    inputs: tuple[Input | None, Input | None] = (None, None)
    scored: Scored | None = None

    @property
    def scores(self) -> Scores | None:
        """Rows of the case; None for one that failed."""
        return self.scored.scores if self.scored else None

    def summary(self) -> dict[str, Any]:
        """Return what run.json says of the case."""
        pred, gt = self.inputs
        content: dict[str, Any] = {
            "pred": self.pair.pred and str(self.pair.pred.absolute()),
            "gt": str(self.pair.gt.absolute()),
            "files": {"pred": _file(pred), "gt": _file(gt)},
            "seconds": round(self.seconds, 4),
        }
        if self.error:
            content["error"] = self.error
        if self.notes:
            content["remarks"] = list(self.notes)
        return content

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON can hold it, without loss; `from_json` is the way back."""
        pair = self.pair
        return {
            "id": pair.id,
            "pred": pair.pred and str(pair.pred),
            "gt": str(pair.gt),
            "seconds": self.seconds,
            "error": self.error,
            "notes": list(self.notes),
            "inputs": [source and _slots(source) for source in self.inputs],
            "scored": self.scored and _scored_to_json(self.scored),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], needs: Sequence[Need]) -> Record:
        """Return the record that `to_json` wrote, of a run with these needs."""
        pred, gt = (source and Input(**source) for source in content["inputs"])
        pair = Pair(content["id"], content["pred"] and Path(content["pred"]), Path(content["gt"]))
        return cls(
            pair=pair,
            seconds=content["seconds"],
            error=content["error"],
            notes=tuple(content["notes"]),
            inputs=(pred, gt),
            scored=content["scored"] and _scored_from_json(content["scored"], needs),
        )


def _file(source: Input | None) -> dict[str, Any] | None:
    if source is None:
        return None
    return {"bytes": source.bytes, "sha256": source.sha256}


def _scored_to_json(scored: Scored) -> dict[str, Any]:
    labels = np.arange(len(scored.regions))
    return {
        "space": spelled(_slots(scored.space)),
        "regions": {region.name: sorted(region.labels) for region in scored.regions},
        "rows": list(scored.scores.regions),
        "notes": list(scored.scores.notes),
        "values": encode(scored.scores.values),
        "table": [encode(column) for column in _columns(scored.contingency)],
        "statistics": {
            need.name: {name: encode(array) for name, array in statistic.flat(need, labels).items()}
            for need, statistic in scored.statistics.items()
        },
        "curve": scored.curve and {"finest": scored.curve.finest, "nsd": encode(scored.curve.nsd)},
    }


def _scored_from_json(content: Mapping[str, Any], needs: Sequence[Need]) -> Scored:
    regions = tuple(Region(name, frozenset(labels)) for name, labels in content["regions"].items())
    statistics = {}
    for need in needs:
        if need.name in content["statistics"]:
            flat = {name: decode(text) for name, text in content["statistics"][need.name].items()}
            (statistics[need],) = need.statistic.cases(need, flat, len(regions)).each()
    values: Floats = decode(content["values"])
    curve = content["curve"]
    return Scored(
        space=Space(**read_spelled(content["space"])),
        regions=regions,
        scores=Scores(tuple(content["rows"]), values, tuple(content["notes"])),
        contingency=Contingency(*map(decode, content["table"])),
        statistics=statistics,
        curve=curve and Curve(curve["finest"], decode(curve["nsd"])),
    )


def _columns(table: Contingency) -> tuple[NDArray[Any], ...]:
    return table.gt, table.pred, table.count


def _slots(data: Any) -> dict[str, Any]:
    return {name: getattr(data, name) for name in data.__slots__}


def encode(array: NDArray[Any]) -> dict[str, Any]:
    """Return an array as JSON can hold it, every bit of it.

    >>> decode(encode(np.array([0.1, np.nan]))).tolist()
    [0.1, nan]
    """
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    text = base64.b64encode(little.tobytes()).decode("ascii")
    return {"dtype": little.dtype.str, "shape": list(array.shape), "data": text}


def decode(content: Mapping[str, Any]) -> NDArray[Any]:
    """Return the array that `encode` wrote."""
    dtype = np.dtype(content["dtype"])
    flat = np.frombuffer(base64.b64decode(content["data"], validate=True), dtype)
    return flat.reshape(content["shape"]).astype(dtype.newbyteorder("="))
