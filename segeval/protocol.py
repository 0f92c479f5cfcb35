"""What a run measures: regions, metrics with their parameters, and the policies that decide every doubtful case."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from segeval.data.case import Region
from segeval.errors import UsageError
from segeval.io import Colors
from segeval.io.files import local_path
from segeval.io.nonfinite import spelled
from segeval.metrics import DEFAULT_METRICS, parse_metrics
from segeval.metrics.card import Empty, Metric
from segeval.statistics.boundary import VOXEL, Boundary
from segeval.statistics.distances import SurfaceDistances, VolumeDistances

Missing: TypeAlias = Literal["error", "skip", "empty"]
"""What a ground truth without a prediction means: stop, leave it out, or score an empty prediction."""

RegionsLike: TypeAlias = "str | Path | Mapping[str, int | Sequence[int]] | Sequence[int | Region] | int"
BACKGROUND = Region("background", frozenset({0}))
BACKGROUND_NAMES = ("background", "bg", "ignore", "none", "unlabeled", "unlabelled", "void")
"""Names of label 0 where it is no class, in any case and with any underscores, hyphens or blanks."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything about a run that can change a number.

    `name` and `title` are those of the convention that the metrics come from, `boundary` its rule where a metric has
    none of its own. `regions` None stands for every label above 0 that any mask of the run holds. `cases_first`: means
    over regions and cases take that over cases first. `spacing` overrides that of the files; `colors` gives the labels
    of colour images. `notices` say what a user should know of how it was made.
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
            raise UsageError(f"region {min(twice)!r} is given twice; give every region its own name")
        taken = {"", "all", "mean"}.intersection(names)
        if taken:
            raise UsageError(f"region name {min(taken)!r} has a meaning of its own in the tables; choose another name")
        if self.regions == ():
            raise UsageError("no region to score; name at least one, such as liver=1")
        if not self.geometry_tolerance >= 0:
            raise UsageError(f"geometry tolerance must be at least 0, not {self.geometry_tolerance}")
        if self.spacing is not None and not all(0 < length < float("inf") for length in self.spacing):
            raise UsageError(f"spacing must be lengths above 0, not {self.spacing}; give one in mm for each array axis")
        if self.ignore_label is not None and self.ignore_label < 0:
            raise UsageError(f"the label to ignore must be at least 0, not {self.ignore_label}")
        for metric in self.metrics if self.regions is not None else ():
            metric.check_regions(names)
        if self.missing not in get_args(Missing):
            raise UsageError(f"missing is one of {', '.join(get_args(Missing))}, not {self.missing!r}")

    @property
    def statistics(self) -> frozenset[type]:
        """The statistics that the metrics need."""
        return frozenset(metric.statistic for metric in self.metrics)

    @property
    def surface(self) -> type[SurfaceDistances] | None:
        """The distances between boundaries that the metrics need: those of the first of these metrics."""
        kinds = (metric.statistic for metric in self.metrics)
        return next((k for k in kinds if issubclass(k, SurfaceDistances) and k is not VolumeDistances), None)

    def regions_among(self, labels: Sequence[int]) -> tuple[Region, ...]:
        """The regions to score where these labels occur."""
        found = sorted(set(labels) - {0, self.ignore_label})
        regions = self.regions if self.regions is not None else tuple(Region.of(label) for label in found)
        if self.include_background and not any(region.labels == {0} for region in regions):
            regions = (BACKGROUND, *regions)
        return regions

    def to_dict(self) -> dict[str, Any]:
        """The protocol in full, as run.json keeps it; `hash` is that of all that can change a number."""
        content: dict[str, Any] = {
            "name": self.name,
            "boundary": str(self.boundary),
            "mean": _order(self.metrics, self.cases_first),
            "metrics": {m.column: told(m) for m in self.metrics},
            "regions": None if self.regions is None else {r.name: sorted(r.labels) for r in self.regions},
            "include_background": self.include_background,
            "ignore_label": self.ignore_label,
            "binary": self.binary,
            "spacing": None if self.spacing is None else list(self.spacing),
            "geometry_tolerance": self.geometry_tolerance,
            "missing": self.missing,
            "colors": self.colors and {"#{:02x}{:02x}{:02x}".format(*color): at for color, at in self.colors.items()},
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
        found["empty"] = {side: spelled(getattr(metric.empty, side)) for side in ("both", "pred", "gt")}
    return found | by_region


def parse_regions(regions: RegionsLike) -> tuple[tuple[Region, ...], int | None]:
    """The regions that a text, a JSON file, a mapping or a list names, and the label to ignore if it names one.

    A text is `1,2,3`, `liver=1,tumour=2` or `whole=1+2+4,core=1+4`, or the path of a JSON file: `{name: label}`,
    `{name: [labels]}`, `{label: name}`, or an nnU-Net dataset.json. Raises `UsageError`.

    >>> parse_regions("whole=1+2, core=1")[0][0] == Region.of("whole", 1, 2)
    True
    """
    if isinstance(regions, (str, Path)):
        if isinstance(regions, Path) or _names_file(regions):
            return _from_mapping(_load(local_path(regions)), str(regions))
        return tuple(_from_text(piece) for piece in str(regions).split(",") if piece.strip()), None
    if isinstance(regions, Mapping):
        return _from_mapping(regions, "regions")
    if isinstance(regions, int):
        regions = [regions]
    return tuple(r if isinstance(r, Region) else _from_text(str(r)) for r in regions), None


def is_background(region: Region) -> bool:
    """Return whether a region is label 0 alone, under a name that says that it is no class.

    >>> is_background(Region.of("_Background_", 0)), is_background(Region.of("road", 0))
    (True, False)
    """
    return region.labels == {0} and re.sub(r"[\s_-]", "", region.name).casefold() in BACKGROUND_NAMES


def _names_file(text: str) -> bool:
    return text.endswith(".json") or (re.search(r"=|^[\d,+\s]+$", text) is None and Path(text).is_file())


def _from_text(piece: str) -> Region:
    match = re.fullmatch(r"\s*(?:([^=]+?)\s*=\s*)?(\d+(?:\s*\+\s*\d+)*)\s*", piece)
    if not match:
        raise UsageError(
            f"region {piece.strip()!r} is not understood; write a label (1), a name and its label (liver=1) or labels "
            "(whole=1+2+4), or give a JSON file that exists"
        )
    labels = [int(label) for label in match[2].split("+")]
    return Region(match[1] or match[2].replace(" ", ""), frozenset(labels))


def _load(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: cannot read the regions file: {error.strerror}; check the path") from error
    except ValueError as error:
        raise UsageError(
            f'{path}: the regions file is not JSON ({error}); write {{"liver": 1, "tumour": [2, 3]}}'
        ) from error
    if not isinstance(content, dict):
        raise UsageError(
            f'{path}: wanted a JSON object of names and labels, came a {type(content).__name__}; write {{"liver": 1}}'
        )
    return content


def _from_mapping(content: Mapping[str, Any], source: str) -> tuple[tuple[Region, ...], int | None]:
    """Return the regions of a mapping; `ignore` is not a region."""
    labels = content["labels"] if isinstance(content.get("labels"), Mapping) else content
    if labels and all(str(key).isdigit() and isinstance(name, str) for key, name in labels.items()):
        by_name = {name: int(key) for key, name in labels.items()}  # {label: name}, as nnU-Net 1 writes it
        if len(by_name) < len(labels):
            raise UsageError(
                f"{source}: two labels have the same name; give every label its own, or write {{name: [labels]}}"
            )
        labels = by_name
    named = {str(name): _label_set(name, value, source) for name, value in labels.items()}
    ignore = named.pop("ignore", None)
    if ignore is not None and len(ignore) != 1:
        raise UsageError(f"{source}: 'ignore' must be one label, not {sorted(ignore)}")
    regions = tuple(Region(name, found) for name, found in named.items())
    return regions, min(ignore) if ignore else None


def _label_set(name: str, value: Any, source: str) -> frozenset[int]:
    labels = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    if not labels or not all(isinstance(label, int) and not isinstance(label, bool) and label >= 0 for label in labels):
        raise UsageError(
            f"{source}: region {name!r} must be a label or a list of labels (whole numbers from 0), not {value!r}"
        )
    return frozenset(labels)
