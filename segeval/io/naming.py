"""Ways to shorten the ids of one folder: by an affix that all of them share, or by their folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SEPARATORS = "_-. /"
_FIRST_CHANNEL = (
    "_0000"  # nnU-Net's; other affixes without a letter are numbers that tell cases apart
)
_LAST_RESORT = 1000


@dataclass(frozen=True, slots=True)
class Naming:
    """The files of a folder under shortened ids; `cost` is what was lost, `change` says it in
    words.
    """

    files: dict[str, Path]
    change: str = ""
    cost: int = 0


def namings(files: dict[str, Path]) -> list[Naming]:
    """The files under their ids, and under every shortening that leaves each id distinct and not
    empty.

    >>> [list(naming.files) for naming in namings({"a_pred": Path(), "b_pred": Path()})]
    [['a_pred', 'b_pred'], ['a', 'b']]
    """
    found = [Naming(files)]
    for suffix in _suffixes(_common_start([name[::-1] for name in files])[::-1]):
        found.append(
            _shortened(
                files,
                [name.removesuffix(suffix) for name in files],
                f"the suffix {suffix!r}",
                suffix,
            )
        )
    for prefix in _prefixes(_common_start(list(files))):
        found.append(
            _shortened(
                files,
                [name.removeprefix(prefix) for name in files],
                f"the prefix {prefix!r}",
                prefix,
            )
        )
    if any("/" in name for name in files):
        found += _below_folders(files)
    return [
        naming for naming in found if len(naming.files) == len(files) and "" not in naming.files
    ]


def _below_folders(files: dict[str, Path]) -> Iterator[Naming]:
    split = [name.rpartition("/") for name in files]
    for prefix in _prefixes(_common_start([base for _, _, base in split])):
        names = [folder + slash + base.removeprefix(prefix) for folder, slash, base in split]
        yield _shortened(files, names, f"the prefix {prefix!r}", prefix)
    bases = [base for _, _, base in split]
    yield Naming(dict(zip(bases, files.values(), strict=True)), "the sub-folders", _LAST_RESORT)


def _shortened(files: dict[str, Path], names: list[str], change: str, affix: str) -> Naming:
    return Naming(dict(zip(names, files.values(), strict=True)), change, len(affix))


def _common_start(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    differs = (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first[: next(differs, len(first))]


def _suffixes(common: str) -> Iterator[str]:
    return (
        common[i:]
        for i, letter in enumerate(common)
        if letter in _SEPARATORS and _is_word(common[i:])
    )


def _prefixes(common: str) -> Iterator[str]:
    heads = (common[: i + 1] for i, letter in enumerate(common) if letter in _SEPARATORS)
    return (head for head in heads if _is_word(head))


def _is_word(affix: str) -> bool:
    return affix == _FIRST_CHANNEL or any(letter.isalpha() for letter in affix)
