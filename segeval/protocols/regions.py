"""Regions as users give them: in a text, a file, a mapping or a list."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any, TypeAlias

from segeval.data.regions import Region
from segeval.errors import ArgumentTypeError, UsageError
from segeval.errors.values import is_text, is_whole
from segeval.io.documents import load_json
from segeval.io.files import local_path

RegionsLike: TypeAlias = (
    "str | Path | Mapping[str, int | Sequence[int]] | Sequence[int | Region] | int"
)
"""Regions in any way that a user may give them."""
BACKGROUND = Region("background", frozenset({0}))
"""Region of the voxels that have no label."""
BACKGROUND_NAMES = ("background", "bg", "ignore", "none", "unlabeled", "unlabelled", "void")
"""Names of label 0 where it is no class, in any case and with any underscores, hyphens or blanks.
"""
_LABEL = re.compile(r"\d{1,20}")
"""Digits of a label: 20 hold the largest one, and Python takes seconds for some thousand."""


def parse_regions(regions: RegionsLike) -> tuple[tuple[Region, ...], int | None]:
    """Return the regions that a user names, and the label to ignore if one is named with them.

    A text is `1,2,3`, `liver=1,tumour=2` or `whole=1+2+4,core=1+4`, or the path of a JSON file:
    `{name: label}`, `{name: [labels]}`, `{label: name}`, or an nnU-Net dataset.json. Raises
    `UsageError`.

    >>> parse_regions("whole=1+2, core=1")[0][0] == Region.of("whole", 1, 2)
    True
    """
    if isinstance(regions, (str, Path)):
        if isinstance(regions, Path) or _names_file(regions):
            return _from_mapping(_load(local_path(regions)), str(regions))
        return tuple(_from_text(piece) for piece in str(regions).split(",") if piece.strip()), None
    if isinstance(regions, Mapping):
        return _from_mapping(regions, "regions")
    if isinstance(regions, (int, Integral)):
        regions = [int(regions)]
    # bytes are a list of numbers to Python
    if isinstance(regions, bytes) or not isinstance(regions, Iterable):
        raise ArgumentTypeError(
            f"regions must be a text, a list or a mapping of labels, not {regions!r}"
        )
    return tuple(map(_from_item, regions)), None


def labels_of(value: Any) -> tuple[Any, ...]:
    """Return the labels of a region that is written as one label or as several.

    >>> labels_of(3), labels_of([1, 2])
    ((3,), (1, 2))
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(value)
    return (value,)


def is_background(region: Region) -> bool:
    """Return whether a region is label 0 alone, under a name that says that it is no class.

    >>> is_background(Region.of("_Background_", 0)), is_background(Region.of("road", 0))
    (True, False)
    """
    return (
        region.labels == {0} and re.sub(r"[\s_-]", "", region.name).casefold() in BACKGROUND_NAMES
    )


def _names_file(text: str) -> bool:
    """Return whether a text is a path: of JSON, or of a file, if it does not look like regions.

    >>> _names_file("labels.json"), _names_file("1,2")
    (True, False)
    """
    return text.endswith(".json") or (
        # not of `Path`, which raises for a text that is too long for a path
        re.search(r"=|^[\d,+\s]+$", text) is None and os.path.isfile(text)  # noqa: PTH113
    )


def _from_item(item: int | str | Region) -> Region:
    """Return a region of a list: as it is, or from a label or a text."""
    return item if isinstance(item, Region) else _from_text(str(item))


def _from_text(piece: str) -> Region:
    """Return the region of a piece of text. Raises `UsageError`.

    Without a name, it is called as its labels are written.

    >>> _from_text("1 + 2") == Region.of("1+2", 1, 2)
    True
    """
    name, equals, written = map(str.strip, piece.rpartition("="))
    labels = [label.strip() for label in written.split("+")]
    if not all(map(_LABEL.fullmatch, labels)) or bool(name) != bool(equals) or "=" in name:
        raise UsageError(
            f"region {piece.strip()!r} is not understood; write a label (1), a name and its label "
            f"(liver=1) or labels "
            "(whole=1+2+4), or give a JSON file that exists"
        )
    return Region(name or "+".join(labels), frozenset(map(int, labels)))


def _load(path: Path) -> Mapping[str, Any]:
    """Return the content of a JSON file. Raises `UsageError` for what is none."""
    return load_json(
        path, "a JSON object of names and labels", 'write {"liver": 1, "tumour": [2, 3]}'
    )


def _from_mapping(content: Mapping[str, Any], source: str) -> tuple[tuple[Region, ...], int | None]:
    """Return the regions of a mapping, and the label of `ignore`, which is none of them."""
    # A dataset.json of nnU-Net has the regions under this key, beside much else.
    labels = content.get("labels")
    if not isinstance(labels, Mapping):
        labels = content
    if labels and all(_LABEL.fullmatch(str(key)) and is_text(name) for key, name in labels.items()):
        # {label: name}, as nnU-Net 1 writes it
        by_name = {name: int(key) for key, name in labels.items()}
        if len(by_name) < len(labels):
            raise UsageError(
                f"{source}: two labels have the same name; give every label its own, or write "
                f"{{name: [labels]}}"
            )
        labels = by_name
    named = {str(name): _label_set(name, value, source) for name, value in labels.items()}
    ignore = named.pop("ignore", None)
    regions = tuple(Region(name, label_set) for name, label_set in named.items())
    if ignore is None:
        return regions, None
    if len(ignore) != 1:
        raise UsageError(f"{source}: 'ignore' must be one label, not {sorted(ignore)}")
    return regions, min(ignore)


def _label_set(name: str, value: Any, source: str) -> frozenset[int]:
    """Return the labels of a region.

    Raises `UsageError`, which names the `source`, for what is no label.
    """
    labels = labels_of(value)
    if not labels or not all(map(_is_label, labels)):
        raise UsageError(
            f"{source}: region {name!r} must be a label or a list of labels (whole numbers from "
            f"0), not {value!r}"
        )
    return frozenset(map(int, labels))


def _is_label(value: Any) -> bool:
    """Return whether a value is a whole number from 0."""
    return is_whole(value) and int(value) >= 0
