"""Notices about a run as a whole: signs that it scored something else than was meant.

None of them is an error: each is about something that may well be right, and is wrong more often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np

from segeval.arrays import Flags
from segeval.data.regions import Region
from segeval.data.scales import FOREGROUNDS
from segeval.protocols.protocol import Protocol
from segeval.statistics.counts import Counts

from .pooling import Pooled
from .record import Scored

MANY = 20
"""From so many labels on, most of them on one side only, a folder is suspected to hold images."""
MATTERS = 5e-4
"""Difference of pooled scores, relative to those above 1, from which on tables show it."""
LISTED = 5
"""Number of names that a notice lists."""


def notices_on(
    regions: Sequence[Region],
    counts: Sequence[Counts],
    scored: Sequence[Scored],
    pooled: Pooled,
    protocol: Protocol,
) -> Iterator[str]:
    """Yield notices about a run: on its regions, from the counts of these in every case, and more.

    `counts` are those of the cases that were `scored`; without one there is no notice.
    """
    if not counts:
        return
    if not regions:
        yield "no mask holds a label above 0: there is no region to score"
    in_p = np.array([~case.empty_p for case in counts])
    in_g = np.array([~case.empty_g for case in counts])
    yield from _on_absent_regions(regions, (in_p | in_g).any(0))
    if protocol.regions is None:
        yield from _on_labels(regions, in_p, in_g)
    yield from _on_sizes_of_voxels(scored, pooled)


def _on_absent_regions(regions: Sequence[Region], occurs: Flags) -> Iterator[str]:
    """Yield a notice about regions that no mask holds; `occurs` (R,) tells which one does."""
    absent = [region.name for region, any_case in zip(regions, occurs, strict=True) if not any_case]
    if absent:
        listed = ", ".join(absent[:LISTED])
        if len(absent) > LISTED:
            listed += f" and {len(absent) - LISTED} more"
        yield f"{len(absent)} of {len(regions)} regions occur in no mask: {listed}; check --regions"


def _on_labels(regions: Sequence[Region], in_p: Flags, in_g: Flags) -> Iterator[str]:
    """Yield notices about labels that nobody named; `in_p`, `in_g` are (cases, regions)."""
    # images in place of masks, or instances numbered at random, agree in few labels
    one_sided = int((in_p.any(0) != in_g.any(0)).sum())
    if len(regions) >= MANY and one_sided > len(regions) / 2:
        yield (
            f"{one_sided} of {len(regions)} labels occur in the predictions or in the ground "
            "truths alone; if one of the folders holds images or numbered instances, pass another "
            "folder, --regions or --binary"
        )
    labels = {label for region in regions for label in region.labels}
    foreground = [place for place, region in enumerate(regions) if region.labels != {0}]
    # no case holds both: some files were saved as masks of 0 and 1, others as images
    if labels - {0} == FOREGROUNDS and not in_g[:, foreground].all(axis=1).any():
        yield (
            "some cases hold only {0, 1} and others only {0, 255}; if these mean the same, pass "
            "--binary"
        )


def _on_sizes_of_voxels(scored: Sequence[Scored], pooled: Pooled) -> Iterator[str]:
    """Yield notices about cases in several units, or whose voxels differ where that matters."""
    # 3-D masks in px beside ones in mm, for instance, where some files lack a spacing
    kinds = sorted({(case.space.axes, case.space.unit) for case in scored})
    if len(kinds) > 1:
        listed = ", ".join(f"{axes}-D in {unit}" for axes, unit in kinds)
        yield (
            f"the cases are of several kinds ({listed}): means over them mix units, and only "
            "pooled_voxels is defined"
        )
        return
    volumes = [case.measured.voxel_volume for case in scored]
    if len(set(volumes)) == 1:
        return
    pairs = [
        (abs(volume - voxels) / max(1, abs(volume)), column, region, volume, voxels)
        for column, scores in pooled.by_volume.items()
        for (region, volume), voxels in zip(
            scores.items(), pooled.by_voxels[column].values(), strict=True
        )
        if isfinite(volume) and isfinite(voxels)
    ]
    difference, column, region, volume, voxels = max(pairs, default=(0, "", "", 0, 0))
    if difference >= MATTERS:
        unit = scored[0].space.volume_unit
        yield (
            f"voxels are of {min(volumes):.4g} to {max(volumes):.4g} {unit}, and pooled scores "
            f"depend on their weights: {column} of {region} is {volume:.4f} by volume (pooled) "
            f"and {voxels:.4f} by voxels (pooled_voxels)"
        )
