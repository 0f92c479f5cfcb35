"""Protocols as TOML files: those that come with segeval, beside this module, and users' own."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from segeval.errors import UsageError
from segeval.io.files import local_path
from segeval.metrics import separate
from segeval.metrics.card import Definition, Metric
from segeval.statistics.boundary import Boundary

from .checks import check_content, check_meaning
from .conventions import Convention
from .entries import entries_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent
ALL = "all"
"""The name that stands for every tool's protocol side by side."""
COMPARED = ("dice", "iou", "hd", "hd95", "assd")
"""What is compared between all protocols unless it is said."""

ProtocolLike: TypeAlias = "str | Path | Convention"


def names() -> list[str]:
    """The protocols that come with segeval: its own, then the others by name."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return ["segeval", *(name for name in found if name != "segeval")]


def convention(
    protocol: ProtocolLike | None = None, boundary: Boundary | str | None = None
) -> Convention:
    """The protocol of this name, or in this TOML file, on another boundary if one is given.

    Raises `UsageError` for a name that is none, and for a file that cannot be read or says what it
    should not.
    """
    over = None if boundary is None else Boundary.parse(boundary)
    if isinstance(protocol, Convention):
        return protocol.over(over)
    if protocol is not None and not isinstance(protocol, (str, Path)):
        raise UsageError(
            f"a protocol is a name such as 'monai' or the path of a TOML file, not {protocol!r}"
        )
    text = "segeval" if protocol is None else str(protocol)
    if text in names():
        return _named(text).over(over)
    if not text.endswith(".toml"):
        near = difflib.get_close_matches(text.lower(), names(), n=2, cutoff=0.5)
        hint = (
            f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(names())}."
        )
        if text == ALL:
            hint = (
                "it puts every tool side by side in the tables of segeval score; here, choose one."
            )
        raise UsageError(f"unknown protocol {text!r}; {hint} Or give the path of a TOML file")
    return _read(local_path(text)).over(over)


def everyone(forms: Sequence[str] | None = None) -> tuple[Metric, ...]:
    """What each tool's protocol means by some written forms, as metrics whose columns begin with
    its name.

    Protocols with regions of their own, those of challenges, are left out. Raises `UsageError` for
    forms that none of the others defines.

    >>> [metric.column for metric in everyone(["hd95"])][:2]
    ['segeval/hd95', 'deepmind/hd95']
    """
    wanted = list(dict.fromkeys(separate(COMPARED if forms is None else forms)))
    tools = [one for one in map(convention, names()) if one.regions is None]
    found = [_in_group(one, form) for one in tools for form in wanted if one.defines(form)]
    return tuple({metric.column: metric for metric in found}.values())


def _in_group(tool: Convention, form: str) -> Metric:
    metric = tool.metric(form)
    own = metric.definition or Definition(
        tool.name, metric, tool.boundary, metric.spec.empty, tool.mean_first
    )
    return replace(metric, definition=replace(own, column=f"{tool.name}/{metric.form}"))


@lru_cache(maxsize=64)
def _named(name: str) -> Convention:
    return _read(FOLDER / f"{name}.toml")


def _read(path: Path, above: tuple[Path, ...] = ()) -> Convention:
    """The protocol of a file; `above` are those that begin with it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot read the protocol: {error.strerror}; check the path"
        ) from error
    except ValueError as error:
        raise UsageError(
            f"{path}: the protocol is not TOML ({error}); see docs/protocols.md"
        ) from error
    try:
        check_content(content)
        base = _base(content["base"], (*above, path)) if "base" in content else None
        found = _stated(path.stem, content, base)
        check_meaning(found)
        return found
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _base(text: str, chain: tuple[Path, ...]) -> Convention:
    """The protocol that the last file of a chain begins with: a name, or a file beside it or in the
    working folder.
    """
    if not text.endswith(".toml"):
        return convention(text)
    beside = chain[-1].parent / text
    path = beside if beside.is_file() else Path(text)
    if not path.is_file():
        raise UsageError(
            f"base {text!r} is no file, neither beside this one ({beside}) nor in the working "
            f"folder "
            f"({path.absolute()}); correct its path"
        )
    if path.resolve() in [earlier.resolve() for earlier in chain]:
        raise UsageError(
            f"base {text!r} leads back to where it came from: "
            f"{' -> '.join(map(str, (*chain, path)))}; begin with "
            "another protocol, or leave base out"
        )
    return _read(path, chain)


def _stated(name: str, content: Mapping[str, Any], base: Convention | None) -> Convention:
    """The protocol that a file states, on top of the one that it begins with."""
    given: dict[str, Callable[[Any], Any]] = {
        "boundary": Boundary.parse,
        "background": bool,
        "mean": str,
        "report": tuple,
        "notes": tuple,
        "regions": lambda value: {region: _labels(labels) for region, labels in value.items()},
        "others": bool,
    }
    found = {key: read(content[key]) for key, read in given.items() if key in content}
    usual = base or Convention(name=name, title=name)
    entries = entries_of(content.get("metrics", {}))
    keys = {entry.key for entry in entries}
    return Convention(
        name=name,
        title=content.get("title", name),
        source=content.get("source", usual.source),
        boundary=found.get("boundary", usual.boundary),
        background=found.get("background", usual.background),
        mean_first=found.get("mean", usual.mean_first),
        report=found.get(
            "report", usual.report or tuple(entry.form for entry in entries if entry.form)
        ),
        notes=found.get("notes", usual.notes),
        regions=found.get("regions", usual.regions),
        entries=(*entries, *(entry for entry in usual.entries if entry.key not in keys)),
        others=found.get("others", usual.others),
    )


def _labels(labels: int | list[int]) -> tuple[int, ...]:
    return tuple(labels) if isinstance(labels, list) else (labels,)
