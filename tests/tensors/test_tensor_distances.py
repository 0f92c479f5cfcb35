"""Distances by PyTorch: those of the definition, and those of the kernels for arrays to the last
digits.
"""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.drawn import cases, laid_out
from helpers.scenes import statistic
from hypothesis import given, settings

from segeval.data.regions import Region
from segeval.measure.tensors import (
    depths,
    distances,
    far,
    masks,
    moments,
    near,
    on_host,
    surface_distances,
    volume_distances,
)
from segeval.statistics.boundary import SOLID, VOXEL
from segeval.statistics.depths import Depths
from segeval.statistics.distances import SurfaceDistances
from segeval.statistics.moments import Moments
from segeval.statistics.statistic import Need

GOLDEN = Path(__file__).parents[1] / "golden"
SURFACE, VOLUME = Need(SurfaceDistances, VOXEL), Need(SurfaceDistances, SOLID)
KERNELS = {
    SURFACE: surface_distances,
    VOLUME: volume_distances,
    Need(Depths): depths,
    Need(Moments): moments,
}


def elements(d, region):
    """All distances of a region, sorted."""
    ends = slice(d.start[region], d.start[region + 1])
    assert np.all(np.diff(d.value[ends][np.isfinite(d.value[ends])]) > 0)
    return np.repeat(d.value[ends], d.size[ends])


def assert_close(found, expected):
    """Two statistics that differ in rounding only."""
    for name in [name for kind in type(found).__mro__ for name in getattr(kind, "__slots__", ())]:
        ours, theirs = getattr(found, name), getattr(expected, name)
        if isinstance(found, Moments):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
            continue
        assert len(ours) == len(theirs)
        for region in range(len(ours)):
            np.testing.assert_allclose(elements(ours, region), elements(theirs, region), rtol=1e-12)


def by_arrays(need, pred, gt, labels, spacing):
    """The statistic by the kernels for arrays, which know no negative labels but their ranks."""
    ranks, places = np.unique(
        np.stack([pred.long().numpy(), gt.long().numpy()]), return_inverse=True
    )
    pred, gt = places.reshape(2, *pred.shape).astype(np.uint16)
    absent = count(len(ranks))
    number = {int(label): rank for rank, label in enumerate(ranks)}
    regions = [Region.of(str(label), number.get(label, next(absent))) for label in labels.tolist()]
    return statistic(pred, gt, need, spacing=spacing, regions=regions)


def border(mask):
    """Indices of the voxels of a mask that have a neighbour along an axis outside of it, or of the
    array.
    """
    inside = set(map(tuple, np.argwhere(mask)))
    steps = [
        tuple(s)
        for k in range(mask.ndim)
        for s in (np.eye(mask.ndim, dtype=int)[k], -np.eye(mask.ndim, dtype=int)[k])
    ]
    edge = [v for v in inside if any(tuple(np.add(v, step)) not in inside for step in steps)]
    return np.array(sorted(edge), np.int64).reshape(-1, mask.ndim)


def directed(one, other, spacing):
    """Sorted distances from each voxel to the nearest of others, by all pairs."""
    steps = (one[:, None] - other[None]) * np.array(spacing)
    return np.sort(np.sqrt((steps**2).sum(-1)).min(1, initial=np.inf))


@settings(max_examples=60)
@given(cases())
def test_distances_are_those_of_the_definition(case):
    surface = on_host(SurfaceDistances, surface_distances(*case))
    volume = on_host(SurfaceDistances, volume_distances(*case))
    deep = on_host(Depths, depths(*case))
    for region, label in enumerate(case.labels.tolist()):
        p, g = ((mask.long() == label).numpy() for mask in (case.pred, case.gt))
        for found, one, other in (
            (surface.pg, border(p), border(g)),
            (surface.gp, border(g), border(p)),
            (volume.pg, np.argwhere(p), np.argwhere(g)),
            (volume.gp, np.argwhere(g), np.argwhere(p)),
            (deep.p, np.argwhere(p), border(p)),
            (deep.g, np.argwhere(g), border(g)),
        ):
            np.testing.assert_allclose(
                elements(found, region), directed(one, other, case.spacing), rtol=1e-9
            )


@settings(max_examples=60)
@given(cases())
def test_every_statistic_is_that_of_the_kernels_for_arrays(case):
    for need, kernel in KERNELS.items():
        assert_close(on_host(need.statistic, kernel(*case)), by_arrays(need, *case))


