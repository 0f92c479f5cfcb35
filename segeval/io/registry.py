"""Which reader a file goes to, by its suffix, and the one door through which masks are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.errors import ReadError, SegevalError

from .files import local_path

if TYPE_CHECKING:
    from segeval.kernels.workspace import Workspace

Color: TypeAlias = tuple[int, int, int]
Colors: TypeAlias = Mapping[Color, int]


@dataclass(frozen=True, slots=True)
class Request:
    """A file to read as a label map, with what the caller knows that the file does not say.

    `spacing` overrides the file's; `colors` gives the labels of a colour image; `workspace` keeps
    the memory of `slot` from one file to the next.
    """

    path: Path
    spacing: tuple[float, ...] | None = None
    colors: Colors | None = None
    workspace: Workspace | None = None
    slot: str = "mask"

    def buffer(self, size: int, dtype: DTypeLike = np.uint8) -> NDArray[Any]:
        """A 1-D array with room for the mask: kept memory when there is a workspace, whatever it
        held before.
        """
        if self.workspace is None:
            return np.empty(size, dtype)
        return self.workspace.buffer(self.slot, size, dtype)

    def start(self, size: int) -> bytes:
        """The first bytes of the file."""
        with self.path.open("rb") as file:
            return file.read(size)

    def unspaced_grid(self, shape: tuple[int, ...]) -> Grid:
        """The grid of a file that says no spacing: pixels, unless the request has one."""
        return Grid(shape, self.spacing, "mm") if self.spacing else Grid.unspaced(shape)


Reader: TypeAlias = Callable[[Request], LabelMap]
_READERS: dict[str, Reader] = {}
_REFUSED: dict[str, str] = {}


def reader(*suffixes: str) -> Callable[[Reader], Reader]:
    """Registers a function as the reader of files with these suffixes (lower case, with the dot).

    It may raise whatever its library raises: `read` turns that into a `ReadError`.
    """

    def register(function: Reader) -> Reader:
        _READERS.update(dict.fromkeys(suffixes, function))
        return function

    return register


def refuse(*suffixes: str, because: str) -> None:
    """Registers suffixes that are never read as masks, with the reason and the way out."""
    _REFUSED.update(dict.fromkeys(suffixes, because))


def _path(path: str | os.PathLike[str]) -> Path:
    return path if isinstance(path, Path) else Path(path)  # Path(path) would parse it once more


def known_suffixes() -> tuple[str, ...]:
    """Every suffix that has a reader, in alphabetical order.

    >>> ".nii.gz" in known_suffixes()
    True
    """
    return tuple(sorted(_READERS))


def refusal(path: str | os.PathLike[str]) -> str:
    """Why files of this kind are not read as masks; empty when there is no known reason."""
    return _REFUSED.get(Path(path).suffix.lower(), "")


def suffix_of(path: str | os.PathLike[str]) -> str:
    """The longest known suffix of the file's name as it is written there; empty when none is known.

    >>> suffix_of("liver.v2.NII.gz"), suffix_of("notes.txt")
    ('.NII.gz', '')
    """
    name = _path(path).name
    lower = name.lower()
    known = max(
        (s for s in _READERS if lower.endswith(s) and len(s) < len(name)), key=len, default=""
    )
    return name[len(name) - len(known) :]


def stem_of(path: str | os.PathLike[str]) -> str:
    """The file's name without its known suffix.

    >>> stem_of("scans/liver.v2.nii.gz")
    'liver.v2'
    """
    path = _path(path)
    return path.name.removesuffix(suffix_of(path) or path.suffix)


def read(
    path: str | os.PathLike[str],
    *,
    spacing: Sequence[float] | None = None,
    colors: Colors | None = None,
    workspace: Workspace | None = None,
    slot: str = "mask",
) -> LabelMap:
    """The label map in a file, by the reader of its suffix.

    With a `workspace`, its labels live in memory that the next read with the same `slot`
    overwrites. Raises `ReadError` for every failure: one line with the file, what was wanted, what
    came and what to do.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "mask.npy")
    >>> np.save(path, np.array([[0.0, 3.0]]))
    >>> read(path).labels
    array([[0, 3]], dtype=uint8)
    """
    request = Request(
        local_path(path), tuple(spacing) if spacing else None, colors, workspace, slot
    )
    suffix = suffix_of(request.path).lower()
    if not suffix:
        instead = refusal(path) or f"convert it to one of {', '.join(known_suffixes())}"
        raise ReadError(
            f"{path}: wanted a mask, but files of the kind {Path(path).suffix!r} are not read; "
            f"{instead}"
        )
    try:
        if request.path.stat().st_size == 0:
            raise ReadError(
                f"{path}: wanted a {suffix} mask, but the file is empty (0 bytes); write or copy "
                f"it again"
            )
        return _READERS[suffix](request)
    except SegevalError:
        raise
    except Exception as error:  # parsers raise anything when the bytes are odd; a case that cannot be read fails alone
        raise ReadError(f"{path}: wanted a {suffix} mask, but {_came(error)}") from error


def _came(error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file; check the path, or whether it was moved while the run went on"
        case PermissionError():
            return "there is no permission to read it; allow it (chmod u+r) or run as its owner"
        case IsADirectoryError():
            return "it is a folder; give the file inside it"
        case EOFError():
            return "the file is truncated; copy or write it again"
        case MemoryError():
            return f"it does not fit into memory ({_line(error)}); check the shape in its header"
        case _:
            return f"it cannot be decoded ({_line(error)}); the file is damaged or of another kind: write it again"


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
