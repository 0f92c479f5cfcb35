"""The contingency table against counting the pairs one by one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from helpers.brute import masks
from hypothesis import given

from segeval.kernels.workspace import Workspace
from segeval.measure.counting import contingency
from segeval.statistics.contingency import Contingency


def pairs(table: Contingency) -> list[tuple[int, int, int]]:
    return list(zip(table.gt.tolist(), table.pred.tolist(), table.count.tolist(), strict=True))


def counted(pred, gt) -> list[tuple[int, int, int]]:
    counts = Counter(zip(gt.ravel().tolist(), pred.ravel().tolist(), strict=True))
    return [(*pair, count) for pair, count in sorted(counts.items())]


@given(masks())
def test_it_counts_every_pair(case):
    table = contingency(case.pred, case.gt, Workspace())
    assert pairs(table) == counted(case.pred, case.gt)
    assert table.labels.tolist() == sorted({*case.pred.ravel().tolist(), *case.gt.ravel().tolist()})


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("labels", "dtype"),
    [(2, np.uint8), (256, np.uint8), (2**16, np.uint16)],
    ids=["two", "all of 8 bits", "all of 16"],
)
def test_noise_where_no_run_is_long(labels, dtype, threads):
    rng = np.random.default_rng(labels)
    pred, gt = rng.integers(0, labels, (2, 20, 70, 101)).astype(dtype)
    with Workspace(threads) as workspace:
        assert pairs(contingency(pred, gt, workspace)) == counted(pred, gt)


@pytest.mark.parametrize("shape", [(1,), (127,), (128,), (129,), (3, 1, 2, 50)])
def test_any_number_of_axes_and_any_size(shape):
    rng = np.random.default_rng(0)
    pred, gt = rng.integers(0, 3, (2, *shape)).astype(np.uint8)
    assert pairs(contingency(pred, gt, Workspace())) == counted(pred, gt)


def test_two_dtypes_and_no_voxel():
    assert pairs(contingency(np.array([1], np.uint8), np.array([300], np.uint16), Workspace())) == [
        (300, 1, 1)
    ]
    assert (
        pairs(contingency(np.empty((0, 4), np.uint8), np.empty((0, 4), np.uint8), Workspace()))
        == []
    )


@given(masks(), masks())
def test_the_sum_is_the_table_of_both(one, other):
    workspace = Workspace()
    total = contingency(one.pred, one.gt, workspace) + contingency(other.pred, other.gt, workspace)
    pred, gt = (
        np.concatenate([a.ravel(), b.ravel()])
        for a, b in ((one.pred, other.pred), (one.gt, other.gt))
    )
    assert pairs(total) == counted(pred, gt)


def test_labels_of_more_than_32_bits_add_up():
    table = Contingency(gt=np.array([2**62]), pred=np.array([2**40]), count=np.array([3]))
    assert pairs(table + table) == [(2**62, 2**40, 6)]
