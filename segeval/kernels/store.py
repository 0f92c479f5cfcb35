"""The files of compiled kernels.

Those in the package are for a stated processor, those in the user's cache for this one. A file
holds the machine code of one kernel for one signature. Its name is a digest of both and of all that
the code depends on, its folder is named for Numba, Python, system and processor: what is there
fits, wherever it was compiled. It begins with a checksum of its name and its content, so that
neither a damaged file nor one that bears another's name is ever run.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import stat
import tempfile
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from segeval.kernels import targets

from .content import digest

VARIABLE = "SEGEVAL_CACHE"
"""The environment variable that names the folder of the user's kernels."""

PACKED = Path(__file__).with_name("packed")
"""The kernels that came with the package; nothing is ever written there once it is installed."""

NOWHERE = Path(os.devnull)
"""Stands for the user's cache where there is no home to have it in; no folder can be made there."""

# bytes of the checksum that a file begins with
_CHECK = hashlib.sha256().digest_size
# part of every name: an earlier segeval, which lays files out in another way, has files of its own
_LAYOUT = "2"
# bytes that a folder must have room for: about what the largest kernel takes
_PROBE = 1 << 18


class KernelStore(NullCache):
    """The kernels of one function on disk.

    Numba's dispatcher asks it before it compiles, and hands over what it has compiled. It takes the
    place of Numba's own cache, which lies in the package's folder and knows neither of edited
    helpers nor of other processors, and which sets up all that compiling needs before it looks (0.7
    s a process).
    """

    def __init__(self, dispatcher: Any) -> None:
        self._dispatcher = dispatcher

    @property
    def cache_path(self) -> str:
        """The folder that kernels are written to; empty if there is none."""
        return str(writable_folder() or "")

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the compiled kernel of a signature, or None if no file has it.

        What compiling needs is not set up for that, nor is Numba's memory management: kernels make
        no arrays.
        """
        name = self._file_name(signature)
        # Asked one by one, and the last makes folders: where all kernels come with the package, the
        # user's cache is neither looked at nor made.
        for find_folder in (packed_folder, _trusted_cache_folder, writable_folder):
            folder = find_folder()
            kernel = folder and _load(folder / name, context)
            if kernel:
                return kernel
        return None

    def save_overload(self, signature: Any, kernel: Any) -> None:
        """Keep a compiled kernel, if there is a folder for it."""
        folder = writable_folder()
        if folder is None:
            return
        with suppress(OSError):  # a full disk costs the next process its time, this one nothing
            pickled = dumps(kernel._reduce())  # type: ignore[no-untyped-call]
            _write(folder / self._file_name(signature), pickled)

    def _file_name(self, signature: Any) -> str:
        types = _spelled(getattr(signature, "args", signature))
        parts = (_LAYOUT, digest(self._dispatcher), *types)
        # the key tells kernels apart; the name before it is for people who look into the folder
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return f"{self._dispatcher.__name__.strip('_')}-{key[:32]}.kernel"


def _spelled(argument_types: Iterable[Any]) -> Iterable[str]:
    """Spell out the types of arguments.

    Numba's names of records lack their fields, whose order machine code knows.
    """
    for argument in argument_types:
        yield str(argument)
        record = getattr(argument, "instance_class", None)
        if record is not None:
            yield f"{record.__module__}.{record.__qualname__} {record._fields}"
        # tuples and records have members, which may be records themselves
        yield from _spelled(getattr(argument, "types", ()))


@functools.cache
def packed_folder() -> Path | None:
    """Return the folder of the package's kernels, if there are some that fit this process."""
    baseline = targets.baseline()
    if baseline is None or not targets.fits(baseline):
        return None
    folder = PACKED / targets.folder_name(baseline.processor)
    return folder if folder.is_dir() else None


