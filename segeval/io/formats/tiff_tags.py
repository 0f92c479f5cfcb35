"""The tags of a TIFF file: numbers in directories, each of which describes one image."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from segeval.errors import ReadError
from segeval.io.request import Request

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
"""Bytes of a value by its type."""
_LETTERS = {1: "B", 2: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
"""Letters of `struct` for the types that are whole numbers, or text."""


@dataclass(frozen=True, slots=True)
class Tags:
    """The whole numbers in one directory, and the order of bytes of the file, < or >."""

    numbers: dict[int, tuple[int, ...]]
    order: str
    end: int
    """Place behind the directory and the values that it points to."""

    def __contains__(self, tag: int) -> bool:
        return tag in self.numbers

    def all(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return the numbers of a tag."""
        return self.numbers.get(tag) or default

    def first(self, tag: int, default: int = 0) -> int:
        """Return the only number of a tag."""
        return self.all(tag, (default,))[0]


@dataclass(frozen=True, slots=True)
class _Form:
    """The sizes that are wider in BigTIFF."""

    order: str
    count: str
    """Letter of the number of entries."""
    place: str
    """Letter of a place in the file."""

    @property
    def entry(self) -> struct.Struct:
        """Layout of an entry: tag, type, number of values, and these or their place."""
        return struct.Struct(f"{self.order}HH{self.place}{struct.calcsize(self.place)}s")


def directories(content: bytes, request: Request) -> tuple[Tags, int]:
    """Return the tags of the first image, and the number of images.

    Raises `ReadError` for a directory, or values, beyond the end of the file.
    """
    order = "<" if content[:2] == b"II" else ">"
    form, header = _Form(order, "H", "I"), 4
    if 43 in content[2:4]:
        form, header = _Form(order, "Q", "Q"), 8
    first = None
    places: set[int] = set()
    place = _number(content, header, form.order + form.place, request)
    while place and place not in places:
        places.add(place)
        tags, place = _directory(content, place, form, request)
        first = first or tags
    if first is None:
        raise ReadError(f"{request.path}: wanted an image, but there is none; save it again")
    return first, len(places)


def _directory(content: bytes, place: int, form: _Form, request: Request) -> tuple[Tags, int]:
    """Return the tags of a directory, and the place of the next, 0 for the last one."""
    entries = _number(content, place, form.order + form.count, request)
    start = place + struct.calcsize(form.count)
    end = start + entries * form.entry.size
    following = _number(content, end, form.order + form.place, request)
    numbers, last = {}, end + struct.calcsize(form.place)
    for tag, kind, count, inside in form.entry.iter_unpack(content[start:end]):
        size = count * _SIZES.get(kind, 1)
        values = inside[:size]
        if size > len(inside):
            offset = _number(inside, 0, form.order + form.place, request)
            _check_place(offset + size, content, request)
            values, last = content[offset : offset + size], max(last, offset + size)
        if kind in _LETTERS:
            numbers[tag] = struct.unpack(f"{form.order}{count}{_LETTERS[kind]}", values)
    return Tags(numbers, form.order, last), following


def _number(content: bytes, place: int, layout: str, request: Request) -> int:
    """Return the number at a place."""
    _check_place(place + struct.calcsize(layout), content, request)
    number: int = struct.unpack_from(layout, content, place)[0]
    return number


def _check_place(end: int, content: bytes, request: Request) -> None:
    """Raise `ReadError` for a place beyond the end of the file."""
    if end > len(content):
        raise ReadError(
            f"{request.path}: wanted tags up to byte {end:,}, but the file has {len(content):,}; "
            f"it is truncated or damaged: copy or write it again"
        )
