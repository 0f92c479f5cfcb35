"""Errors of every boundary rule and every tool against the truth: measured pair by pair, stored,
and averaged.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from families import GOLDEN, TOLERANCE, Golden, Masks, Pair, Truth, balls_of_radius, drawn, golden
from shapes import Box, Vector

from segeval import score
from segeval.data.case import Case
from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.data.regions import Region
from segeval.kernels.workspace import Workspace
from segeval.measure.dispatch import measure as measure_case
from segeval.metrics.surface import assd, hd, masd, nsd
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import SurfaceDistances
from segeval.statistics.statistic import Need

COLUMNS = {"hd": "HD", "hd95": "HD95", "assd": "ASSD", "masd": "MASD", "nsd": "NSD", "area": "area"}
METRICS = ("hd", "hd95", "assd", "masd", f"nsd@{TOLERANCE:g}")
"""The columns that metrics give, as they are written."""
RULES = ("voxel", "voxel:connectivity=3", "surfel", "face", "solid", "mesh", "smooth")
SHOWN = ("voxel", "surfel", "face", "mesh", "smooth")
"""The rules of the figures."""
AREAS = {"deepmind": "surfel", "meshmetrics": "mesh"}
"""The tools that give areas, and the rule whose areas they are."""
_NOT_TOOLS = ("segeval", "torchmetrics")
"""Protocols left out: ours is rule voxel, and torchmetrics' tool takes square images at spacing 1
alone.
"""

RADII = (3, 4, 6, 8, 12, 16, 24, 32, 40)
SLICES = (1, 1.5, 2, 3, 4, 5, 7, 10)
CUBES = (2, 3, 4, 6, 8, 12, 16)

Errors = dict[str, float]


@dataclass(frozen=True, slots=True)
class Record:
    """Errors on one pair: by rule or tool, the signed errors of its columns.

    Relative, but those of NSD, which are differences. Of the two areas it is the larger error.
    """

    group: str
    family: str
    spacing: Vector
    size: float
    truth: Truth
    errors: dict[str, Errors]

    @property
    def anisotropic(self) -> bool:
        """Whether a voxel is over half as long again as it is wide."""
        return max(self.spacing) > 1.5 * min(self.spacing)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean absolute error, how many it is of, and whether all were too large (1), too small (-1),
    or neither (0).
    """

    value: float
    count: int
    side: int


def mean(records: Iterable[Record], name: str, column: str) -> Mean:
    """The mean of a rule's or tool's errors in a column, over the pairs that have one."""
    found = np.array([r.errors[name][column] for r in records if column in r.errors.get(name, {})])
    if not len(found):
        return Mean(np.nan, 0, 0)
    return Mean(
        float(np.abs(found).mean()), len(found), int(all(found > 0.001)) - int(all(found < -0.001))
    )


def of_rule(rule: str, masks: Masks, spacing: Vector, truth: Truth) -> Errors:
    """The errors of a boundary rule on one pair."""
    measured = distances(masks, spacing, Boundary.parse(rule))
    if rule == "solid":  # no boundary: it has no area, and its means are over the inside
        return {"hd": _relative(hd(measured), truth.hd)}
    scores = {
        "hd": hd(measured),
        "hd95": hd(measured, 95),
        "assd": assd(measured),
        "masd": masd(measured),
    }
    errors = {column: _relative(value, getattr(truth, column)) for column, value in scores.items()}
    if not np.isnan(truth.nsd):
        errors["nsd"] = float(np.ravel(nsd(measured, TOLERANCE))[0]) - truth.nsd
    if not rule.startswith("voxel"):
        sides = [(measured.pg, truth.area_pred), (measured.gp, truth.area_gt)]
        errors["area"] = max((_relative(side.total(), true) for side, true in sides), key=abs)
    return errors


def distances(masks: Masks, spacing: Vector, boundary: Boundary) -> SurfaceDistances:
    """The distances between the two boundaries of a pair."""
    grid = Grid(masks.pred.shape, spacing, "mm")
    case = Case("pair", LabelMap.of(masks.pred, grid), LabelMap.of(masks.gt, grid))
    need = Need(SurfaceDistances, boundary)
    measured = measure_case(case, lambda _: [Region.of(1)], [need], Workspace())
    statistic = measured.statistics[need]
    assert isinstance(statistic, SurfaceDistances)
    return statistic


