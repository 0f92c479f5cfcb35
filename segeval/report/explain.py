"""What a run measured and how, in sentences, and what makes two runs differ."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segeval.errors import UsageError
from segeval.io.files import local_path
from segeval.metrics import REGISTRY
from segeval.metrics.card import Metric
from segeval.protocols import ALL, Convention, convention, names
from segeval.protocols.choose import make_protocol
from segeval.protocols.descriptions import describe
from segeval.results.columns import metric_of
from segeval.results.results import Results
from segeval.statistics.boundary import Boundary

SIDES = {
    "both": "both masks are empty",
    "pred": "only the prediction is",
    "gt": "only the ground truth is",
}
USUAL = {"ignore_label": None, "binary": False, "spacing": None, "missing": "error", "colors": None}
"""Settings of a run that are told only where they are others."""
WORDS = {
    "regions": "the regions",
    "include_background": "whether the background is scored",
    "ignore_label": "the label that is left out",
    "binary": "whether every value above 0 is taken as 1",
    "spacing": "the spacing",
    "geometry_tolerance": "how far grids may differ",
    "missing": "what a missing prediction means",
    "colors": "the labels of colours",
}


REQUIRED = ("name", "hash", "boundary", "mean", "metrics", "regions", "include_background")
"""What a run.json has to say of its protocol."""


@dataclass(frozen=True, slots=True)
class Explained:
    """What can be explained: the results of a run, or a protocol by name or file; `content` as
    run.json keeps it.
    """

    name: str
    content: Mapping[str, Any]

    @classmethod
    def of(cls, what: str | Path, keys: Sequence[str] = ()) -> Explained:
        """The protocol of a results folder, or the one of this name or TOML file, with what it says
        of these metrics.

        `keys` are written forms, `hd@percentile` for any percentile; without them, those that it
        reports. Raises `UsageError` for anything else, and for a folder whose rows are of several
        protocols.
        """
        text, path = str(what), local_path(what)
        if text == ALL:
            return cls(text, make_protocol(protocol=text).to_dict())
        if text in names() or path.suffix == ".toml":
            own = convention(text)
            content = make_protocol(protocol=own).to_dict()
            meant = {key: _meant(own, key) for key in keys}
            found = {key: describe(metric) for key, metric in meant.items() if metric}
            return cls(text, {**content, "metrics": found} if keys else content)
        if path.is_dir():
            return cls(text, _protocol(Results.load(path).run, path))
        near = difflib.get_close_matches(text.lower(), names(), n=2, cutoff=0.5)
        hint = (
            f"did you mean {' or '.join(near)}?"
            if near
            else f"a protocol is one of {', '.join([*names(), ALL])}."
        )
        raise UsageError(
            f"{text}: neither a results folder nor a protocol; {hint} Or give a folder that "
            f"segeval score wrote, or a "
            "TOML file"
        )

    def sentences(self) -> list[str]:
        """What was measured, and how: one sentence or two an entry."""
        content = self.content
        found = [*_about(content), *_regions(content)]
        found += [_boundary(rule) for rule in dict.fromkeys(_rules(content))]
        found += [
            _metric(column, told, content["boundary"])
            for column, told in content["metrics"].items()
        ]
        found.append(f"A mean over regions and cases is taken {_order(content)}.")
        found += [
            f"{WORDS[key].capitalize()}: {_setting(key, content[key])}."
            for key, usual in USUAL.items()
            if content.get(key) != usual
        ]
        return found


ORDERS = {
    "regions": "over regions first and then over cases",
    "cases": "over cases first and then over regions",
}


def _order(content: Mapping[str, Any]) -> str:
    """Return the order of the means of a protocol, in words."""
    orders = {metric.get("mean", "regions") for metric in content["metrics"].values()}
    return "as each protocol has it" if len(orders) > 1 else ORDERS[content["mean"]]


def two(what: str | Path, other: str | Path) -> tuple[Explained, Explained]:
    """Both of two things to be explained; of a protocol, what it says of all metrics that either
    has.
    """
    keys = list(dict.fromkeys(key for one in (what, other) for key in _keys(one)))
    a, b = (Explained.of(one, keys) for one in (what, other))
    return a, b


def _keys(what: str | Path) -> list[str]:
    """The metrics of a run, or all that a protocol names."""
    columns = [column.rpartition("/")[2] for column in Explained.of(what).content["metrics"]]
    if str(what) in names() or Path(what).suffix == ".toml":
        columns += [entry.key for entry in convention(str(what)).entries]
    return columns


def _meant(own: Convention, key: str) -> Metric | None:
    """What a protocol means by a key, an open one such as `hd@percentile` at some value; None if it
    does not say.
    """
    name, _, parameter = key.partition("@")
    form = key
    if name in REGISTRY and parameter in {p.name for p in REGISTRY[name].parameters}:
        domain = REGISTRY[name].parameters[0].domain
        form = f"{name}@{domain[0] if isinstance(domain, tuple) else 95 if parameter == 'percentile' else 1}"
    try:
        return own.metric(form)
    except UsageError:
        return None


def differences(a: Explained, b: Explained) -> list[tuple[str, str]]:
    """What parts two runs: the columns that it can change, and a sentence that says what it is."""
    found = []
    one, other = a.content["metrics"], b.content["metrics"]
    both = [column for column in one if column in other]
    every = ", ".join(both) or "none in common"
    found += [(column, why) for column in both if (why := _parted(a, b, column))]
    for key, words in WORDS.items():
        if a.content.get(key) != b.content.get(key):
            mine, theirs = (_setting(key, one.content.get(key)) for one in (a, b))
            found.append((every, f"{words}: {mine} against {theirs}"))
    if _order(a.content) != _order(b.content):
        found.append(
            (
                "rows of region mean",
                f"a mean is taken {_order(a.content)} against {_order(b.content)}",
            )
        )
    for mine, theirs, name in ((one, other, a.name), (other, one, b.name)):
        alone = [column for column in mine if column not in theirs]
        if alone:
            found.append((", ".join(alone), f"only in {name}"))
    return found


def _protocol(run: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    content = run.get("protocol")
    if not isinstance(content, Mapping) or any(key not in content for key in REQUIRED):
        raise UsageError(
            f"{folder / 'run.json'}: does not say how it was measured; run segeval score again"
        )
    return content


def _about(content: Mapping[str, Any]) -> Sequence[str]:
    name, title = content["name"], content.get("title", content["name"])
    own = convention(name) if name in names() else None
    if own is None or own.title != title:
        return (f"Protocol {name}: {title}.",)
    if str(own.boundary) != content["boundary"]:
        return (
            f"Protocol {name}: {title}, but with the boundary {content['boundary']} in place of "
            f"{own.boundary}: what "
            "depends on a boundary is not its number.",
        )
    return (f"Protocol {name}: {title}; {own.source}.", *own.notes)


def _rules(content: Mapping[str, Any]) -> Sequence[str]:
    """The boundary rules of the metrics that have one, that of the protocol first."""
    found = [told["boundary"] for told in content["metrics"].values() if "boundary" in told]
    return sorted(found, key=lambda rule: bool(rule != content["boundary"]))


def _regions(content: Mapping[str, Any]) -> Sequence[str]:
    regions = content["regions"]
    if regions is None:
        what = "every label above 0 by itself"
    else:
        what = ", ".join(
            f"{name} ({' + '.join(map(str, labels))})" for name, labels in regions.items()
        )
    scored = content["include_background"] and [0] not in (regions or {}).values()
    return (f"Regions: {what}{', and the background' if scored else ''}.",)


def _boundary(written: str) -> str:
    boundary = Boundary.parse(written)
    told = f"Boundary {written}: {boundary.card.sentence}"
    if boundary.rule == "voxel":
        touch = {
            1: "by a face (in 2-D an edge)",
            2: "by a face or an edge (in 2-D an edge or a corner)",
            3: "by a face, an edge or a corner",
        }[boundary["connectivity"]]
        edge = "counts" if boundary["image_edge"] else "does not count"
        return f"{told}, {touch}; the edge of the image {edge}. All weigh the same."
    weigh = "each by its size" if boundary.weighs else "all weigh the same"
    return f"{told}; {weigh}."


def _metric(column: str, told: Mapping[str, Any], usual: str) -> str:
    """How one column is computed."""
    spec = metric_of(told["formula"]).spec
    parts = [f"{column}: {spec.title}. {spec.doc.rstrip('.')}"]
    if told["formula"] != column.rpartition("/")[2]:
        parts.append(f"segeval's {told['formula']}")
    if told.get("boundary", usual) != usual:
        parts.append(f"boundary {told['boundary']}")
    parts += [f"{name} by region: {_shown(value)}" for name, value in _by_region(told).items()]
    if "empty" in told:
        values = [f"{_shown(told['empty'][side])} where {text}" for side, text in SIDES.items()]
        parts.append(", ".join(values))
    return "; ".join(parts) + "."


def _parted(a: Explained, b: Explained, column: str) -> str:
    """Why a column of two runs may hold different numbers; "" if it may not."""
    one, other = a.content["metrics"][column], b.content["metrics"][column]
    parts = []
    if one["formula"] != other["formula"]:
        titles = (metric_of(told["formula"]).spec.title.lower() for told in (one, other))
        parts.append(
            "formula "
            + " against ".join(
                f"{t['formula']} ({x})" for t, x in zip((one, other), titles, strict=True)
            )
        )
    if one.get("boundary") != other.get("boundary"):
        parts.append(
            f"boundary {one.get('boundary', 'none')} against {other.get('boundary', 'none')}"
        )
    empties = one.get("empty", {}), other.get("empty", {})
    for side, text in SIDES.items():
        mine, theirs = (_shown(empty.get(side)) for empty in empties)
        if mine != theirs:
            parts.append(f"{mine} against {theirs} where {text}")
    own = _by_region(one), _by_region(other)
    for name in dict.fromkeys([*own[0], *own[1]]):
        if own[0].get(name) != own[1].get(name):
            values = (
                _shown(values[name]) if name in values else "none by region" for values in own
            )
            parts.append(f"{name} {' against '.join(values)}")
    return "; ".join(parts)


def _by_region(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters that have a value for each region."""
    return {
        name: value
        for name, value in told.items()
        if isinstance(value, Mapping) and name != "empty"
    }


def _setting(key: str, value: Any) -> str:
    if value is None:
        return "every label above 0" if key == "regions" else "none"
    return ", ".join(map(_shown, value)) if key == "spacing" else _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return "by formula"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " + ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(own)}" for name, own in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
