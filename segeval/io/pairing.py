"""Pairs of a prediction and a ground truth: files of one name below two folders."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal, TypeAlias

from segeval.errors import UsageError

from .files import local_path
from .listing import Listing, listing_of
from .naming import Affixes, Naming, alike
from .registry import stem_of
from .stacks import TOP, about_gaps, stacked

Role: TypeAlias = Literal["pred", "gt", "roi"]
"""Side of a case, or its region of interest, as options call it."""
NO_AFFIXES = Affixes()
"""Names that are those of the cases."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A prediction and a ground truth that share an id.

    `pred` is None where an empty prediction is to be scored. Each is a file, or the folder of a
    stack. `roi` is the mask of the region of interest, None for the whole image.
    """

    id: str
    pred: Path | None
    gt: Path
    roi: Path | None = None


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
    pred_affixes: Affixes = NO_AFFIXES,
    gt_affixes: Affixes = NO_AFFIXES,
    stack: bool = False,
) -> Pairing:
    """Return the pairs of two folders, or of two files, and what has no partner.

    An id is the path below the folder without the known suffix and without the affixes, such as the
    suffix "_seg" or "_seg.nii.gz"; files that lack theirs are left out. Where no two ids are equal,
    affixes that every file of a side has in common are left out, with a notice. With `stack`, a
    folder of images is one volume. Raises `UsageError` when nothing pairs.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("a_pred.png", "a_gt.png", "b_gt.png"):
    ...     (folder / name).touch()
    >>> preds, gts = Affixes(suffix="_pred"), Affixes(suffix="_gt")
    >>> pairing = pair(folder, folder, pred_affixes=preds, gt_affixes=gts)
    >>> [pair.id for pair in pairing.pairs], [id for id, _ in pairing.missing]
    (['a'], ['b'])
    """
    pred, gt = local_path(pred), local_path(gt)
    _check_alike(pred, gt, stack=stack)
    notices = []
    if pred_affixes == gt_affixes and pred.samefile(gt):
        notices.append(
            f"{pred} is both the prediction and the ground truth: every score will be perfect"
        )
    if gt.is_file():
        return Pairing([Pair(stem_of(gt), pred, gt)], [], [], notices)
    if pred.is_file():
        return Pairing([Pair(gt.name, pred, gt)], [], [], notices)
    listings = listing_of(pred), listing_of(gt)
    if stack:
        for listing in listings:
            notices += about_gaps(listing)
        listings = stacked(listings[0]), stacked(listings[1])
    preds = masks_in(listings[0], "pred", pred_affixes)
    gts = masks_in(listings[1], "gt", gt_affixes)
    if [*preds.values(), *gts.values()] == [TOP, TOP]:
        return Pairing([Pair(gt.name, pred, gt)], [], [], notices)
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


def _check_alike(pred: Path, gt: Path, *, stack: bool) -> None:
    """Raise `UsageError` unless both are there, two files or two folders.

    With `stack` a folder may be a volume, as a file is.
    """
    for path, role in ((pred, "prediction"), (gt, "ground truth")):
        if not os.path.exists(path):  # noqa: PTH110  # unlike Path.exists, False without a permission on the way
            came = "there is none; check the path"
            if path.is_symlink():
                came = "it is a link that leads nowhere, or in a circle; link to the file itself"
            raise UsageError(f"{path}: wanted a file or folder for the {role}, but {came}")
    if pred.is_file() != gt.is_file() and not stack:
        raise UsageError(
            f"the prediction {pred} is {_kind(pred)}, but the ground truth {gt} is {_kind(gt)}; "
            "give two files or two folders, or pass --stack if the folder holds the slices of one "
            "volume"
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


def masks_in(listing: Listing, role: Role, affixes: Affixes = NO_AFFIXES) -> dict[str, str]:
    """Return the names below a folder of what can be read, by the id of the case.

    Raises `UsageError` where there are none, and where two would have one id.
    """
    folder, formats = listing.folder, listing.formats
    cases = [affixes.case_in(name, known) for name, known in formats.items()]
    id_of = {name: case for name, case in zip(formats, cases, strict=True) if case is not None}
    if TOP in formats:  # a stack at the top has the name of the folder, and no affix
        id_of[TOP] = folder.name
    if not id_of:
        raise UsageError(
            f"{folder}: wanted files whose names {affixes.words(role)}, but none of {len(formats)} "
            f"does, for instance {PurePath(next(iter(formats))).name}; correct the option"
        )
    if "" in id_of.values():
        nameless = next(name for name, case in id_of.items() if not case)
        raise UsageError(
            f"{folder / nameless}: wanted names that {affixes.words(role)} and hold a name of "
            "the case, but nothing is left of the file's; correct the option"
        )
    return _by_id(folder, id_of, role)


def _by_id(folder: Path, id_of: dict[str, str], role: Role) -> dict[str, str]:
    """Return the names by id. Raises `UsageError` for ids that differ at most in their case."""
    names = {case: name for name, case in id_of.items()}
    # Where case does not count, ids that differ in case alone name one file.
    if len(set(map(str.casefold, names))) < len(id_of):
        raise UsageError(_about_one_id(folder, id_of, role))
    return names


def _about_one_id(folder: Path, id_of: dict[str, str], role: Role) -> str:
    """Return what to tell of two names with one id, which there are."""
    count = Counter(map(str.casefold, id_of.values()))
    repeated = next(case for case, files in count.items() if files > 1)
    first, second, *_ = [name for name, case in id_of.items() if case.casefold() == repeated]
    way_out = ""
    if role != "roi":
        way_out = f", or say which with --{role}-suffix, such as .nii.gz"
    return (
        f"{folder / first} and {folder / second} are both named {id_of[second]!r} without their "
        f"suffix; keep one of them{way_out}"
    )


def _shortened(
    preds: dict[str, str], gts: dict[str, str], pred: Path, gt: Path
) -> tuple[Naming, Naming]:
    """Return the names of both sides that pair most files at the least loss of text.

    Raises `UsageError` where none pair a file.
    """

    sides = alike(preds, gts)
    if sides[0].files.keys().isdisjoint(sides[1].files):
        sides = alike(preds, gts, at_both_ends=True)
    if sides[0].files.keys().isdisjoint(sides[1].files):
        raise UsageError(
            f"wanted predictions and ground truths of the same names, but none of {len(preds)} in "
            f"{pred} (such as {min(preds)!r}) is among the {len(gts)} in {gt} (such as "
            f"{min(gts)!r}); {_advice(preds, gts, pred, gt)}"
        )
    return sides


def _advice(preds: dict[str, str], gts: dict[str, str], pred: Path, gt: Path) -> str:
    """Return what to do where nothing pairs: a folder of models is scored model by model."""
    models = sorted({name.partition("/")[0] for name in preds if name.partition("/")[2] in gts})
    if models:
        return (
            f"{pred} holds folders with predictions of the same cases ({', '.join(models[:3])}): "
            f"score each by itself, such as segeval score {pred / models[0]} {gt}"
        )
    return (
        "name them alike, or say what to leave out with --pred-prefix, --pred-suffix, --gt-prefix "
        "and --gt-suffix"
    )
