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

from .image import check_start, label_map, unpacked

_PLAIN, _RUNS_OF_BYTES, _RUNS_OF_NIBBLES, _FIELDS = 0, 1, 2, 3
"""Values of the compression."""
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

    @property
    def stride(self) -> int:
        """Number of bytes of a row: it ends at a multiple of four."""
        return (self.width * self.bits + 31) // 32 * 4


@reader(
    ".bmp",
    is_slice=True,
    sentence="The label is the index into the palette, which of a grey image is the grey value. "
    "The spacing is 1 px.",
)
def read_bmp(request: Request) -> LabelMap:
    """Return the label map in a BMP file."""
    content = request.content()
    check_start(content, (b"BM",), request)
    header = _header(content, request)
    voxels = request.admit((header.height, header.width))
    if header.compression in (_RUNS_OF_BYTES, _RUNS_OF_NIBBLES):
        request.check_held(voxels, len(content), _RUN)
        from PIL.BmpImagePlugin import BmpImageFile

        with BmpImageFile(BytesIO(content)) as image:
            return label_map(np.asarray(image), request)
    end = header.start + header.stride * header.height
    # The size that the file says itself; some programs leave it 0.
    request.check_held(max(end, int.from_bytes(content[2:6], "little")), len(content))
    request.check_end(len(content) - end)
    rows = np.frombuffer(content, np.uint8, end - header.start, header.start)
    pixels = _pixels(rows.reshape(header.height, header.stride), header)
    return label_map(pixels[::-1] if header.is_upside_down else pixels, request)


def _header(content: bytes, request: Request) -> _Header:
    """Return the header. Raises `ReadError` for a layout whose values would be changed."""
    start, size = struct.unpack_from("<II", content, 10)
    compression = _PLAIN
    if size == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", content, 18)
    channels: tuple[int, ...] = ()
    if compression == _FIELDS and bits == 32:
        channels = _channels(struct.unpack_from("<III", content, 54))
    elif compression == _PLAIN and bits in (24, 32):
        channels = (2, 1, 0)
    is_indexed = (bits, compression) in _INDEXED
    if width < 1 or height == 0 or not (channels or is_indexed):
        raise ReadError(
            f"{request.path}: wanted a BMP of 1, 4, 8, 24 or 32 bits a pixel, but its header says "
            f"{width}×{abs(height)} pixels of {bits} bits and compression {compression}; save it "
            f"as greyscale PNG"
        )
    return _Header(width, abs(height), height > 0, bits, compression, start, channels)


_INDEXED = {(1, _PLAIN), (4, _PLAIN), (8, _PLAIN), (8, _RUNS_OF_BYTES), (4, _RUNS_OF_NIBBLES)}
"""Bits and compression of images of indices."""


def _channels(masks: tuple[int, ...]) -> tuple[int, ...]:
    """Return the bytes that the masks of red, green and blue are of; none for other masks.

    >>> _channels((0xFF0000, 0xFF00, 0xFF))
    (2, 1, 0)
    """
    bytes_of_pixel = [0xFF, 0xFF00, 0xFF0000, 0xFF000000]
    if not all(mask in bytes_of_pixel for mask in masks):
        return ()
    return tuple(bytes_of_pixel.index(mask) for mask in masks)


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
