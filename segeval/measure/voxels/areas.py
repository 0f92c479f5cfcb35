"""Sizes of the boundary at a corner of voxels, for every way a mask can lie there.

The size is an area in 3-D, a length in 2-D. A cell is the 2 x 2 (x 2) voxels around a corner. Its
code says which of them are in the mask: bit k is the k-th voxel of the cell in the order of
`numpy.ndindex`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product
from math import hypot, prod
from typing import TypeAlias

import numpy as np

from segeval.arrays import Floats

Voxel: TypeAlias = tuple[int, ...]
Shapes: TypeAlias = dict[tuple[int, ...], list[tuple[float, ...]]]

_AREAS: Shapes = {
    # a triangle half-way to the three neighbours: seen along an axis, 1/8 of a face
    (0, 0, 0): [(1, 1, 1)],
    # a rectangle along the axis of both, aslant to the others: seen along these, half a face
    (1, 0, 0): [(0, 2, 2), (0, 2, 2)],
    # a pentagon: half a face, and two triangles aslant to all axes
    (0, 1, 1): [(4, 0, 0), (2, 2, 2), (1, 1, 1)],
    # the whole face between these four and the other four
    (0, 2, 2): [(4, 0, 0), (4, 0, 0)],
    # a regular hexagon through the middle of the cell: seen along an axis, 3/4 of a face
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

_LENGTHS: Shapes = {
    (0, 0): [(0.5, 0.5)],
    (1, 0): [(1, 0)],
}
"""The same in 2-D, for one pixel and for two: the line's extent along each axis, in pixels."""


def surfel_sizes(spacing: Sequence[float]) -> Floats:
    """Return the area of marching cubes, or the length of marching squares, by code.

    Voxels of the mask that share an edge or a corner only are apart; so are voxels outside of it.

    >>> surfel_sizes((2.0, 1.0))[[0b0000, 0b0011, 0b0101]]
    array([0., 1., 2.])
    """
    voxels = list(product((0, 1), repeat=len(spacing)))
    if len(spacing) == 2:
        by_shape = _by_shape(_LENGTHS, spacing)
    else:
        by_shape = _by_shape(_AREAS, [area / 8 for area in _faces(spacing)])
    sizes = np.zeros(2 ** len(voxels))
    # code 0 and the last one are no boundary: their size stays 0
    for code in range(1, len(sizes) - 1):
        mask = [voxel for k, voxel in enumerate(voxels) if code >> k & 1]
        # a boundary is that of the mask and of the rest alike: what is not looked up is the fuller
        if 2 * len(mask) > len(voxels):
            mask = [voxel for voxel in voxels if voxel not in mask]
        sizes[code] = sum(by_shape[_emptier(piece)] for piece in _connected(mask))
    return sizes


def _by_shape(shapes: Shapes, unit: Sequence[float]) -> dict[tuple[int, ...], float]:
    """Return the size of each shape in each order of axes.

    Extents along an axis are multiples of its unit.

    A cut is plane, so that the root of the sum of the squares of what is seen of it along each axis
    is its size.
    """
    by_shape = {}
    for (key, cuts), order in product(shapes.items(), permutations(range(len(unit)))):
        pieces = [hypot(*(cut[k] * unit[axis] for axis, k in enumerate(order))) for cut in cuts]
        by_shape[tuple(key[k] for k in order)] = sum(pieces)
    return by_shape


def face_sizes(spacing: Sequence[float]) -> Floats:
    """Return a corner's share of the area of the faces that part voxels of a cell, by code.

    In 2-D it is that of the length of the edges.

    >>> face_sizes((2.0, 1.0))[[0b0000, 0b0001, 0b0011]]
    array([0. , 1.5, 1. ])
    """
    voxels = list(product((0, 1), repeat=len(spacing)))
    codes = np.arange(2 ** len(voxels))
    sizes = np.zeros(len(codes))
    corners = len(voxels) / 2  # of a face, or of an edge, which share its size
    for (j, a), (k, b) in combinations(enumerate(voxels), 2):
        if _touch(a, b):
            axis = int(np.flatnonzero(np.subtract(a, b))[0])
            # for all codes at once: the face is boundary where one of its two voxels is in the mask
            sizes += (codes >> j & 1 != codes >> k & 1) * _faces(spacing)[axis] / corners
    return sizes


def _faces(spacing: Sequence[float]) -> list[float]:
    """Return the area of the face across each axis; in 2-D the length of the edge."""
    return [prod(spacing) / step for step in spacing]


def _emptier(voxels: Sequence[Voxel]) -> tuple[int, ...]:
    """Return how many voxels lie on the emptier side of the cell along each axis.

    These numbers tell the shapes of connected voxels apart, mirror images aside, whose sizes are
    the same.
    """
    return tuple(min(along.count(0), along.count(1)) for along in zip(*voxels, strict=True))


def _touch(a: Voxel, b: Voxel) -> bool:
    """Return whether two voxels of a cell share a face."""
    return sum(i != j for i, j in zip(a, b, strict=True)) == 1


def _connected(voxels: Sequence[Voxel]) -> Iterator[list[Voxel]]:
    """Yield the components whose voxels are connected through faces.

    Sharing an edge or a corner alone connects none.
    """
    unseen = list(voxels)
    while unseen:
        component = [unseen.pop()]
        for voxel in component:  # which grows meanwhile
            touching = [neighbour for neighbour in unseen if _touch(voxel, neighbour)]
            component += touching
            unseen = [voxel for voxel in unseen if voxel not in touching]
        yield component
