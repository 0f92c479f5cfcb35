"""Stacks: folders of slice images, each of which is one volume.

The array axes of a volume are (slice, row, column), as arrays are stacked. Slices are in the
natural order of their names, in which 10 comes after 9.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.data.limits import MAX_VOXELS
from segeval.data.provenance import Input
from segeval.errors import GeometryMismatch, ReadError, UsageError
from segeval.errors.lines import listed

from .listing import Listing
from .reading import read
from .registry import FORMATS, suffix_in
from .request import Colors
from .source import provenance

TOP = "."
"""The name of a stack whose slices lie at the top of the folder."""


def stacked(listing: Listing) -> Listing:
    """Return a listing with folders of images in place of their images; they have no suffix."""
    formats = {}
    for name, suffix in listing.formats.items():
        if _is_slice(name):
            formats[_folder_of(name)] = ""
        else:
            formats[name] = suffix
    return replace(listing, formats=formats)


def about_gaps(listing: Listing) -> Iterator[str]:
    """Yield what to tell of stacks, by the names of their images, whose numbers have gaps.

    Raises `UsageError` for two slices of one number.
    """
    stacks: dict[str, list[str]] = defaultdict(list)
    for name in listing.formats:
        if _is_slice(name):
            stacks[_folder_of(name)].append(name)
    for folder, names in stacks.items():
        names.sort(key=_natural)
        numbers = _numbers(names)
        if not numbers and len(names) > 1:
            yield (
                f"{listing.folder / folder}: the names of its slices, such as {names[0]!r} and "
                f"{names[-1]!r}, differ in more than one number; they are taken in this order"
            )
        steps = [after - before for before, after in pairwise(numbers)]
        if 0 in steps:
            first, second = names[steps.index(0)], names[steps.index(0) + 1]
            raise UsageError(
                f"{listing.folder / first} and {listing.folder / second} are slices of one number; "
                "keep one of them"
            )
        # Every second slice, say, is no gap.
        usual = min(steps, default=1)
        gaps = [place for place, step in enumerate(steps) if step != usual]
        if gaps:
            between = [f"{numbers[k]} and {numbers[k + 1]}" for k in gaps]
            yield (
                f"{listing.folder / folder}: slices are missing between {listed(between)}; those "
                "that are there are taken as neighbours"
            )


def read_stack(
    folder: Path,
    *,
    spacing: Sequence[float] | None = None,
    colors: Colors | None = None,
    threshold: float | None = None,
    max_voxels: int = MAX_VOXELS,
) -> LabelMap:
    """Return the volume in a folder of slices. Its hash is that of the hashes of its files.

    Raises `ReadError` for a slice that cannot be read, or that has another shape than the first.
    """
    options: dict[str, Any] = {"colors": colors, "threshold": threshold, "max_voxels": max_voxels}
    paths = slices_of(folder)
    slices: list[LabelMap] = []
    for path in paths:
        mask = read(path, hashed=True, **options)
        assert isinstance(mask, LabelMap)  # an image is no mesh
        slices.append(mask)
        _check(slices[-1], slices[0], len(paths), max_voxels)
    labels = np.stack([mask.labels for mask in slices])
    grid = Grid.unspaced(labels.shape)
    if spacing:
        grid = Grid(labels.shape, tuple(spacing), "mm")
    file = _joined([mask.file for mask in slices if mask.file])
    return LabelMap(labels, grid, str(folder), file, max(mask.highest for mask in slices))


def check_numbering(pred: Path, gt: Path) -> str:
    """Return what to tell of two stacks whose slices are numbered otherwise; "" for nothing.

    Raises `GeometryMismatch` where no constant added to the numbers of one gives those of the
    other: then some slice would be compared with another place.
    """
    numbers_p = _numbers([path.name for path in slices_of(pred)])
    numbers_g = _numbers([path.name for path in slices_of(gt)])
    if not (numbers_p and numbers_g) or numbers_p == numbers_g:
        return ""
    if [number - numbers_p[0] for number in numbers_p] == [n - numbers_g[0] for n in numbers_g]:
        return (
            f"slices of the prediction are numbered from {numbers_p[0]}, those of the ground truth "
            f"from {numbers_g[0]}, and are compared in their order"
        )
    only_p = sorted(set(numbers_p) - set(numbers_g))
    only_g = sorted(set(numbers_g) - set(numbers_p))
    raise GeometryMismatch(
        f"{pred} and {gt}: wanted slices of the same numbers, but only the prediction has "
        f"{listed(only_p) or 'none'}, only the ground truth {listed(only_g) or 'none'}; add what "
        "is missing"
    )


def slices_of(folder: Path) -> list[Path]:
    """Return the slices in a folder, in their order. Raises `ReadError` where there are none."""
    shown = (path.name for path in folder.iterdir() if not path.name.startswith("."))
    names = [name for name in shown if _is_slice(name)]
    if not names:
        suffixes = ", ".join(suffix for suffix, card in FORMATS.items() if card.is_slice)
        raise ReadError(
            f"{folder}: wanted slices ({suffixes}), but the folder has none; check the path"
        )
    return [folder / name for name in sorted(names, key=_natural)]


def provenance_of_stack(folder: Path) -> Input:
    """Return size, time and hash of a stack as it is now. Raises `OSError` and `ReadError`."""
    return _joined([provenance(path) for path in slices_of(folder)])


def _check(mask: LabelMap, first: LabelMap, count: int, max_voxels: int) -> None:
    """Raise `ReadError` for a slice that does not fit, or of a volume that is too large."""
    if mask.grid.shape != first.grid.shape:
        raise ReadError(
            f"{mask.source}: wanted a slice of the shape {first.grid.shape}, as {first.source} is, "
            f"but it has {mask.grid.shape}; put slices of one volume alone into a folder"
        )
    if count * mask.labels.size > max_voxels:
        raise ReadError(
            f"{mask.source}: wanted a stack of at most {max_voxels:,} voxels, but {count:,} slices "
            f"of {mask.labels.size:,} are more; pass a larger --max-voxels (in Python max_voxels) "
            "if that is right"
        )


def _joined(files: Sequence[Input]) -> Input:
    """Return size, time and hash of several files as those of one."""
    digest = hashlib.sha256("".join(file.sha256 for file in files).encode())
    return Input(
        sum(file.bytes for file in files), max(file.modified for file in files), digest.hexdigest()
    )


def _is_slice(name: str) -> bool:
    card = FORMATS.get(suffix_in(name).lower())
    return card is not None and card.is_slice


def _folder_of(name: str) -> str:
    return name.rpartition("/")[0] or TOP


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Return a key by which names are in natural order.

    >>> sorted(["s10.png", "s9.png", "s1b.png"], key=_natural)
    ['s1b.png', 's9.png', 's10.png']
    """
    parts = re.split(r"(\d+)", name)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def _numbers(names: Sequence[str]) -> list[int]:
    """Return the numbers of slices: those in which their names differ; none if that is not clear.

    >>> _numbers(["s1_gt.png", "s2_gt.png", "s10_gt.png"])
    [1, 2, 10]
    """
    if len({re.sub(r"\d+", "#", name) for name in names}) != 1:
        return []
    rows = [re.findall(r"\d+", name) for name in names]
    columns = [column for column in zip(*rows, strict=True) if len(set(column)) > 1]
    return [int(text) for text in columns[0]] if len(columns) == 1 else []
