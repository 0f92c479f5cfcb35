"""Surfaces of triangles, or of line segments.

Elements stand for their area, or their length.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Integers
from segeval.data.mesh import Mesh
from segeval.kernels.words import greatest, kernel, least
from segeval.kernels.workspace import Workspace
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import Distances, SurfaceDistances

from .nearest import Pieces, squared_distances
from .net import Net
from .tree import Tree, codes

_EQUAL = 1e-9
"""Squared diagonals that differ by less than this share are of one length but for rounding."""

_ROUNDING = 1e-12
"""Distances below this share of the largest coordinate are rounding errors of zero."""


class Surface(NamedTuple):
    """`vertices` (V, 3) in the unit of the spacing, and `pieces` (T, 3) of them.

    A segment names its end twice.
    """

    vertices: Floats
    pieces: Integers

    @classmethod
    def of(cls, net: Net) -> Surface:
        """Return the surface of a net.

        Quads are split along the shorter diagonal; of equal ones, along corners 1 and 3.
        """
        if net.face.shape[1] == 2:
            return cls(np.pad(net.node, ((0, 0), (1, 0))), net.face[:, [0, 1, 1]].astype(np.int64))
        corner = net.node[net.face]
        first = ((corner[:, 0] - corner[:, 2]) ** 2).sum(axis=1)
        second = ((corner[:, 1] - corner[:, 3]) ** 2).sum(axis=1)
        is_shorter = first < second * (1 - _EQUAL)
        # turned by one corner where the diagonal from 0 to 2 is shorter: then b and d are its ends
        a, b, c, d = np.where(is_shorter, np.roll(net.face, 1, axis=1).T, net.face.T)
        return cls(net.node, np.stack([a, b, d, b, c, d], axis=1).reshape(-1, 3).astype(np.int64))

    def size(self) -> Floats:
        """Return the area of each triangle, the length of each segment."""
        size: Floats = Elements.centres(self).size
        return size

    @property
    def flat(self) -> bool:
        """Whether it consists of segments."""
        return bool((self.pieces[:, 1] == self.pieces[:, 2]).all())


class Elements(NamedTuple):
    """Points (n, 3) and how much of a surface each stands for."""

    points: Floats
    size: Floats

    @classmethod
    def centres(cls, surface: Surface) -> Elements:
        """Return the centroids of triangles, the mid-points of segments."""
        centre, size = np.empty((len(surface.pieces), 3)), np.empty(len(surface.pieces))
        _write_pieces(surface.vertices, surface.pieces, surface.flat, centre, size)
        return cls(centre, size)

    @classmethod
    def quadrature(cls, surface: Surface) -> Elements:
        """Return vertices and centroids, each of them once.

        They integrate quadratic polynomials exactly. 1/12 of a triangle's area for a vertex, 3/4
        for the centroid (Stroud 1971); 1/6, 1/6 and 2/3 of a segment's length for its ends and its
        middle (Simpson).
        """
        corners, share = surface.pieces, 1 / 12
        if surface.flat:
            corners, share = surface.pieces[:, :2], 1 / 6
        count = corners.shape[1]
        centres, size = cls.centres(surface)
        # a vertex has a share of every piece around it, a centre what its piece has left
        ends = np.bincount(corners.ravel(), np.repeat(size * share, count), len(surface.vertices))
        sizes = np.concatenate([ends, size * (1 - share * count)])
        return cls(np.concatenate([surface.vertices, centres]), sizes)


@kernel
def _write_pieces(
    vertices: Floats, pieces: Integers, flat: bool, centre: Floats, size: Floats
) -> None:
    """Write centroid and area of each triangle; of segments, if flat, the middle and the length."""
    # the area is half the length of the cross product of two edges, and so never negative
    for t in range(pieces.shape[0]):
        # u and v are edges from corner a, n is their cross product
        a, b, c = pieces[t, 0], pieces[t, 1], pieces[t, 2]
        uz, vz = vertices[b, 0] - vertices[a, 0], vertices[c, 0] - vertices[a, 0]
        uy, vy = vertices[b, 1] - vertices[a, 1], vertices[c, 1] - vertices[a, 1]
        ux, vx = vertices[b, 2] - vertices[a, 2], vertices[c, 2] - vertices[a, 2]
        if flat:
            size[t] = np.sqrt(uz * uz + uy * uy + ux * ux)
        else:
            nz, ny, nx = uy * vx - ux * vy, ux * vz - uz * vx, uz * vy - uy * vz
            size[t] = np.sqrt(nz**2 + ny**2 + nx**2) / 2
        for axis in range(3):
            if flat:
                centre[t, axis] = (vertices[a, axis] + vertices[b, axis]) / 2
            else:
                centre[t, axis] = (vertices[a, axis] + vertices[b, axis] + vertices[c, axis]) / 3


class Finder(NamedTuple):
    """A surface of one piece or more, ready to be asked for distances."""

    tree: Tree
    triangles: Floats
    largest: float  # coordinate

    @classmethod
    def of(cls, surface: Surface) -> Finder:
        """Return the finder of a surface."""
        low, high = np.empty((2, 3, len(surface.pieces)))
        _enclose(surface.vertices, surface.pieces, low, high)
        tree = Tree.of(low, high, np.ones(3))
        # in the order of the tree, so that the pieces of a block lie together
        corners = np.empty((9, len(tree.piece)))
        _arrange(surface.vertices, surface.pieces, tree.piece, corners)
        largest = float(np.abs(surface.vertices).max(initial=0))
        return cls(tree, corners, largest)

    def distances(self, points: Floats, workspace: Workspace) -> Floats:
        """Return the distance from each of the points (n, 3) to the surface.

        >>> corners = np.array([[0.0, 0, 0], [0, 4, 0], [0, 0, 3]])
        >>> finder = Finder.of(Surface(corners, np.array([[0, 1, 2]])))
        >>> points = np.array([[2.0, 1, 1], [0, 7, 0], [0, 5, 4]])
        >>> finder.distances(points, Workspace()).round(3).tolist()
        [2.0, 3.0, 3.8]
        """
        # in the order of a space-filling curve: each point begins with the piece of the one before
        along = np.ascontiguousarray(points.T)
        order = np.argsort(codes(along, along, np.ones(3)))
        pieces = Pieces(self.tree, self.triangles, np.ones(3))
        distances = np.empty(len(points))
        distances[order] = np.sqrt(squared_distances(points[order], pieces, workspace))
        distances[distances <= _ROUNDING * self.largest] = 0
        return distances


@kernel
def _enclose(vertices: Floats, pieces: Integers, low: Floats, high: Floats) -> None:
    """Write the boxes around pieces: low and high (3, T)."""
    for t in range(pieces.shape[0]):
        a, b, c = pieces[t, 0], pieces[t, 1], pieces[t, 2]
        for axis in range(3):
            low[axis, t] = least(least(vertices[a, axis], vertices[b, axis]), vertices[c, axis])
            high[axis, t] = greatest(
                greatest(vertices[a, axis], vertices[b, axis]), vertices[c, axis]
            )


@kernel
def _arrange(vertices: Floats, pieces: Integers, order: Integers, corners: Floats) -> None:
    """Write the coordinates of the corners of pieces (9, T), in this order."""
    for t in range(order.size):
        for k in range(3):
            for axis in range(3):
                corners[3 * k + axis, t] = vertices[pieces[order[t], k], axis]


def between(
    pred: Surface, gt: Surface, boundary: Boundary, workspace: Workspace
) -> SurfaceDistances:
    """Return the distances between two surfaces as one region.

    Either may be without a piece. The rule mesh measures from the centres of pieces, smooth from
    the elements of the quadrature.
    """
    measure = Elements.centres if boundary.rule == "mesh" else Elements.quadrature
    elements_p, elements_g = workspace.map(measure, (pred, gt))
    finder_p, finder_g = workspace.map(_finder, (pred, gt))

    def one_way(job: tuple[Elements, Floats]) -> Distances:
        elements, value = job
        equal = boundary["sizes"] == "equal"
        return histogram(value, (elements.size > 0).astype(np.int64) if equal else elements.size)

    value_pg = _distances(elements_p, finder_g, workspace)
    value_gp = _distances(elements_g, finder_p, workspace)
    pg, gp = workspace.map(one_way, ((elements_p, value_pg), (elements_g, value_gp)))
    return SurfaceDistances(pg, gp)


def _finder(surface: Surface) -> Finder | None:
    """Return the finder of a surface, None if it has no pieces."""
    return Finder.of(surface) if len(surface.pieces) else None


def _distances(elements: Elements, finder: Finder | None, workspace: Workspace) -> Floats:
    """Return the distance from each element to a surface, infinite to one without pieces."""
    if finder is None:
        return np.full(len(elements.points), np.inf)
    return finder.distances(elements.points, workspace)


def histogram(value: Floats, size: NDArray[Any]) -> Distances:
    """Return the distances of one region from those of its elements.

    Elements without a size are left out.

    >>> histogram(np.array([2.0, 1, 2]), np.array([0.5, 1, 0.25])).size
    array([1.  , 0.75])
    """
    value, size = value[size > 0], size[size > 0]
    # stable, so that sizes, which are floats, are always added in the same order
    order = np.argsort(value, kind="stable")
    value, size = value[order], size[order]
    # where each distance begins; cut, as without elements there would be one beginning too many
    first = np.flatnonzero(np.concatenate([[True], value[1:] != value[:-1]])[: len(value)])
    total = np.add.reduceat(size, first) if len(first) else size
    return Distances(np.array([0, len(first)]), value[first], total)


def distances_between(
    pred: Mesh, gt: Mesh, *, boundary: Boundary, workspace: Workspace
) -> SurfaceDistances:
    """Return the distances between two meshes in one space, as the statistic of one region.

    The rule is mesh or smooth.

    >>> square = np.array([[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1.0]])
    >>> halves = np.array([[0, 1, 2], [0, 2, 3]])
    >>> low, high = Mesh(square, halves), Mesh(square + [2, 0, 0], halves)
    >>> distances_between(low, high, boundary=Boundary("mesh"), workspace=Workspace()).pg.mean()
    array([2.])
    """
    surface_p = Surface(pred.vertices, pred.triangles)
    surface_g = Surface(gt.vertices, gt.triangles)
    return between(surface_p, surface_g, boundary, workspace)
