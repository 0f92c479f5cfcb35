"""Which prediction belongs to which ground truth: by name, below the two folders."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal, TypeAlias

from segeval.errors import UsageError

from .files import local_path
from .naming import Naming, namings
from .registry import known_suffixes, refusal, stem_of, suffix_of

Role: TypeAlias = Literal["pred", "gt"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A prediction and a ground truth that share an id; `pred` is None where an empty prediction is
    to be scored.
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
    """The pairs of two folders, or of two files.

    An id is the path below the folder without the known suffix and without `pred_suffix` or
    `gt_suffix`, such as "_seg" or "_seg.nii.gz"; files that lack theirs are left out. Where no two
    ids are equal, an affix that every file of a side has in common is left out, with a notice.
    Raises `UsageError` when nothing pairs.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("a_pred.png", "a_gt.png", "b_gt.png"):
    ...     (folder / name).touch()
    >>> found = pair(folder, folder, pred_suffix="_pred", gt_suffix="_gt")
    >>> [pair.id for pair in found.pairs], [id for id, _ in found.missing]
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
    if preds.keys().isdisjoint(gts):
        sides = _renamed(preds, gts, pred, gt)
        preds, gts = (side.files for side in sides)
        notices += [
            f"{folder}: paired without {side.change} of every file"
            for folder, side in zip((pred, gt), sides, strict=True)
            if side.change
        ]
    return Pairing(
        [Pair(name, preds[name], gts[name]) for name in sorted(preds.keys() & gts)],
        [(name, gts[name]) for name in sorted(gts.keys() - preds)],
        [(name, preds[name]) for name in sorted(preds.keys() - gts)],
        notices,
    )


def _check_alike(pred: Path, gt: Path) -> None:
    for path, role in ((pred, "prediction"), (gt, "ground truth")):
        if not os.path.exists(path):  # noqa: PTH110  # unlike Path.exists, False without a permission on the way
            raise UsageError(
                f"{path}: wanted a file or folder for the {role}, but there is none; check the path"
            )
    if pred.is_file() != gt.is_file():
        kinds = ["a file" if path.is_file() else "a folder" for path in (pred, gt)]
        raise UsageError(
            f"the prediction {pred} is {kinds[0]}, but the ground truth {gt} is {kinds[1]}; "
            "give two files or two folders"
        )


def _masks(folder: Path, role: Role, suffix: str) -> dict[str, Path]:
    files = list(_files(folder))
    kinds = {path: kind for path in files if (kind := suffix_of(path))}
    if not kinds:
        raise UsageError(_nothing(folder, files))
    names = {path: path.relative_to(folder).as_posix() for path in kinds}
    for path, name in names.items():
        # how Python shows bytes that are no text
        if not name.isascii() and any("\udc80" <= character <= "\udcff" for character in name):
            raise UsageError(
                f"{str(path)!a}: the name is not valid text in UTF-8, as tables need it; rename "
                f"the file"
            )
    ids = {path: name.removesuffix(kinds[path]) for path, name in names.items()}
    named = {path: name.removesuffix(suffix) for path, name in ids.items() if name.endswith(suffix)}
    for path, name in names.items():
        if path not in named and path.name.endswith(
            suffix
        ):  # such as "_seg.nii.gz", which says the format too
            named[path] = name.removesuffix(suffix)
    if not named:
        raise UsageError(
            f"{folder}: wanted files whose names end in {suffix!r} (--{role}-suffix), but none of "
            f"{len(names)} does, "
            f"for instance {next(iter(names)).name}; correct the option"
        )
    return _by_id(named)


def _files(folder: Path) -> Iterator[Path]:
    def stop(error: OSError) -> None:
        raise UsageError(
            f"{error.filename}: wanted to list the folder, but {error.strerror}; allow it (chmod "
            f"u+rx)"
        )

    for root, folders, names in os.walk(folder, onerror=stop):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in sorted(names) if not name.startswith("."))


def _nothing(folder: Path, files: list[Path]) -> str:
    wanted = f"{folder}: wanted masks ({', '.join(known_suffixes())})"
    if not files:
        return f"{wanted}, but the folder is empty; check the path"
    kinds = Counter(path.suffix.lower() or "no suffix" for path in files).most_common(4)
    why = next(
        (f"; {reason}" for path in files if (reason := refusal(path))),
        "; convert them, or check the path",
    )
    return f"{wanted}, but none of its {len(files)} files is one ({', '.join(f'{n} {kind}' for kind, n in kinds)}){why}"


def _by_id(named: dict[Path, str]) -> dict[str, Path]:
    ids: dict[str, Path] = {}
    folded: dict[str, Path] = {}
    for path, name in named.items():
        if (other := folded.setdefault(name.casefold(), path)) != path:
            raise UsageError(
                f"{other} and {path} are both named {name!r} without their suffix; "
                "keep one of them, or say which with --pred-suffix or --gt-suffix, such as .nii.gz"
            )
        ids[name] = path
    return ids


def _renamed(
    preds: dict[str, Path], gts: dict[str, Path], pred: Path, gt: Path
) -> tuple[Naming, Naming]:
    def merit(sides: tuple[Naming, Naming]) -> tuple[int, int]:
        return len(sides[0].files.keys() & sides[1].files), -sides[0].cost - sides[1].cost

    best = max(product(namings(preds), namings(gts)), key=merit)
    if not merit(best)[0]:
        raise UsageError(
            f"wanted predictions and ground truths of the same names, but none of {len(preds)} in "
            f"{pred} (such as "
            f"{min(preds)!r}) is among the {len(gts)} in {gt} (such as {min(gts)!r}); name them "
            f"alike, "
            "or say what to leave out with --pred-suffix and --gt-suffix"
        )
    return best
