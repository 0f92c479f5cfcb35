"""Pairs of shapes on grids, by family, with the true distances between their surfaces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from shapes import Ball, Box, Ellipsoid, Points, Shape, Shell, Torus, Tube, Vector

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "analytic.json"
TOLERANCE = 1.0
"""Tolerance of the NSD, in mm."""

GRIDS_3D = (
    (1.0, 1.0, 1.0),
    (0.6, 0.6, 0.6),
    (1.5, 0.8, 0.8),
    (3.0, 1.0, 1.0),
    (0.7, 0.7, 3.5),
    (5.0, 0.5, 0.5),
)
GRIDS_2D = ((1.0, 1.0), (0.6, 1.8))
FAMILIES = ("balls", "boxes", "ellipsoids", "tubes", "tori", "rotated boxes", "thin sheets")
_FLAT = ("balls", "boxes", "ellipsoids", "rotated boxes")
"""The families that are drawn in 2-D too."""

_JUMP = 0.05
"""The truth of NSD counts as jumping where this share of the surfaces lies within 1 % of the
tolerance.
"""


class Truth(NamedTuple):
    """Distances between two true surfaces, and their areas (in 2-D lengths). `nsd` is NaN at a
    jump.
    """

    hd: float
    hd95: float
    assd: float
    masd: float
    nsd: float
    area_pred: float
    area_gt: float


class Masks(NamedTuple):
    """The voxels whose centres lie in the shapes of a pair."""

    pred: NDArray[np.uint8]
    gt: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pair:
    """A predicted and a true shape, and the grid that makes masks of them. `shape` None: as large
    as they need.
    """

    family: str
    pred: Shape
    gt: Shape
    spacing: Vector
    shape: tuple[int, ...] | None = None

    def masks(self) -> Masks:
        """The masks. Voxel centres lie at whole multiples of the spacing."""
        spacing = np.array(self.spacing)
        first, shape = np.zeros(len(spacing), int), self.shape
        if shape is None:
            places = np.concatenate([self.pred.surface().at, self.gt.surface().at]) / spacing
            first = np.floor(places.min(0)).astype(int) - 2
            shape = tuple((np.ceil(places.max(0)).astype(int) + 3 - first).tolist())
        centres = (np.moveaxis(np.indices(shape), 0, -1) + first).reshape(-1, len(shape)) * spacing
        return Masks(
            *(side.inside(centres).reshape(shape).astype(np.uint8) for side in (self.pred, self.gt))
        )

    def truth(self) -> Truth:
        """The truth, by quadrature over both surfaces."""
        (at_p, size_p), (at_g, size_g) = self.pred.surface(), self.gt.surface()
        pg, gp = np.abs(self.gt.signed(at_p)), np.abs(self.pred.signed(at_g))
        both, size = np.concatenate([pg, gp]), np.concatenate([size_p, size_g])
        near = size[np.abs(both / TOLERANCE - 1) < 0.01].sum() / size.sum()
        return Truth(
            hd=max(pg.max(), gp.max()),
            hd95=max(_quantile(Points(pg, size_p), 0.95), _quantile(Points(gp, size_g), 0.95)),
            assd=np.average(both, weights=size),
            masd=(np.average(pg, weights=size_p) + np.average(gp, weights=size_g)) / 2,
            nsd=np.nan if near > _JUMP else size[both <= TOLERANCE].sum() / size.sum(),
            area_pred=size_p.sum(),
            area_gt=size_g.sum(),
        )


class Golden(NamedTuple):
    """An analytic shape of the golden numbers: the pair, its stored truth, and what tools say, by
    their own names.
    """

    pair: Pair
    truth: Truth
    tools: dict[str, dict[str, Any]]


def golden() -> dict[str, Golden]:
    """The analytic shapes of the golden numbers, by name."""
    found = {}
    for case in json.loads(GOLDEN.read_text(encoding="utf-8")).values():
        pred, gt = (_stored(case[side], case["spacing"]) for side in ("pred", "gt"))
        family = {"ball": "balls", "box": "boxes"}[case["family"]]
        pair = Pair(family, pred, gt, tuple(case["spacing"]), tuple(case["shape"]))
        known = case["truth"]
        nsd = np.nan if known["nsd_1_at_jump"] else known["nsd_1"]
        areas = known["measure_pred"], known["measure_gt"]
        truth = Truth(known["hd"], known["hd95"], known["assd"], known["masd"], nsd, *areas)
        found[case["name"]] = Golden(pair, truth, case["tools"])
    return found


def _stored(side: dict[str, Any], spacing: list[float]) -> Shape:
    centre = tuple(np.multiply(side["centre_index"], spacing).tolist())
    return (
        Ball(centre, (), side["radius"])
        if side["type"] == "ball"
        else Box(centre, (), tuple(side["half"]))
    )


def drawn() -> Iterator[Pair]:
    """Pairs of every family on every grid, drawn at random, always the same ones.

    The second shape of a pair is the first one smaller, and of another pair the first one moved; of
    thin sheets, of which the second pair are shells, it is always moved.
    """
    rng = np.random.default_rng(1)
    for family in FAMILIES:
        for spacing in (*GRIDS_3D, *(GRIDS_2D if family in _FLAT else ())):
            reach = max(rng.uniform(2.5, 4) * max(spacing), rng.uniform(6, 13) * min(spacing))
            centre = tuple(rng.uniform(-0.5, 0.5, len(spacing)) * spacing)
            way = rng.normal(size=len(spacing))
            moved = tuple(centre + way / np.linalg.norm(way) * rng.uniform(0.1, 0.25) * reach)
            seed = int(rng.integers(2**31))
            first, smaller, elsewhere = (
                _shape(family, np.random.default_rng(seed), place, reach * size, spacing)
                for place, size in ((centre, 1.0), (centre, rng.uniform(0.75, 0.9)), (moved, 1.0))
            )
            if family != "thin sheets":
                yield Pair(family, first, smaller, spacing)
                yield Pair(family, first, elsewhere, spacing)
                continue
            yield Pair(family, first, elsewhere, spacing)
            inner = reach - rng.uniform(2, 3) * max(spacing)
            yield Pair(
                family, Shell(centre, (), reach, inner), Shell(moved, (), reach, inner), spacing
            )


def _shape(family: str, rng: Generator, centre: Vector, reach: float, spacing: Vector) -> Shape:
    """A shape about as far in every direction as `reach` from its centre."""
    axes = len(spacing)
    turn = tuple(rng.uniform(0, 90, 3 if axes == 3 else 1))
    if family == "balls":
        return Ball(centre, (), reach)
    if family == "ellipsoids":
        return Ellipsoid(
            centre, turn, tuple(reach * rng.uniform((1, 0.75, 0.5), (1.4, 1, 0.75))[:axes])
        )
    if family == "tubes":
        return Tube(centre, turn, reach * rng.uniform(0.45, 0.6), reach * rng.uniform(0.9, 1.3))
    if family == "tori":
        return Torus(centre, turn, reach * rng.uniform(1.0, 1.3), reach * rng.uniform(0.4, 0.5))
    half = reach * rng.uniform(0.6, 1.1, axes)
    if family == "thin sheets":
        thin = int(rng.integers(axes))
        half[thin] = rng.uniform(1.0, 1.7) * spacing[thin]
        turn = tuple(rng.uniform(0, 15, 3))
    return Box(centre, () if family == "boxes" else turn, tuple(half))


def balls_of_radius(voxels: float, spacing: Vector = (1.0, 1.0, 1.0)) -> Iterator[Pair]:
    """Pairs of balls at different places between the voxels; `voxels`: the radius in units of the
    least spacing.
    """
    rng = np.random.default_rng(2)
    for _ in range(5):
        radius = voxels * min(spacing)
        centre = rng.uniform(-0.5, 0.5, 3) * spacing
        way = rng.normal(size=3)
        moved = centre + way / np.linalg.norm(way) * 0.15 * radius
        yield Pair(
            "balls", Ball(tuple(centre), (), radius), Ball(tuple(moved), (), 0.8 * radius), spacing
        )


def _quantile(distances: Points, share: float) -> float:
    order = np.argsort(distances.at)
    reached = np.cumsum(distances.size[order])
    return float(
        distances.at[order][min(np.searchsorted(reached, share * reached[-1]), len(order) - 1)]
    )
