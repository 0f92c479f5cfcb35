"""TIFF: tags are read and segments checked here, and plain and deflated ones decoded.

Deflated segments have a checksum, which is looked at. Pillow decodes what is compressed otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.labels import LabelMap
from segeval.errors import ReadError

from .image import check_frames, check_start, label_map, over, unpacked
from .registry import reader
from .request import DEFLATE, Request
from .tags import Tags, directories

_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PLAIN, _FAX, _DEFLATED = 1, 4, (8, 32946)
_CODECS = {
    2: ("CCITT", 8192),
    3: ("CCITT", 8192),
    4: ("CCITT", 8192),
    5: ("LZW", 4096),
    32773: ("PackBits", 64),
    34925: ("LZMA", 1 << 14),
    50000: ("Zstandard", 1 << 15),
}
"""Compressions that Pillow decodes: name, and bytes that one can stand for, which for CCITT, of
blank rows, is a choice.
"""
_LOSSY = {6: "JPEG", 7: "JPEG", 34676: "SGILog", 34677: "SGILog", 50001: "WebP"}
_PHOTOMETRIC = {4: "transparency mask", 5: "CMYK", 6: "YCbCr", 8: "LAB", 9: "LAB", 10: "LAB"}
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE = range(4)
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class _Layout:
    """Layout of the pixels of an image, by its tags."""

    width: int
    height: int
    channels: int
    bits: int
    """Bits of a value."""
    kind: int
    """Kind of values: unsigned, signed or floats."""
    order: str
    """Order of bytes, < or >."""
    compression: int
    predictor: int
    photometric: int
    is_planar: bool
    """True where each channel has segments of its own."""
    is_reversed: bool
    """True where the first bit of a byte is its lowest."""
    is_tiled: bool
    rows: int
    """Rows of a segment."""
    columns: int
    """Columns of a segment."""
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    orientation: int

    @property
    def stride(self) -> int:
        """Number of bytes of a decoded row of a segment."""
        channels = 1 if self.is_planar else self.channels
        return (self.columns * channels * self.bits + 7) // 8

    @property
    def segments(self) -> int:
        """Number of segments that the image has."""
        planes = self.channels if self.is_planar else 1
        return planes * -(-self.height // self.rows) * -(-self.width // self.columns)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values of 8 bits and more."""
        letter = {_UNSIGNED: "u", _SIGNED: "i", _FLOAT: "f"}[self.kind]
        return np.dtype(f"{self.order}{letter}{self.bits // 8}")

    def decoded(self, segment: int) -> int:
        """Return the number of bytes that a segment decodes to; the last strip may be shorter."""
        rows = self.rows
        if not self.is_tiled:
            strips = -(-self.height // rows)
            rows = min(rows, self.height - segment % strips * rows)
        return rows * self.stride

    @property
    def is_decoded_here(self) -> bool:
        """Whether the segments are decoded here."""
        fits = self.predictor == 1 or (self.predictor == 2 and self.bits >= 8)
        known = self.compression in (_PLAIN, *_DEFLATED)
        return known and fits and not (self.is_planar or self.is_reversed)


@reader(
    ".tif",
    ".tiff",
    sentence="The label is the grey value as it is stored, 1, 2, 4, 8, 16 or 32 bits, counted from "
    "white where the file says that 0 is white; of an image with a palette the index. The spacing "
    "is 1 px.",
)
def read_tiff(request: Request) -> LabelMap:
    """Return the label map in a TIFF file of one image, in which every segment is whole."""
    content = request.content()
    check_start(content, _STARTS, request)
    tags, frames = directories(content, request)
    check_frames(frames, request)
    layout = _layout(tags, request)
    _check_kind(layout, request)
    _check_segments(layout, content, request)
    if layout.is_decoded_here:
        pixels, orientation = _pixels(layout, content, request), layout.orientation
    else:
        pixels, orientation = _by_pillow(layout, content, request)
    return label_map(pixels, request, orientation)


def _layout(tags: Tags, request: Request) -> _Layout:
    """Return the layout. Raises `ReadError` for an image too large, or of no pixels."""
    width, height = tags.first(256), tags.first(257)
    is_tiled = 322 in tags
    rows = tags.first(323) if is_tiled else min(tags.first(278, height), height)
    columns = tags.first(322) if is_tiled else width
    bits, kinds = set(tags.all(258, (1,))), set(tags.all(339, (_UNSIGNED,)))
    if min(width, height, rows, columns) < 1 or len(bits) > 1 or len(kinds) > 1:
        raise ReadError(
            f"{request.path}: wanted pixels of one kind, but the tags say {width}×{height} pixels "
            f"of {sorted(bits)} bits in segments of {columns}×{rows}; save it as greyscale PNG"
        )
    request.admit((height, width))
    return _Layout(
        width=width,
        height=height,
        channels=tags.first(277, 1),
        bits=bits.pop(),
        kind=kinds.pop(),
        order=tags.order,
        compression=tags.first(259, _PLAIN),
        predictor=tags.first(317, 1),
        photometric=tags.first(262, _BLACK_IS_ZERO),
        is_planar=tags.first(284, 1) == 2 and tags.first(277, 1) > 1,
        is_reversed=tags.first(266, 1) == 2,
        is_tiled=is_tiled,
        rows=rows,
        columns=columns,
        offsets=tags.all(324 if is_tiled else 273),
        counts=tags.all(325 if is_tiled else 279),
        orientation=tags.first(274, 1),
    )


def _check_kind(layout: _Layout, request: Request) -> None:
    """Raise `ReadError` for pixels that are no labels, or that a codec or Pillow has changed."""
    if layout.compression in _LOSSY:
        raise ReadError(
            f"{request.path}: holds {_LOSSY[layout.compression]} data, which is lossy; save masks "
            f"with lossless compression"
        )
    wanted = f"{request.path}: wanted one label a pixel, but"
    if layout.photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE):
        name = _PHOTOMETRIC.get(layout.photometric, layout.photometric)
        raise ReadError(f"{wanted} the photometric interpretation is {name}; save it as grey PNG")
    if layout.photometric == _RGB and layout.bits == 16:
        raise ReadError(
            f"{wanted} it has channels of 16 bits, which Pillow cuts to 8; save it as 16-bit "
            f"greyscale"
        )
    depths = {_UNSIGNED: (1, 2, 4, 8, 16, 32), _SIGNED: (8, 16, 32), _FLOAT: (32,)}
    least, most = (3, 4) if layout.photometric == _RGB else (1, 2)
    is_known = layout.bits in depths.get(layout.kind, ())
    is_inverted_number = layout.photometric == _WHITE_IS_ZERO and layout.kind != _UNSIGNED
    has_deep_channels = layout.channels > 1 and (layout.bits, layout.kind) != (8, _UNSIGNED)
    if not is_known or is_inverted_number or has_deep_channels:
        raise ReadError(
            f"{wanted} the image has {layout.channels} channels of {layout.bits} bits, sample "
            f"format {layout.kind} and photometric interpretation {layout.photometric}; save it as "
            f"greyscale PNG"
        )
    if not least <= layout.channels <= most:
        raise ReadError(
            f"{wanted} the image has {layout.channels} channels; save the labels as greyscale"
        )


