"""Protocols as TOML files: those that come with segeval, beside this module, and users' own."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from segeval.boundary import Boundary
from segeval.errors import UsageError
from segeval.metrics import lookup, parse_metric, separate
from segeval.spec import Definition, Empty, Metric

from .convention import Convention, Entry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent
ALL = "all"
"""The name that stands for every tool's protocol side by side."""
COMPARED = ("dice", "iou", "hd", "hd95", "assd")
"""What is compared between all protocols unless it is said."""
KEYS = {
    "base": str, "title": str, "source": str, "boundary": str, "background": bool, "mean": str, "report": list,
    "notes": list, "regions": dict, "metrics": dict, "others": bool,
}  # fmt: skip
"""What a file may state, and of which type."""
OF_A_METRIC = ("is", "boundary", "empty")
"""What it may state of a metric, beside values of the parameter by region."""

ProtocolLike: TypeAlias = "str | Path | Convention"


def names() -> list[str]:
    """The protocols that come with segeval: its own, then the others by name."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return ["segeval", *(name for name in found if name != "segeval")]


def convention(protocol: ProtocolLike | None = None, boundary: Boundary | str | None = None) -> Convention:
    """The protocol of this name, or in this TOML file, on another boundary if one is given.

    Raises `UsageError` for a name that is none, and for a file that cannot be read or says what it should not.
    """
    over = None if boundary is None else Boundary.parse(boundary)
    if isinstance(protocol, Convention):
        return protocol.over(over)
    if protocol is not None and not isinstance(protocol, (str, Path)):
        raise UsageError(f"a protocol is a name such as 'monai' or the path of a TOML file, not {protocol!r}")
    text = "segeval" if protocol is None else str(protocol)
    if text in names():
        return _named(text).over(over)
    if not text.endswith(".toml"):
        near = difflib.get_close_matches(text, names(), n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(names())}"
        raise UsageError(f"unknown protocol {text!r}; {hint} Or give the path of a TOML file")
    return _read(Path(text)).over(over)


def everyone(forms: Sequence[str] | None = None) -> tuple[Metric, ...]:
    """What each tool's protocol means by some written forms, as metrics whose columns begin with its name.

    Protocols with regions of their own, those of challenges, are left out. Raises `UsageError` for forms that none of
    the others defines.

    >>> [metric.column for metric in everyone(["hd95"])][:2]
    ['segeval/hd95', 'deepmind/hd95']
    """
    wanted = list(dict.fromkeys(separate(COMPARED if forms is None else forms)))
    tools = [one for one in map(convention, names()) if one.regions is None]
    found = [_in_group(one, form) for one in tools for form in wanted if one.defines(form)]
    return tuple({metric.column: metric for metric in found}.values())


def _in_group(tool: Convention, form: str) -> Metric:
    metric = tool.metric(form)
    own = metric.definition or Definition(tool.name, metric, tool.boundary, metric.spec.empty, tool.cases_first)
    return replace(metric, definition=replace(own, column=f"{tool.name}/{metric.form}"))


@lru_cache(maxsize=64)
def _named(name: str) -> Convention:
    return _read(FOLDER / f"{name}.toml")


def _read(path: Path) -> Convention:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: cannot read the protocol: {error.strerror}; check the path") from error
    except ValueError as error:
        raise UsageError(f"{path}: the protocol is not TOML ({error}); see docs/protocols.md") from error
    for key, value in content.items():
        wanted = KEYS.get(key)
        if wanted is None:
            raise UsageError(f"{path}: unknown key {key!r}; a protocol states {', '.join(KEYS)}")
        if not isinstance(value, wanted):
            raise UsageError(f"{path}: {key!r} is a {wanted.__name__}, not {value!r}")
    if content.get("mean", "regions") not in ("regions", "cases"):
        raise UsageError(f"{path}: the mean that is taken first is of 'regions' or of 'cases', not {content['mean']!r}")
    try:
        return _stated(path.stem, content)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _stated(name: str, content: Mapping[str, Any]) -> Convention:
    """The protocol that a file states, on top of the one that it begins with."""
    base = convention(content["base"]) if "base" in content else None
    given: dict[str, Callable[[Any], Any]] = {
        "boundary": Boundary.parse,
        "background": bool,
        "mean": lambda value: value == "cases",
        "report": lambda value: tuple(map(str, value)),
        "regions": lambda value: {region: _labels(region, labels) for region, labels in value.items()},
        "others": bool,
    }
    found = {key: read(content[key]) for key, read in given.items() if key in content}
    usual = base or Convention(name, name, "", Boundary(), False, False, (), (), None, (), False)
    entries = tuple(_entry(form, stated) for form, stated in content.get("metrics", {}).items())
    known = {entry.key for entry in entries}
    return Convention(
        name,
        content.get("title", name),
        content.get("source", usual.source),
        found.get("boundary", usual.boundary),
        found.get("background", usual.background),
        found.get("mean", usual.cases_first),
        found.get("report", usual.report or tuple(entry.form for entry in entries if entry.form)),
        tuple(map(str, content.get("notes", usual.notes))),
        found.get("regions", usual.regions),
        (*entries, *(entry for entry in usual.entries if entry.key not in known)),
        found.get("others", usual.others),
    )


def _entry(form: str, stated: Any) -> Entry:
    if not isinstance(stated, dict):
        raise UsageError(f"metric {form!r}: wanted a table such as {{empty = [nan, 0, 0]}}, not {stated!r}")
    name, _, parameter = form.partition("@")
    spec = parse_metric(form).spec if re.fullmatch(r"[a-z_]+[\d.]+", form) else lookup(name)
    own = [p.name for p in spec.parameters]
    by_region = {p: value for p, value in stated.items() if p in own and isinstance(value, dict)}
    unknown = set(stated) - set(OF_A_METRIC) - set(by_region)
    if unknown:
        raise UsageError(f"metric {form!r}: unknown key {min(unknown)!r}; it states {', '.join(OF_A_METRIC)}")
    if by_region:
        (values,) = by_region.values()
        exact: str | None = spec.bind({own[0]: tuple(values.items())}).form
    else:
        values, exact = {}, None if parameter in own else parse_metric(form).form
    return Entry(
        spec,
        exact,
        stated.get("is"),
        Boundary.parse(stated["boundary"]) if "boundary" in stated else None,
        _empty(form, stated["empty"]) if "empty" in stated else None,
        values,
    )


def _empty(form: str, values: Any) -> Empty:
    if not isinstance(values, list) or len(values) != 3 or not all(isinstance(v, (int, float)) for v in values):
        raise UsageError(
            f"metric {form!r}: empty lists three numbers, the values where both masks, only the prediction or only the "
            f"ground truth is empty; not {values!r}"
        )
    return Empty(*map(float, values))


def _labels(region: str, labels: Any) -> tuple[int, ...]:
    values = labels if isinstance(labels, list) else [labels]
    if not values or not all(isinstance(label, int) and label >= 0 for label in values):
        raise UsageError(f"region {region!r} is a label or a list of labels, whole numbers from 0; not {labels!r}")
    return tuple(values)
