"""The PNG that most masks are, 8 bits a pixel in one channel, decoded in a fraction of the time that Pillow takes."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from segeval.words import LANES, ONE, ctz, differ, equal, helper, kernel, ones

from .registry import Request

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PLAIN = {(8, kind, 0, 0, 0) for kind in (0, 3)}  # depth, grey or palette, and the methods; the last is interlacing

Bytes = NDArray[np.uint8]


def plain_png(request: Request) -> Bytes | None:
    """The grey values or palette indices of a PNG file; None if it is of another kind, or in the least doubtful.

    Pillow reads those, and says what is wrong with them. The pixels are in the memory of the request.
    """
    chunks = _chunks(request.path.read_bytes())
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or b"acTL" in dict(chunks):
        return None
    width, height, *kind = struct.unpack(">II5B", chunks[0][1])
    if tuple(kind) not in _PLAIN:
        return None
    size = height * (width + 1)
    try:
        lines = isal_zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"), bufsize=size)
    except Exception:  # damaged, or of a size that cannot be true: Pillow says which
        return None
    if len(lines) != size or height == 0 or width < LANES:
        return None
    pixels = request.buffer(height * width).reshape(height, width)
    return pixels if _unfiltered(np.frombuffer(lines, np.uint8).reshape(height, width + 1), pixels) else None


def _chunks(content: bytes) -> list[tuple[bytes, memoryview]]:
    """Name and data of every chunk up to the end mark; none of a file that is broken."""
    view, found = memoryview(content), []
    at, name = len(_SIGNATURE), b""
    while name != b"IEND":
        if at + 12 > len(view):
            return []
        length, name = struct.unpack_from(">I4s", view, at)
        end = at + 8 + length
        if end + 4 > len(view) or isal_zlib.crc32(view[at + 4 : end]) != struct.unpack_from(">I", view, end)[0]:
            return []
        found.append((name, view[at + 8 : end]))
        at = end + 4
    return found if content.startswith(_SIGNATURE) else []


@kernel
def _unfiltered(lines: Bytes, pixels: Bytes) -> bool:
    """Write the pixels of lines that begin with the number of their filter; False if there is no such filter.

    https://www.w3.org/TR/png-3/#9Filters; arithmetic of bytes wraps around. Rows have 64 pixels or more.
    """
    height, width = pixels.shape
    above = np.zeros(width, np.uint8)
    for y in range(height):
        kind, line, row = lines[y, 0], lines[y, 1:], pixels[y]
        left = np.uint8(0)
        if kind == 0:
            for x in range(width):
                row[x] = line[x]
        elif kind == 1:
            for x in range(width):
                left = np.uint8(line[x] + left)
                row[x] = left
        elif kind == 2:
            for x in range(width):
                row[x] = np.uint8(line[x] + above[x])
        elif kind == 3:
            for x in range(width):
                left = np.uint8(line[x] + ((np.int64(left) + above[x]) >> 1))
                row[x] = left
        elif kind == 4:
            _undo_paeth(line, above, row)
        else:
            return False
        above = row
    return True


@helper
def _undo_paeth(line: Bytes, above: Bytes, row: Bytes) -> None:
    """Write a row whose filter is the fourth. Where nothing changes above and nothing is added, a pixel is the last."""
    width = row.size
    left: Any = np.int64(0)
    x = 0
    for start in range(0, width, LANES):
        stop = min(width, start + LANES)
        odd = (differ(above, start, above, start - 1) | ~equal(line, start, np.uint8(0))) & ones(stop - start)
        if start == 0:
            odd |= ONE
        while odd:
            at = start + ctz(odd)
            odd &= odd - ONE
            while x < at:
                row[x] = left
                x += 1
            up = np.int64(above[at])
            corner = np.int64(above[at - 1]) if at else np.int64(0)
            by_left, by_up, by_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
            guess = left if by_left <= by_up and by_left <= by_corner else up if by_up <= by_corner else corner
            left = np.int64(np.uint8(guess + line[at]))
        while x < stop:
            row[x] = left
            x += 1
