"""Colour images as label maps: the label that each colour stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Bytes, Flags, Labels
from segeval.data.regions import LARGEST
from segeval.errors import ReadError, UsageError

from .documents import load_json
from .request import Color, Colors, Request

BLACK = (0, 0, 0)
"""Colour of the background, unless another one has the label 0."""
_Packed: TypeAlias = NDArray[np.uint32]


def load_colors(path: str | os.PathLike[str]) -> dict[Color, int]:
    """Return the labels by colour of a JSON file `{"#ff0000": 1, "0,255,0": 2, "blue": 3}`.

    A colour is `#rrggbb`, `red,green,blue` or a CSS name. Black is 0 unless the file
    gives it another label, or gives 0 to other colours alone. Colours may share a label. Raises
    `UsageError` for anything else.
    """
    wanted = 'a JSON object of colours and labels such as {"#ff0000": 1, "0,255,0": 2}'
    table = load_json(path, wanted, "correct the file")
    if not table:
        raise UsageError(f"{path}: wanted {wanted}, but it is empty; correct the file")
    return parse_colors(table, f"{path}: wanted {wanted}")


def parse_colors(
    table: Mapping[str, Any], wanted: str = "wanted colours and labels"
) -> dict[Color, int]:
    """Return the labels by colour of a mapping as such a file holds it.

    Raises `UsageError`, which begins with `wanted`.

    >>> parse_colors({"#ff0000": 1, "0,255,0": 2})
    {(255, 0, 0): 1, (0, 255, 0): 2}
    """
    colors: dict[Color, int] = {}
    for text, label in table.items():
        if type(label) is not int or not 0 <= label <= LARGEST:
            raise UsageError(
                f"{wanted}, but the label of {text!r} is {label!r}; labels are whole numbers from "
                f"0 to {LARGEST:,}"
            )
        color = _color(text, wanted)
        if colors.setdefault(color, label) != label:
            raise UsageError(
                f"{wanted}, but {text!r} is a colour that has the label {colors[color]} already; "
                "keep one of them"
            )
    return colors


def class_color(colors: Colors | None) -> Color | None:
    """Return a colour that makes label 0 a class: one that is not black, which is no label 0 then.

    >>> class_color({(128, 64, 128): 0, (0, 0, 192): 1})
    (128, 64, 128)
    >>> class_color({(0, 0, 0): 0, (255, 255, 255): 0}) is None
    True
    """
    zeros = [color for color, label in (colors or {}).items() if label == 0]
    return None if BLACK in zeros else next(iter(zeros), None)


def labels_of(channels: Bytes, request: Request) -> Labels:
    """Return the labels of an image of three or more channels, the last axis.

    Channels after the third are ignored. Labels are those of the request's colours; without any,
    all three channels must agree on the label. Raises `ReadError` for a colour that has none, with
    its place.
    """
    if request.colors is not None:
        return _looked_up(channels, request.colors, request.path)
    # Many programs save grey values as three equal channels.
    red, green, blue = channels[..., 0], channels[..., 1], channels[..., 2]
    colored = (red != green) | (green != blue)
    if colored.any():
        example = _place(channels, colored)
        raise ReadError(
            f"{request.path}: wanted one label a pixel, but it holds colours, such as {example}; "
            "save the labels as greyscale, or pass --colors with a JSON file of them, such as "
            '{"#ff0000": 1}'
        )
    return np.ascontiguousarray(red)


def _looked_up(channels: Bytes, colors: Colors, path: Path) -> Labels:
    """Return the label of each pixel by a binary search among the colours."""
    table = dict(colors)
    if class_color(colors) is None:
        # where the colours give black another label, it has that
        table.setdefault(BLACK, 0)
    keys = _packed(np.array(list(table)))
    order = np.argsort(keys)
    pixels = _packed(channels)
    # A pixel above all keys is placed behind the last: clipped, it meets a colour other than its
    # own, as every unlisted pixel does.
    row_of_pixel = order[np.searchsorted(keys, pixels, sorter=order).clip(max=len(keys) - 1)]
    unlisted = keys[row_of_pixel] != pixels
    if unlisted.any():
        example = _place(channels, unlisted)
        count = len(np.unique(pixels[unlisted]))
        raise ReadError(
            f"{path}: wanted only the {len(table)} colours of --colors, but it holds {count} more, "
            f"such as {example}; add them to the file, with the label 0 for background"
        )
    labels: Labels = np.array(list(table.values()))[row_of_pixel]
    return labels


def _packed(channels: NDArray[Any]) -> _Packed:
    """Return each colour, the last axis, as one number: 0xRRGGBB.

    >>> hex(_packed(np.array([[255, 128, 0]]))[0])
    '0xff8000'
    """
    red = channels[..., 0].astype(np.uint32)
    green = channels[..., 1].astype(np.uint32)
    blue = channels[..., 2].astype(np.uint32)
    return (red << np.uint32(16)) | (green << np.uint32(8)) | blue


def _place(channels: Bytes, where: Flags) -> str:
    """Return the first pixel that is marked, and its colour, in words."""
    row, column = np.argwhere(where)[0]
    red, green, blue = channels[row, column, :3]
    return f"#{red:02x}{green:02x}{blue:02x} at row {row}, column {column}"


def _color(text: str, wanted: str) -> Color:
    """Return the colour that a text names; Pillow knows `#rrggbb` and the names of CSS."""
    from PIL import ImageColor

    # Pillow takes three numbers in the notation of CSS alone.
    written = f"rgb({text})" if text[:1].isdigit() else text
    try:
        red, green, blue = ImageColor.getrgb(written)[:3]
        bytes((red, green, blue))  # each is from 0 to 255, or ValueError
    except ValueError:
        raise UsageError(
            f"{wanted}, but {text!r} is no colour; write #rrggbb or red,green,blue"
        ) from None
    return red, green, blue
