"""Colour images as label maps: which colour stands for which label."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segeval.arrays import Bytes, Flags, Labels
from segeval.errors import ReadError, UsageError

from .files import local_path
from .registry import Color, Colors, Request


def load_colors(path: str | os.PathLike[str]) -> dict[Color, int]:
    """The colours of a JSON file `{"#ff0000": 1, "0,255,0": 2, "blue": 3}`: colour to label.

    A colour is `#rrggbb`, `red,green,blue` or a CSS name. Black is 0 unless the file says
    otherwise; colours may share a label. Raises `UsageError` for anything else.
    """
    wanted = (
        f'{path}: wanted a JSON object of colours and labels such as {{"#ff0000": 1, "0,255,0": 2}}'
    )
    try:
        table = json.loads(local_path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{wanted}, but there is no such file; check the path") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{wanted}, but it cannot be read ({error}); correct the file") from error
    if not isinstance(table, dict) or not table:
        raise UsageError(f"{wanted}, but it holds {str(table)[:40]}; correct the file")
    return parse_colors(table, wanted)


def parse_colors(
    table: Mapping[str, Any], wanted: str = "wanted colours and labels"
) -> dict[Color, int]:
    """The colours of a mapping as such a file holds it. Raises `UsageError`, which begins with
    `wanted`.

    >>> parse_colors({"#ff0000": 1, "0,255,0": 2})
    {(255, 0, 0): 1, (0, 255, 0): 2}
    """
    colors = {}
    for text, label in table.items():
        if type(label) is not int or label < 0:
            raise UsageError(
                f"{wanted}, but the label of {text!r} is {label!r}; labels are whole numbers from 0"
            )
        colors[_color(text, wanted)] = label
    return colors


def labels_of(channels: Bytes, request: Request) -> Labels:
    """The labels of an image of three or more channels, the last axis; those after the third are
    ignored.

    By the colours of the request; without any, all three channels must agree on the label.
    """
    red, green, blue = (channels[..., i] for i in range(3))
    if request.colors is not None:
        return _looked_up(red, green, blue, request.colors, request.path)
    odd = (red != green) | (green != blue)
    if odd.any():
        example = _place(channels, odd)
        raise ReadError(
            f"{request.path}: wanted one label a pixel, but it holds colours, such as {example}; "
            "save the labels as greyscale, or pass --colors with a JSON file of them, such as "
            '{"#ff0000": 1}'
        )
    return np.ascontiguousarray(red)


def _looked_up(red: Labels, green: Labels, blue: Labels, colors: Colors, path: Path) -> Labels:
    table = {(0, 0, 0): 0, **colors}
    keys = np.array([_packed(*np.array(color, np.uint32)) for color in table], np.uint32)
    order = np.argsort(keys)
    pixels = _packed(red, green, blue)
    found = order[np.searchsorted(keys, pixels, sorter=order).clip(max=len(keys) - 1)]
    odd = keys[found] != pixels
    if odd.any():
        example = _place(np.stack([red, green, blue], axis=-1), odd)
        count = len(np.unique(pixels[odd]))
        raise ReadError(
            f"{path}: wanted only the {len(table)} colours of --colors, but it holds {count} more, "
            f"such as {example}; "
            "add them to the file, with the label 0 for background"
        )
    labels: Labels = np.array(list(table.values()))[found]
    return labels


def _packed(red: Any, green: Any, blue: Any) -> Any:
    return (
        (np.asarray(red, np.uint32) << 16)
        | (np.asarray(green, np.uint32) << 8)
        | np.asarray(blue, np.uint32)
    )


def _place(channels: Bytes, where: Flags) -> str:
    row, column = np.argwhere(where)[0]
    red, green, blue = channels[row, column, :3]
    return f"#{red:02x}{green:02x}{blue:02x} at row {row}, column {column}"


def _color(text: str, wanted: str) -> Color:
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(f"rgb({text})" if text[:1].isdigit() else text)[:3]
        bytes((red, green, blue))
    except ValueError:
        raise UsageError(
            f"{wanted}, but {text!r} is no colour; write #rrggbb or red,green,blue"
        ) from None
    return red, green, blue
