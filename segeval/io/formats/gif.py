"""GIF: blocks are counted here, and Pillow decodes them. A GIF has no checksum."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from segeval.data.labels import LabelMap
from segeval.errors import ReadError
from segeval.io.registry import reader
from segeval.io.request import Request

from .image import by_palette, check_frames, check_start, label_map

_LZW = 4096
"""Pixels that a byte can stand for at most: codes of 12 bits, of up to 4096 pixels each."""


@reader(
    ".gif",
    is_slice=True,
    sentence="The label is the index into the palette; of a palette that is all grey the grey "
    "value. The spacing is 1 px.",
)
def read_gif(request: Request) -> LabelMap:
    """Return the label map in a GIF file of one image that is there to its last block."""
    from PIL.GifImagePlugin import GifImageFile

    content = request.content()
    check_start(content, (b"GIF87a", b"GIF89a"), request)
    _check_blocks(content, request)
    with GifImageFile(BytesIO(content)) as image:
        indices = np.asarray(image)
        # Pillow calls a palette whose index i is the grey i mode L, and gives none.
        colors = np.array(image.getpalette() or [], np.uint8).reshape(-1, 3)
        return label_map(by_palette(indices, colors, request), request)


def _check_blocks(content: bytes, request: Request) -> None:
    """Raise `ReadError` unless the file holds one image of its whole area, and ends as it should.

    The area is held against the budget, and against what the data can stand for.
    """
    width, height = _pair(content, 6)
    voxels = request.admit((height, width))
    request.check_held(voxels, len(content), _LZW)
    place, images = 13 + _palette(content, 10), 0
    while (kind := content[place : place + 1]) != b";":
        match kind:
            case b",":
                images += 1
                area = (*_pair(content, place + 1), *_pair(content, place + 5))
                if area != (0, 0, width, height):
                    raise ReadError(
                        f"{request.path}: wanted an image of all {width}×{height} pixels, but it "
                        f"covers {area[2]}×{area[3]} from column {area[0]} and row {area[1]}; save "
                        f"it whole"
                    )
                # The byte in front of the data is the first size of codes.
                place = _behind(content, place + 11 + _palette(content, place + 9))
            case b"!":
                place = _behind(content, place + 2)
            case _:
                raise ReadError(
                    f"{request.path}: wanted blocks up to the end mark, but at byte {place:,} of "
                    f"{len(content):,} there is {kind!r}; the file is truncated or damaged: copy "
                    f"or write it again"
                )
    check_frames(images, request)
    request.check_end(len(content) - place - 1)


def _behind(content: bytes, place: int) -> int:
    """Return where a row of blocks ends that each say how long they are, the last one 0."""
    while place < len(content) and content[place]:
        place += 1 + content[place]
    return place + 1


def _palette(content: bytes, place: int) -> int:
    """Return how many bytes the palette takes that the flags at a place tell of."""
    flags = content[place] if place < len(content) else 0
    return 3 << ((flags & 7) + 1) if flags & 128 else 0


def _pair(content: bytes, place: int) -> tuple[int, int]:
    """Return two numbers of two bytes, such as a width and a height."""
    first = int.from_bytes(content[place : place + 2], "little")
    return first, int.from_bytes(content[place + 2 : place + 4], "little")
