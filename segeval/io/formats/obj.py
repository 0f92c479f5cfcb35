"""OBJ: lines of vertices and of faces. The format counts neither, and has no end mark."""

from __future__ import annotations

import re
from itertools import chain

import numpy as np

from segeval.arrays import Integers
from segeval.data.mesh import Mesh
from segeval.io.registry import reader
from segeval.io.request import Request

from .surface import check_numbers, damaged, fans, mesh

_PASSED_OVER = frozenset(
    b"vt vn vp l p o g s mg mtllib usemtl maplib usemap bevel c_interp d_interp lod shadow_obj "
    b"trace_obj".split()
)
"""First words of lines about other things than the surface."""
_NUMBERS = {3, 4, 6, 7}
"""Numbers of a vertex: a place, and perhaps a weight and a colour."""
_VERTEX, _FACE = (b"v ", b"v\t"), (b"f ", b"f\t")
_SURFACE = (*_VERTEX, *_FACE)
"""Beginnings of lines of vertices and faces."""
_COMMENT = re.compile(rb"#[^\r\n]*")
_CONTINUED = re.compile(rb"\\\r?\n")
_SLASHED = re.compile(rb"/\S*")


@reader(
    ".obj",
    gives="mesh",
    sentence="A surface of triangles, in millimetres; larger faces are split into triangles.",
)
def read_obj(request: Request) -> Mesh:
    """Return the mesh in an OBJ file, every line of which is complete."""
    content = request.content()
    if not content.endswith((b"\n", b"\r")) and b"#" not in content.rpartition(b"\n")[2]:
        raise damaged(request, "the last line does not end, so that it may be cut")
    joined = _CONTINUED.sub(b" ", _COMMENT.sub(b"", content))
    lines = [line.strip() for line in joined.splitlines()]
    vertices = [line for line in lines if line[:2] in _VERTEX]
    faces = [line for line in lines if line[:2] in _FACE]
    for line in lines:
        if line[:2] not in _SURFACE and line and line.split()[0] not in _PASSED_OVER:
            raise damaged(request, f"a line is {line[:40]!r}")
    numbers, sizes = _words(vertices, request)
    if not _NUMBERS.issuperset(sizes):
        raise damaged(request, f"a vertex has {(set(sizes) - _NUMBERS).pop()} coordinates")
    coordinates = np.fromiter(map(float, numbers), float, len(numbers))
    places = coordinates[(np.cumsum(sizes) - sizes)[:, None] + np.arange(3)]
    words, sizes = _words(faces, request)
    before = np.full(len(faces), len(vertices))
    if b"-" in b"".join(words):
        is_vertex = np.array([line[:2] in _VERTEX for line in lines])
        before = np.cumsum(is_vertex)[[line[:2] in _FACE for line in lines]]
    corners = _corners(words, sizes, before)
    return mesh(places, fans(_faces(corners, sizes), request), request)


def _words(lines: list[bytes], request: Request) -> tuple[list[bytes], Integers]:
    """Return the words of lines that begin with the same one, without it, and how many each has."""
    text = b" ".join(lines)
    check_numbers(text, request)
    words = text.split()
    if not lines:
        return words, np.empty(0, np.int64)
    keyword, *first = lines[0].split()
    step = len(first) + 1
    # Lines of one length have the keyword at equal distances, and others do not.
    if len(words) == step * len(lines) and words[::step].count(keyword) == len(lines):
        del words[::step]
        return words, np.full(len(lines), step - 1)
    rows = [line.split()[1:] for line in lines]
    return list(chain.from_iterable(rows)), np.array(list(map(len, rows)))


def _corners(words: list[bytes], sizes: Integers, before: Integers) -> Integers:
    """Return the corners of faces from 0, one after the other.

    The file counts from 1, or back from the last vertex `before` the face. Behind a slash stand
    texture and normal.
    """
    text = b" ".join(words)
    numbers = _SLASHED.sub(b"", text).split() if b"/" in text else words
    corners = np.fromiter(map(int, numbers), np.int64, len(words))
    return np.where(corners < 0, corners + before.repeat(sizes), corners - 1)


def _faces(corners: Integers, sizes: Integers) -> Integers | list[Integers]:
    """Return the corners by face: an array where all are of one size."""
    if len(set(sizes.tolist())) == 1:
        return corners.reshape(len(sizes), -1)
    return np.split(corners, np.cumsum(sizes)[:-1]) if len(sizes) else []
