"""PLY: a header that counts vertices and faces and lays them out, and these as bytes or text."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from segeval.data.mesh import Mesh
from segeval.io.registry import reader
from segeval.io.request import Request

from .surface import check_numbers, damaged, fans, mesh

_LETTERS = {
    **{"char": "b", "uchar": "B", "short": "h", "ushort": "H", "int": "i", "uint": "I"},
    **{"float": "f", "double": "d", "int8": "b", "uint8": "B", "int16": "h", "uint16": "H"},
    **{"int32": "i", "uint32": "I", "int64": "q", "uint64": "Q", "float16": "e"},
    **{"float32": "f", "float64": "d"},
}
"""Letters of `struct` and NumPy for the types of a property."""
_ORDERS = {b"ascii": "", b"binary_little_endian": "<", b"binary_big_endian": ">"}
_CORNERS = ("vertex_indices", "vertex_index")
"""Names of the list of a face's corners."""


@dataclass(frozen=True, slots=True)
class _Property:
    """A number of each row of an element, or a list of numbers after its length."""

    name: str
    letter: str
    length_letter: str = ""
    """Letter of the length; "" for a single number."""


@dataclass(frozen=True, slots=True)
class _Element:
    """Rows of one kind, such as vertices."""

    name: str
    count: int
    properties: tuple[_Property, ...] = ()

    def row(self, order: str, lengths: dict[str, int]) -> np.dtype[Any]:
        """Return the layout of a row whose lists have these lengths."""
        fields: list[tuple[Any, ...]] = []
        for prop in self.properties:
            if prop.length_letter:
                fields.append((f"length of {prop.name}", order + prop.length_letter))
                fields.append((prop.name, order + prop.letter, (lengths.get(prop.name, 0),)))
            else:
                fields.append((prop.name, order + prop.letter))
        return np.dtype(fields)


@reader(
    ".ply",
    gives="mesh",
    sentence="A surface of triangles, in millimetres; larger faces are split into triangles.",
)
def read_ply(request: Request) -> Mesh:
    """Return the mesh in a PLY file that holds all that its header counts, and no more."""
    content = request.content()
    order, elements, place = _header(content, request)
    body = content[place:]
    if not order:
        body, order = _as_bytes(body, request), "<"
        elements = [_of_doubles(element) for element in elements]
    place = 0
    columns: dict[str, dict[str, Any]] = {}
    for element in elements:
        try:
            if place + element.count * element.row(order, {}).itemsize > len(body):
                raise struct.error("too short even for empty lists")
            columns[element.name], place = _columns(body, place, element, order)
        except struct.error as error:
            rows = f"{element.count:,} {element.name} rows"
            raise damaged(request, f"it ends before the {rows} end") from error
    if place != len(body):
        raise damaged(request, f"{len(body) - place:,} bytes follow what its header counts")
    vertex, face = columns.get("vertex", {}), columns.get("face", {})
    if not vertex.keys() >= set("xyz"):
        raise damaged(request, "its vertices have no x, y and z")
    corners: Any = next((face[name] for name in _CORNERS if name in face), [])
    places = np.stack([vertex[axis].astype(np.float64) for axis in "xyz"], axis=1)
    return mesh(places, fans(corners, request), request)


def _header(content: bytes, request: Request) -> tuple[str, list[_Element], int]:
    """Return the order of bytes, "" for text, the elements, and where their rows begin."""
    start, mark, _ = content.partition(b"end_header")
    end = content.find(b"\n", len(start)) + 1
    if not content.startswith(b"ply") or not mark or not end:
        raise damaged(request, "its header does not begin with ply and end with end_header")
    order = None
    elements: list[_Element] = []
    for line in start.splitlines()[1:]:
        match line.split():
            case [b"format", form, b"1.0"]:
                order = _ORDERS.get(form)
            case [b"element", name, count]:
                check_numbers(count, request)
                elements.append(_Element(name.decode(), int(count)))
            case [b"property", *words] if elements:
                last = elements[-1]
                prop = _property([word.decode() for word in words])
                elements[-1] = replace(last, properties=(*last.properties, prop))
            case [] | [b"comment", *_] | [b"obj_info", *_]:
                pass
            case _:
                raise damaged(request, f"its header says {line[:40]!r}")
    if order is None or any(e.count < 0 or (e.count and not e.properties) for e in elements):
        raise damaged(request, "its header lays out no rows")
    return order, elements, end


def _property(words: list[str]) -> _Property:
    """Return the property that a line of the header tells of."""
    match words:
        case ["list", length, kind, name]:
            return _Property(name, _LETTERS[kind], _LETTERS[length])
        case [kind, name]:
            return _Property(name, _LETTERS[kind])
    raise ValueError(f"no property: {' '.join(words)[:40]!r}")


def _as_bytes(text: bytes, request: Request) -> bytes:
    """Return the numbers of a text as the bytes of doubles, the lowest first."""
    if text and not text.endswith((b"\n", b"\r")):
        raise damaged(request, "the last line does not end, so that it may be cut")
    check_numbers(text, request)
    return np.array(list(map(float, text.split())), "<f8").tobytes()


def _of_doubles(element: _Element) -> _Element:
    """Return an element all numbers of which are doubles."""
    properties = [
        replace(prop, letter="d", length_letter=prop.length_letter and "d")
        for prop in element.properties
    ]
    return replace(element, properties=tuple(properties))


def _columns(body: bytes, place: int, element: _Element, order: str) -> tuple[dict[str, Any], int]:
    """Return the values of an element by property, and where the next element begins."""
    if not element.count:
        return {}, place
    first, _ = _row(body, place, element, order)
    lengths = {name: len(value) for name, value in first.items() if isinstance(value, tuple)}
    row = element.row(order, lengths)
    end = place + element.count * row.itemsize
    if end <= len(body):
        table = np.frombuffer(body, row, element.count, place)
        if all((table[f"length of {name}"] == length).all() for name, length in lengths.items()):
            return {prop.name: table[prop.name] for prop in element.properties}, end
    rows = []
    for _ in range(element.count):
        values, place = _row(body, place, element, order)
        rows.append(values)
    return {prop.name: [values[prop.name] for values in rows] for prop in element.properties}, place


def _row(body: bytes, place: int, element: _Element, order: str) -> tuple[dict[str, Any], int]:
    """Return one row, its lists as tuples, and where the next one begins."""
    values: dict[str, Any] = {}
    for prop in element.properties:
        layout = f"{order}{prop.letter}"
        if prop.length_letter:
            (length,) = struct.unpack_from(order + prop.length_letter, body, place)
            place += struct.calcsize(order + prop.length_letter)
            layout = f"{order}{int(length)}{prop.letter}"
        numbers = struct.unpack_from(layout, body, place)
        place += struct.calcsize(layout)
        values[prop.name] = numbers if prop.length_letter else numbers[0]
    return values, place
