"""Masks of the region of interest: the field of view of an image, or the box that was annotated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from segeval.errors import UsageError
from segeval.errors.lines import listed

from .listing import listing_of
from .naming import alike
from .pairing import Pair, masks_in
from .stacks import about_gaps, stacked


def with_rois(
    pairs: Sequence[Pair], roi: Path, *, stack: bool = False
) -> tuple[list[Pair], list[str]]:
    """Return the pairs with their regions of interest, and notices on how these were found.

    That of a pair is the mask of its name below a folder. Affixes that all names share are left out
    as those of predictions are. A file is for a single pair. Raises `UsageError` for a case without
    one.
    """
    if not roi.exists():
        raise UsageError(
            f"{roi}: wanted masks of the region of interest, but there is no such folder; check "
            "the path"
        )
    notices = [f"voxels outside of the regions of interest in {roi} are left out"]
    if len(pairs) == 1 and roi.is_file():
        return [replace(pairs[0], roi=roi)], notices
    if roi.is_file():
        raise UsageError(
            f"{roi}: wanted a folder with a mask of the region of interest for each of "
            f"{len(pairs)} cases, but it is a file; give the folder"
        )
    listing = listing_of(roi)
    if stack:
        notices += about_gaps(listing)
    files = masks_in(stacked(listing) if stack else listing, "roi")
    cases, rois = alike({pair.id: pair.id for pair in pairs}, files, at_both_ends=True)
    name_of_case = {case: rois.files.get(name) for name, case in cases.files.items()}
    lacking = sorted(case for case, name in name_of_case.items() if name is None)
    if lacking:
        raise UsageError(
            f"{roi}: wanted a mask of the region of interest for each case, but there is none for "
            f"{listed(lacking)}; add it under that name, or leave --roi out"
        )
    if rois.change:
        notices.append(f"{roi}: paired without {rois.change} of every file")
    return [replace(pair, roi=roi / str(name_of_case[pair.id])) for pair in pairs], notices
