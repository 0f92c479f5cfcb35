"""The bytes of a file: read once, from the first to the last, counted, and hashed on the way."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.data.provenance import Input
from segeval.errors import ReadError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK = 1 << 20
"""Bytes taken at once where nobody wants them."""


class Source(io.BufferedReader):
    """The one way to the bytes of a file, for all readers.

    What a reader decodes is what passed through here, so that `provenance` is of exactly that: a
    file is never opened twice. `hashed` is for runs; a hash costs more than to read a plain file.
    """

    def __init__(self, path: Path, *, hashed: bool = False) -> None:
        # Before it is opened, which would wait for whoever writes into a pipe.
        kind = path.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            raise ReadError(
                f"{path}: wanted a file, but it is a pipe or a device; write what it gives into a "
                f"file"
            )
        self.path = path
        self._bytes = _Bytes(path, hashed=hashed)
        self._before = os.fstat(self._bytes.fileno())
        super().__init__(self._bytes)

    @property
    def size(self) -> int:
        """Size of the file in bytes, when it was opened."""
        return self._before.st_size

    def provenance(self) -> Input | None:
        """Return size, time and hash of all that was read, None where it is not hashed.

        Takes the bytes that no reader wanted. Raises `ReadError` for a file that was written to in
        the meantime: what was read may be half of the old content and half of the new.
        """
        digest = self._bytes.digest
        if digest is not None:
            block = bytearray(_BLOCK)
            while self._bytes.readinto(block):
                pass
        now, before = os.fstat(self._bytes.fileno()), self._before
        if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise ReadError(
                f"{self.path}: wanted a file at rest, but it was written to while it was read; "
                f"wait until it is complete, and score it again"
            )
        if digest is None:
            return None
        return Input(self._bytes.tell(), before.st_mtime_ns, digest.hexdigest())


class _Bytes(io.RawIOBase):
    """The bytes of a file as the system gives them, counted and hashed."""

    def __init__(self, path: Path, *, hashed: bool) -> None:
        self._file = path.open("rb", buffering=0)
        self._taken = 0
        self.digest = hashlib.sha256() if hashed else None

    def readable(self) -> bool:
        """Return True, as a buffer above asks."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the file."""
        return self._file.fileno()

    def tell(self) -> int:
        """Return how many bytes were taken so far."""
        return self._taken

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Take the next bytes into a buffer, and return how many: 0 at the end of the file."""
        count = self._file.readinto(buffer) or 0
        self._note(memoryview(buffer)[:count])
        return count

    def readall(self) -> bytes:
        """Take all bytes that are left."""
        content = self._file.readall() or b""
        self._note(memoryview(content))
        return content

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def _note(self, block: memoryview) -> None:
        """Count bytes that were taken, and hash them."""
        self._taken += block.nbytes
        if self.digest is not None:
            self.digest.update(block)


def provenance(path: Path) -> Input:
    """Return size, time and hash of a file as it is now. Raises `OSError` and `ReadError`."""
    with Source(path, hashed=True) as source:
        current = source.provenance()
    assert current is not None  # it was hashed
    return current
