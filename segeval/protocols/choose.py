"""The protocol of a run, from its options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.io import Colors, load_colors
from segeval.metrics.card import Metric
from segeval.statistics.boundary import Boundary

from .conventions import Convention
from .files import ALL, ProtocolLike, convention, everyone
from .protocol import Missing, Protocol
from .regions import RegionsLike, is_background, parse_regions


def make_protocol(
    *,
    metrics: str | Sequence[str] | None = None,
    protocol: ProtocolLike = "segeval",
    boundary: Boundary | str | None = None,
    regions: RegionsLike | None = None,
    include_background: bool | None = None,
    ignore_label: int | None = None,
    binary: bool = False,
    spacing: Sequence[float] | None = None,
    geometry_tolerance: float = 1e-3,
    missing: Missing = "error",
    colors: Colors | str | Path | None = None,
) -> Protocol:
    """Return the protocol that the options of `score` and `score_folder` describe.

    That is a named convention, or every tool's side by side, and what the other options override.
    Raises `UsageError` for options that do not fit.

    >>> make_protocol(protocol="medpy", metrics="hd95", ignore_label=255).ignore_label
    255
    """
    _check_kinds(metrics, ignore_label, spacing)
    forms = [metrics] if isinstance(metrics, str) else metrics
    source = _source(protocol, boundary, forms)
    base = source.convention
    chosen = _chosen_labels(
        base.regions if regions is None else regions,
        background=base.background if include_background is None else include_background,
        ignore_label=ignore_label,
        tell=include_background is None,
    )
    return Protocol(
        metrics=source.metrics,
        regions=chosen.regions,
        include_background=chosen.background,
        ignore_label=chosen.ignored,
        binary=binary,
        spacing=None if spacing is None else tuple(float(length) for length in spacing),
        geometry_tolerance=geometry_tolerance,
        missing=missing,
        colors=load_colors(colors) if isinstance(colors, (str, Path)) else colors,
        name=source.name,
        title=source.title,
        boundary=base.boundary,
        mean_first=base.mean_first,
        notices=chosen.notices,
    )


def _check_kinds(
    metrics: str | Sequence[str] | None,
    ignore_label: int | None,
    spacing: Sequence[float] | None,
) -> None:
    """Raise `UsageError` for options of kinds that would fail later, in words of no use."""
    if not isinstance(metrics, (str, Sequence, type(None))):
        raise UsageError(
            f"metrics must be a text or a list of texts such as ['dice', 'nsd@2'], not {metrics!r}"
        )
    if ignore_label is not None and not isinstance(ignore_label, (int, np.integer)):
        raise UsageError(f"ignore_label must be one label, a whole number, not {ignore_label!r}")
    if isinstance(spacing, str) or not isinstance(spacing, (Sequence, np.ndarray, type(None))):
        raise UsageError(
            f"spacing must be a list, one length an array axis, such as (2.5, 0.8, 0.8), not "
            f"{spacing!r}"
        )


@dataclass(frozen=True, slots=True)
class _Source:
    """Metrics, and the convention that they and all other policies come from."""

    convention: Convention
    metrics: tuple[Metric, ...]
    name: str
    title: str


def _source(
    protocol: ProtocolLike, boundary: Boundary | str | None, forms: Sequence[str] | None
) -> _Source:
    """Return a convention on its own boundary or another, with the metrics that forms mean there.

    Of every tool's, the metrics come from each convention, and all else from segeval's.
    """
    if protocol != ALL:
        base = convention(protocol, boundary)
        return _Source(base, base.metrics(forms), base.name, base.title)
    if boundary is not None:
        raise UsageError(
            "protocol 'all' compares the boundaries of every tool; leave the boundary out"
        )
    return _Source(convention(), everyone(forms), ALL, "every tool side by side")


@dataclass(frozen=True, slots=True)
class _Labels:
    """The regions to score, None for those that masks hold, and what becomes of other labels."""

    regions: tuple[Region, ...] | None
    background: bool
    ignored: int | None
    notices: tuple[str, ...] = ()


def _chosen_labels(
    regions: RegionsLike | None, *, background: bool, ignore_label: int | None, tell: bool
) -> _Labels:
    """Return the labels of a run; `tell` of regions that are left out as background.

    Regions may come with a label to ignore, as in an nnU-Net dataset.json; `ignore_label` goes
    before it.
    """
    if regions is None:
        return _Labels(None, background, ignore_label)
    named, ignored = parse_regions(regions)
    if ignore_label is not None:
        ignored = ignore_label
    chosen = named if background else _without_background(named)
    _check_not_ignored(chosen, ignored)
    notices = _about_background(named) if tell and not background and ignored != 0 else ()
    return _Labels(chosen, background, ignored, notices)


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


def _about_background(regions: Sequence[Region]) -> tuple[str, ...]:
    """Return what to tell of regions that are left out as background."""
    return tuple(
        f"region {region.name!r} (label 0) is the background and not scored; "
        "--include-background (in Python include_background=True) scores it"
        for region in regions
        if is_background(region)
    )
