"""Layout of the pixels of a TIFF image, from its tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from segeval.errors import ReadError
from segeval.io.request import Request

from .tiff_tags import Tags

PLAIN = 1
_LOSSY = {6: "JPEG", 7: "JPEG", 34676: "SGILog", 34677: "SGILog", 50001: "WebP"}
_PHOTOMETRIC = {4: "transparency mask", 5: "CMYK", 6: "YCbCr", 8: "LAB", 9: "LAB", 10: "LAB"}
_PREDICTED = (5, 8, 32946, 34925, 50000)
"""Compressions before which differences may be taken; with others the tag means nothing."""
WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, PALETTE = range(4)
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_ALPHA = frozenset({1, 2})
"""Values of ExtraSamples for channels that say how opaque a pixel is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Layout of the pixels of an image, by its tags."""

    width: int
    height: int
    depth: int
    """Number of planes of the image, each behind the other."""
    channels: int
    extras: tuple[int, ...]
    """Meanings of the channels beyond those of the photometric interpretation."""
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
    is_of_booleans: bool
    """True where tifffile wrote truth values: it says that 0 is white, but stores True as 1."""
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


def layout_of(tags: Tags, request: Request) -> Layout:
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
    bits_are_one = bits == {1}
    compression = tags.first(259, PLAIN)
    return Layout(
        width=width,
        height=height,
        depth=max(tags.first(32997, 1), tags.first(32998, 1)),
        channels=tags.first(277, 1),
        extras=tags.all(338),
        bits=bits.pop(),
        kind=kinds.pop(),
        order=tags.order,
        compression=compression,
        predictor=tags.first(317, 1) if compression in _PREDICTED else 1,
        photometric=tags.first(262, _BLACK_IS_ZERO),
        is_planar=tags.first(284, 1) == 2 and tags.first(277, 1) > 1,
        is_reversed=tags.first(266, 1) == 2,
        is_of_booleans=bits_are_one and bytes(tags.all(305)).startswith(b"tifffile"),
        is_tiled=is_tiled,
        rows=rows,
        columns=columns,
        offsets=tags.all(324 if is_tiled else 273),
        counts=tags.all(325 if is_tiled else 279),
        orientation=tags.first(274, 1),
    )


def check_kind(layout: Layout, request: Request) -> None:
    """Raise `ReadError` for pixels that are no labels, or that a codec or Pillow has changed."""
    if layout.compression in _LOSSY:
        raise ReadError(
            f"{request.path}: holds {_LOSSY[layout.compression]} data, which is lossy; save masks "
            f"with lossless compression"
        )
    wanted = f"{request.path}: wanted one label a pixel, but"
    if layout.depth > 1:
        raise ReadError(
            f"{request.path}: wanted one image, but its depth is {layout.depth} planes; save the "
            f"volume as .nii.gz or .npy, or each slice as a file of its own"
        )
    if layout.photometric not in (WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, PALETTE):
        name = _PHOTOMETRIC.get(layout.photometric, layout.photometric)
        raise ReadError(f"{wanted} the photometric interpretation is {name}; save it as grey PNG")
    if layout.photometric == _RGB and layout.bits == 16:
        raise ReadError(
            f"{wanted} it has channels of 16 bits, which Pillow cuts to 8; save it as 16-bit "
            f"greyscale"
        )
    if layout.is_of_booleans and layout.photometric == WHITE_IS_ZERO:
        raise ReadError(
            f"{wanted} the tag says that 0 is white, where tifffile stores True as 1; save it as "
            f"np.uint8, or with photometric='minisblack'"
        )
    _check_channels(layout, wanted)


def _check_channels(layout: Layout, wanted: str) -> None:
    """Raise `ReadError` for values of a kind, or channels, that cannot be taken for labels."""
    depths = {_UNSIGNED: (1, 2, 4, 8, 16, 32), _SIGNED: (8, 16, 32), _FLOAT: (32,)}
    least, most = (3, 4) if layout.photometric == _RGB else (1, 2)
    is_known = layout.bits in depths.get(layout.kind, ())
    is_inverted_number = layout.photometric == WHITE_IS_ZERO and layout.kind != _UNSIGNED
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
    # Without a word for alpha, further channels may be classes, such as those of a one-hot mask.
    if len(layout.extras) != layout.channels - least or not _ALPHA.issuperset(layout.extras):
        raise ReadError(
            f"{wanted} the image has {layout.channels} channels, and its ExtraSamples, "
            f"{layout.extras}, do not say that {layout.channels - least} of them is alpha; take "
            f"the argmax of a one-hot mask, and save the labels as greyscale"
        )
