"""Paths of this machine, told apart from addresses elsewhere, and what is written to them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from segeval.errors import UsageError

_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/+(?P<rest>.*)", re.DOTALL)
"""A scheme of two letters or more: one letter is a drive of Windows."""
LONGEST_NAME = 255
"""Bytes in the name of a file or folder, on all common systems."""
LONGEST_PATH = 4095
"""Bytes in a path on Linux; others take fewer, and say so."""


def local_path(path: str | os.PathLike[str]) -> Path:
    """Return a path on this machine; in a text, a leading `~` is the home folder.

    Shells replace `~` themselves, but not in quotes, in `--option=~/x` or in a file of options. A
    `Path` is taken as it is. Raises `UsageError` for an address such as `s3://bucket/masks`, also
    where a `Path` was made of it, which leaves one slash, and for what no system takes for a path.

    >>> local_path("masks/a.nii.gz").name, local_path("~/masks") == Path.home() / "masks"
    ('a.nii.gz', True)
    """
    _check_name(os.fspath(path))
    if isinstance(path, Path):
        # A folder here may bear the name of a scheme, so that only what is not there is an address.
        address = _ADDRESS.fullmatch(path.as_posix())
        if address is None or path.exists():
            return path  # building another costs more than the match, and most calls pass a Path
        shown = f"{address['scheme']}://{address['rest']}"
    else:
        shown = os.fspath(path)
        address = _ADDRESS.fullmatch(shown)
        if address is None or "://" not in shown:
            return Path(os.path.expanduser(shown))  # noqa: PTH111  # leaves an unknown ~user alone
    if address["scheme"].lower() == "file":
        raise UsageError(f"{shown}: wanted a path, not an address; give it without file://")
    raise UsageError(
        f"{shown}: wanted a path on this machine, but remote addresses are neither read nor "
        f"written yet; copy the files (for S3 aws s3 sync) or mount them (rclone mount), and give "
        f"that path"
    )


def _check_name(path: str) -> None:
    """Raise `UsageError` for a text that cannot be a path, of which Python raises anything."""
    try:
        name = max(os.fsencode(path).split(b"/"), key=len)
        is_text = "\0" not in path
    except ValueError:  # half of a character
        is_text = False
    if not is_text:
        raise UsageError(f"{path!r}: wanted a path, but no file can be called so; correct it")
    if len(name) > LONGEST_NAME or len(path) > LONGEST_PATH:
        raise UsageError(
            f"{path[:60]}…: wanted a path, but it is longer than one can be ({len(path):,} "
            f"characters); correct it"
        )


def make_folder(path: str | Path) -> Path:
    """Return the folder, made if need be. Raises `UsageError` where it cannot be."""
    folder = local_path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror
        if isinstance(error, FileExistsError):
            why = "a file has its name"
        raise UsageError(
            f"{folder}: cannot make this folder for the results ({why}); give another one"
        ) from error
    return folder


def is_utf8(text: str) -> bool:
    """Return whether a text can be written, as tables need it.

    Names of bytes that are no text cannot: Python shows these as lone surrogates (PEP 383).

    >>> is_utf8("é"), is_utf8("\\udcff")
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that takes its place under `path` once it is complete.

    It leaves no trace otherwise. Raises `UsageError` where it cannot be written.
    """
    # In the same folder, since renaming is atomic within one file system only; the number of the
    # process keeps runs apart that write the same file.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("wb") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot write it ({error.strerror or error}); give another folder, or see to "
            f"space and permissions"
        ) from error
