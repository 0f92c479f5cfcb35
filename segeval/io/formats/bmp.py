"""BMP: rows of indices or colours, laid out plainly. There is no checksum, but sizes are stated."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from segeval.arrays import Bytes
from segeval.data.labels import LabelMap
from segeval.errors import ReadError
from segeval.io.registry import reader
from segeval.io.request import Request

from .image import by_palette, check_start, label_map, unpacked

_PLAIN, _RUNS_OF_BYTES, _RUNS_OF_NIBBLES, _FIELDS = 0, 1, 2, 3
"""Values of the compression."""
_INDEXED = {(1, _PLAIN), (4, _PLAIN), (8, _PLAIN), (8, _RUNS_OF_BYTES), (4, _RUNS_OF_NIBBLES)}
"""Bits and compression of images of indices."""
_OLDEST = 12
"""Size of the oldest header, which has neither compression nor number of colours."""
_SIZES = (_OLDEST, 40, 52, 56, 64, 108, 124)
"""Sizes of headers."""
_RUN = 4096
"""Pixels that a byte of runs is taken to stand for at most."""


@dataclass(frozen=True, slots=True)
class _Header:
    """Size and layout of the pixels, as the header states them."""

    width: int
    height: int
    is_upside_down: bool
    """True for the usual order: the last row comes first."""
    bits: int
    """Bits of a pixel."""
    compression: int
    start: int
    """Place of the first row in the file."""
    channels: tuple[int, ...]
    """Place of red, green and blue in the bytes of a pixel; none for an index."""
    colors: Bytes
    """Palette (entries, 3)."""

    @property
    def stride(self) -> int:
        """Number of bytes of a row: it ends at a multiple of four."""
        return (self.width * self.bits + 31) // 32 * 4


@reader(
    ".bmp",
    is_slice=True,
    sentence="The label is the index into the palette; of a palette that is all grey the grey "
    "value, but 0 and 1 for black and white of one bit. The spacing is 1 px.",
)
def read_bmp(request: Request) -> LabelMap:
    """Return the label map in a BMP file."""
    content = request.content()
    check_start(content, (b"BM",), request)
    header = _header(content, request)
    voxels = request.admit((header.height, header.width))
    if header.compression in (_RUNS_OF_BYTES, _RUNS_OF_NIBBLES):
        request.check_held(voxels, len(content), _RUN)
        return label_map(by_palette(_by_pillow(content, header), header.colors, request), request)
    end = header.start + header.stride * header.height
    # The size that the file says itself; some programs leave it 0.
    request.check_held(max(end, int.from_bytes(content[2:6], "little")), len(content))
    request.check_end(len(content) - end)
    rows = np.frombuffer(content, np.uint8, end - header.start, header.start)
    pixels = _pixels(rows.reshape(header.height, header.stride), header)
    if not header.channels:
        pixels = by_palette(pixels, header.colors, request)
    return label_map(pixels[::-1] if header.is_upside_down else pixels, request)


def _header(content: bytes, request: Request) -> _Header:
    """Return the header. Raises `ReadError` for a layout whose values would be changed."""
    start, size = struct.unpack_from("<II", content, 10)
    compression = entries = 0
    if size == _OLDEST:
        width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", content, 18)
        (entries,) = struct.unpack_from("<I", content, 46)
    channels: tuple[int, ...] = ()
    if compression == _FIELDS and bits == 32:
        channels = _channels(struct.unpack_from("<III", content, 54))
    elif compression == _PLAIN and bits in (24, 32):
        channels = (2, 1, 0)
    is_indexed = (bits, compression) in _INDEXED
    if size not in _SIZES or width < 1 or height == 0 or not (channels or is_indexed):
        raise ReadError(
            f"{request.path}: wanted a BMP of 1, 4, 8, 24 or 32 bits a pixel, but its header says "
            f"{width}×{abs(height)} pixels of {bits} bits and compression {compression} in {size} "
            f"bytes; save it as greyscale PNG"
        )
    if is_indexed and entries == 0:
        entries = 1 << bits
    # Behind the header of 40 bytes are the masks of the channels, if there are any.
    place = 14 + size + 12 * (compression == _FIELDS and size == 40)
    colors = _palette(content, place, entries, start, request)
    if bits == 1 and sorted(colors[:, 0].tolist()) == [0, 255]:
        colors = colors & np.uint8(1)
    return _Header(width, abs(height), height > 0, bits, compression, start, channels, colors)


def _palette(content: bytes, place: int, entries: int, start: int, request: Request) -> Bytes:
    """Return the colours (entries, 3) at a place.

    Raises `ReadError` where the pixels start before their end.
    """
    size = 3 if place == 14 + _OLDEST else 4
    end = place + entries * size
    if start < end:
        raise ReadError(
            f"{request.path}: wanted pixels behind the header and its {entries:,} colours, from "
            f"byte {end:,} on, but they start at {start:,}; the header is damaged: save it again"
        )
    request.check_held(end, len(content))
    return np.frombuffer(content, np.uint8, end - place, place).reshape(entries, size)[:, :3]


def _channels(masks: tuple[int, ...]) -> tuple[int, ...]:
    """Return the bytes that the masks of red, green and blue are of; none for other masks.

    >>> _channels((0xFF0000, 0xFF00, 0xFF))
    (2, 1, 0)
    """
    bytes_of_pixel = [0xFF, 0xFF00, 0xFF0000, 0xFF000000]
    if not all(mask in bytes_of_pixel for mask in masks):
        return ()
    return tuple(bytes_of_pixel.index(mask) for mask in masks)


def _by_pillow(content: bytes, header: _Header) -> Bytes:
    """Return the indices in runs, which Pillow decodes."""
    from PIL.BmpImagePlugin import BmpImageFile

    # Pillow takes a palette of black and white for pixels of one bit: any other will do.
    size = 4 * len(header.colors)
    start = 14 + int.from_bytes(content[14:18], "little")
    colorful = content[:start] + bytes([1, 0, 0, 0]) * len(header.colors) + content[start + size :]
    with BmpImageFile(BytesIO(colorful)) as image:
        return np.asarray(image)


def _pixels(rows: Bytes, header: _Header) -> Bytes:
    """Return the indices (rows, columns) or colours (rows, columns, 3) in padded rows."""
    if header.channels:
        pixels = rows[:, : header.width * header.bits // 8].reshape(
            len(rows), header.width, header.bits // 8
        )
        return pixels[..., list(header.channels)]
    if header.bits == 8:
        return rows[:, : header.width]
    return unpacked(rows, header.bits)[:, : header.width]
