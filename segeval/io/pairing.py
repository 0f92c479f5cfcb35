"""Pairs of a prediction and a ground truth: files of one name below two folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path, PurePath
from typing import Literal, TypeAlias

from segeval.errors import UsageError

from .files import is_utf8, local_path
from .naming import Naming, namings
from .registry import known_suffixes, refusal, stem_of, suffix_in

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
    preds, gts = _masks(pred, "pred", pred_suffix), _masks(gt, "gt", gt_suffix)
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
            raise UsageError(
                f"{path}: wanted a file or folder for the {role}, but there is none; check the path"
            )
    if pred.is_file() != gt.is_file():
        raise UsageError(
            f"the prediction {pred} is {_kind(pred)}, but the ground truth {gt} is {_kind(gt)}; "
            "give two files or two folders"
        )


def _kind(path: Path) -> str:
    return "a file" if path.is_file() else "a folder"


def _masks(folder: Path, role: Role, suffix: str) -> dict[str, str]:
    """Return the names below a folder of the files that can be read, by their id.

    Names stay texts until they are paired: a `Path` costs ten times as much as all else here.
    Raises `UsageError` where there are none, and where two would have one id.
    """
    names = list(_names(folder))
    formats = {name: known for name in names if (known := suffix_in(name))}
    if not formats:
        raise UsageError(_no_masks(folder, names))
    _check_text(folder, formats)
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


def _names(folder: Path) -> Iterator[str]:
    """Yield the names below a folder of all its files but for hidden ones, with slashes.

    Those of each folder come in alphabetical order. Links are followed, but for those that lead
    back to a folder above them.
    """

    def fail(error: OSError) -> None:
        raise UsageError(
            f"{error.filename}: wanted to list the folder, but {error.strerror}; allow it (chmod "
            f"u+rx)"
        )

    def leads_back(link: Path) -> bool:
        if not link.is_symlink():
            return False
        # of all folders on the way here, since two may link to each other
        way = [above.resolve() for above in link.parents]
        return any(above.is_relative_to(link.resolve()) for above in way)

    for root, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        # In place: `os.walk` goes into what this list still holds, in its order.
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not leads_back(Path(root, name))
        )
        place = Path(root).relative_to(folder).as_posix()
        way = "" if place == "." else f"{place}/"
        yield from (way + name for name in sorted(names) if not name.startswith("."))


def _check_text(folder: Path, names: Collection[str]) -> None:
    """Raise `UsageError` for the first of the names that is of bytes that are no text."""
    # all at once first, which takes a tenth of the time
    if is_utf8("".join(names)):
        return
    name = next(name for name in names if not is_utf8(name))
    raise UsageError(
        f"{str(folder / name)!a}: the name is not valid text in UTF-8, as tables need it; rename "
        f"the file"
    )


def _no_masks(folder: Path, names: list[str]) -> str:
    """Return what to say of a folder without masks: what is in it, and why that is not read."""
    wanted = f"{folder}: wanted masks ({', '.join(known_suffixes())})"
    if not names:
        return f"{wanted}, but the folder is empty; check the path"
    suffixes = [PurePath(name).suffix.lower() or "no suffix" for name in names]
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(suffixes).most_common(4))
    reasons = filter(None, map(refusal, names))
    advice = next(reasons, "convert them, or check the path")
    return f"{wanted}, but none of its {len(names)} files is one ({kinds}); {advice}"


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
