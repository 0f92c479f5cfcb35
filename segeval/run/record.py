"""The record of one finished case: enough for every table and figure, in one line of JSON.

Tables, summaries and figures of a run are made from records alone, never from masks: so a run that
was stopped goes on from its journal, and memory does not grow with the size of the images. Numbers
survive the way through JSON to the last bit, since arrays are written as their bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats
from segeval.data.provenance import Input
from segeval.data.regions import Region
from segeval.io import Pair
from segeval.io.documents import TEXT_OR_NONE, check_shape
from segeval.io.nonfinite import read_spelled, spelled
from segeval.measure.measured import Measured
from segeval.results.columns import ALL
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.curves import Curves
from segeval.statistics.statistic import Arrays, Need, Statistic

from .scoring import Scores

SHAPE = {
    "id": str,
    "pred": TEXT_OR_NONE,
    "gt": str,
    "roi": TEXT_OR_NONE,
    "seconds": float,
    "error": str,
    "notes": [str],
    "inputs": list,
}
SHAPE_SCORED = {
    "space": {"axes": int, "unit": str, "volume_unit": str, "finest": float},
    "voxel_volume": (float, str),
    "regions": {...: [int]},
    "rows": [str],
    "notes": [str],
    "values": dict,
}
"""Shapes of a line of the journal and of the outcome in it, for `check_shape`."""


@dataclass(frozen=True, slots=True)
class Space:
    """The space that a case lies in."""

    axes: int
    """Number of axes, 2 or 3."""
    unit: str
    """Unit of lengths."""
    volume_unit: str
    """Unit of volumes."""
    finest: float
    """Smallest spacing along any axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The outcome of scoring a case: its rows, and what is added up or drawn later."""

    space: Space
    """Space that the case lies in."""
    scores: Scores
    """Rows of the case in the table."""
    measured: Measured
    """Contingency table, and the statistics that a run adds up and that it does not hold."""
    curves: Curves | None = None
    """NSD curves, None without a surface, and where there are too many regions."""

    def __post_init__(self) -> None:
        # a journal may hold anything
        names = tuple(region.name for region in self.measured.regions)
        scores = self.scores
        lengths = {len(scores.regions), len(scores.values), len(scores.notes)}
        if scores.regions not in (names, (*names, ALL)) or len(lengths) > 1:
            raise ValueError(f"rows {scores.regions} of the regions {names}")


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """The outcome of one pair of files: its scores, or the error that stopped it."""

    pair: Pair
    """Files that were scored, and the id of the case."""
    seconds: float
    """Time that the case took."""
    error: str = ""
    """Text of the error, "" for a case that was scored."""
    notes: tuple[str, ...] = ()
    """Sentences on what was done to get to the scores."""
    inputs: tuple[Input | None, ...] = (None, None, None)
    """Prediction, ground truth and region of interest as they were read, None for what was not."""
    scored: Scored | None = None
    """Scores and statistics, None for a case that failed."""

    @property
    def scores(self) -> Scores | None:
        """Rows of the case; None for one that failed."""
        return self.scored.scores if self.scored else None

    def summary(self) -> dict[str, Any]:
        """Return what run.json says of the case."""
        pred, gt, roi = self.inputs
        content: dict[str, Any] = {
            "pred": self.pair.pred and str(self.pair.pred.absolute()),
            "gt": str(self.pair.gt.absolute()),
            "files": {"pred": _file(pred), "gt": _file(gt)},
            "seconds": round(self.seconds, 4),
        }
        if self.pair.roi:
            content["roi"] = str(self.pair.roi.absolute())
            content["files"]["roi"] = _file(roi)
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
            # absolute, since the run that goes on may be started in another folder
            "pred": pair.pred and str(pair.pred.absolute()),
            "gt": str(pair.gt.absolute()),
            "roi": pair.roi and str(pair.roi.absolute()),
            "seconds": self.seconds,
            "error": self.error,
            "notes": list(self.notes),
            "inputs": [source and _slots(source) for source in self.inputs],
            "scored": self.scored and _scored_to_json(self.scored),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], needs: Sequence[Need]) -> Record:
        """Return the record that `to_json` wrote, of a run with these needs.

        Of the statistics in the record, those of other needs are left out.
        """
        check_shape(content, SHAPE)
        paths = {side: content[side] and Path(content[side]) for side in ("pred", "gt", "roi")}
        pair = Pair(content["id"], **paths)
        return cls(
            pair=pair,
            seconds=content["seconds"],
            error=content["error"],
            notes=tuple(content["notes"]),
            inputs=tuple(source and Input(**source) for source in content["inputs"]),
            scored=content["scored"] and _scored_from_json(content["scored"], needs),
        )


def _file(source: Input | None) -> dict[str, Any] | None:
    """Return what run.json says of a file; the time of modification is none of its business."""
    if source is None:
        return None
    return {"bytes": source.bytes, "sha256": source.sha256}


def _scored_to_json(scored: Scored) -> dict[str, Any]:
    """Return an outcome as JSON can hold it: statistics in their flat form, arrays encoded."""
    measured = scored.measured
    # the flat form is about labels; here the position of a region stands for one
    labels = np.arange(len(measured.regions))
    return {
        "space": _slots(scored.space),
        "voxel_volume": spelled(measured.voxel_volume),
        "regions": {region.name: sorted(region.labels) for region in measured.regions},
        "rows": list(scored.scores.regions),
        "notes": list(scored.scores.notes),
        "values": encode(scored.scores.values),
        "table": [encode(column) for column in _columns(measured.contingency)],
        "statistics": {
            need.name: _encoded(statistic.flat(need, labels))
            for need, statistic in measured.statistics.items()
        },
        "curves": None if scored.curves is None else _encoded(scored.curves.arrays),
    }


def _scored_from_json(content: Mapping[str, Any], needs: Sequence[Need]) -> Scored:
    """Return the outcome that `_scored_to_json` wrote."""
    check_shape(content, SHAPE_SCORED)
    regions = tuple(Region(name, frozenset(labels)) for name, labels in content["regions"].items())
    table = Contingency(*map(decode, content["table"]))
    voxel_volume = read_spelled(content["voxel_volume"])
    statistics: dict[Need, Statistic] = {}
    for need in needs:
        # what follows from the table alone is in no record
        if need.name in content["statistics"]:
            flat = _decoded(content["statistics"][need.name])
            (only_case,) = need.statistic.cases(need, flat, len(regions)).each()
            statistics[need] = only_case
    values: Floats = decode(content["values"])
    curves = content["curves"]
    return Scored(
        space=Space(**content["space"]),
        scores=Scores(tuple(content["rows"]), values, tuple(content["notes"])),
        measured=Measured(
            regions=regions,
            contingency=table,
            # these follow from the table, and are not stored
            counts=Counts.of(table, regions, voxel_volume),
            statistics=statistics,
            voxel_volume=voxel_volume,
        ),
        curves=curves and Curves.of_arrays(_decoded(curves)),
    )


def _encoded(arrays: Arrays) -> dict[str, Any]:
    """Return arrays by name as JSON can hold them."""
    return {name: encode(array) for name, array in arrays.items()}


def _decoded(content: Mapping[str, Any]) -> Arrays:
    """Return the arrays that `_encoded` wrote."""
    return {name: decode(array) for name, array in content.items()}


def _columns(table: Contingency) -> tuple[NDArray[Any], ...]:
    """Return the columns of a table in the order of its parameters."""
    return table.gt, table.pred, table.count


def _slots(data: Any) -> dict[str, Any]:
    """Return the fields of a flat dataclass by name; `asdict` would copy what they hold.

    >>> _slots(Space(axes=2, unit="px", volume_unit="px", finest=1.0))["unit"]
    'px'
    """
    return {name: getattr(data, name) for name in data.__slots__}


def encode(array: NDArray[Any]) -> dict[str, Any]:
    """Return an array as JSON can hold it, every bit of it: its bytes in base64.

    They are little-endian on every machine, so a journal may be read on another one.

    >>> decode(encode(np.array([0.1, np.nan]))).tolist()
    [0.1, nan]
    """
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    text = base64.b64encode(little.tobytes()).decode("ascii")
    return {"dtype": little.dtype.str, "shape": list(array.shape), "data": text}


def decode(content: Mapping[str, Any]) -> NDArray[Any]:
    """Return the array that `encode` wrote, in the byte order of this machine."""
    dtype = np.dtype(content["dtype"])
    flat = np.frombuffer(base64.b64decode(content["data"], validate=True), dtype)
    # a copy, too: a view of the decoded text could not be written to
    return flat.reshape(content["shape"]).astype(dtype.newbyteorder("="))
