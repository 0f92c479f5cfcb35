"""Ways to shorten the ids of one folder: by an affix that all share, or by their folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

_SEPARATORS = "_-. /"
"""Borders of an affix: `_pred` is one, the common end of `lung` and `young` is not."""
_FIRST_CHANNEL = "_0000"
"""That of nnU-Net; other affixes without a letter are numbers that tell cases apart."""
_LAST_RESORT = 1000
"""The cost of leaving the folders out, beyond that of any affix."""


@dataclass(frozen=True, slots=True)
class Affixes:
    """The beginning and the end of files' names that are no part of the case, as the user said."""

    prefix: str = ""
    suffix: str = ""

    def case_in(self, name: str, known: str) -> str | None:
        """Return the id in a name whose format has the suffix `known`; None if it lacks an affix.

        The prefix is that of the file's name or of the whole path, the suffix may say the format.

        >>> Affixes("pred_", "_seg").case_in("site/pred_7_seg.png", ".png")
        'site/7'
        """
        stem = name.removesuffix(known)
        if not (self.prefix or self.suffix):
            return stem
        if not stem.endswith(self.suffix):
            if not name.endswith(self.suffix):
                return None
            stem = name
        stem = stem.removesuffix(self.suffix)
        if not self.prefix:
            return stem
        folder, slash, base = stem.rpartition("/")
        if base.startswith(self.prefix):
            return folder + slash + base.removeprefix(self.prefix)
        return stem.removeprefix(self.prefix) if stem.startswith(self.prefix) else None

    def words(self, role: str) -> str:
        """Return what names shall be like, with the options of this role: pred or gt."""
        parts = []
        if self.prefix:
            parts.append(f"begin with {self.prefix!r} (--{role}-prefix)")
        if self.suffix:
            parts.append(f"end in {self.suffix!r} (--{role}-suffix)")
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of the files of a folder by shortened ids.

    `change` says in words what was left out, "" for nothing; `cost` is how much that was.
    """

    files: dict[str, str]
    change: str = ""
    cost: int = 0


def namings(files: dict[str, str], *, at_both_ends: bool = False) -> list[Naming]:
    """Return the files by their ids, and by every shortening that keeps ids distinct.

    No shortening leaves an id empty. `at_both_ends` has it leave out a prefix and a suffix, too.

    >>> [list(naming.files) for naming in namings({"a_pred": "a_pred.png", "b_pred": "b_pred.png"})]
    [['a_pred', 'b_pred'], ['a', 'b']]
    """
    candidates = [Naming(files)]
    suffixes = list(_suffixes(_common_start([name[::-1] for name in files])[::-1]))
    prefixes = list(_prefixes(_common_start(list(files))))
    for suffix in suffixes:
        ids = [name.removesuffix(suffix) for name in files]
        candidates.append(_renamed(files, ids, f"the suffix {suffix!r}", len(suffix)))
    for prefix in prefixes:
        ids = [name.removeprefix(prefix) for name in files]
        candidates.append(_renamed(files, ids, f"the prefix {prefix!r}", len(prefix)))
    for prefix, suffix in product(prefixes, suffixes) if at_both_ends else ():
        ids = [name.removesuffix(suffix).removeprefix(prefix) for name in files]
        change = f"the prefix {prefix!r} and the suffix {suffix!r}"
        candidates.append(_renamed(files, ids, change, len(prefix) + len(suffix)))
    if any("/" in name for name in files):
        candidates += _below_folders(files)
    return [n for n in candidates if len(n.files) == len(files) and "" not in n.files]


def alike(
    first: dict[str, str], second: dict[str, str], *, at_both_ends: bool = False
) -> tuple[Naming, Naming]:
    """Return both sides by the ids that pair most of their files at the least loss of text."""

    def merit(sides: tuple[Naming, Naming]) -> tuple[int, int]:
        return len(sides[0].files.keys() & sides[1].files), -sides[0].cost - sides[1].cost

    ways_first = namings(first, at_both_ends=at_both_ends)
    ways_second = namings(second, at_both_ends=at_both_ends)
    return max(product(ways_first, ways_second), key=merit)


def _below_folders(files: dict[str, str]) -> Iterator[Naming]:
    """Yield the files by ids without a prefix that follows their folder, and without the folder."""
    split = [name.rpartition("/") for name in files]
    bases = [base for _, _, base in split]
    for prefix in _prefixes(_common_start(bases)):
        ids = [folder + slash + base.removeprefix(prefix) for folder, slash, base in split]
        yield _renamed(files, ids, f"the prefix {prefix!r}", len(prefix))
    yield _renamed(files, bases, "the sub-folders", _LAST_RESORT)


def _renamed(files: dict[str, str], ids: list[str], change: str, cost: int) -> Naming:
    """Return the files by other ids. Equal ids leave fewer files, which the caller looks at."""
    return Naming(dict(zip(ids, files.values(), strict=True)), change, cost)


def _common_start(names: Sequence[str]) -> str:
    """Return the beginning that all names share: that of the first and the last in order."""
    # In order all other names lie between these two, and so share what these share.
    first, last = min(names), max(names)
    differs = (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first[: next(differs, len(first))]


def _suffixes(common: str) -> Iterator[str]:
    """Return the ends of a common end that begin at a separator, the longest first."""
    tails = (common[i:] for i, letter in enumerate(common) if letter in _SEPARATORS)
    return (tail for tail in tails if _is_word(tail))


def _prefixes(common: str) -> Iterator[str]:
    """Return the beginnings of a common beginning that end at a separator, the shortest first."""
    heads = (common[: i + 1] for i, letter in enumerate(common) if letter in _SEPARATORS)
    return (head for head in heads if _is_word(head))


def _is_word(affix: str) -> bool:
    """Return whether an affix may be left out: it has a letter, or is that of nnU-Net."""
    return affix == _FIRST_CHANNEL or any(letter.isalpha() for letter in affix)
