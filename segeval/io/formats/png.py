"""PNG: chunks are checked and taken apart here, and Pillow inflates them and undoes the filters."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.labels import LabelMap
from segeval.errors import ReadError
from segeval.io.registry import reader
from segeval.io.request import DEFLATE, Request

from .image import check_frames, check_start, label_map, over

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LAYOUTS = {
    (1, 0): ("P", "P;1"),
    (2, 0): ("P", "P;2"),
    (4, 0): ("P", "P;4"),
    (8, 0): ("L", "L"),
    (16, 0): ("I;16", "I;16B"),
    (8, 2): ("RGBX", "RGB"),
    (1, 3): ("P", "P;1"),
    (2, 3): ("P", "P;2"),
    (4, 3): ("P", "P;4"),
    (8, 3): ("P", "P"),
    (8, 4): ("RGBA", "LA"),
    (8, 6): ("RGBA", "RGBA"),
}
"""Pillow's names of the pixels in memory and in the data, by bits and kind of colour.

Grey values of less than 8 bits are taken as indices are: as greys they would be stretched to 255.
"""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Channels in the data by kind of colour."""
_INDEXED = 3
"""Kind of colour of an image with a palette."""
_CRITICAL = (b"PLTE", b"IDAT", b"IEND")
"""Kinds of chunks behind the first that decide what the pixels are."""
_BLOCK = 1 << 16
"""Compressed bytes that are inflated together."""
_SPREAD = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
"""Passes of an interlaced image but for the last: first column and row, and steps of both."""


