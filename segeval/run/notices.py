"""Notices about a run as a whole: signs that it scored something else than was meant.

None of them is an error: each is about something that may well be right, and is wrong more often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np

from segeval.arrays import Flags
from segeval.data.regions import Region
from segeval.data.scales import BRIGHTEST, FOREGROUNDS
from segeval.errors.lines import listed
from segeval.protocols.protocol import Protocol
from segeval.statistics.counts import Counts

from .cases import SCALE, SCORES
from .occurrence import Occurrence
from .pooling import Pooled
from .record import Record, Scored
from .workers import SPILLED

MANY = 20
"""From so many labels on, most of them on one side only, a folder is suspected to hold images."""
MATTERS = 5e-3
"""Difference of pooled scores, relative to those above 1, from which on it is worth a notice."""


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
    occurrence = Occurrence.of([case.measured.contingency for case in scored])
    in_p = np.array([~case.empty_p for case in counts])
    in_g = np.array([~case.empty_g for case in counts])
    yield from _on_absent_regions(regions, (in_p | in_g).any(0), occurrence)
    yield from _on_labels_of_no_region(regions, occurrence)
    if protocol.regions is None:
        yield from _on_labels(regions, in_p, in_g)
        yield from _on_disjoint_labels(in_p, in_g, occurrence)
        if not occurrence.is_disjoint:
            yield from _on_one_sided_labels(regions, occurrence)
            yield from _on_other_labels(scored)
        yield from _on_the_largest_byte(scored, occurrence, protocol)
    yield from _on_sizes_of_voxels(scored, pooled)


def notices_of_cases(records: Sequence[Record], protocol: Protocol) -> Iterator[str]:
    """Yield notices that count the cases with a note: of a GPU too small, and of scores."""
    many = (
        "one side holds many values above 0 and the other a single one, and all are taken as "
        f"foreground; {SCORES}"
    )
    beyond = f"scores go beyond 1, and the threshold is {protocol.threshold}; {SCALE}"
    spilled = sum(SPILLED in record.notes for record in records)
    if spilled:
        yield f"{spilled} of {len(records)} cases {SPILLED}; their rows say so"
    for advice, doubt in ((SCORES, many), (SCALE, beyond)):
        doubtful = sum(any(note.endswith(advice) for note in record.notes) for record in records)
        if doubtful:
            yield f"in {doubtful} of {len(records)} cases {doubt}"


def _on_absent_regions(
    regions: Sequence[Region], occurs: Flags, occurrence: Occurrence
) -> Iterator[str]:
    """Yield a notice about regions that no mask holds; `occurs` (R,) tells which one does."""
    absent = [region.name for region, any_case in zip(regions, occurs, strict=True) if not any_case]
    if absent:
        present = sorted({*occurrence.in_p, *occurrence.in_g})
        yield (
            f"{len(absent)} of {len(regions)} regions occur in no mask: {listed(absent)}; the "
            f"masks hold labels {listed(present) or 'of background alone'}; check --regions"
        )


def _on_labels_of_no_region(regions: Sequence[Region], occurrence: Occurrence) -> Iterator[str]:
    """Yield a notice about labels that masks hold and that no region takes."""
    taken = {label for region in regions for label in region.labels}
    sides = []
    for side, cases_of_label in (
        ("predictions", occurrence.in_p),
        ("ground truths", occurrence.in_g),
    ):
        left = [f"{label} (in {n:,})" for label, n in cases_of_label.items() if label not in taken]
        if left:
            sides.append(f"{listed(left)} of {side}")
    if sides:
        yield f"labels that no region takes are not scored: {'; '.join(sides)}"


def _on_labels(regions: Sequence[Region], in_p: Flags, in_g: Flags) -> Iterator[str]:
    """Yield notices about labels that nobody named; `in_p`, `in_g` are (cases, regions)."""
    # images in place of masks, or instances numbered at random, agree in few labels
    one_sided = int((in_p.any(0) != in_g.any(0)).sum())
    foreground = [place for place, region in enumerate(regions) if region.labels != {0}]
    if len(regions) >= MANY and one_sided > len(regions) / 2:
        yield (
            f"{one_sided} of {len(regions)} labels occur in the predictions or in the ground "
            "truths alone; if one of the folders holds scores (probabilities, grey values), pass "
            "--threshold; if images or numbered instances, another folder, --regions or --binary"
        )
    elif len(regions) >= MANY and _are_numbers(in_g[:, foreground]):
        yield (
            f"the ground truths hold labels from 1 on, in every case to another one (up to "
            f"{len(foreground)}): if these number instances, they are scored as classes here; pass "
            "--binary to score them as one"
        )
    labels = {label for region in regions for label in region.labels}
    # no case holds both: some files were saved as masks of 0 and 1, others as images
    if labels - {0} == FOREGROUNDS and not in_g[:, foreground].all(axis=1).any():
        yield (
            "some cases hold only {0, 1} and others only {0, 255}; if these mean the same, pass "
            "--binary"
        )


def _are_numbers(occurs: Flags) -> bool:
    """Return whether each case holds the first few labels, and cases differ in how many these are.

    `occurs` is (cases, labels). So it is where labels number the objects of a case.

    >>> _are_numbers(np.array([[True, True, False], [True, True, True]]))
    True
    """
    how_many = occurs.sum(axis=1)
    are_first = (np.sort(occurs, axis=1)[:, ::-1] == occurs).all()
    return bool(are_first) and len(set(how_many.tolist()) - {0}) > 1


def _on_disjoint_labels(in_p: Flags, in_g: Flags, occurrence: Occurrence) -> Iterator[str]:
    """Yield a notice where both sides share no label, in the run or in some of its cases.

    `in_p` and `in_g` are (cases, labels).
    """
    if occurrence.is_disjoint:
        yield (
            f"no label is in both predictions ({listed(occurrence.in_p)}) and ground truths "
            f"({listed(occurrence.in_g)}), so that nothing agrees; if some mean the same, map "
            "them, name regions that join them (--regions), or pass --binary"
        )
        return
    disjoint = int((in_p.any(1) & in_g.any(1) & ~(in_p & in_g).any(1)).sum())
    if disjoint:
        yield (
            f"in {disjoint:,} of {len(in_p):,} cases no label is in both masks, as their notes "
            "say; if labels of these mean the same, name regions that join them (--regions), or "
            "pass --binary"
        )


def _on_one_sided_labels(regions: Sequence[Region], occurrence: Occurrence) -> Iterator[str]:
    """Yield a notice where each side holds labels that the other never has, as 3 and 4 of BraTS."""
    only_p = sorted(occurrence.in_p.keys() - occurrence.in_g - {BRIGHTEST})
    only_g = sorted(occurrence.in_g.keys() - occurrence.in_p - {BRIGHTEST})
    # of many labels `_on_labels` tells
    if only_p and only_g and len(regions) < MANY:
        yield (
            f"labels in predictions alone: {listed(only_p)}; in ground truths alone: "
            f"{listed(only_g)}; if some mean the same, map them, or name regions that join them "
            "(--regions)"
        )


def _on_other_labels(scored: Sequence[Scored]) -> Iterator[str]:
    """Yield a notice where both sides hold labels in the same places, and nearly never the same."""
    tables = [case.measured.contingency for case in scored]
    foreground = sum(int(t.count[(t.pred > 0) | (t.gt > 0)].sum()) for t in tables)
    shared = sum(int(t.count[(t.pred > 0) & (t.gt > 0)].sum()) for t in tables)
    equal = sum(int(t.count[(t.pred > 0) & (t.gt == t.pred)].sum()) for t in tables)
    if shared > foreground / 2 and equal < shared / 10:
        yield (
            f"where both sides hold a label, it is the same one in {equal / shared:.0%} of the "
            "voxels; if the labels number instances, pass --binary to score them as one, and if "
            "each side numbers its classes in its own way, map them"
        )


def _on_the_largest_byte(
    scored: Sequence[Scored], occurrence: Occurrence, protocol: Protocol
) -> Iterator[str]:
    """Yield a notice where 255 stands beside classes, as what is not to be scored does."""
    alone = BRIGHTEST in occurrence.in_g and BRIGHTEST not in occurrence.in_p
    if protocol.ignore_label is not None or not alone:
        return
    beside = sum(
        BRIGHTEST in table.gt and bool(((table.gt > 0) & (table.gt < BRIGHTEST)).any())
        for table in (case.measured.contingency for case in scored)
    )
    if beside:
        yield (
            f"label {BRIGHTEST} is in {beside:,} ground truths beside other labels, in no "
            "prediction, and scored as a class; if it marks voxels to leave out, pass "
            f"--ignore-label {BRIGHTEST}"
        )


def _on_sizes_of_voxels(scored: Sequence[Scored], pooled: Pooled) -> Iterator[str]:
    """Yield notices about cases in several units, or whose voxels differ where that matters."""
    # 3-D masks in px beside ones in mm, for instance, where some files lack a spacing
    kinds = sorted({(case.space.axes, case.space.unit) for case in scored})
    if len(kinds) > 1:
        units = ", ".join(f"{axes}-D in {unit}" for axes, unit in kinds)
        yield (
            f"the cases are of several kinds ({units}): means over them mix units, and only "
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
            f"depend on their weights: {column} of region {region!r} is {volume:.4f} by volume "
            f"(pooled) and {voxels:.4f} by voxels (pooled_voxels)"
        )
