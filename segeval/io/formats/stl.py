"""STL: triangles one after the other, in binary form or as text."""

from __future__ import annotations

import re

import numpy as np

from segeval.arrays import Floats
from segeval.data.mesh import Mesh
from segeval.io.registry import reader
from segeval.io.request import Request

from .surface import check_numbers, damaged, mesh

_HEADER = 84
_SOLID = re.compile(rb"solid[^\r\n]*")
"""Word that a solid begins or ends with, and its name."""
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_WORDS = {
    **{0: b"facet", 1: b"normal", 5: b"outer", 6: b"loop", 7: b"vertex", 11: b"vertex"},
    **{15: b"vertex", 19: b"endloop", 20: b"endfacet"},
}
"""Words of a triangle by their place; numbers are at all others."""
_PLACES = (8, 9, 10, 12, 13, 14, 16, 17, 18)
"""Places of the coordinates of the three corners."""


@reader(".stl", gives="mesh", sentence="A surface of triangles, in millimetres.")
def read_stl(request: Request) -> Mesh:
    """Return the mesh in an STL file that holds all triangles that it counts."""
    content = request.content()
    count = int.from_bytes(content[_HEADER - 4 : _HEADER], "little")
    # The header of the binary form may begin with the word of the other one.
    if len(content) == _HEADER + count * _TRIANGLE.itemsize:
        triangles = np.frombuffer(content, _TRIANGLE, count, _HEADER)
        with np.errstate(invalid="ignore"):  # NaN is an error of the mesh, below
            corners = triangles["corners"].reshape(-1, 3).astype(np.float64)
    elif content.lstrip()[:5].lower() == b"solid":
        corners = _corners(content, request)
    else:
        raise damaged(
            request,
            f"its header counts {count:,} triangles, which take "
            f"{_HEADER + count * _TRIANGLE.itemsize:,} bytes, but the file has {len(content):,}",
        )
    return mesh(corners, np.arange(len(corners)).reshape(-1, 3), request)


def _corners(content: bytes, request: Request) -> Floats:
    """Return the corners of all triangles of the text form, which ends with a word."""
    text = content.lower().rstrip()
    ends = text.count(b"endsolid")
    # Found by its first letters alone, which is much faster than by the beginning of its line.
    text = text.replace(b"endsolid", b"solid")
    marks = _SOLID.findall(text)
    if 2 * ends != len(marks) or not text.endswith(marks[-1]):
        raise damaged(request, f"{len(marks) - ends} solids begin, but {ends} end")
    text = _SOLID.sub(b"", text)  # names may be anything
    check_numbers(text, request)
    words = text.split()
    step = len(_WORDS) + len(_PLACES) + 3
    triangles, rest = divmod(len(words), step)
    if rest or any(words[i::step].count(word) != triangles for i, word in _WORDS.items()):
        raise damaged(request, "a triangle is not three vertices in a loop")
    columns = [list(map(float, words[place::step])) for place in _PLACES]
    return np.array(columns).T.reshape(-1, 3)
