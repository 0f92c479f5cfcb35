"""The cards of all file formats, and which of them is that of a file, by its suffix."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from segeval.data.labels import LabelMap
from segeval.data.mesh import Mesh

from .request import Request

Gives: TypeAlias = Literal["labels", "mesh"]
"""Kind of content of a file: a `LabelMap` or a `Mesh`."""
Reader: TypeAlias = Callable[[Request], LabelMap | Mesh]
_Reader = TypeVar("_Reader", bound=Reader)


@dataclass(frozen=True, slots=True)
class Format:
    """The card of a file format: what is said of it anywhere, and the function that reads it.

    `suffixes` are in lower case, with the dot. `sentence` tells users how the file is read, in the
    table of docs/formats.md. `is_slice` tells images, of which a folder may be a volume. `package`
    is what pip installs beyond segeval's own dependencies to read it, and `extra` the extra of
    segeval that holds this package; "" for none.
    """

    suffixes: tuple[str, ...]
    read: Reader
    gives: Gives = "labels"
    is_slice: bool = False
    sentence: str = ""
    package: str = ""
    extra: str = ""


FORMATS: dict[str, Format] = {}
"""The card of every known suffix. Several suffixes may share one."""
_REFUSED: dict[str, str] = {}


def reader(
    *suffixes: str,
    gives: Gives = "labels",
    is_slice: bool = False,
    sentence: str = "",
    package: str = "",
    extra: str = "",
) -> Callable[[_Reader], _Reader]:
    """Register a function as the reader of files with these suffixes; the rest is on their card.

    It may raise whatever its library raises: `read` turns that into a `ReadError`. It imports its
    library itself, so that formats which nobody uses cost nothing. Suffixes that are known get the
    new reader.

    >>> @reader(".raw", sentence="The label is the byte. The spacing is 1 px.")
    ... def read_raw(request: Request) -> LabelMap: ...
    >>> FORMATS.pop(".raw").gives
    'labels'
    """

    def register(function: _Reader) -> _Reader:
        card = Format(suffixes, function, gives, is_slice, sentence, package, extra)
        FORMATS.update(dict.fromkeys(suffixes, card))
        return function

    return register


def refuse(*suffixes: str, because: str) -> None:
    """Register suffixes that are never read as masks, with the reason and the way out."""
    _REFUSED.update(dict.fromkeys(suffixes, because))


def known_suffixes() -> tuple[str, ...]:
    """Return every suffix that has a reader, in alphabetical order.

    >>> ".nii.gz" in known_suffixes()
    True
    """
    return tuple(sorted(FORMATS))


def refusal(path: str | os.PathLike[str]) -> str:
    """Return why files of this kind are not read as masks; "" when there is no known reason."""
    return _REFUSED.get(Path(path).suffix.lower(), "")


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Return the longest known suffix of the file's name, as it is written there; "" for none.

    A name that is nothing but a suffix has none.

    >>> suffix_of("liver.v2.NII.gz"), suffix_of("notes.txt")
    ('.NII.gz', '')
    """
    return suffix_in(_path(path).name)


def suffix_in(name: str) -> str:
    """Return the longest known suffix of a name; a folder before it is none of its parts.

    >>> suffix_in("liver.v2.NII.gz"), suffix_in("scans/.nii.gz")
    ('.NII.gz', '')
    """
    # from the second character on, or the name would be nothing but a suffix
    dot = name.find(".", name.rfind("/") + 2)
    while dot != -1 and name[dot:].lower() not in FORMATS:
        dot = name.find(".", dot + 1)
    return name[dot:] if dot != -1 else ""


def stem_of(path: str | os.PathLike[str]) -> str:
    """Return the file's name without its known suffix.

    >>> stem_of("scans/liver.v2.nii.gz")
    'liver.v2'
    """
    path = _path(path)
    return path.name.removesuffix(suffix_of(path) or path.suffix)


def gives(path: str | os.PathLike[str]) -> Gives | None:
    """Return what a file holds, by its suffix; None when no reader knows that.

    >>> gives("liver.nii.gz"), gives("liver.STL"), gives("liver.txt")
    ('labels', 'mesh', None)
    """
    suffix = suffix_of(path).lower()
    return FORMATS[suffix].gives if suffix else None


def _path(path: str | os.PathLike[str]) -> Path:
    return path if isinstance(path, Path) else Path(path)  # Path(path) would parse it once more
