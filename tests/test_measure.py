"""One pass measures every region as if it were alone, whatever the dtype, the memory order, the
labels, the threads.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers.scenes import measured, pairs, scene, spaced_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval.data.case import Case
from segeval.data.grid import Grid
from segeval.data.labels import LabelMap
from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.kernels.workspace import Workspace
from segeval.measure.dispatch import measure
from segeval.statistics.boundary import SOLID, VOXEL
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.depths import Depths
from segeval.statistics.distances import SurfaceDistances
from segeval.statistics.moments import Moments
from segeval.statistics.statistic import Need

COUNTS, SURFACE = Need(Counts), Need(SurfaceDistances, VOXEL)
SHAPES = (SURFACE, Need(SurfaceDistances, SOLID), Need(Depths), Need(Moments))
EVERY = (Need(Contingency), COUNTS, *SHAPES)
REGIONS = [
    Region.of("whole", 1, 2, 3),
    Region.of(2),
    Region.of("core", 1, 3),
    Region.of("absent", 9),
    Region.of(1),
]


def numbers(statistic, region):
    """Every number of one region of a statistic."""
    if isinstance(statistic, SurfaceDistances):
        return [*numbers(statistic.pg, region), *numbers(statistic.gp, region)]
    if isinstance(statistic, Depths):
        return [
            part
            for side in ("p", "g", "shared")
            for part in numbers(getattr(statistic, side), region)
        ]
    if isinstance(statistic, (Counts, Moments)):
        return [np.atleast_1d(getattr(statistic, name)[region]) for name in statistic.__slots__]
    ends = slice(statistic.start[region], statistic.start[region + 1])
    return [statistic.value[ends], statistic.size[ends]]


def assert_same(one, other, regions):
    """The same numbers for the regions that are at the first positions in one and the second in the
    other.
    """
    for need in (COUNTS, *SHAPES):
        for here, there in regions:
            for a, b in zip(
                numbers(one.statistics[need], here),
                numbers(other.statistics[need], there),
                strict=True,
            ):
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def same_regions(count):
    return [(k, k) for k in range(count)]


@given(pair=spaced_pairs(labels=3))
def test_regions_that_overlap_are_measured_as_if_each_were_alone(pair):
    pred, gt, spacing = pair
    together = measured(pred, gt, *EVERY, spacing=spacing, regions=REGIONS)
    for at, region in enumerate(REGIONS):
        masks = (np.isin(mask, list(region.labels)).astype(np.uint8) for mask in (pred, gt))
        alone = measured(*masks, *EVERY, spacing=spacing)
        assert_same(together, alone, [(at, 0)])


@given(pair=spaced_pairs(labels=2))
def test_background_is_a_region_like_any_other(pair):
    pred, gt, spacing = pair
    regions = [Region.of("background", 0), Region.of(1), Region.of("rest", 0, 2)]
    together = measured(pred, gt, *EVERY, spacing=spacing, regions=regions)
    turned = measured(
        3 - pred,
        3 - gt,
        *EVERY,
        spacing=spacing,
        regions=[Region.of(3), Region.of(2), Region.of("", 1, 3)],
    )
    assert_same(together, turned, same_regions(3))


@given(pair=spaced_pairs(labels=3), data=st.data())
def test_labels_of_any_size_are_measured_like_small_ones(pair, data):
    pred, gt, spacing = pair
    labels = data.draw(st.lists(st.integers(1, 2**63 - 1), min_size=3, max_size=3, unique=True))
    table = np.array([0, *labels], np.uint64)
    renamed = [
        Region(r.name, frozenset(labels[k - 1] for k in r.labels if k < 9) or frozenset([2**40]))
        for r in REGIONS
    ]
    large = measured(table[pred], table[gt], *EVERY, spacing=spacing, regions=renamed)
    assert_same(
        large,
        measured(pred, gt, *EVERY, spacing=spacing, regions=REGIONS),
        same_regions(len(REGIONS)),
    )
    assert set(large.contingency.labels.tolist()) == set(table[np.union1d(pred, gt)].tolist())


LAYOUTS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "reversed": lambda mask: np.ascontiguousarray(mask[::-1])[::-1],
    "strided": lambda mask: np.repeat(mask, 2, axis=-1)[..., ::2],
    "turned": lambda mask: np.ascontiguousarray(np.moveaxis(mask, 0, -1)).transpose(
        mask.ndim - 1, *range(mask.ndim - 1)
    ),
}


@settings(max_examples=100)
@given(
    pair=spaced_pairs(labels=3),
    of_pred=st.sampled_from(list(LAYOUTS)),
    of_gt=st.sampled_from(list(LAYOUTS)),
)
def test_the_order_in_memory_does_not_matter(pair, of_pred, of_gt):
    pred, gt, spacing = pair
    odd = measured(
        LAYOUTS[of_pred](pred), LAYOUTS[of_gt](gt), *EVERY, spacing=spacing, regions=REGIONS
    )
    assert_same(
        odd,
        measured(pred, gt, *EVERY, spacing=spacing, regions=REGIONS),
        same_regions(len(REGIONS)),
    )


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.uint64])
@given(pair=spaced_pairs(labels=3))
def test_the_two_masks_may_differ_in_dtype(dtype, pair):
    pred, gt, spacing = pair
    pred[0, 0] = 1
    grid = Grid(gt.shape, spacing, "mm")
    case = Case("mixed", LabelMap(pred.astype(dtype), grid), LabelMap(gt, grid))
    mixed = measure(case, lambda _: REGIONS, EVERY, Workspace())
    assert_same(
        mixed,
        measured(pred, gt, *EVERY, spacing=spacing, regions=REGIONS),
        same_regions(len(REGIONS)),
    )


@pytest.mark.parametrize("top", [1, 300, 70_000])
@pytest.mark.parametrize("absent", [9, 256, 300, 65_535, 65_536, 2**40])
def test_a_label_that_no_mask_holds_is_an_empty_region_also_beyond_the_masks_dtype(top, absent):
    pred, gt = np.zeros((2, 4, 5), np.int64)
    pred[1:3, 1:3] = gt[1:3, 2:4] = 1
    pred[0, 0] = gt[0, 0] = top
    case = measured(
        pred, gt, *EVERY, regions=[Region.of(1), Region.of(absent), Region.of("any", 1, absent)]
    )
    for need in (COUNTS, *SHAPES):
        empty = case.statistics[need].empty_p & case.statistics[need].empty_g
        assert list(empty) == [False, absent != top, False]
    assert_same(case, case, [(0, 2)] if absent != top else [])


def test_a_case_may_hold_65535_labels():
    labels = np.arange(65_536).reshape(256, 256)
    pred, gt = np.roll(labels, 1, axis=1), labels
    case = measured(
        pred,
        gt,
        Counts,
        SurfaceDistances,
        regions=lambda present: [Region.of(k) for k in present if k],
    )
    assert len(case.regions) == 65_535
    assert case.statistics[COUNTS].tp.sum() == 0
    assert case.statistics[COUNTS].tn.sum() == 65_535 * (65_536 - 2)
    distances = np.sort(case.statistics[SURFACE].pg.quantile(1))
    np.testing.assert_allclose(
        distances, [1.0] * (65_535 - 256) + [255.0] * 256
    )  # those rolled around


def test_more_labels_than_fit_are_refused():
    gt = np.arange(2**17).reshape(256, 512)
    with pytest.raises(
        UsageError, match=r"131071 different labels; a case may hold 65,535: split the masks"
    ):
        measured(gt, gt, Counts)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_two_threads_measure_what_one_does(dtype):
    rng = np.random.default_rng(0)
    gt = (rng.integers(0, 4, (30, 12, 17)).repeat(3, 0).repeat(3, 1).repeat(3, 2)).astype(dtype)
    pred = np.where(
        rng.random(gt.shape) < 0.01, rng.integers(0, 4, gt.shape), np.roll(gt, 2, axis=2)
    ).astype(dtype)
    options = {"spacing": (1.5, 0.8, 0.7), "regions": REGIONS}
    with Workspace(threads=2) as workspace:
        two = measured(pred, gt, *EVERY, workspace=workspace, **options)
    assert_same(two, measured(pred, gt, *EVERY, **options), same_regions(len(REGIONS)))


@given(first=spaced_pairs(labels=3), second=spaced_pairs(labels=3))
def test_what_a_workspace_measured_before_does_not_matter(first, second):
    workspace = Workspace()
    results = [
        measured(pred, gt, *EVERY, spacing=spacing, regions=REGIONS, workspace=workspace)
        for pred, gt, spacing in (first, second)
    ]
    for (pred, gt, spacing), result in zip((first, second), results, strict=True):
        fresh = measured(pred, gt, *EVERY, spacing=spacing, regions=REGIONS)
        assert_same(result, fresh, same_regions(len(REGIONS)))


@given(pair=pairs(labels=3, ndim=(1, 4), longest=4))
def test_counts_have_no_limit_of_dimensions(pair):
    pred, gt = pair
    table = measured(pred, gt, Contingency, Counts, regions=REGIONS)
    assert table.contingency.count.sum() == gt.size
    assert table.statistics[COUNTS].tp[0] == ((pred > 0) & (gt > 0)).sum()


@pytest.mark.parametrize("ndim", [1, 4])
def test_surfaces_are_refused_in_other_than_two_or_three_dimensions(ndim):
    mask = np.ones((2,) * ndim, np.uint8)
    with pytest.raises(
        UsageError,
        match=f"case 'case': surface metrics need masks of 2 or 3 axes, these have {ndim}",
    ):
        measured(mask, mask, SurfaceDistances)


@pytest.mark.parametrize("need", SHAPES, ids=lambda need: need.name)
def test_masks_without_foreground_have_no_region_unless_one_is_asked_for(need):
    empty = np.zeros((3, 4), np.uint8)
    by_label = measured(
        empty, empty, need, regions=lambda labels: [Region.of(label) for label in labels if label]
    )
    assert by_label.regions == ()
    assert by_label.statistics[need].empty_p.shape == (0,)
    assert measured(empty, empty, need).statistics[need].empty_p.tolist() == [True]


@pytest.mark.parametrize("need", EVERY, ids=lambda need: need.name)
def test_only_what_is_asked_for_is_measured(need):
    assert set(measured(*scene("# .     # #"), need).statistics) == {need}


@given(pair=spaced_pairs(labels=2))
def test_ignored_voxels_count_for_nothing_and_are_background_in_both_masks(pair):
    pred, gt, spacing = pair
    grid = Grid(gt.shape, spacing, "mm")
    case = Case("ignored", LabelMap.of(pred, grid), LabelMap.of(gt, grid)).ignoring(2)
    found = measure(case, lambda _: [Region.of(1)], EVERY, Workspace())
    blank = [np.where(gt == 2, 0, mask).astype(np.uint8) for mask in (pred, gt)]
    plain = measured(*blank, *EVERY, spacing=spacing)
    out = (gt == 2).sum()
    assert found.contingency.count.sum() == gt.size - out
    assert found.statistics[COUNTS].tn == plain.statistics[COUNTS].tn - out
    for need in SHAPES:
        for a, b in zip(
            numbers(found.statistics[need], 0), numbers(plain.statistics[need], 0), strict=True
        ):
            assert a == pytest.approx(b)


@pytest.mark.parametrize("need", [COUNTS, *SHAPES], ids=lambda need: need.name)
def test_further_regions_of_a_case_that_are_in_neither_mask_are_empty(need):
    case = measured(*scene("# .     # #"), need)
    further = case.absent(need, [Region.of(7), Region.of(8)])
    assert further.empty_p.tolist() == further.empty_g.tolist() == [True, True]
