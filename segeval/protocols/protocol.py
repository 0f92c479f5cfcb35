"""What a run measures: regions, metrics with their parameters, and the policies that decide every
doubtful case.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.io import Colors, parse_colors
from segeval.io.nonfinite import spelled
from segeval.metrics import DEFAULT_METRICS, parse_metrics
from segeval.metrics.card import MeanFirst, Metric
from segeval.statistics.boundary import VOXEL, Boundary
from segeval.statistics.statistic import Need

from .descriptions import describe, described
from .regions import BACKGROUND

Missing: TypeAlias = Literal["error", "skip", "empty"]
"""What a ground truth without a prediction means: stop, leave it out, or score an empty prediction.
"""


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything about a run that can change a number.

    `name` and `title` are those of the convention that the metrics come from, `boundary` its rule
    where a metric has none of its own. `regions` None stands for every label above 0 that any mask
    of the run holds. `mean_first`: the order of a mean over regions and cases.
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
    mean_first: MeanFirst = "regions"
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
    def needs(self) -> tuple[Need, ...]:
        """Statistics that the metrics need, each once."""
        return tuple(dict.fromkeys(metric.need for metric in self.metrics))

    @property
    def surface(self) -> Need | None:
        """Distances between boundaries that the metrics need: those of the first that needs any."""
        return next(
            (need for need in self.needs if need.boundary and need.boundary.card.surface), None
        )

    def regions_among(self, labels: Sequence[int]) -> tuple[Region, ...]:
        """Return the regions to score where these labels occur."""
        regions = self.regions
        if regions is None:
            occurring = sorted(set(labels) - {0, self.ignore_label})
            regions = tuple(Region.of(label) for label in occurring)
        if self.include_background and not any(region.labels == {0} for region in regions):
            return (BACKGROUND, *regions)
        return regions

    def to_dict(self) -> dict[str, Any]:
        """Return the protocol in full, as run.json keeps it.

        `hash` is that of all that can change a number. `from_dict` is the way back.
        """
        regions, colors = self.regions, self.colors
        content: dict[str, Any] = {
            "name": self.name,
            "boundary": str(self.boundary),
            "mean": self.mean_first,
            "metrics": {metric.column: describe(metric) for metric in self.metrics},
            "regions": regions and {region.name: sorted(region.labels) for region in regions},
            "include_background": self.include_background,
            "ignore_label": self.ignore_label,
            "binary": self.binary,
            "spacing": self.spacing and list(self.spacing),
            "geometry_tolerance": self.geometry_tolerance,
            "missing": self.missing,
            "colors": colors and {_hex(color): label for color, label in colors.items()},
        }
        content = spelled(content)
        text = json.dumps(content, sort_keys=True).encode()
        return {**content, "title": self.title, "hash": hashlib.sha256(text).hexdigest()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Protocol:
        """Return the protocol that `to_dict` wrote.

        Raises `UsageError` for what is none.

        >>> protocol = Protocol(ignore_label=3)
        >>> Protocol.from_dict(protocol.to_dict()) == protocol
        True
        """
        try:
            regions, colors, spacing = (content[key] for key in ("regions", "colors", "spacing"))
            return cls(
                metrics=tuple(described(*item) for item in content["metrics"].items()),
                regions=None if regions is None else _regions(regions),
                include_background=content["include_background"],
                ignore_label=content["ignore_label"],
                binary=content["binary"],
                spacing=spacing and tuple(spacing),
                geometry_tolerance=float(content["geometry_tolerance"]),
                missing=content["missing"],
                colors=colors and parse_colors(colors),
                name=content["name"],
                title=content["title"],
                boundary=Boundary.parse(content["boundary"]),
                mean_first=content["mean"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(
                f"does not say how it was measured ({type(error).__name__}: {error}); run segeval "
                "score again"
            ) from error

    @property
    def stamp(self) -> str:
        """Name with the beginning of the hash: what tells rows of different protocols apart."""
        return stamp_of(self.to_dict())


def stamp_of(protocol: Mapping[str, Any]) -> str:
    """Return the stamp of a protocol as run.json keeps it.

    >>> stamp_of({"name": "monai", "hash": "0123456789abcdef"})
    'monai-01234567'
    """
    return f"{protocol['name']}-{protocol['hash'][:8]}"


def _regions(content: Mapping[str, Sequence[int]]) -> tuple[Region, ...]:
    return tuple(Region(name, frozenset(labels)) for name, labels in content.items())


def _hex(color: Sequence[int]) -> str:
    red, green, blue = color
    return f"#{red:02x}{green:02x}{blue:02x}"
