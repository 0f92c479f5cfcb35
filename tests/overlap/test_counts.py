"""Counts of any regions, from the table of label pairs: against counting voxels one by one."""

from __future__ import annotations

import numpy as np
from helpers.scenes import measured, pairs, scene, statistic
from hypothesis import given
from hypothesis import strategies as st

from segeval.data.regions import Region
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts

REGIONS = st.lists(st.sets(st.integers(0, 5), min_size=1), max_size=5).map(
    lambda sets: [Region(str(k), frozenset(labels)) for k, labels in enumerate(sets)]
)


@given(pair=pairs(labels=4, ndim=(1, 2, 3, 4), longest=4), regions=REGIONS)
def test_counts_of_regions_are_counts_of_voxels_whether_or_not_regions_overlap(pair, regions):
    counts = statistic(*pair, Counts, regions=regions)
    assert len(counts.tp) == len(regions)
    for at, region in enumerate(regions):
        p, g = (np.isin(mask, list(region.labels)) for mask in pair)
        found = counts.tp[at], counts.fp[at], counts.fn[at], counts.tn[at]
        assert found == ((p & g).sum(), (p & ~g).sum(), (~p & g).sum(), (~p & ~g).sum())
        assert (counts.empty_p[at], counts.empty_g[at]) == (not p.any(), not g.any())


def test_volumes_are_in_the_unit_of_a_voxel_and_sums_add_everything():
    table = Contingency(gt=np.array([0, 1, 1]), pred=np.array([1, 0, 1]), count=np.array([3, 5, 7]))
    counts = Counts.of(table, [Region.of(1)], voxel_volume=0.5)
    total = counts + counts
    assert (counts.volume_p[0], counts.volume_g[0]) == ((3 + 7) * 0.5, (5 + 7) * 0.5)
    assert (total.tp[0], total.fp[0], total.fn[0], total.tn[0], total.volume_p[0]) == (
        14,
        6,
        10,
        0,
        10,
    )


@given(pair=pairs(labels=3, ndim=(1, 2, 3)), other=pairs(labels=3, ndim=(1, 2, 3)))
def test_the_sum_of_two_tables_is_the_table_of_all_voxels(pair, other):
    one, another = (measured(*masks, Contingency).contingency for masks in (pair, other))
    whole = measured(
        *(np.concatenate([a.ravel(), b.ravel()]) for a, b in zip(pair, other, strict=True)),
        Contingency,
    )
    assert rows(one + another) == rows(whole.contingency)


@given(pair=pairs(labels=3, ndim=(1, 2, 3)))
def test_the_table_has_a_row_for_each_pair_of_labels_that_occurs_in_order(pair):
    pred, gt = (mask.ravel().tolist() for mask in pair)
    found = list(zip(gt, pred, strict=True))
    assert rows(measured(*pair, Contingency).contingency) == [
        (*kind, found.count(kind)) for kind in sorted(set(found))
    ]


def test_an_empty_list_of_regions_has_empty_counts():
    counts = statistic(*scene("#     #"), Counts, regions=[])
    assert counts.tp.shape == counts.volume_g.shape == (0,)


def rows(table):
    return list(zip(table.gt.tolist(), table.pred.tolist(), table.count.tolist(), strict=True))
