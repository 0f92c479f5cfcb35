"""Shapes with known surfaces: which points lie inside, how far any point is from the surface, and
points on it.

Distances are in closed form, but for ellipsoids, where a root is found by bisection. Surfaces come
as midpoint rules: points with the area (in 2-D the length) that each stands for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Vector: TypeAlias = tuple[float, ...]

_FINE = 120
"""Half of the points along an edge or a circle."""


class Points(NamedTuple):
    """Points (N, d) on a surface, and the size (N,) of what each stands for."""

    at: Floats
    size: Floats


@dataclass(frozen=True, slots=True)
class Shape(ABC):
    """A solid in 2-D or 3-D: `centre` in mm, `turn` in degrees within each pair of axes, one after
    the other.
    """

    centre: Vector
    turn: Vector

    def signed(self, points: Floats) -> Floats:
        """Distance of each point from the surface, negative inside."""
        return self._signed((points - self.centre) @ _rotation(self.turn, len(self.centre)))

    def inside(self, points: Floats) -> Flags:
        """Whether each point lies in the solid, its surface included."""
        within: Flags = self.signed(points) <= 1e-9
        return within

    def surface(self) -> Points:
        """Points on the surface."""
        at, size = self._surface()
        return Points(at @ _rotation(self.turn, len(self.centre)).T + self.centre, size)

    @abstractmethod
    def _signed(self, x: Floats) -> Floats:
        """`signed` in the shape's own frame."""

    @abstractmethod
    def _surface(self) -> Points:
        """`surface` in the shape's own frame."""


@dataclass(frozen=True, slots=True)
class Ball(Shape):
    """A ball; in 2-D a disc."""

    radius: float

    def _signed(self, x: Floats) -> Floats:
        return _norm(x) - self.radius

    def _surface(self) -> Points:
        at, size = _directions(len(self.centre))
        return Points(at * self.radius, size * self.radius ** (len(self.centre) - 1))


@dataclass(frozen=True, slots=True)
class Box(Shape):
    """A box; in 2-D a rectangle. `half`: half of each edge."""

    half: Vector

    def _signed(self, x: Floats) -> Floats:
        beyond = np.abs(x) - self.half
        outside: Floats = beyond.max(-1)
        return _norm(np.maximum(beyond, 0)) + np.minimum(outside, 0)

    def _surface(self) -> Points:
        half = np.array(self.half)
        faces = [self._face(half, axis, side) for axis in range(len(half)) for side in (-1, 1)]
        # no area is at a corner, but the largest distance may be
        corners = np.stack(np.meshgrid(*((-half, half) for half in self.half)), -1).reshape(
            -1, len(half)
        )
        faces.append(Points(corners, np.zeros(len(corners))))
        return Points(*(np.concatenate(parts) for parts in zip(*faces, strict=True)))

    def _face(self, half: Floats, axis: int, side: int) -> Points:
        along = _middles(2 * _FINE if len(half) == 3 else 50 * _FINE) * 2 - 1
        others = np.delete(half, axis)
        place = np.stack(np.meshgrid(*(along * edge for edge in others)), -1).reshape(
            -1, len(others)
        )
        at = np.insert(place, axis, side * half[axis], axis=1)
        return Points(at, np.full(len(at), np.prod(2 * others) / len(at)))


@dataclass(frozen=True, slots=True)
class Ellipsoid(Shape):
    """An ellipsoid; in 2-D an ellipse. `axes`: half of each."""

    axes: Vector

    def inside(self, points: Floats) -> Flags:
        local = (points - self.centre) @ _rotation(self.turn, len(self.centre))
        within: Flags = _norm(local / self.axes) <= 1 + 1e-9
        return within

    def _signed(self, x: Floats) -> Floats:
        # the foot q of a point p has q_k = a_k² p_k / (t + a_k²), with t the root of
        # sum (q_k / a_k)² = 1
        squares = np.square(self.axes)
        p = np.maximum(np.abs(x), 1e-9)
        low, high = np.full(len(p), -squares.min()), _norm(p * self.axes)
        for _ in range(50):
            t = (low + high) / 2
            beyond = ((self.axes * p / (t[:, None] + squares)) ** 2).sum(-1) > 1
            low, high = np.where(beyond, t, low), np.where(beyond, high, t)
        foot = squares * p / (high[:, None] + squares)
        return _norm(p - foot) * np.where(_norm(p / self.axes) > 1, 1, -1)

    def _surface(self) -> Points:
        at, size = _directions(len(self.centre))
        stretch = _norm(at / self.axes) * np.prod(
            self.axes
        )  # of area, or length: the cofactor of the stretched frame
        return Points(
            at * self.axes,
            size * (stretch if len(self.centre) == 3 else _norm(at[:, ::-1] * self.axes)),
        )


