"""The one door through which files of masks and meshes are read."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.data.labels import LabelMap, Threshold
from segeval.data.limits import MAX_VOXELS
from segeval.data.mesh import Mesh
from segeval.errors import ReadError, SegevalError, UsageError

from .files import local_path
from .registry import FORMATS, Format, gives, known_suffixes, refusal, suffix_of
from .request import EXTRAS, WIDEST, Colors, Request
from .source import Source

if TYPE_CHECKING:
    from segeval.kernels.workspace import Workspace

_NOUN = {"labels": "mask", "mesh": "mesh"}
"""Word in errors for that which a format gives."""
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""Place in memory of an object, as Python writes it."""


def read(
    path: str | os.PathLike[str],
    *,
    spacing: Sequence[float] | None = None,
    colors: Colors | None = None,
    threshold: float | None = None,
    unit: str = "mm",
    max_voxels: int = MAX_VOXELS,
    workspace: Workspace | None = None,
    slot: str = "mask",
    hashed: bool = False,
) -> LabelMap | Mesh:
    """Return what a file holds, read by the reader of its suffix.

    `spacing`, `colors` and `threshold` are for masks, `unit` is for meshes: see `Request`. With a
    `workspace`, labels live in memory that the next read with the same `slot` overwrites. `hashed`
    has the bytes that are read hashed, and the result say so in `file`.

    Raises `ReadError` for every failure: one line with the file, what was wanted, what came and
    what to do. Raises `UsageError` where the package that reads such files is not installed.

    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp(), "mask.npy")
    >>> np.save(path, np.array([[0.0, 3.0]]))
    >>> read(path).labels
    array([[0, 3]], dtype=uint8)
    """
    file = local_path(path)
    suffix = suffix_of(file).lower()
    if not suffix:
        instead = refusal(file) or f"convert it to one of {', '.join(known_suffixes())}"
        raise ReadError(
            f"{path}: wanted a mask, but files of the kind {file.suffix!r} are not read; {instead}"
        )
    card = FORMATS[suffix]
    wanted = f"{path}: wanted a {suffix} {_NOUN[card.gives]}"
    try:
        with Source(file, hashed=hashed) as source:
            request = Request(
                source=source,
                spacing=tuple(spacing) if spacing else None,
                colors=colors,
                threshold=None if threshold is None else Threshold(threshold),
                unit=unit,
                max_voxels=max_voxels,
                workspace=workspace,
                slot=slot,
            )
            _check_size(request, wanted)
            side = card.read(request)
            if request.threshold and isinstance(side, LabelMap):
                side = replace(side, highest=request.threshold.highest)
            return replace(side, file=source.provenance())
    except SegevalError:
        raise
    except Exception as error:
        # Parsers raise anything when the bytes are odd; a case that cannot be read fails alone.
        if isinstance(error, ModuleNotFoundError) and card.package:
            raise _not_installed(file, card) from None
        raise ReadError(f"{wanted}, but {_came(error)}") from error


def read_labels(
    path: str | os.PathLike[str],
    *,
    spacing: Sequence[float] | None = None,
    colors: Colors | None = None,
    max_voxels: int = MAX_VOXELS,
    threshold: float | None = None,
    workspace: Workspace | None = None,
    slot: str = "mask",
) -> LabelMap:
    """Return the label map in a file, as `read` does. Raises `ReadError` for a mesh."""
    path = local_path(path)
    if gives(path) == "mesh":
        raise ReadError(
            f"{path}: wanted a mask, but this is a mesh; score it as a file of its own with "
            f"--boundary mesh and metrics of distances, such as -m hd95,assd"
        )
    mask = read(
        path,
        spacing=spacing,
        colors=colors,
        max_voxels=max_voxels,
        threshold=threshold,
        workspace=workspace,
        slot=slot,
    )
    assert isinstance(mask, LabelMap)
    return mask


def _check_size(request: Request, wanted: str) -> None:
    """Raise `ReadError` for an empty file, and for one that no mask within the budget fills."""
    size, most = request.source.size, WIDEST * request.max_voxels + EXTRAS
    # Before the readers, which would call an empty file damaged.
    if size == 0:
        raise ReadError(f"{wanted}, but the file is empty (0 bytes); write or copy it again")
    if size > most:
        raise ReadError(
            f"{wanted} of at most {request.max_voxels:,} voxels, but the file has {size:,} bytes; "
            f"pass a larger --max-voxels (in Python max_voxels) if that is right"
        )


def _not_installed(path: Path, card: Format) -> UsageError:
    """Return the error for a package that is missing, with the one that the card names."""
    instead = {
        "labels": "or convert them to a format that is read without it, such as .nii.gz",
        "mesh": "or score masks instead",
    }
    plural = {"labels": f"{'/'.join(card.suffixes)} files", "mesh": "meshes"}
    return UsageError(
        f"{path}: reading {plural[card.gives]} needs {card.package}; pip install {card.package}, "
        f"{instead[card.gives]}"
    )


def _came(error: Exception) -> str:
    """Return what an error means for the file, and what to do: the second half of a message."""
    match error:
        case FileNotFoundError():
            return (
                "there is no such file; check the path, or whether it was moved while the run "
                "went on, or is a link to one that was"
            )
        case PermissionError():
            return "there is no permission to read it; allow it (chmod u+r) or run as its owner"
        case IsADirectoryError():
            return "it is a folder; give the file inside it"
        case OSError(errno=errno.ELOOP):
            return "its links lead in a circle; link to the file itself"
        case EOFError():
            return "the file is truncated; copy or write it again"
        case MemoryError():
            return f"it does not fit into memory ({_line(error)}); check the shape in its header"
        case _:
            return (
                f"it cannot be decoded ({_line(error)}); the file is damaged or of another kind: "
                f"write it again"
            )


def _line(error: Exception) -> str:
    """Return an error on one line, as tables and logs need it, and the same in every run."""
    return " ".join(_ADDRESS.sub("", f"{type(error).__name__}: {error}").split())
