"""Pairs of a prediction and a ground truth: files of one name below two folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path, PurePath
from typing import Literal, TypeAlias

from segeval.errors import UsageError

from .files import local_path
from .listing import Listing, listing_of
from .naming import Naming, namings
from .registry import stem_of

Role: TypeAlias = Literal["pred", "gt"]
"""The side of a folder, as the options --pred-suffix and --gt-suffix call it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A prediction and a ground truth that share an id.

    `pred` is None where an empty prediction is to be scored.
    """

    id: str
    pred: Path | None
    gt: Path


@dataclass(frozen=True, slots=True)
class Pairing:
    """All pairs of a run, sorted by id.

    `missing` are ground truths without a prediction, `extra` predictions without a ground truth;
    `notices` say what a user should know about how they were paired.
    """

    pairs: list[Pair]
    missing: list[tuple[str, Path]]
    extra: list[tuple[str, Path]]
    notices: list[str]


def pair(
    pred: str | os.PathLike[str],
    gt: str | os.PathLike[str],
    *,
    pred_suffix: str = "",
    gt_suffix: str = "",
) -> Pairing:
    """Return the pairs of two folders, or of two files, and what has no partner.

    An id is the path below the folder without the known suffix and without `pred_suffix` or
    `gt_suffix`, such as "_seg" or "_seg.nii.gz"; files that lack theirs are left out. Where no two
    ids are equal, an affix that every file of a side has in common is left out, with a notice.
    Raises `UsageError` when nothing pairs.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("a_pred.png", "a_gt.png", "b_gt.png"):
    ...     (folder / name).touch()
    >>> pairing = pair(folder, folder, pred_suffix="_pred", gt_suffix="_gt")
    >>> [pair.id for pair in pairing.pairs], [id for id, _ in pairing.missing]
    (['a'], ['b'])
    """
    pred, gt = local_path(pred), local_path(gt)
    _check_alike(pred, gt)
    notices = []
    if pred_suffix == gt_suffix and pred.samefile(gt):
        notices.append(
            f"{pred} is both the prediction and the ground truth: every score will be perfect"
        )
    if gt.is_file():
        return Pairing([Pair(stem_of(gt), pred, gt)], [], [], notices)
    listings = listing_of(pred), listing_of(gt)
    preds = _masks(listings[0], "pred", pred_suffix)
    gts = _masks(listings[1], "gt", gt_suffix)
    notices += _left_out(listings, set(preds.values()), set(gts.values()))
    # Only where no name has a partner as it is: otherwise those without one are missing.
    if preds.keys().isdisjoint(gts):
        shortened_pred, shortened_gt = _shortened(preds, gts, pred, gt)
        preds, gts = shortened_pred.files, shortened_gt.files
        for folder, naming in ((pred, shortened_pred), (gt, shortened_gt)):
            if naming.change:
                notices.append(f"{folder}: paired without {naming.change} of every file")
    paired = sorted(preds.keys() & gts)
    return Pairing(
        pairs=[Pair(name, pred / preds[name], gt / gts[name]) for name in paired],
        missing=[(name, gt / gts[name]) for name in sorted(gts.keys() - preds)],
        extra=[(name, pred / preds[name]) for name in sorted(preds.keys() - gts)],
        notices=notices,
    )


def _check_alike(pred: Path, gt: Path) -> None:
    """Raise `UsageError` unless both are there, two files or two folders."""
    for path, role in ((pred, "prediction"), (gt, "ground truth")):
        if not os.path.exists(path):  # noqa: PTH110  # unlike Path.exists, False without a permission on the way
            came = "there is none; check the path"
            if path.is_symlink():
                came = "it is a link that leads nowhere, or in a circle; link to the file itself"
            raise UsageError(f"{path}: wanted a file or folder for the {role}, but {came}")
    if pred.is_file() != gt.is_file():
        raise UsageError(
            f"the prediction {pred} is {_kind(pred)}, but the ground truth {gt} is {_kind(gt)}; "
            "give two files or two folders"
        )


def _kind(path: Path) -> str:
    return "a file" if path.is_file() else "a folder"


def _left_out(listings: tuple[Listing, Listing], preds: set[str], gts: set[str]) -> list[str]:
    """Return what to tell of the files below two folders that are not scored."""
    pred, gt = listings
    if pred.folder.samefile(gt.folder):
        # What is of no use to one side is what the other one wants.
        return list(pred.left_out(preds | gts))
    return [*pred.left_out(preds), *gt.left_out(gts)]


def _masks(listing: Listing, role: Role, suffix: str) -> dict[str, str]:
    """Return the names below a folder of the files that can be read, by their id.

    Raises `UsageError` where there are none, and where two would have one id.
    """
    folder, formats = listing.folder, listing.formats
    id_of: dict[str, str] = {}
    for name, known in formats.items():
        stem = name.removesuffix(known)
        if stem.endswith(suffix):
            id_of[name] = stem.removesuffix(suffix)
        elif name.endswith(suffix):  # such as "_seg.nii.gz", which says the format too
            id_of[name] = name.removesuffix(suffix)
    if not id_of:
        raise UsageError(
            f"{folder}: wanted files whose names end in {suffix!r} (--{role}-suffix), but none of "
            f"{len(formats)} does, for instance {PurePath(next(iter(formats))).name}; correct the "
            "option"
        )
    nameless = [name for name, case in id_of.items() if not case]
    if nameless:
        raise UsageError(
            f"{folder / nameless[0]}: wanted a name of the case before {suffix!r} "
            f"(--{role}-suffix), but nothing is left of the file's; correct the option"
        )
    return _by_id(folder, id_of)


def _by_id(folder: Path, id_of: dict[str, str]) -> dict[str, str]:
    """Return the names by id. Raises `UsageError` for ids that differ at most in their case."""
    names: dict[str, str] = {}
    folded: dict[str, str] = {}
    for name, case in id_of.items():
        # Where case does not count, ids that differ in case alone name one file.
        first = folded.setdefault(case.casefold(), name)
        if first != name:
            raise UsageError(
                f"{folder / first} and {folder / name} are both named {case!r} without their "
                "suffix; keep one of them, or say which with --pred-suffix or --gt-suffix, such as "
                ".nii.gz"
            )
        names[case] = name
    return names


def _shortened(
    preds: dict[str, str], gts: dict[str, str], pred: Path, gt: Path
) -> tuple[Naming, Naming]:
    """Return the names of both sides that pair most files at the least loss of text.

    Raises `UsageError` where none pair a file.
    """

    def merit(sides: tuple[Naming, Naming]) -> tuple[int, int]:
        return len(sides[0].files.keys() & sides[1].files), -sides[0].cost - sides[1].cost

    best = max(product(namings(preds), namings(gts)), key=merit)
    pairs, _ = merit(best)
    if not pairs:
        raise UsageError(
            f"wanted predictions and ground truths of the same names, but none of {len(preds)} in "
            f"{pred} (such as {min(preds)!r}) is among the {len(gts)} in {gt} (such as "
            f"{min(gts)!r}); name them alike, or say what to leave out with --pred-suffix and "
            f"--gt-suffix"
        )
    return best