@pytest.mark.parametrize("need", KERNELS, ids=lambda need: need.name)
def test_every_statistic_agrees_on_the_golden_masks(need):
    golden = json.loads((GOLDEN / "cases.json").read_text())
    with np.load(GOLDEN / "masks.npz") as masks:
        for name, case in golden.items():
            pred, gt = (torch.from_numpy(masks[f"{name}_{side}"]) for side in ("pred", "gt"))
            task = pred, gt, torch.tensor([0, *map(int, case["labels"])]), tuple(case["spacing"])
            assert_close(on_host(need.statistic, KERNELS[need](*task)), by_arrays(need, *task))


def balls(shape, labels, seed):
    """Balls of all labels but 0, some cut by the end of the array."""
    rng = np.random.default_rng(seed)
    grid = np.indices(shape)
    mask = torch.zeros(shape, dtype=torch.uint8)
    for label in range(1, labels + 1):
        centre = rng.integers(0, shape).reshape(-1, *[1] * len(shape))
        mask[torch.from_numpy(((grid - centre) ** 2).sum(0) <= rng.integers(3, 14) ** 2)] = label
    return mask


SHIFTS = {"near": (1, 2, 2), "over the rim of the band": (4, 5, 5), "far": (9, 20, 30)}
LARGER = [
    ((30, 50, 70), (1.5, 0.8, 0.8)),
    ((30, 50, 70), (1.0, 1.0, 1.0)),
    ((30, 50, 70), (5.0, 0.7, 0.9)),
    ((120, 200), (0.5, 0.5)),
    ((120, 200), (1.0, 3.0)),
]


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize(("shape", "spacing"), LARGER)
def test_larger_masks_agree(shape, spacing, shift):
    gt = balls(shape, 9, 1)
    pred = gt.roll(SHIFTS[shift][-len(shape) :], tuple(range(len(shape))))
    task = pred, gt, torch.arange(1, 11), spacing
    assert_close(on_host(SurfaceDistances, surface_distances(*task)), by_arrays(SURFACE, *task))


@pytest.mark.parametrize("need", KERNELS, ids=lambda need: need.name)
def test_neither_the_parts_nor_the_order_in_memory_change_a_digit(need, monkeypatch):
    gt = balls((15, 30, 40), 5, 2)
    pred, labels, spacing = gt.flip(2), torch.arange(7), (2.0, 0.7, 0.9)
    whole = KERNELS[need](pred, gt, labels, spacing)
    monkeypatch.setattr(near, "voxels_at_once", lambda device: 100)
    monkeypatch.setattr(far, "pairs_at_once", lambda device: 100)
    for module in (masks, distances):
        monkeypatch.setattr(module, "CHUNK", 700)
    in_parts = KERNELS[need](
        laid_out(pred, "Fortran"), laid_out(gt, "every other"), labels, spacing
    )
    for one, other in zip(whole, in_parts, strict=True):
        pairs = [(one, other)] if isinstance(one, torch.Tensor) else zip(one, other, strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)


def test_thousands_of_labels():
    gt = torch.randperm(40 * 60, generator=torch.Generator().manual_seed(0)).view(40, 60)
    gt = gt.repeat_interleave(4, 0).repeat_interleave(5, 1).to(torch.uint16)
    pred = gt.long().roll((1, 2), (0, 1)).to(torch.uint16)
    task = pred, gt, torch.arange(1, 2401), (1.0, 1.0)
    assert_close(on_host(SurfaceDistances, surface_distances(*task)), by_arrays(SURFACE, *task))


def test_all_256_values_of_a_byte_as_regions():
    gt = torch.arange(256, dtype=torch.uint8).repeat_interleave(12).view(48, 64)
    task = gt.roll(7, 0), gt, torch.arange(256), (1.0, 1.0)
    assert_close(on_host(SurfaceDistances, surface_distances(*task)), by_arrays(SURFACE, *task))


@pytest.mark.parametrize("need", KERNELS, ids=lambda need: need.name)
def test_no_regions_make_an_empty_statistic(need):
    mask = torch.ones(3, 4, dtype=torch.uint8)
    nothing = on_host(
        need.statistic, KERNELS[need](mask, mask, torch.empty(0, dtype=torch.int64), (1.0, 1.0))
    )
    assert len(nothing.empty_p) == len(nothing.empty_g) == 0
