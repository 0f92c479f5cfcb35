"""What a run measured and how, in sentences, and what makes two runs differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segeval.api import make_protocol
from segeval.boundary import RULES, Boundary
from segeval.errors import UsageError
from segeval.protocols import ALL, convention, names
from segeval.results import load_run
from segeval.table import metric_of

SIDES = {"both": "both masks are empty", "pred": "only the prediction is", "gt": "only the ground truth is"}
USUAL = {"ignore_label": None, "binary": False, "spacing": None, "missing": "error", "colors": None}
"""Settings of a run that are told only where they are others."""
WORDS = {
    "regions": "the regions",
    "include_background": "whether label 0 is scored",
    "ignore_label": "the label that is left out",
    "binary": "whether every value above 0 is taken as 1",
    "spacing": "the spacing",
    "geometry_tolerance": "how far grids may differ",
    "missing": "what a missing prediction means",
    "colors": "the labels of colours",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """What can be explained: the results of a run, or a protocol by name or file; `content` as run.json keeps it."""

    name: str
    content: Mapping[str, Any]

    @classmethod
    def of(cls, what: str | Path, forms: Sequence[str] = ()) -> Explained:
        """The protocol of a results folder, or the one of this name or TOML file, with what it says of these metrics.

        Without `forms`, those that it reports. Raises `UsageError` for anything else.
        """
        text, path = str(what), Path(what)
        if text == ALL:
            return cls(text, make_protocol(protocol=text).to_dict())
        if text in names() or path.suffix == ".toml":
            own = convention(text)
            asked = [form for form in forms if own.defines(form)] or None
            return cls(text, make_protocol(asked, protocol=own).to_dict())
        if path.is_dir():
            return cls(text, _protocol(load_run(path / "run.json"), path))
        raise UsageError(
            f"{text}: neither a results folder nor a protocol; give a folder that segeval score wrote, a TOML file, or "
            f"one of {', '.join([*names(), ALL])}"
        )

    @property
    def forms(self) -> list[str]:
        """The written forms of its metrics, those with a value for each region left out."""
        forms = (column.rpartition("/")[2] for column in self.content["metrics"])
        return [form for form in forms if not any(isinstance(v, tuple) for _, v in metric_of(form).parameters)]

    def sentences(self) -> list[str]:
        """What was measured, and how: one sentence or two an entry."""
        content = self.content
        found = [*_about(content["name"]), *_regions(content), _boundary(content["boundary"])]
        found += [_metric(column, told, content["boundary"]) for column, told in content["metrics"].items()]
        found.append(
            f"A mean over regions and cases is taken over {content['mean'].replace(', then', ' and then over')}."
        )
        found += [
            f"{WORDS[key].capitalize()}: {_setting(key, content[key])}."
            for key, usual in USUAL.items()
            if content.get(key) != usual
        ]
        return found


def two(what: str | Path, other: str | Path) -> tuple[Explained, Explained]:
    """Both of two things to be explained; of a protocol, what it says of the metrics of the other."""
    forms = dict.fromkeys(form for one in (what, other) for form in Explained.of(one).forms)
    a, b = (Explained.of(one, list(forms)) for one in (what, other))
    return a, b


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
    if a.content["mean"] != b.content["mean"]:
        found.append(("rows of region mean", f"a mean is taken over {a.content['mean']} against {b.content['mean']}"))
    for mine, theirs, name in ((one, other, a.name), (other, one, b.name)):
        alone = [column for column in mine if column not in theirs]
        if alone:
            found.append((", ".join(alone), f"only in {name}"))
    return found


def _protocol(run: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    content = run.get("protocol")
    if not isinstance(content, Mapping) or "hash" not in content:
        raise UsageError(f"{folder / 'run.json'}: does not say how it was measured; run segeval score again")
    return content


def _about(name: str) -> Sequence[str]:
    if name not in names():
        return (f"Protocol {name}.",)
    own = convention(name)
    return (f"Protocol {name}: {own.title}; {own.source}.", *own.notes)


def _regions(content: Mapping[str, Any]) -> Sequence[str]:
    regions = content["regions"]
    if regions is None:
        what = "every label above 0 by itself"
    else:
        what = ", ".join(f"{name} ({' + '.join(map(str, labels))})" for name, labels in regions.items())
    return (f"Regions: {what}{', and the background' if content['include_background'] else ''}.",)


def _boundary(written: str) -> str:
    boundary = Boundary.parse(written)
    told = f"Boundary {written}: {RULES[boundary.rule]}"
    if boundary.rule == "voxel":
        touch = {1: "by a face", 2: "by a face or an edge", 3: "by a face, an edge or a corner"}[boundary.connectivity]
        edge = "counts" if boundary.image_edge else "does not count"
        return f"{told}, {touch} (in 2-D an edge, or a corner too); the edge of the image {edge}. All weigh the same."
    weigh = "all weigh the same" if boundary.sizes == "equal" or boundary.rule == "solid" else "each by its size"
    return f"{told}; {weigh}."


def _metric(column: str, told: Mapping[str, Any], usual: str) -> str:
    """How one column is computed."""
    spec = metric_of(told["formula"]).spec
    parts = [f"{column}: {spec.title}. {' '.join(spec.doc.split()).rstrip('.')}"]
    if told["formula"] != column.rpartition("/")[2]:
        parts.append(f"segeval's {told['formula']}")
    if told.get("boundary", usual) != usual:
        parts.append(f"boundary {told['boundary']}")
    parts += [f"{name} by region: {_shown(value)}" for name, value in told.items() if name == "tolerance"]
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
            "formula " + " against ".join(f"{t['formula']} ({x})" for t, x in zip((one, other), titles, strict=True))
        )
    if one.get("boundary") != other.get("boundary"):
        parts.append(f"boundary {one.get('boundary', 'none')} against {other.get('boundary', 'none')}")
    empties = one.get("empty", {}), other.get("empty", {})
    for side, text in SIDES.items():
        mine, theirs = (_shown(empty.get(side)) for empty in empties)
        if mine != theirs:
            parts.append(f"{mine} against {theirs} where {text}")
    if one.get("tolerance") != other.get("tolerance"):
        parts.append(f"tolerance {_shown(one.get('tolerance'))} against {_shown(other.get('tolerance'))}")
    return "; ".join(parts)


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