def _check_segments(layout: _Layout, content: bytes, request: Request) -> None:
    """Raise `ReadError` unless every segment is in the file, and can hold what it should."""
    expansion = 1
    if layout.compression in _DEFLATED:
        expansion = DEFLATE
    elif layout.compression != _PLAIN:
        codec = _CODECS.get(layout.compression)
        if codec is None:
            raise ReadError(
                f"{request.path}: wanted lossless compression, but the tag says "
                f"{layout.compression}; save it with LZW or deflate"
            )
        expansion = codec[1]
    total = (
        layout.segments * layout.rows * layout.stride
        if layout.is_tiled
        else (layout.height * layout.stride * (layout.channels if layout.is_planar else 1))
    )
    request.check_held(total, min(sum(layout.counts), len(content)), expansion)
    if not layout.segments == len(layout.offsets) == len(layout.counts):
        raise ReadError(
            f"{request.path}: wanted {layout.segments} strips or tiles, but the tags place "
            f"{len(layout.offsets)} and say the size of {len(layout.counts)}; save it again"
        )
    for segment, (offset, count) in enumerate(zip(layout.offsets, layout.counts, strict=True)):
        request.check_held(offset + count, len(content))
        request.check_held(layout.decoded(segment), count, expansion)
        if layout.compression == _FAX:
            _check_end_mark(content[offset : offset + count], segment, layout, request)