def of_tools(masks: Masks, spacing: Vector, truth: Truth) -> dict[str, Errors]:
    """The errors of every tool's own metrics on one pair, by the name of its protocol."""
    table = score(masks.pred, masks.gt, metrics=METRICS, spacing=spacing, protocol="all").iloc[0]
    found: dict[str, Errors] = {}
    for key in table.index:
        tool, _, metric = str(key).partition("/")
        column = metric.partition("@")[0]
        if column not in COLUMNS or tool in _NOT_TOOLS or (np.isnan(truth.nsd) and column == "nsd"):
            continue
        value, true = float(table[key]), getattr(truth, column)
        found.setdefault(tool, {})[column] = value - true if column == "nsd" else value / true - 1
    return found


def of_stored(case: Golden) -> dict[str, Errors]:
    """The errors of the values that tools themselves gave for a golden pair, by the name of their
    protocol.
    """
    found: dict[str, Errors] = {}
    for protocol, tool, name, metric in stored_names():
        column = {
            "hd": "hd",
            "hd95": "hd95",
            "assd": "assd",
            "masd": "masd",
            METRICS[-1]: "nsd",
        }.get(metric, "")
        value = case.tools.get(tool, {}).get(name)
        if value is None or not column or (column == "nsd" and np.isnan(case.truth.nsd)):
            continue
        true = getattr(case.truth, column)
        found.setdefault(protocol, {})[column] = (
            value - true if column == "nsd" else value / true - 1
        )
    return found


def stored_names() -> Iterator[tuple[str, str, str, str]]:
    """Protocol, tool, name there and metric here of everything that the golden numbers hold."""
    names = json.loads((GOLDEN.parent / "names.json").read_text(encoding="utf-8"))
    for protocol in sorted(set(names) - {"multilabel_global", *_NOT_TOOLS}):
        for tool, own in names[protocol].items():
            yield from ((protocol, tool, name, metric) for name, metric in own.items())


def _relative(value: Any, true: float) -> float:
    return float(np.ravel(value)[0]) / true - 1


def record(group: str, pair: Pair, truth: Truth, *, size: float = 0, tools: bool = False) -> Record:
    """Measures a pair by every rule and, where asked to, as every tool would."""
    masks = pair.masks()
    errors = {rule: of_rule(rule, masks, pair.spacing, truth) for rule in RULES}
    if tools:
        errors |= of_tools(masks, pair.spacing, truth)
        for tool, rule in AREAS.items():
            errors[tool]["area"] = errors[rule]["area"]
    return Record(group, pair.family, pair.spacing, size, truth, errors)


def measure() -> Iterator[Record]:
    """Measures everything that the page shows."""
    for case in golden().values():
        found = record("golden", case.pair, case.truth, tools=True)
        for tool, own in of_stored(case).items():
            found.errors[tool] |= own
        yield found
    for pair in drawn():
        yield record("drawn", pair, pair.truth(), tools=True)
    for radius in RADII:
        for pair in balls_of_radius(radius):
            yield record("radius", pair, pair.truth(), size=radius)
    for slices in SLICES:
        for pair in balls_of_radius(20, (slices, 1.0, 1.0)):
            yield record("slices", pair, pair.truth(), size=slices)
    for edge in CUBES:
        cube = partial(Box, turn=(), half=(edge / 2,) * 3)
        middle = (edge - 1) / 2  # so that faces lie between voxels
        pair = Pair(
            "boxes", cube((middle,) * 3), cube((middle + 1, middle, middle)), (1.0, 1.0, 1.0)
        )
        yield record("cubes", pair, pair.truth(), size=edge)


def save(records: Sequence[Record], path: Path) -> None:
    """Stores records, one a line."""
    lines = [json.dumps(_plain(r), separators=(",", ":")) for r in records]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def _plain(r: Record) -> dict[str, object]:
    errors = {
        name: [_rounded(by_column.get(column, np.nan), 5) for column in COLUMNS]
        for name, by_column in r.errors.items()
    }
    truth = [_rounded(value, 6) for value in r.truth]
    pair = {"group": r.group, "family": r.family, "spacing": r.spacing, "size": r.size}
    return pair | {"truth": truth, "errors": errors}


def _rounded(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)


def load(path: Path) -> list[Record]:
    """The stored records."""
    found = []
    for own in json.loads(path.read_text(encoding="utf-8")):
        truth = Truth(*(np.nan if value is None else value for value in own["truth"]))
        errors = {name: _present(values) for name, values in own["errors"].items()}
        found.append(
            Record(own["group"], own["family"], tuple(own["spacing"]), own["size"], truth, errors)
        )
    return found


def _present(values: Sequence[float | None]) -> Errors:
    return {
        column: value for column, value in zip(COLUMNS, values, strict=True) if value is not None
    }
