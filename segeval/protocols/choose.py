"""The protocol of a run, from its options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.io import Colors, load_colors
from segeval.statistics.boundary import Boundary

from .files import ALL, ProtocolLike, convention, everyone
from .protocol import Missing, Protocol
from .regions import RegionsLike, is_background, parse_regions


def make_protocol(
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
    """The protocol that the options of `score` and `score_folder` describe: a named one, and what
    overrides it.
    """
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
    forms = [metrics] if isinstance(metrics, str) else metrics
    if protocol == ALL:
        if boundary is not None:
            raise UsageError(
                "protocol 'all' compares the boundaries of every tool; leave the boundary out"
            )
        base, bound = convention(), everyone(forms)
    else:
        base = convention(protocol, boundary)
        bound = base.metrics(forms)
    own = base.regions if regions is None else regions
    named, ignored = (None, None) if own is None else parse_regions(own)
    ignored = ignored if ignore_label is None else ignore_label
    background = base.background if include_background is None else include_background
    chosen = named
    notices: tuple[str, ...] = ()
    if named is not None and not background:
        chosen = _without_background(named)
        notices = _about_background(named) if include_background is None and ignored != 0 else ()
    _check_not_ignored(chosen or (), ignored)
    return Protocol(
        metrics=bound,
        regions=chosen,
        include_background=background,
        ignore_label=ignored,
        binary=binary,
        spacing=None if spacing is None else tuple(float(length) for length in spacing),
        geometry_tolerance=geometry_tolerance,
        missing=missing,
        colors=load_colors(colors) if isinstance(colors, (str, Path)) else colors,
        name=ALL if protocol == ALL else base.name,
        title="every tool side by side" if protocol == ALL else base.title,
        boundary=base.boundary,
        mean_first=base.mean_first,
        notices=notices,
    )


def _check_not_ignored(regions: Sequence[Region], ignored: int | None) -> None:
    for region in regions:
        if region.labels == {ignored}:
            raise UsageError(
                f"region {region.name!r} is label {ignored}, whose voxels are to be ignored; leave "
                f"the region out, or "
                "the label to ignore"
            )


def _without_background(regions: Sequence[Region]) -> tuple[Region, ...]:
    left = tuple(region for region in regions if not is_background(region))
    if regions and not left:
        raise UsageError(
            f"region {regions[0].name!r} is the background (label 0), and there is no other; name "
            "one, such as liver=1, or pass --include-background to score the background"
        )
    return left


def _about_background(regions: Sequence[Region]) -> tuple[str, ...]:
    """Return what to tell of regions that are left out as background."""
    return tuple(
        f"region {region.name!r} (label 0) is the background and not scored; "
        "--include-background (in Python include_background=True) scores it"
        for region in regions
        if is_background(region)
    )