@dataclass(frozen=True, slots=True)
class _Header:
    """The chunk IHDR."""

    width: int
    height: int
    bits: int
    color: int
    interlaced: bool

    @property
    def channels(self) -> int:
        """Number of channels."""
        return _CHANNELS[self.color]

    @property
    def inflated(self) -> int:
        """Number of bytes that the data inflate to: each row has one more, for its filter."""
        passes = [(0, 0, 1, 1)]
        if self.interlaced:
            passes = [*_SPREAD, (0, 1, 1, 2)]
        total = 0
        for column, row, step, rows_apart in passes:
            width = -((column - self.width) // step)
            height = -((row - self.height) // rows_apart)
            if width > 0 and height > 0:
                total += height * (1 + (width * self.channels * self.bits + 7) // 8)
        return total


@reader(
    ".png",
    is_slice=True,
    sentence="The label is the grey value as it is stored, 1, 2, 4, 8 or 16 bits; of an image with "
    "a palette the index. The spacing is 1 px.",
)
def read_png(request: Request) -> LabelMap:
    """Return the label map in a PNG file.

    Every checksum must be right, and there must be data for every row.
    """
    content = request.content()
    check_start(content, (_SIGNATURE,), request)
    data, kinds, orientation = [], [], 1
    chunks = _chunks(content, request)
    first, chunk = next(chunks)
    if first != b"IHDR":
        raise ReadError(f"{request.path}: wanted a chunk IHDR first, not {first!r}; save it again")
    header = _header(chunk, request)
    for kind, chunk in chunks:
        kinds.append(kind)
        match kind:
            case b"IDAT":
                data.append(chunk)
            case b"acTL":
                check_frames(int.from_bytes(chunk[:4], "big"), request)
            case b"eXIf":
                orientation = _orientation(chunk)
    _check_kinds(kinds, header, request)
    return label_map(_pixels(header, b"".join(data), request), request, orientation)


def _check_kinds(kinds: list[bytes], header: _Header, request: Request) -> None:
    """Raise `ReadError` for chunks that change what the pixels mean, and for a palette too few.

    A kind that begins with a capital must be understood; `fdAT` are pixels of further frames.
    """
    for kind in kinds:
        if kind == b"fdAT" or (kind[:1].isupper() and kind not in _CRITICAL):
            raise ReadError(
                f"{request.path}: wanted one image, of PLTE, IDAT and IEND, but behind IHDR there "
                f"is {kind!r}; save it again as a plain PNG"
            )
    if header.color == _INDEXED and b"PLTE" not in kinds:
        raise ReadError(
            f"{request.path}: wanted a palette, as colour type {_INDEXED} says there is, but there "
            f"is no chunk PLTE; save it again"
        )


def _chunks(content: bytes, request: Request) -> Iterator[tuple[bytes, memoryview]]:
    """Yield kind and content of every chunk up to the last, IEND.

    Raises `ReadError` for one that is cut or whose checksum does not fit.
    """
    from isal.isal_zlib import crc32

    view = memoryview(content)
    start, kind = len(_SIGNATURE), b""
    while kind != b"IEND":
        if start + 12 > len(view):
            raise ReadError(
                f"{request.path}: wanted chunks up to IEND, but the file is truncated after byte "
                f"{len(view):,}; copy or write it again"
            )
        length, kind = struct.unpack_from(">I4s", view, start)
        end = start + 12 + length
        request.check_held(end, len(view))
        if crc32(view[start + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise ReadError(
                f"{request.path}: wanted chunks that fit their checksums, but the one at byte "
                f"{start:,} does not; the file is damaged: copy or write it again"
            )
        yield kind, view[start + 8 : end - 4]
        start = end
    request.check_end(len(view) - start)


def _header(chunk: memoryview, request: Request) -> _Header:
    """Return the header. Raises `ReadError` for an image too large or that Pillow would change."""
    width, height, bits, color, compression, filters, interlace = struct.unpack(">IIBBBBB", chunk)
    if bits == 16 and color in (2, 4, 6):
        raise ReadError(
            f"{request.path}: wanted one label a pixel, but it has channels of 16 bits, which "
            f"Pillow cuts to 8; save it as 16-bit greyscale"
        )
    is_known = (bits, color) in _LAYOUTS and interlace <= 1 and compression == filters == 0
    if not is_known or 0 in (width, height):
        raise ReadError(
            f"{request.path}: wanted a PNG header, but it says {width}×{height} pixels of {bits} "
            f"bits, colour type {color}, compression {compression}, filter method {filters} and "
            f"interlace {interlace}; save it again"
        )
    request.admit((height, width))
    return _Header(width, height, bits, color, bool(interlace))


def _orientation(chunk: memoryview) -> int:
    """Return how the pixels lie, by Exif data."""
    from PIL import ExifTags, Image

    exif = Image.Exif()
    exif.load(bytes(chunk))
    return int(exif.get(ExifTags.Base.Orientation, 1))


def _pixels(header: _Header, data: bytes, request: Request) -> NDArray[Any]:
    """Return the decoded pixels. Raises `ReadError` where there are rows without data."""
    request.check_held(header.inflated, len(data), DEFLATE)
    mode, layout = _LAYOUTS[header.bits, header.color]
    if header.channels == 1:
        dtype = np.dtype(np.uint16 if header.bits == 16 else np.uint8)
        flat = request.buffer(header.width * header.height, dtype)
        pixels = flat.reshape(header.height, header.width)
    else:
        pixels = np.empty((header.height, header.width, 4), np.uint8)
    image = over(pixels, mode)
    try:
        image.frombytes(data, "zip", layout, int(header.interlaced))
    except ValueError as error:
        raise ReadError(
            f"{request.path}: wanted image data, but they cannot be inflated ({error}); the file "
            f"is damaged or truncated: copy or write it again"
        ) from error
    _check_length(header, data, request)
    return pixels[..., :1] if header.channels == 2 else pixels


def _check_length(header: _Header, data: bytes, request: Request) -> None:
    """Raise `ReadError` for data that do not inflate to what the header says, and no more.

    Pillow leaves rows that the data lack as they were, and passes over what follows the last one.
    """
    from isal.isal_zlib import decompressobj

    inflater, inflated = decompressobj(), 0
    for start in range(0, len(data), _BLOCK):
        inflated += len(inflater.decompress(data[start : start + _BLOCK]))
    request.check_held(header.inflated, inflated)
    if inflated > header.inflated:
        raise ReadError(
            f"{request.path}: wanted {header.inflated:,} bytes of image data, but they inflate to "
            f"{inflated:,}; the header is of another image: save it again"
        )
