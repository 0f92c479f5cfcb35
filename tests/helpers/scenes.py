"""Masks for tests: drawn by hand, or by hypothesis; and the shortest way from two of them to
numbers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from segeval.data.case import Case
from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.data.regions import Region
from segeval.kernels.workspace import Workspace
from segeval.measure.dispatch import measure
from segeval.measure.measured import Measured
from segeval.metrics import REGISTRY, parse_metric
from segeval.metrics.card import Metric, MetricSpec
from segeval.statistics.boundary import RULES, VOXEL, Boundary
from segeval.statistics.statistic import Need, Statistic

Mask = NDArray[np.uint8]
ONE = (Region.of(1),)
REAL_MASKS = Path(os.environ.get("SEGEVAL_REAL_MASKS", "real-masks"))
"""Folder of published masks, which are not ours to hand on; without it their tests do not exist."""
SPACINGS = (0.5, 0.7, 1.0, 1.3, 2.0, 5.0)


def scene(drawing: str) -> tuple[Mask, Mask]:
    """Two label maps drawn side by side, three spaces or more between them: `.` is 0, `#` is 1, a
    digit is itself.

    >>> pred, gt = scene('''
    ...     . #     . 2
    ...     . .     1 .
    ... ''')
    >>> pred.tolist(), gt.tolist()
    ([[0, 1], [0, 0]], [[0, 2], [1, 0]])
    """
    lines = [line.strip() for line in drawing.splitlines() if line.strip()]
    halves = [[_row(half) for half in re.split(r"\s{3,}", line)] for line in lines]
    pred, gt = (np.array(rows, np.uint8) for rows in zip(*halves, strict=True))
    return pred, gt


def _row(drawn: str) -> list[int]:
    return [int(voxel) if voxel.isdigit() else ".#".index(voxel) for voxel in drawn.split()]


@st.composite
def pairs(
    draw: st.DrawFn,
    labels: int = 1,
    ndim: Sequence[int] = (2, 3),
    longest: int = 7,
    full: bool = False,
    shape: tuple[int, ...] | None = None,
) -> tuple[Mask, Mask]:
    """A prediction and a ground truth of one small shape; `full`: every label occurs in both."""
    if shape is None:
        shape = tuple(
            draw(st.integers(2 if full else 1, longest)) for _ in range(draw(st.sampled_from(ndim)))
        )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    density, error = (
        draw(st.sampled_from([0.02, 0.2, 0.5, 0.9])),
        draw(st.sampled_from([0.05, 0.3, 1])),
    )
    gt, noise = (
        rng.integers(1, labels + 1, shape) * (rng.random(shape) < density) for _ in range(2)
    )
    pred = np.where(rng.random(shape) < error, noise, gt)
    if full:
        for mask in (pred, gt):
            mask.flat[rng.choice(mask.size, labels, replace=False)] = np.arange(1, labels + 1)
    return pred.astype(np.uint8), gt.astype(np.uint8)


@st.composite
def spaced_pairs(draw: st.DrawFn, **kind: Any) -> tuple[Mask, Mask, tuple[float, ...]]:
    """A pair and a spacing for it."""
    pred, gt = draw(pairs(**kind))
    return pred, gt, tuple(draw(st.sampled_from(SPACINGS)) for _ in range(gt.ndim))


def measured(
    pred: NDArray[Any],
    gt: NDArray[Any],
    *needs: Need | type[Statistic],
    spacing: Sequence[float] | None = None,
    regions: Sequence[Region] | Callable[[Sequence[int]], Sequence[Region]] = ONE,
    workspace: Workspace | None = None,
) -> Measured:
    """These statistics of a case; of region 1 unless other regions are named."""
    grid = Grid(gt.shape, tuple(spacing), "mm") if spacing else Grid.unspaced(gt.shape)
    case = Case("case", LabelMap.of(pred, grid), LabelMap.of(gt, grid))
    chosen = regions if callable(regions) else lambda labels: regions
    resolved = [need_of(need) for need in needs]
    return measure(case, chosen, resolved, workspace or Workspace())


BOUNDARIES = [
    Boundary(rule, **dict(settings))
    for rule, card in RULES.items()
    for settings in product(*([(s.name, value) for value in s.values] for s in card.settings))
]
"""Every rule for boundaries, with every choice of its settings."""


STATISTICS = list(dict.fromkeys(spec.statistic for spec in REGISTRY.values()))
NEEDS = [
    Need(kind, boundary)
    for kind in STATISTICS
    for boundary in (BOUNDARIES if kind.by_boundary else [None])
]
"""Every statistic that there is, on every boundary if it depends on one."""


def examples(spec: MetricSpec) -> dict[str, float | str]:
    """A value for each parameter that must be given, no two of them the same."""
    values = {parameter.name: parameter.domain.example for parameter in spec.required}
    return {
        name: value if isinstance(value, str) else value * 0.7**place
        for place, (name, value) in enumerate(values.items())
    }


def same(first: Any, second: Any) -> bool:
    """Whether two objects hold the same data, which may be arrays and NaN: of the same types, down
    to the last digit.
    """
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray):
        return first.dtype == second.dtype and np.array_equal(
            first, second, equal_nan=first.dtype.kind == "f"
        )
    if is_dataclass(first) and not isinstance(first, type):
        return all(same(getattr(first, f.name), getattr(second, f.name)) for f in fields(first))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second or (first != first and second != second))


def need_of(what: Need | type[Statistic]) -> Need:
    """A statistic, on the usual boundary if it depends on one."""
    if isinstance(what, Need):
        return what
    return Need(what, VOXEL) if what.by_boundary else Need(what)


def statistic(
    pred: NDArray[Any], gt: NDArray[Any], what: Need | type[Statistic], **options: Any
) -> Any:
    """One statistic of a case; the options are those of `measured`."""
    return measured(pred, gt, what, **options).statistics[need_of(what)]


def values(
    metric: Metric | str, pred: NDArray[Any], gt: NDArray[Any], **options: Any
) -> NDArray[np.float64]:
    """One value a region, or one for the case; the options are those of `measured`."""
    bound = parse_metric(metric) if isinstance(metric, str) else metric
    return bound.score(statistic(pred, gt, bound.need, **options))


def value(metric: Metric | str, pred: NDArray[Any], gt: NDArray[Any], **options: Any) -> float:
    """The value of region 1, or of the case."""
    return float(values(metric, pred, gt, **options)[0])


TWO_LABELS = scene("""
    . . . . .     . . . . .
    . 1 1 . .     . 1 1 1 .
    . 1 1 . .     . 1 1 1 .
    . . . 2 2     . . . . 2
""")


def folders(root: Path, pred: Mapping[str, Mask], gt: Mapping[str, Mask]) -> tuple[Path, Path]:
    """The folders `pred` and `gt` below `root`, which hold these masks by name."""
    for side, masks in (("pred", pred), ("gt", gt)):
        (root / side).mkdir(parents=True)
        for name, mask in masks.items():
            np.save(root / side / f"{name}.npy", mask)
    return root / "pred", root / "gt"