def _check_end_mark(data: bytes, segment: int, layout: _Layout, request: Request) -> None:
    """Raise `ReadError` unless data of CCITT Group 4 end in their mark, with zeros behind it.

    Its decoder takes what is short for white.
    """
    bits = int.from_bytes(data[-8:], "big")
    if layout.is_reversed:
        bits = int(f"{int.from_bytes(data[-8:], 'little'):064b}"[::-1], 2)
    while bits and bits % 2 == 0:
        bits >>= 1
    if bits & 0xFFFFFF != 0x001001:
        raise ReadError(
            f"{request.path}: wanted the end mark of CCITT data in strip or tile {segment}, but it "
            f"is not there; the file is damaged: copy or write it again"
        )


def _pixels(layout: _Layout, content: bytes, request: Request) -> NDArray[Any]:
    """Return the pixels as they are stored: (rows, columns), or with channels as the last axis."""
    rows = b"".join(_segments(layout, content, request))
    if layout.bits < 8:
        # Rows of a segment, one below the other: tiles are put in their places below.
        values = unpacked(np.frombuffer(rows, np.uint8).reshape(-1, layout.stride), layout.bits)
        values = values[:, : layout.columns, None]
    else:
        values = np.frombuffer(rows, layout.dtype).reshape(-1, layout.columns, layout.channels)
        if layout.predictor == 2:
            # Numbers run over as they did when the differences were taken.
            native = values.astype(layout.dtype.newbyteorder("="))
            values = np.add.accumulate(native, axis=1, dtype=native.dtype)
    if layout.is_tiled:
        across = -(-layout.width // layout.columns)
        tiles = values.reshape(-1, across, layout.rows, layout.columns, layout.channels)
        values = tiles.swapaxes(1, 2).reshape(-1, across * layout.columns, layout.channels)
    pixels = values[: layout.height, : layout.width]
    if layout.photometric == _WHITE_IS_ZERO:
        pixels = (1 << layout.bits) - 1 - pixels
    return pixels if layout.channels > 1 else pixels[..., 0]


def _segments(layout: _Layout, content: bytes, request: Request) -> Iterator[memoryview | bytes]:
    """Yield the decoded bytes of every segment. Raises `ReadError` for one that is not whole."""
    from isal.isal_zlib import decompressobj

    view = memoryview(content)
    for segment, (offset, count) in enumerate(zip(layout.offsets, layout.counts, strict=True)):
        size = layout.decoded(segment)
        if layout.compression == _PLAIN:
            yield view[offset : offset + size]
            continue
        inflater = decompressobj()
        inflated = inflater.decompress(view[offset : offset + count], size + 1)
        # At the end the checksum has been looked at.
        if len(inflated) != size or not inflater.eof:
            raise ReadError(
                f"{request.path}: wanted {size:,} bytes in strip or tile {segment}, but its data "
                f"inflate to {len(inflated):,}; the file is damaged: copy or write it again"
            )
        yield inflated


def _by_pillow(layout: _Layout, content: bytes, request: Request) -> tuple[NDArray[Any], int]:
    """Return the pixels that Pillow decodes, and how they lie: some it turns by itself."""
    from PIL import Image
    from PIL.TiffImagePlugin import TiffImageFile

    with TiffImageFile(BytesIO(content)) as image:
        # Pillow holds memory that it allocates itself against a limit of the whole process.
        if image.mode in ("L", "P"):
            flat = request.buffer(layout.width * layout.height)
            pixels, orientation = flat.reshape(layout.height, layout.width), layout.orientation
            image.im = over(pixels, image.mode).im
            image.load()
        else:
            image.im = Image.new(image.mode, (layout.width, layout.height)).im
            pixels, orientation = np.asarray(image), 1
    if pixels.ndim == 2 and layout.bits in (2, 4) and layout.photometric != _PALETTE:
        pixels = pixels // (255 // ((1 << layout.bits) - 1))  # greys are stretched
    if layout.bits == 16 and layout.photometric == _WHITE_IS_ZERO:
        pixels = 65535 - pixels
    return pixels, orientation
