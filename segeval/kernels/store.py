"""Where compiled kernels lie: in the package, for a stated processor, and in the user's cache, for this one.

A file holds the machine code of one kernel for one signature. Its name is a digest of both and of all that the code
depends on, its folder is named for Numba, Python, system and processor: what is found fits, wherever it was made.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import stat
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import platformdirs
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from segeval.kernels import targets
from segeval.kernels.content import digest

VARIABLE = "SEGEVAL_CACHE"
"""The environment variable that names the folder of the user's kernels."""

PACKED = Path(__file__).with_name("packed")
"""The kernels that came with the package; nothing is ever written there once it is installed."""

_CHECK = hashlib.sha256().digest_size


class KernelStore(NullCache):
    """The kernels of one function on disk: what a dispatcher of Numba asks before it compiles, and hands over after.

    It takes the place of Numba's own cache, which lies in the package's folder and knows neither of edited helpers nor
    of other processors, and which sets up all that compiling needs before it looks (0.7 s a process).
    """

    def __init__(self, function: Any) -> None:
        self._function = function

    @property
    def cache_path(self) -> str:
        """The folder that kernels are written to."""
        return str(own_folder())

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the compiled kernel of a signature, or None if no file has it.

        What compiling needs is not set up for that, nor is Numba's memory management: kernels make no arrays.
        """
        name = self._file_name(signature)
        payload = _read(packed_folder(), name) or _read(wanted_folder(), name) or _read(own_folder(), name)
        if payload is None:
            return None
        return CompileResult._rebuild(context, *payload)  # type: ignore[no-untyped-call]

    def save_overload(self, signature: Any, kernel: Any) -> None:
        """Keep a compiled kernel."""
        with suppress(OSError):  # a full disk costs the next process its time, this one nothing
            pickled = dumps(kernel._reduce())  # type: ignore[no-untyped-call]
            _write(own_folder() / self._file_name(signature), pickled)

    def _file_name(self, signature: Any) -> str:
        key = hashlib.sha256(f"{digest(self._function)} {signature}".encode()).hexdigest()
        return f"{self._function.__name__.strip('_')}-{key[:32]}.kernel"


@functools.cache
def packed_folder() -> Path | None:
    """Return the folder of the package's kernels, if there are some that fit this process."""
    baseline = targets.baseline()
    if baseline is None or not targets.fits(baseline):
        return None
    folder = PACKED / targets.folder_name(baseline.processor)
    return folder if folder.is_dir() else None


@functools.cache
def wanted_folder() -> Path:
    """Return the folder of the kernels in the user's cache, which may not be there yet."""
    root = os.environ.get(VARIABLE) or platformdirs.user_cache_dir("segeval", appauthor=False)
    return Path(root).absolute() / targets.folder_name(targets.host())


@functools.cache
def own_folder() -> Path:
    """Return the folder that this process writes kernels to: that of the user's cache, or else a temporary one."""
    wanted = wanted_folder()
    with suppress(OSError):
        wanted.mkdir(parents=True, exist_ok=True)
        if os.access(wanted, os.W_OK):
            return wanted
    return _temporary_folder() / wanted.name


def folder_in_use() -> Path:
    """Return the folder where the kernels of this process lie, or will."""
    return packed_folder() or own_folder()


def why_not_packed() -> str:
    """Return, in a few words, why a kernel has to be compiled here."""
    if packed_folder() is not None:
        return "the installation lacks some"
    if not PACKED.is_dir():
        return "none came with this installation"
    packed = " and ".join(sorted(folder.name for folder in PACKED.iterdir()))
    return f"those of the installation are for {packed}, this is {targets.folder_name(targets.host())}"


def _temporary_folder() -> Path:
    """Return a folder of this user alone: others could plant machine code in one that they can write to."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    folder = Path(tempfile.gettempdir(), f"segeval-{user}")
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        ours = not hasattr(os, "getuid") or found.st_uid == os.getuid()
        if stat.S_ISDIR(found.st_mode) and ours and not found.st_mode & 0o022:
            return folder
    return Path(tempfile.mkdtemp(prefix="segeval-"))


def _read(folder: Path | None, name: str) -> Any:
    """Return what a file holds; None if there is none or it is damaged."""
    if folder is None:
        return None
    try:
        content = (folder / name).read_bytes()
    except OSError:
        return None
    check, pickled = content[:_CHECK], content[_CHECK:]
    return pickle.loads(pickled) if hashlib.sha256(pickled).digest() == check else None


def _write(path: Path, pickled: bytes) -> None:
    """Write a file as a whole: another process finds all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{uuid.uuid4().hex}")
    try:
        beside.write_bytes(hashlib.sha256(pickled).digest() + pickled)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