@dataclass(frozen=True, slots=True)
class Tube(Shape):
    """A straight tube of length 2 `half` along its last axis, with half balls at its ends."""

    radius: float
    half: float

    def _signed(self, x: Floats) -> Floats:
        beyond = x[:, 2] - np.clip(x[:, 2], -self.half, self.half)
        return np.hypot(np.hypot(x[:, 0], x[:, 1]), beyond) - self.radius

    def _surface(self) -> Points:
        ends = Ball((0, 0, 0), (), self.radius).surface()
        ends.at[:, 2] += np.copysign(self.half, ends.at[:, 2])
        z, angle = _square((2 * self.half, -self.half), (2 * np.pi, 0))
        side = np.stack([self.radius * np.cos(angle), self.radius * np.sin(angle), z], -1)
        area = np.full(len(side), 4 * np.pi * self.radius * self.half / len(side))
        return Points(np.concatenate([ends.at, side]), np.concatenate([ends.size, area]))


@dataclass(frozen=True, slots=True)
class Torus(Shape):
    """A torus about its last axis: a tube of `radius` whose middle is a circle of radius `ring`."""

    ring: float
    radius: float

    def _signed(self, x: Floats) -> Floats:
        return np.hypot(np.hypot(x[:, 0], x[:, 1]) - self.ring, x[:, 2]) - self.radius

    def _surface(self) -> Points:
        around, about = _square((2 * np.pi, 0), (2 * np.pi, 0))
        far = self.ring + self.radius * np.cos(about)
        at = np.stack([far * np.cos(around), far * np.sin(around), self.radius * np.sin(about)], -1)
        return Points(at, far * self.radius * (2 * np.pi) ** 2 / len(at))


@dataclass(frozen=True, slots=True)
class Shell(Shape):
    """Shell between two concentric balls."""

    outer: float
    inner: float

    def _signed(self, x: Floats) -> Floats:
        far = _norm(x)
        return np.maximum(far - self.outer, self.inner - far)

    def _surface(self) -> Points:
        at, size = _directions(3)
        radii = (self.outer, self.inner)
        return Points(
            np.concatenate([at * r for r in radii]), np.concatenate([size * r**2 for r in radii])
        )


def _norm(x: Floats) -> Floats:
    norm: Floats = np.linalg.norm(x, axis=-1)
    return norm


def _middles(count: int) -> Floats:
    """The middles of equal parts of (0, 1)."""
    return (np.arange(count) + 0.5) / count


def _square(first: tuple[float, float], second: tuple[float, float]) -> tuple[Floats, Floats]:
    """Two parameters on a fine grid, each given by the length and the start of its range."""
    u, v = np.meshgrid(_middles(2 * _FINE), _middles(2 * _FINE))
    return u.ravel() * first[0] + first[1], v.ravel() * second[0] + second[1]


def _directions(axes: int) -> Points:
    """Unit vectors that stand for equal parts of the circle or sphere."""
    if axes == 2:
        angle = _middles(100 * _FINE) * 2 * np.pi
        return Points(
            np.stack([np.cos(angle), np.sin(angle)], -1),
            np.full(len(angle), 2 * np.pi / len(angle)),
        )
    polar, angle = _square((np.pi, 0), (2 * np.pi, 0))
    wide = np.sin(polar)
    at = np.stack([wide * np.cos(angle), wide * np.sin(angle), np.cos(polar)], -1)
    return Points(at, 4 * np.pi * wide / wide.sum())


def _rotation(turn: Sequence[float], axes: int) -> Floats:
    result = np.eye(axes)
    for (i, j), angle in zip(combinations(range(axes), 2), np.deg2rad(turn), strict=False):
        step = np.eye(axes)
        step[[i, j], [i, j]] = np.cos(angle)
        step[i, j], step[j, i] = -np.sin(angle), np.sin(angle)
        result = result @ step
    return result
