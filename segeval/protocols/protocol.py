"""What a run measures: regions, metrics with their parameters, and the policies that decide every
doubtful case.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from segeval.data.case import Region
from segeval.errors import UsageError
from segeval.io import Colors
from segeval.io.nonfinite import spelled
from segeval.metrics import DEFAULT_METRICS, parse_metrics
from segeval.metrics.card import Empty, Metric
from segeval.statistics.boundary import VOXEL, Boundary
from segeval.statistics.distances import SurfaceDistances, VolumeDistances

from .regions import BACKGROUND

Missing: TypeAlias = Literal["error", "skip", "empty"]
"""What a ground truth without a prediction means: stop, leave it out, or score an empty prediction.
"""


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything about a run that can change a number.

    `name` and `title` are those of the convention that the metrics come from, `boundary` its rule
    where a metric has none of its own. `regions` None stands for every label above 0 that any mask
    of the run holds. `cases_first`: means over regions and cases take that over cases first.
    `spacing` overrides that of the files; `colors` gives the labels of colour images. `notices` say
    what a user should know of how it was made.
    """

    metrics: tuple[Metric, ...] = parse_metrics(list(DEFAULT_METRICS))
    regions: tuple[Region, ...] | None = None
    include_background: bool = False
    ignore_label: int | None = None
    binary: bool = False
    spacing: tuple[float, ...] | None = None
    geometry_tolerance: float = 1e-3
    missing: Missing = "error"
    colors: Colors | None = None
    name: str = "segeval"
    title: str = "segeval"
    boundary: Boundary = VOXEL
    cases_first: bool = False
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.metrics:
            raise UsageError("no metric to compute; name at least one, such as dice")
        names = [region.name for region in self.regions_among(())]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise UsageError(
                f"region {min(twice)!r} is given twice; give every region its own name"
            )
        taken = {"", "all", "mean"}.intersection(names)
        if taken:
            raise UsageError(
                f"region name {min(taken)!r} has a meaning of its own in the tables; choose "
                f"another name"
            )
        if self.regions == ():
            raise UsageError("no region to score; name at least one, such as liver=1")
        if not self.geometry_tolerance >= 0:
            raise UsageError(
                f"geometry tolerance must be at least 0, not {self.geometry_tolerance}"
            )
        if self.spacing is not None and not all(
            0 < length < float("inf") for length in self.spacing
        ):
            raise UsageError(
                f"spacing must be lengths above 0, not {self.spacing}; give one in mm for each "
                f"array axis"
            )
        if self.ignore_label is not None and self.ignore_label < 0:
            raise UsageError(f"the label to ignore must be at least 0, not {self.ignore_label}")
        for metric in self.metrics if self.regions is not None else ():
            metric.check_regions(names)
        if self.missing not in get_args(Missing):
            raise UsageError(
                f"missing is one of {', '.join(get_args(Missing))}, not {self.missing!r}"
            )

    @property
    def statistics(self) -> frozenset[type]:
        """The statistics that the metrics need."""
        return frozenset(metric.statistic for metric in self.metrics)

    @property
    def surface(self) -> type[SurfaceDistances] | None:
        """The distances between boundaries that the metrics need: those of the first of these
        metrics.
        """
        kinds = (metric.statistic for metric in self.metrics)
        return next(
            (k for k in kinds if issubclass(k, SurfaceDistances) and k is not VolumeDistances), None
        )

    def regions_among(self, labels: Sequence[int]) -> tuple[Region, ...]:
        """The regions to score where these labels occur."""
        found = sorted(set(labels) - {0, self.ignore_label})
        regions = (
            self.regions if self.regions is not None else tuple(Region.of(label) for label in found)
        )
        if self.include_background and not any(region.labels == {0} for region in regions):
            regions = (BACKGROUND, *regions)
        return regions

    def to_dict(self) -> dict[str, Any]:
        """The protocol in full, as run.json keeps it; `hash` is that of all that can change a
        number.
        """
        content: dict[str, Any] = {
            "name": self.name,
            "boundary": str(self.boundary),
            "mean": _order(self.metrics, self.cases_first),
            "metrics": {m.column: told(m) for m in self.metrics},
            "regions": None
            if self.regions is None
            else {r.name: sorted(r.labels) for r in self.regions},
            "include_background": self.include_background,
            "ignore_label": self.ignore_label,
            "binary": self.binary,
            "spacing": None if self.spacing is None else list(self.spacing),
            "geometry_tolerance": self.geometry_tolerance,
            "missing": self.missing,
            "colors": self.colors
            and {"#{:02x}{:02x}{:02x}".format(*color): at for color, at in self.colors.items()},
        }
        content = spelled(content)
        return {
            **content,
            "title": self.title,
            "hash": hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        }

    @property
    def stamp(self) -> str:
        """The name with the beginning of the hash: what tells rows of different protocols apart."""
        return stamp_of(self.to_dict())


def _order(metrics: Sequence[Metric], cases_first: bool) -> str:
    if len({metric.cases_first for metric in metrics}) > 1:
        return "as each protocol has it"
    return "cases first, then regions" if cases_first else "regions first, then cases"


def stamp_of(protocol: Mapping[str, Any]) -> str:
    """The stamp of a protocol as run.json keeps it.

    >>> stamp_of({"name": "monai", "hash": "0123456789abcdef"})
    'monai-01234567'
    """
    return f"{protocol['name']}-{protocol['hash'][:8]}"


def told(metric: Metric) -> dict[str, Any]:
    """All that a protocol says of a metric."""
    own = metric.definition.metric if metric.definition else metric
    found: dict[str, Any] = {
        "formula": own.form,
        **({"protocol": metric.definition.protocol} if metric.definition else {}),
    }
    kind = metric.statistic
    if issubclass(kind, SurfaceDistances):
        found["boundary"] = str(kind.boundary)
    if metric.cases_first:
        found["mean"] = "cases first, then regions"
    by_region = {name: dict(value) for name, value in own.parameters if isinstance(value, tuple)}
    if metric.empty != Empty():
        found["empty"] = {
            side: spelled(getattr(metric.empty, side)) for side in ("both", "pred", "gt")
        }
    return found | by_region
