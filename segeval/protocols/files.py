"""Conventions by name, file or run: TOML files that come with segeval, users' own, and run.json.

A protocol is added as one file beside this module: in `tools/` what a tool means by the names of
metrics, in `challenges/` what a challenge scores, with its regions. Its name is that of the file.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from segeval.errors import ArgumentTypeError, UsageError
from segeval.io import parse_colors
from segeval.io.documents import load_toml
from segeval.io.files import local_path
from segeval.metrics import separate
from segeval.metrics.card import Definition, Metric
from segeval.statistics.boundary import Boundary

from .checks import check_content, check_meaning
from .conventions import Convention
from .entries import entries_of
from .protocol import Policies, Protocol
from .regions import labels_of
from .runs import RUN, is_run, protocol_of_run

Group: TypeAlias = Literal["tools", "challenges"]
"""The folders of protocols."""
HOME = Path(__file__).parent
"""The folder of the two."""
ALL = "all"
"""The name that stands for every tool's protocol side by side."""
COMPARED = ("dice", "iou", "hd", "hd95", "assd")
"""Metrics that are compared between all protocols unless others are named."""
LONGEST_CHAIN = 20
"""Files that may begin with each other."""

ProtocolLike: TypeAlias = "str | Path | Convention"
"""A convention, or its name or the path of its TOML file, or the path of a run that followed it."""


def names(group: Group | None = None) -> list[str]:
    """Return the protocols that come with segeval: its own, then the others by name.

    `group` limits them to those of tools, or of challenges.
    """
    chosen = [name for name, path in _paths().items() if group in (None, path.parent.name)]
    return sorted(chosen, key=lambda name: (name != "segeval", name))


def convention(
    protocol: ProtocolLike | None = None, boundary: Boundary | str | None = None
) -> Convention:
    """Return the convention of a name, a TOML file or a run, on another boundary if one is given.

    A run is a results folder or its run.json. Raises `UsageError` for a name that is none, and for
    a file that cannot be read or says what it should not.
    """
    override = None if boundary is None else Boundary.parse(boundary)
    if protocol is None:
        protocol = "segeval"
    if isinstance(protocol, Convention):
        return protocol.over(override)
    if not isinstance(protocol, (str, Path)):
        raise ArgumentTypeError(
            f"a protocol is a name such as 'monai' or the path of a TOML file, not {protocol!r}"
        )
    return _found(str(protocol)).over(override)


def run_of(protocol: ProtocolLike | None) -> Protocol | None:
    """Return the protocol of a run, if that is what is given, in full; None for anything else."""
    # a folder here may bear the name of a protocol: the name goes first, as in `_found`
    if not isinstance(protocol, (str, Path)) or str(protocol) in _paths() or not is_run(protocol):
        return None
    return protocol_of_run(protocol)


def known(name: str, title: str) -> Convention | None:
    """Return the convention that comes with segeval under this name and title; None if none does.

    A user's own file may have the name of one that comes with segeval.
    """
    if name not in names():
        return None
    candidate = convention(name)
    if candidate.title != title:
        return None
    return candidate


def everyone(forms: Sequence[str] | None = None) -> tuple[Metric, ...]:
    """Return what each tool means by some written forms; columns begin with the tool's name.

    Raises `UsageError` for forms that no tool defines.

    >>> [metric.column for metric in everyone(["hd95"])][:2]
    ['segeval/hd95', 'deepmind/hd95']
    """
    if forms is None:
        forms = COMPARED
    wanted = list(dict.fromkeys(separate(forms)))
    tools = [convention(name) for name in names("tools")]
    metrics = [_in_column(tool, form) for tool in tools for form in wanted if tool.defines(form)]
    return tuple({metric.column: metric for metric in metrics}.values())


def _in_column(tool: Convention, form: str) -> Metric:
    """Return what a tool means by a form, in a column with the tool's name."""
    metric = tool.metric(form)
    # also where the tool means what the card says: the definition holds the column
    definition = metric.definition or Definition(
        tool.name, metric, tool.boundary, metric.spec.empty, tool.mean_first
    )
    column = f"{tool.name}/{metric.form}"
    return replace(metric, definition=replace(definition, column=column))


def _paths() -> dict[str, Path]:
    """Return the files that come with segeval, by name."""
    return {path.stem: path for path in HOME.glob("*/*.toml")}


def _found(text: str) -> Convention:
    """Return the convention of a name or path. Raises `UsageError`."""
    paths = _paths()
    if text in paths:
        return _read_once(paths[text])
    if text.endswith(".toml"):
        return _read(local_path(text))
    if is_run(text):
        return _of_run(text)
    raise UsageError(
        f"unknown protocol {text!r}; {_hint(text)} Or give the path of a TOML file, or of the "
        f"{RUN} of a run"
    )


