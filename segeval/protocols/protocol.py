"""The protocol of a run: what it measures, to the last decision that can change a number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, Literal, TypeAlias, TypedDict, get_args

from segeval.data.limits import FARTHEST, FINEST, is_length
from segeval.data.regions import LARGEST, Region
from segeval.errors import UsageError
from segeval.io import Colors, parse_colors
from segeval.io.colors import class_color
from segeval.io.files import is_utf8
from segeval.io.nonfinite import spelled
from segeval.metrics import DEFAULT_METRICS, parse_metrics
from segeval.metrics.card import MeanFirst, Metric
from segeval.statistics.boundary import VOXEL, Boundary
from segeval.statistics.statistic import Need

from .descriptions import describe, described
from .regions import BACKGROUND

Missing: TypeAlias = Literal["error", "skip", "empty"]
"""Choices for a ground truth without a prediction: stop, leave it out, or score an empty one."""


class Policies(TypedDict, total=False):
    """Fields of a protocol that say how masks are taken; one that is absent is as usual."""

    ignore_label: int | None
    """Label of the ground truth whose voxels are left out."""
    binary: bool
    """True where every value above 0 is taken as 1."""
    threshold: float | None
    """Value above which a prediction of scores is 1; the ground truth is taken as binary then."""
    spacing: tuple[float, ...] | None
    """Voxel size by array axis in mm, which goes before that of the files."""
    geometry_tolerance: float
    """Largest difference of the grids of a pair: of spacings, relative."""
    missing: Missing
    """Choice for a ground truth without a prediction."""
    colors: Colors | None
    """Labels of colour images."""


@dataclass(frozen=True)  # without slots, where `needs` and `surface` could not be kept
class Protocol:
    """A protocol of a run: its metrics and regions, and policies that decide every doubtful case.

    The policies are those of `Policies`.
    """

    metrics: tuple[Metric, ...] = parse_metrics(list(DEFAULT_METRICS))
    """Metrics, one a column."""
    regions: tuple[Region, ...] | None = None
    """Regions to score; None for every label above 0 that any mask of the run holds."""
    include_background: bool = False
    """True where label 0 is scored, too."""
    ignore_label: int | None = None
    binary: bool = False
    threshold: float | None = None
    spacing: tuple[float, ...] | None = None
    geometry_tolerance: float = 1e-3
    missing: Missing = "error"
    colors: Colors | None = None
    name: str = "segeval"
    """Name of the convention that the metrics come from."""
    title: str = "segeval"
    """Title of that convention; it changes no number."""
    boundary: Boundary = VOXEL
    """Rule of that convention where a metric has none of its own."""
    mean_first: MeanFirst = "regions"
    """Order of a mean over regions and cases: which of them is taken first."""
    notices: tuple[str, ...] = ()
    """Sentences on how the protocol was made, for the user; they change no number."""

    def __post_init__(self) -> None:
        if not self.metrics:
            raise UsageError("no metric to compute; name at least one, such as dice")
        self._check_regions()
        self._check_policies()
        if self.mean_first not in get_args(MeanFirst):
            raise UsageError(f"the mean over regions or cases is first, not {self.mean_first!r}")

    def _check_regions(self) -> None:
        """Raise `UsageError` for regions that tables cannot hold, or that a metric cannot score."""
        if self.regions == ():
            raise UsageError("no region to score; name at least one, such as liver=1")
        names = [region.name for region in self.regions_among(())]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise UsageError(
                f"region {min(repeated)!r} is given twice; give every region its own name"
            )
        # pandas before 3.1 reads a text to its first zero
        unwritable = [name for name in names if "\0" in name or not is_utf8(name)]
        if unwritable:
            raise UsageError(
                f"region name {unwritable[0]!r} is no text that tables can hold; choose another"
            )
        reserved = {"", "all", "mean"}.intersection(names)
        if reserved:
            raise UsageError(
                f"region name {min(reserved)!r} has a meaning of its own in the tables; choose "
                f"another name"
            )
        if self.regions is not None:
            for metric in self.metrics:
                metric.check_regions(names)

    def _check_policies(self) -> None:
        """Raise `UsageError` for policies outside of their range."""
        # not `< 0`, by which NaN would pass
        if not self.geometry_tolerance >= 0:
            raise UsageError(
                f"geometry tolerance must be at least 0, not {self.geometry_tolerance}"
            )
        if self.spacing is not None and not all(map(is_length, self.spacing)):
            raise UsageError(
                f"spacing must be lengths above 0, not {self.spacing}; give one in mm for each "
                f"array axis, from {FINEST:g} to {FARTHEST:g}"
            )
        if self.ignore_label is not None and not 0 <= self.ignore_label <= LARGEST:
            raise UsageError(
                f"the label to ignore must be from 0 to {LARGEST:,}, not {self.ignore_label}"
            )
        if self.threshold is not None and not isfinite(self.threshold):
            raise UsageError(f"the threshold must be a number such as 0.5, not {self.threshold}")
        if self.threshold is not None and self.colors is not None:
            raise UsageError(
                "colors stand for labels, and a threshold is for scores; give one of them"
            )
        if self.missing not in get_args(Missing):
            raise UsageError(
                f"missing is one of {', '.join(get_args(Missing))}, not {self.missing!r}"
            )

    @property
    def policies(self) -> Policies:
        """All policies of the run."""
        return Policies(
            ignore_label=self.ignore_label,
            binary=self.binary,
            threshold=self.threshold,
            spacing=self.spacing,
            geometry_tolerance=self.geometry_tolerance,
            missing=self.missing,
            colors=self.colors,
        )

    @property
    def takes_as_one(self) -> bool:
        """Whether all labels above 0 are taken as 1, of scores and of binary masks."""
        return self.binary or self.threshold is not None

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """Statistics that the metrics need, each once."""
        return tuple(dict.fromkeys(metric.need for metric in self.metrics))

    @cached_property
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
        # a region of label 0 that the user names takes the place of the usual one
        if self.include_background and not any(region.labels == {0} for region in regions):
            # by its number where a colour stands for it, as the other classes then are
            zero = BACKGROUND if class_color(self.colors) is None else Region.of(0)
            return (zero, *regions)
        return regions

    def to_dict(self) -> dict[str, Any]:
        """Return the protocol in full, as run.json keeps it.

        `hash` is that of the name and of all that can change a number. `from_dict` is the way
        back; notices are about how the protocol was made, and stay behind.
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
            "threshold": self.threshold,
            "spacing": self.spacing and list(self.spacing),
            "geometry_tolerance": self.geometry_tolerance,
            "missing": self.missing,
            "colors": colors and {hex_of(color): label for color, label in colors.items()},
        }
        # spelt out before it is hashed: so is what `from_dict` hashes again
        content = spelled(content)
        return {**content, "title": self.title, "hash": _hash(content)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Protocol:
        """Return the protocol that `to_dict` wrote.

        Raises `UsageError` for what is none, and for what was changed after it was written: its
        hash would stand for another protocol.

        >>> protocol = Protocol(ignore_label=3)
        >>> Protocol.from_dict(protocol.to_dict()) == protocol
        True
        """
        try:
            regions, colors, spacing = content["regions"], content["colors"], content["spacing"]
            is_as_written = content["hash"] == _hash(content)
            protocol = cls(
                metrics=tuple(described(*item) for item in content["metrics"].items()),
                regions=None if regions is None else _regions(regions),
                include_background=content["include_background"],
                ignore_label=content["ignore_label"],
                binary=content["binary"],
                threshold=content["threshold"],
                spacing=spacing and tuple(spacing),
                geometry_tolerance=float(content["geometry_tolerance"]),
                missing=content["missing"],
                colors=colors and parse_colors(colors),
                name=content["name"],
                title=content["title"],
                boundary=Boundary.parse(content["boundary"]),
                mean_first=content["mean"],
            )
        except UsageError:  # a `ValueError`, which says by itself what is wrong
            raise
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise UsageError(
                f"does not say how it was measured ({type(error).__name__}: {error}); run segeval "
                "score again"
            ) from error
        if not is_as_written:
            raise UsageError(
                "was changed after it was written: its hash is of something else; run segeval "
                "score with the options that you want, or write a protocol of your own "
                "(docs/protocols.md)"
            )
        return protocol

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


def _hash(content: Mapping[str, Any]) -> str:
    """Return the hash of the name and of all that can change a number; a title cannot."""
    hashed = {key: value for key, value in content.items() if key not in ("title", "hash")}
    # keys are sorted, as JSON gives their order no meaning
    return hashlib.sha256(json.dumps(hashed, sort_keys=True).encode()).hexdigest()


def hex_of(color: Sequence[int]) -> str:
    """Return a colour as files write it.

    >>> hex_of((255, 128, 0))
    '#ff8000'
    """
    red, green, blue = color
    return f"#{red:02x}{green:02x}{blue:02x}"


def _regions(content: Mapping[str, Sequence[int]]) -> tuple[Region, ...]:
    """Return the regions that `to_dict` wrote."""
    return tuple(Region(name, frozenset(labels)) for name, labels in content.items())
