"""How much boundary passes a corner of voxels: area in 3-D, length in 2-D, for every way a mask can
lie there.

A cell is the 2 x 2 (x 2) voxels around a corner. Its code says which of them are in the mask: bit k
is the k-th voxel of the cell in the order of `numpy.ndindex`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product
from math import hypot, prod
from typing import TypeAlias

import numpy as np

from segeval.arrays import Floats

Voxel: TypeAlias = tuple[int, ...]

_AREAS: dict[tuple[int, ...], list[tuple[float, ...]]] = {
    (0, 0, 0): [(1, 1, 1)],
    (1, 0, 0): [(0, 2, 2), (0, 2, 2)],
    (0, 1, 1): [(4, 0, 0), (2, 2, 2), (1, 1, 1)],
    (0, 2, 2): [(4, 0, 0), (4, 0, 0)],
    (1, 1, 1): [(1, 1, 1), (1, 1, 1), (2, 2, 2), (2, 2, 2)],
    (2, 1, 1): [(2, 2, 0), (2, 0, 2), (1, 1, 1), (3, 3, 3)],
}
"""Triangles of marching cubes that cut some connected voxels, at most half of the cell, off from
the rest.

One voxel; two; three; four in a plane, around one of them, or one after the other. The key says how
many voxels lie on the emptier side of the cell along each axis, up to the order of axes. A triangle
is its area as seen along each axis, in eighths of that face of a voxel, without signs. How polygons
are cut into triangles follows DeepMind's surface-distance.
"""

_LENGTHS: dict[tuple[int, ...], list[tuple[float, ...]]] = {
    (0, 0): [(0.5, 0.5)],
    (1, 0): [(1, 0)],
}
"""The same in 2-D, for one pixel and for two: the line's extent along each axis, in pixels."""


def surfel_sizes(spacing: Sequence[float]) -> Floats:
    """The area of marching cubes, or the length of marching squares, by code.

    Voxels of the mask that share an edge or a corner only are apart; so are voxels outside of it.

    >>> surfel_sizes((2.0, 1.0))[[0b0000, 0b0011, 0b0101]]
    array([0., 1., 2.])
    """
    voxels = list(product((0, 1), repeat=len(spacing)))
    shapes, unit = (
        (_LENGTHS, list(spacing))
        if len(spacing) == 2
        else (_AREAS, [a / 8 for a in _faces(spacing)])
    )
    by_shape = {}
    for (key, cuts), order in product(shapes.items(), permutations(range(len(unit)))):
        pieces = [hypot(*(cut[k] * unit[axis] for axis, k in enumerate(order))) for cut in cuts]
        by_shape[tuple(key[k] for k in order)] = sum(pieces)
    sizes = np.zeros(2 ** len(voxels))
    for code in range(1, len(sizes) - 1):
        mask = [voxel for k, voxel in enumerate(voxels) if code >> k & 1]
        if 2 * len(mask) > len(voxels):
            mask = [voxel for voxel in voxels if voxel not in mask]
        sizes[code] = sum(by_shape[_emptier(part)] for part in _connected(mask))
    return sizes


def face_sizes(spacing: Sequence[float]) -> Floats:
    """The area of the faces, or the length of the edges, that part voxels of a cell, by code: a
    corner's share of it.

    >>> face_sizes((2.0, 1.0))[[0b0000, 0b0001, 0b0011]]
    array([0. , 1.5, 1. ])
    """
    voxels = list(product((0, 1), repeat=len(spacing)))
    codes = np.arange(2 ** len(voxels))
    sizes = np.zeros(len(codes))
    for (j, one), (k, other) in combinations(enumerate(voxels), 2):
        if _touch(one, other):
            axis = int(np.flatnonzero(np.subtract(one, other))[0])
            sizes += (codes >> j & 1 != codes >> k & 1) * _faces(spacing)[axis] / (len(voxels) / 2)
    return sizes


def _faces(spacing: Sequence[float]) -> list[float]:
    """The area of the face across each axis; in 2-D the length of the edge."""
    return [prod(spacing) / step for step in spacing]


def _emptier(voxels: Sequence[Voxel]) -> tuple[int, ...]:
    return tuple(min(along.count(0), along.count(1)) for along in zip(*voxels, strict=True))


def _touch(one: Voxel, other: Voxel) -> bool:
    return sum(a != b for a, b in zip(one, other, strict=True)) == 1


def _connected(voxels: Sequence[Voxel]) -> Iterator[list[Voxel]]:
    """The parts whose voxels are connected through faces."""
    left = list(voxels)
    while left:
        part = [left.pop()]
        for voxel in part:  # which grows meanwhile
            touching = [other for other in left if _touch(voxel, other)]
            part += touching
            left = [other for other in left if other not in touching]
        yield part