def _hint(text: str) -> str:
    """Return what to choose in place of a name that is none, as a sentence."""
    if text == ALL:
        return "it puts every tool side by side in the tables of segeval score; here, choose one."
    near = difflib.get_close_matches(text.lower(), names(), n=2, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"choose one of {', '.join(names())}."


def _of_run(text: str) -> Convention:
    """Return the convention that a run followed.

    Metrics that the run did not measure are those of the convention of its name, if that comes with
    segeval, on the boundary of the run.
    """
    protocol = protocol_of_run(text)
    if protocol.name == ALL:
        raise UsageError(f"{text}: a run of protocol 'all'; {_hint(ALL)}")
    measured = Convention.of(protocol)
    base = known(protocol.name, protocol.title)
    if base is None:
        return measured
    # only then, since `over` drops the boundaries of the entries
    if base.boundary != protocol.boundary:
        base = base.over(protocol.boundary)
    named = replace(measured, source=base.source, notes=base.notes, others=base.others)
    return named.upon(base)


@lru_cache(maxsize=64)
def _read_once(path: Path) -> Convention:
    """Return a convention that comes with segeval; files of users may change, and are read anew."""
    return _read(path)


def _read(path: Path, above: tuple[Path, ...] = ()) -> Convention:
    """Return the convention of a file; `above` are those that begin with it.

    Raises `UsageError` that begins with the path.
    """
    content = load_toml(path, "a protocol in TOML", "see docs/protocols.md")
    try:
        # first of all, as the functions below take values to be of their kind
        check_content(content)
        base = _base(content["base"], (*above, path)) if "base" in content else None
        convention = _stated(path.stem, content, base)
        check_meaning(convention)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    return convention


def _base(text: str, chain: tuple[Path, ...]) -> Convention:
    """Return the convention that the last file of a chain begins with.

    `text` is a name, or the path of a file beside that one or in the working folder.
    """
    if not text.endswith(".toml"):
        return convention(text)
    # beside it first, so that a folder of protocols can be moved as a whole
    named = local_path(text)
    beside = chain[-1].parent / named
    path = next(filter(Path.is_file, (beside, named)), None)
    if path is None:
        raise UsageError(
            f"base {text!r} is no file, neither beside this one ({beside}) nor in the working "
            f"folder "
            f"({named.absolute()}); correct its path"
        )
    # links and `..` give one file several paths
    if path.resolve() in [earlier.resolve() for earlier in chain]:
        raise UsageError(
            f"base {text!r} leads back to where it came from: "
            f"{' -> '.join(map(str, (*chain, path)))}; begin with "
            "another protocol, or leave base out"
        )
    if len(chain) == LONGEST_CHAIN:
        raise UsageError(
            f"base {text!r} follows {len(chain)} files that begin with each other; leave some out"
        )
    return _read(path, chain)


def _stated(name: str, content: Mapping[str, Any], base: Convention | None) -> Convention:
    """Return the convention that a file states, upon the one that it begins with."""
    entries = entries_of(content.get("metrics", {}))
    # without a base, a file reports all that it defines but entries that are open
    usual = base or Convention(name, title=name, report=tuple(e.form for e in entries if e.form))
    boundary, regions = usual.boundary, usual.regions
    if "boundary" in content:
        boundary = Boundary.parse(content["boundary"])
    if "regions" in content:
        regions = {region: labels_of(labels) for region, labels in content["regions"].items()}
    stated = Convention(
        name=name,
        title=content.get("title", name),
        source=content.get("source", usual.source),
        boundary=boundary,
        background=content.get("background", usual.background),
        mean_first=content.get("mean", usual.mean_first),
        report=tuple(content.get("report", usual.report)),
        notes=tuple(content.get("notes", usual.notes)),
        regions=regions,
        entries=entries,
        others=content.get("others", usual.others),
        policies=_policies(content),
    )
    return stated.upon(usual)


def _policies(content: Mapping[str, Any]) -> Policies:
    """Return the policies that a file states."""
    policies: Policies = {}
    if "spacing" in content:
        policies["spacing"] = tuple(map(float, content["spacing"]))
    if "colors" in content:
        policies["colors"] = parse_colors(content["colors"])
    for name in ("ignore_label", "binary", "threshold", "geometry_tolerance", "missing"):
        if name in content:
            policies[name] = content[name]
    return policies