@functools.cache
def cache_folder() -> Path:
    """Return the folder of the kernels in the user's cache, which may not be there yet."""
    import platformdirs  # no process that finds its kernels in the package needs it

    try:
        root = Path(
            os.environ.get(VARIABLE) or platformdirs.user_cache_dir("segeval", appauthor=False)
        ).expanduser()
        root = root.absolute()
    # there is no home, as in a container whose user nobody knows, or no working folder any more
    except (RuntimeError, OSError):
        root = NOWHERE
    return root / targets.folder_name(targets.host())


@functools.cache
def writable_folder() -> Path | None:
    """Return the folder that this process writes kernels to.

    It is that of the user's cache, or else a temporary one. None if neither can be had: then every
    process compiles.
    """
    if _can_keep(cache_folder()):
        return cache_folder()
    with suppress(OSError):  # there may be no folder for temporary files at all
        root = Path(tempfile.gettempdir(), f"segeval-{_user()}")
        # anyone can make a folder of this name before us, so that its owner is looked at as well
        root.mkdir(mode=0o700, exist_ok=True)
        folder = root / cache_folder().name
        if (not hasattr(os, "getuid") or root.lstat().st_uid == os.getuid()) and _can_keep(folder):
            return folder
    return None


def why_not_packed() -> str:
    """Return, in a few words, why a kernel has to be compiled here."""
    if packed_folder() is not None:
        return "the installation lacks some"
    if not PACKED.is_dir():
        return "none came with this installation"
    packed = " and ".join(sorted(folder.name for folder in PACKED.iterdir()))
    return (
        f"those of the installation are for {packed}, this is {targets.folder_name(targets.host())}"
    )


def _trusted_cache_folder() -> Path | None:
    """Return the folder of the user's cache if what lies there may be run: machine code is."""
    return cache_folder() if _is_trusted(cache_folder()) else None


def _can_keep(folder: Path) -> bool:
    """Return whether files can be written to a folder, and are safe there.

    The folder is made if need be.
    """
    try:
        folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        folder.mkdir(mode=0o755, exist_ok=True)
        # rights that a system shows are not always those that it grants, and disks are full: try
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBE))
            file.flush()
            return _is_trusted(folder)
    except OSError:
        return False


def _is_trusted(folder: Path) -> bool:
    """Return whether nobody else can plant machine code in a folder.

    This user, root and the owner of the folder above can.
    """
    try:
        status, above = folder.lstat(), folder.parent.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        # Windows keeps the folders of users apart, and shows no such rights
        return stat.S_ISDIR(status.st_mode)
    # 0o022: the rights of the group and of all others to write
    owned = status.st_uid in (os.getuid(), 0, above.st_uid)
    return stat.S_ISDIR(status.st_mode) and owned and not (status.st_mode | above.st_mode) & 0o022


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


def _load(path: Path, context: Any) -> Any:
    """Return the kernel that a file holds; None if there is none or it is damaged."""
    try:
        if not path.is_file():  # reading a pipe would wait for ever
            return None
        content = path.read_bytes()
    except OSError:
        return None
    check, pickled = content[:_CHECK], content[_CHECK:]
    # before unpickling, which runs what it reads: damaged content is never looked into
    if _checksum(path, pickled) != check:
        return None
    try:
        return CompileResult._rebuild(context, *pickle.loads(pickled))  # type: ignore[no-untyped-call]
    except Exception:
        # whatever an intact file of another build runs into: then the kernel is compiled here
        return None


def _checksum(path: Path, pickled: bytes) -> bytes:
    """Return what a file of this name and content begins with."""
    return hashlib.sha256(path.name.encode() + pickled).digest()


def _write(path: Path, pickled: bytes) -> None:
    """Write a file as a whole: another process finds all of it or none."""
    # a name that no other process has, in the same folder, where renaming is a single step: two
    # processes that compile one kernel do not write into one file
    beside = path.with_suffix(f".{uuid.uuid4().hex}")
    try:
        if path.is_dir():  # no file can take its place
            path.rename(path.with_suffix(f".{uuid.uuid4().hex}.aside"))
        beside.write_bytes(_checksum(path, pickled) + pickled)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
