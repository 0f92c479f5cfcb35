"""All that lies below a folder of masks: what can be read, and what is left out and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from segeval.errors import UsageError
from segeval.errors.lines import listed

from .files import is_utf8
from .registry import known_suffixes, refusal, suffix_in


@dataclass(frozen=True, slots=True)
class Listing:
    """The names of the files below a folder, with slashes; those of each folder in their order.

    Names stay texts until they are paired: a `Path` costs ten times as much as all else here.
    """

    folder: Path
    formats: dict[str, str]
    """Suffix of every file that can be read."""
    others: list[str]
    """Files of other kinds."""
    hidden: list[str]
    """Hidden files that could be read, and hidden folders, which nobody looks into."""
    circles: list[str]
    """Links to a folder above them, which are not followed."""

    def left_out(self, taken: Collection[str]) -> Iterator[str]:
        """Yield what to tell of files that are not among those taken, one text for each reason."""
        if self.others:
            noun = "file is no mask" if len(self.others) == 1 else "files are no masks"
            yield (
                f"{self.folder}: {len(self.others)} {noun}, and left out ({_kinds(self.others)}): "
                f"{listed(self.others)}"
            )
        for names, why in (
            (
                [name for name in self.formats if name not in taken],
                "without the prefix or suffix asked for",
            ),
            (self.hidden, "that are hidden"),
            (self.circles, "that link to a folder above them"),
        ):
            if names:
                yield f"{self.folder}: left out {listed(names)}, {why}"


def listing_of(folder: Path) -> Listing:
    """Return what lies below a folder. Raises `UsageError` where no mask does."""
    listing = Listing(folder, {}, [], [], [])
    for name in _names(listing):
        suffix = suffix_in(name)
        if name[name.rfind("/") + 1] == ".":
            if suffix:
                listing.hidden.append(name)
        elif suffix:
            listing.formats[name] = suffix
        else:
            listing.others.append(name)
    if not listing.formats:
        raise UsageError(_no_masks(folder, listing.others))
    _check_text(folder, listing.formats)
    return listing


def _names(listing: Listing) -> Iterator[str]:
    """Yield the names of all files below a folder, but for those in hidden folders.

    Links are followed, but for those that lead back to a folder above them. The listing gets these
    and hidden folders.
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
        if not any(above.is_relative_to(link.resolve()) for above in way):
            return False
        listing.circles.append(link.relative_to(listing.folder).as_posix())
        return True

    for root, folders, names in os.walk(listing.folder, onerror=fail, followlinks=True):
        place = Path(root).relative_to(listing.folder).as_posix()
        way = "" if place == "." else f"{place}/"
        listing.hidden.extend(f"{way}{name}/" for name in sorted(folders) if name[0] == ".")
        # In place: `os.walk` goes into what this list still holds, in its order.
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not leads_back(Path(root, name))
        )
        yield from (way + name for name in sorted(names))


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
    reasons = filter(None, map(refusal, names))
    advice = next(reasons, "convert them, or check the path")
    return f"{wanted}, but none of its {len(names)} files is one ({_kinds(names)}); {advice}"


def _kinds(names: Sequence[str]) -> str:
    """Return how many files there are of the most frequent kinds.

    >>> _kinds(["a.jpg", "b.JPG", "c"])
    '2 .jpg, 1 no suffix'
    """
    suffixes = [PurePath(name).suffix.lower() or "no suffix" for name in names]
    return ", ".join(f"{count} {kind}" for kind, count in Counter(suffixes).most_common(4))
