"""TIFF: tags are read and segments checked here, and plain and deflated ones decoded.

Deflated segments have a checksum, which is looked at. Pillow decodes what is compressed otherwise.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from io import BytesIO
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.labels import LabelMap
from segeval.errors import ReadError
from segeval.io.registry import reader
from segeval.io.request import DEFLATE, Request

from .image import check_frames, check_start, label_map, over, unpacked
from .tiff_layout import PALETTE, PLAIN, WHITE_IS_ZERO, Layout, check_kind, layout_of
from .tiff_tags import Tags, directories

_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_FAX, _DEFLATED = 4, (8, 32946)
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
_ELSEWHERE = (330, 34665, 34853)
"""Tags that lead to further directories: of smaller images, of Exif and of GPS data."""
_WARNINGS = Lock()
"""Held where warnings are changed, which all threads share."""


@reader(
    ".tif",
    ".tiff",
    is_slice=True,
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
    layout = layout_of(tags, request)
    check_kind(layout, request)
    _check_segments(layout, content, request)
    _check_end(tags, layout, content, request)
    if _is_decoded_here(layout):
        pixels, orientation = _pixels(layout, content, request), layout.orientation
    else:
        pixels, orientation = _by_pillow(layout, content, request)
    return label_map(pixels, request, orientation)


def _is_decoded_here(layout: Layout) -> bool:
    """Return whether the segments are decoded here, and not by Pillow."""
    fits = layout.predictor == 1 or (layout.predictor == 2 and layout.bits >= 8)
    is_known = layout.compression in (PLAIN, *_DEFLATED)
    return is_known and fits and not (layout.is_planar or layout.is_reversed)


def _check_segments(layout: Layout, content: bytes, request: Request) -> None:
    """Raise `ReadError` unless every segment is in the file, and can hold what it should."""
    expansion = 1
    if layout.compression in _DEFLATED:
        expansion = DEFLATE
    elif layout.compression != PLAIN:
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


def _check_end(tags: Tags, layout: Layout, content: bytes, request: Request) -> None:
    """Raise `ReadError` for too much behind the last segment, directory and value of a tag.

    ImageJ writes a volume so: one directory, for the first slice, and all slices behind it. A file
    with further directories, whose data lie anywhere, is not looked at.
    """
    if any(tag in tags for tag in _ELSEWHERE):
        return
    sizes = layout.counts
    if layout.compression == PLAIN:
        sizes = tuple(layout.decoded(segment) for segment in range(len(sizes)))
    ends = map(int.__add__, layout.offsets, sizes)
    request.check_end(
        len(content) - max(tags.end, *ends),
        hint="it may be a volume of one directory, of which this is the first slice: save it as "
        ".nii.gz or .npy",
    )


def _check_end_mark(data: bytes, segment: int, layout: Layout, request: Request) -> None:
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


def _pixels(layout: Layout, content: bytes, request: Request) -> NDArray[Any]:
    """Return the pixels as they are stored: (rows, columns), or with channels as the last axis."""
    rows = b"".join(_segments(layout, content, request))
    if layout.bits < 8:
        # Rows of a segment, one below the other: tiles are put in their places below.
        values = unpacked(np.frombuffer(rows, np.uint8).reshape(-1, layout.stride), layout.bits)
        values = values[:, : layout.columns, None]
    else:
        values = np.frombuffer(rows, layout.dtype).reshape(-1, layout.columns, layout.channels)
        if layout.predictor == 2:
            # Of the bits as whole numbers, also of floats; they run over as they did before.
            size = values.itemsize
            native = values.view(f"{layout.order}u{size}").astype(f"u{size}")
            values = np.add.accumulate(native, axis=1, dtype=native.dtype)
            values = values.view(layout.dtype.newbyteorder("="))
    if layout.is_tiled:
        across = -(-layout.width // layout.columns)
        tiles = values.reshape(-1, across, layout.rows, layout.columns, layout.channels)
        values = tiles.swapaxes(1, 2).reshape(-1, across * layout.columns, layout.channels)
    pixels = values[: layout.height, : layout.width]
    if layout.photometric == WHITE_IS_ZERO:
        pixels = (1 << layout.bits) - 1 - pixels
    return pixels if layout.channels > 1 else pixels[..., 0]


def _segments(layout: Layout, content: bytes, request: Request) -> Iterator[memoryview | bytes]:
    """Yield the decoded bytes of every segment. Raises `ReadError` for one that is not whole."""
    from isal.isal_zlib import decompressobj

    view = memoryview(content)
    for segment, (offset, count) in enumerate(zip(layout.offsets, layout.counts, strict=True)):
        size = layout.decoded(segment)
        if layout.compression == PLAIN:
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


def _by_pillow(layout: Layout, content: bytes, request: Request) -> tuple[NDArray[Any], int]:
    """Return the pixels that Pillow decodes, and how they lie: some it turns by itself."""
    from PIL import Image
    from PIL.TiffImagePlugin import TiffImageFile

    # Pillow warns of what it passes over in tags; those that matter have been read by now.
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = TiffImageFile(BytesIO(content))
    with image:
        # Pillow holds memory that it allocates itself against a limit of the whole process.
        if image.mode in ("L", "P"):
            flat = request.buffer(layout.width * layout.height)
            pixels, orientation = flat.reshape(layout.height, layout.width), layout.orientation
            image.im = over(pixels, image.mode).im
            image.load()
        else:
            image.im = Image.new(image.mode, (layout.width, layout.height)).im
            pixels, orientation = np.asarray(image), 1
    if pixels.ndim == 2 and layout.bits in (2, 4) and layout.photometric != PALETTE:
        pixels = pixels // (255 // ((1 << layout.bits) - 1))  # greys are stretched
    if layout.bits == 16 and layout.photometric == WHITE_IS_ZERO:
        pixels = 65535 - pixels
    return pixels, orientation
