"""The pairs of files that a run scores, and what is told of files without a partner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.errors import UsageError
from segeval.errors.lines import listed
from segeval.io import Pair, Pairing
from segeval.protocols.protocol import Missing


def check_apart(output: Path, inputs: Sequence[Path]) -> None:
    """Raise `UsageError` when results would lie inside a folder of masks.

    The next run would take them for masks.
    """
    for folder in inputs:
        # resolved, since a link may lead into the folder
        if folder.is_dir() and output.resolve().is_relative_to(folder.resolve()):
            raise UsageError(
                f"{output}: results would lie among the masks of {folder}; give another folder "
                f"with -o"
            )


def pairs_to_score(found: Pairing, missing: Missing) -> list[Pair]:
    """Return the pairs to score, sorted by id.

    `missing` is the policy for ground truths without a prediction: under "error" one raises
    `UsageError`, under "skip" it is left out, and under "empty" it is paired with None, which is
    scored as an empty prediction.
    """
    if found.missing and missing == "error":
        raise UsageError(
            f"{_counted(found.missing, 'ground truth')} without a prediction: "
            f"{_listed(found.missing)}; add them, or "
            "pass --missing skip to leave them out or --missing empty to score empty predictions"
        )
    pairs = list(found.pairs)
    if missing == "empty":
        pairs += [Pair(name, None, path) for name, path in found.missing]
    return sorted(pairs, key=lambda pair: pair.id)


def about_unpaired(found: Pairing, missing: Missing) -> list[str]:
    """Return what to tell of files that have no partner: no text, one or two.

    `missing` is the policy that the pairs were chosen by.
    """
    texts = []
    if found.missing:
        fate = "scored as empty predictions" if missing == "empty" else "skipped"
        texts.append(
            f"{_counted(found.missing, 'ground truth')} without a prediction, {fate}: "
            f"{_listed(found.missing)}"
        )
    if found.extra:
        texts.append(
            f"{_counted(found.extra, 'prediction')} without a ground truth, left out: "
            f"{_listed(found.extra)}"
        )
    return texts


def _counted(files: Sequence[tuple[str, Path]], what: str) -> str:
    """Return how many files there are of a kind.

    >>> _counted([("a", Path("a.png")), ("b", Path("b.png"))], "prediction")
    '2 predictions'
    """
    return f"{len(files)} {what}{'s' if len(files) > 1 else ''}"


def _listed(files: Sequence[tuple[str, Path]]) -> str:
    """Return the cases of some files."""
    return listed([case for case, _ in files])
