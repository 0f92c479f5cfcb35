"""Paths of this machine, told apart from addresses elsewhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

from segeval.errors import UsageError

_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/+(?P<rest>.*)", re.DOTALL)
"""A scheme of two letters or more: one letter is a drive of Windows."""


def local_path(path: str | os.PathLike[str]) -> Path:
    """Return a path on this machine.

    Raises `UsageError` for an address such as `s3://bucket/masks`, also where a `Path` was made of
    it, which leaves one slash.

    >>> local_path("masks/a.nii.gz").name
    'a.nii.gz'
    """
    shown = path.as_posix() if isinstance(path, Path) else os.fspath(path)
    address = _ADDRESS.fullmatch(shown)
    if isinstance(path, Path):
        if address is None or path.exists():
            return path  # building another costs more than the match, and most calls pass a Path
        shown = f"{address['scheme']}://{address['rest']}"
    elif address is None or "://" not in shown:
        return Path(path)
    if address["scheme"].lower() == "file":
        raise UsageError(f"{shown}: wanted a path, not an address; give it without file://")
    raise UsageError(
        f"{shown}: wanted a path on this machine, but remote addresses are neither read nor "
        f"written "
        "yet; copy the files (for S3 aws s3 sync) or mount them (rclone mount), and give that path"
    )
