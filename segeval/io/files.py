"""Paths of this machine, told apart from addresses elsewhere, and what is written to them."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from segeval.errors import ArgumentTypeError, UsageError

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
    _check_name(path)
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


def _check_name(path: str | os.PathLike[str]) -> None:
    """Raise `UsageError` for what cannot be a path, of which Python raises anything."""
    if not isinstance(path, (str, os.PathLike)):
        raise ArgumentTypeError(f"wanted a path, not {path!r}")
    path = os.fspath(path)
    if not path:  # which Python takes for the working folder
        raise UsageError("wanted a path, but it is empty; name a file or folder")
    try:
        encoded = os.fsencode(path)
        name = max(encoded.split(b"/"), key=len)
        is_text = "\0" not in path
    except ValueError:  # half of a character
        is_text = False
    if not is_text:
        raise UsageError(f"{path!r}: wanted a path, but no file can be called so; correct it")
    if len(name) > LONGEST_NAME or len(encoded) > LONGEST_PATH:
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
    """Give a file to write that takes its place under `path` once it is complete, and on disk.

    It leaves no trace otherwise, and follows no link that lies at either name. Raises `UsageError`
    where it cannot be written.
    """
    part = _part_of(path)
    try:
        try:
            part.unlink(missing_ok=True)  # of a process that died, and had the same number
            with part.open("xb") as file:
                yield file
            sync(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot write it ({error.strerror or error}); give another folder, or see to "
            f"space and permissions"
        ) from error


def append_to(path: Path) -> IO[str]:
    """Open a file to write at its end, made if need be, that is no link."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o666), "a", encoding="utf-8", newline="\n")


def sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to disk.

    Else a power failure could leave the new name of a file without its content.
    """
    if path.is_dir():
        # some systems open no folders, and some network drives do not sync them
        with suppress(OSError):
            _sync(os.open(path, os.O_RDONLY))
        return
    _sync(os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0)))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _sync(descriptor: int) -> None:
    """Write what a descriptor stands for to disk, and close it."""
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _part_of(path: Path) -> Path:
    """Return the name of a file until it is complete, which tells whose it is.

    It lies in the same folder, since renaming is atomic within one file system only.
    """
    number = f"{os.getpid()}-{threading.get_native_id()}"
    return path.with_name(f".{path.name}.{number}@{socket.gethostname()}.part")


_PART = re.compile(r"\..+\.(?P<process>\d+)-\d+@(?P<host>[^@]+)\.part")
"""Names that `_part_of` gives."""


def delete_parts(folder: Path) -> None:
    """Delete the incomplete files in a folder whose processes have died."""
    for path in list(folder.glob(".*.part")):
        match = _PART.fullmatch(path.name)
        if match and is_gone(int(match["process"]), match["host"]):
            path.unlink(missing_ok=True)


def is_gone(process: int, host: str) -> bool:
    """Return whether a process has ended, as far as this machine can tell."""
    if os.name != "posix" or host != socket.gethostname():
        return False
    try:
        os.kill(process, 0)  # no signal: it only asks
    except (OSError, OverflowError) as error:  # or it is of another user, or none
        return isinstance(error, ProcessLookupError)
    return False
