"""The protocol of a run, from its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segeval.data.regions import LARGEST, Region
from segeval.errors import ArgumentTypeError, UsageError
from segeval.errors.values import is_number, is_text, is_whole
from segeval.io import Color, Colors, load_colors
from segeval.io.colors import class_color
from segeval.metrics.card import Metric
from segeval.statistics.boundary import Boundary

from .conventions import Convention
from .files import ALL, ProtocolLike, convention, everyone, run_of
from .protocol import Missing, Policies, Protocol, hex_of
from .regions import RegionsLike, is_background, parse_regions


def make_protocol(
    *,
    metrics: str | Sequence[str] | None = None,
    protocol: ProtocolLike = "segeval",
    boundary: Boundary | str | None = None,
    regions: RegionsLike | None = None,
    include_background: bool | None = None,
    ignore_label: int | None = None,
    binary: bool | None = None,
    threshold: float | None = None,
    spacing: Sequence[float] | None = None,
    geometry_tolerance: float | None = None,
    missing: Missing | None = None,
    colors: Colors | str | Path | None = None,
) -> Protocol:
    """Return the protocol that the options of `score` and `score_folder` describe.

    That is a named convention, every tool's side by side, or the protocol of an earlier run, and
    what the other options override. Raises `UsageError` for options that do not fit.

    >>> make_protocol(protocol="medpy", metrics="hd95", ignore_label=255).ignore_label
    255
    """
    _check_kinds(metrics, colors)
    forms = [metrics] if isinstance(metrics, str) else metrics
    source = _source(protocol, boundary, forms)
    base = source.convention
    policies = Policies(**base.policies)
    policies.update(_given(binary, spacing, geometry_tolerance, missing, colors))
    if threshold is not None:
        policies["threshold"] = float(threshold)
    chosen = _chosen_labels(
        source,
        regions=regions,
        include_background=include_background,
        ignore_label=ignore_label,
        colors=policies.get("colors"),
    )
    policies["ignore_label"] = chosen.ignored
    return Protocol(
        metrics=source.metrics,
        regions=chosen.regions,
        include_background=chosen.background,
        name=source.name,
        title=source.title,
        boundary=base.boundary,
        mean_first=base.mean_first,
        notices=chosen.notices,
        **policies,
    )


def _given(
    binary: bool | None,
    spacing: Sequence[float] | None,
    geometry_tolerance: float | None,
    missing: Missing | None,
    colors: Colors | str | Path | None,
) -> Policies:
    """Return the policies that options state; None is none.

    >>> _given(binary=True, spacing=None, geometry_tolerance=None, missing=None, colors=None)
    {'binary': True}
    """
    policies: Policies = {}
    if binary is not None:
        policies["binary"] = bool(binary)
    if spacing is not None:
        policies["spacing"] = _lengths(spacing)
    if geometry_tolerance is not None:
        policies["geometry_tolerance"] = float(geometry_tolerance)
    if missing is not None:
        policies["missing"] = missing
    if colors is not None:
        policies["colors"] = _colors(colors)
    return policies


def _lengths(spacing: Any) -> tuple[float, ...]:
    """Return lengths as numbers of Python. Raises `UsageError` for what is no list of numbers."""
    if not isinstance(spacing, (Sequence, np.ndarray)) or not all(map(is_number, spacing)):
        raise ArgumentTypeError(
            f"spacing must be a list, one length an array axis, such as (2.5, 0.8, 0.8), not "
            f"{spacing!r}"
        )
    return tuple(float(length) for length in spacing)


def _colors(colors: Colors | str | Path) -> Colors:
    """Return colours as they are, or those of a file."""
    if isinstance(colors, (str, Path)):
        return load_colors(colors)
    for color, label in colors.items():
        is_color = isinstance(color, Sequence) and not isinstance(color, str) and len(color) == 3
        if not (is_color and all(_is_within(part, 255) for part in color)):
            raise UsageError(f"colors must be of three numbers such as (255, 0, 0), not {color!r}")
        if not _is_within(label, LARGEST):
            raise UsageError(f"the label of the colour {color!r} must be from 0, not {label!r}")
    return colors


def _is_within(value: Any, largest: int) -> bool:
    """Return whether a value is a whole number from 0 to the largest."""
    return is_whole(value) and 0 <= value <= largest


def _check_kinds(metrics: object, colors: object) -> None:
    """Raise `UsageError` for options of kinds that would fail later, in words of no use."""
    if not isinstance(metrics, (str, Sequence, type(None))) or not all(map(is_text, metrics or ())):
        raise ArgumentTypeError(
            f"metrics must be a text or a list of texts such as ['dice', 'nsd@2'], not {metrics!r}"
        )
    if not isinstance(colors, (str, Path, Mapping, type(None))):
        raise ArgumentTypeError(
            f"colors must be a file or a mapping such as {{(255, 0, 0): 1}}, not {colors!r}"
        )


@dataclass(frozen=True, slots=True)
class _Source:
    """The origin of all that options leave open."""

    convention: Convention
    """Convention that all policies come from."""
    metrics: tuple[Metric, ...]
    """Metrics to compute, as their protocol means them."""
    regions: RegionsLike | None
    """Regions of the convention or the run, None for those that masks hold."""
    name: str
    """Name of the protocol, `all` for every tool side by side."""
    title: str
    """Title of the protocol in reports."""


def _source(
    protocol: ProtocolLike, boundary: Boundary | str | None, forms: Sequence[str] | None
) -> _Source:
    """Return where the metrics that forms mean, and all that options do not say, come from."""
    if protocol == ALL:
        _check_no_boundary(boundary)
        # each tool defines its own columns; all else is segeval's
        return _Source(convention(), everyone(forms), None, ALL, "every tool side by side")
    run = run_of(protocol)
    if run is not None and run.name == ALL:
        _check_no_boundary(boundary)
        # the columns of that run as they are, unless others are asked for
        metrics = run.metrics if forms is None else everyone(forms)
        return _Source(Convention.of(run), metrics, run.regions, run.name, run.title)
    base = convention(protocol, boundary)
    regions = run.regions if run else base.regions
    return _Source(base, base.metrics(forms), regions, base.name, base.title)


def _check_no_boundary(boundary: Boundary | str | None) -> None:
    """Raise `UsageError` for a boundary in place of those of every tool."""
    if boundary is not None:
        raise UsageError(
            "protocol 'all' compares the boundaries of every tool; leave the boundary out"
        )


@dataclass(frozen=True, slots=True)
class _Labels:
    """The labels of a run: which are scored, and what becomes of the others."""

    regions: tuple[Region, ...] | None
    """Regions to score, None for those that masks hold."""
    background: bool
    """True where label 0 is scored."""
    ignored: int | None
    """Label of the ground truth whose voxels are left out."""
    notices: tuple[str, ...] = ()
    """Sentences about regions that were left out."""


def _chosen_labels(
    source: _Source,
    *,
    regions: RegionsLike | None,
    include_background: bool | None,
    ignore_label: int | None,
    colors: Colors | None,
) -> _Labels:
    """Return the labels of a run: those that options state, or else those of their source.

    Regions may come with a label to ignore, as in an nnU-Net dataset.json. The option goes before
    it, and it before that of the source. Without regions, label 0 is scored where one of the
    colours makes it a class.
    """
    background = source.convention.background
    if include_background is not None:
        background = bool(include_background)
    if regions is None:
        regions = source.regions
    ignored = source.convention.policies.get("ignore_label")
    named = None
    if regions is not None:
        named, ignored_beside = parse_regions(regions)
        if ignored_beside is not None:
            ignored = ignored_beside
    if ignore_label is not None:
        ignored = int(ignore_label)
    if named is None:
        color = class_color(colors)
        if color is None or background or include_background is not None or ignored == 0:
            return _Labels(None, background, ignored)
        return _Labels(None, background=True, ignored=ignored, notices=(_about_class(color),))
    chosen = named if background else _without_background(named)
    _check_not_ignored(chosen, ignored)
    # no background is left out, or the user said so: by the option, or by ignoring label 0
    if background or include_background is False or ignored == 0:
        return _Labels(chosen, background, ignored)
    return _Labels(chosen, background, ignored, _about_background(named))


def _check_not_ignored(regions: Sequence[Region], ignored: int | None) -> None:
    """Raise `UsageError` for a region of which no voxel would be left."""
    for region in regions:
        if region.labels == {ignored}:
            raise UsageError(
                f"region {region.name!r} is label {ignored}, whose voxels are to be ignored; leave "
                f"the region out, or the label to ignore"
            )


def _without_background(regions: Sequence[Region]) -> tuple[Region, ...]:
    """Return the regions that are no background. Raises `UsageError` where none is."""
    foreground = tuple(region for region in regions if not is_background(region))
    if regions and not foreground:
        raise UsageError(
            f"region {regions[0].name!r} is the background (label 0), and there is no other; name "
            "one, such as liver=1, or pass --include-background to score the background"
        )
    return foreground


def _about_class(color: Color) -> str:
    """Return what to tell of a colour that makes label 0 a class."""
    return (
        f"label 0 is that of the colour {hex_of(color)}, and scored as the others are; if it is "
        "the background, pass --no-background (in Python include_background=False)"
    )


def _about_background(regions: Sequence[Region]) -> tuple[str, ...]:
    """Return what to tell of regions that are left out as background."""
    return tuple(
        f"region {region.name!r} (label 0) is the background and not scored; "
        "--include-background (in Python include_background=True) scores it"
        for region in regions
        if is_background(region)
    )
