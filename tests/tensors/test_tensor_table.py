"""Pairs of labels counted by PyTorch, against NumPy."""

from __future__ import annotations

import numpy as np
import torch
from helpers.drawn import ORDERS, cases, laid_out
from hypothesis import given
from hypothesis import strategies as st

from segeval.measure.tensors import joint_counts, pair_counts, table


def by_numpy(pred, gt):
    """Rows (gt, pred, count) of one case."""
    pairs, number = np.unique(
        np.stack([gt.long().numpy().ravel(), pred.long().numpy().ravel()]),
        axis=1,
        return_counts=True,
    )
    return np.column_stack([*pairs, number]).tolist()


def rows(table):
    """The cells of a dense table that hold something."""
    return [[*at, int(table[tuple(at)])] for at in table.nonzero().tolist()]


@given(
    st.integers(1, 4),
    st.lists(st.integers(1, 9), max_size=3),
    st.sampled_from(
        [
            (1, torch.uint8),
            (2, torch.bool),
            (3, torch.int16),
            (19, torch.uint16),
            (200, torch.int64),
        ]
    ),
    st.sampled_from(ORDERS),
    st.integers(0, 1000),
)
def test_a_dense_table_of_several_cases(number, shape, kind, order, seed):
    classes, dtype = kind
    draw = torch.Generator().manual_seed(seed)
    pred, gt = (
        torch.randint(classes, (number, *shape, 5), generator=draw).to(dtype) for _ in range(2)
    )
    counts = joint_counts(laid_out(pred, order), gt, classes)
    assert counts.shape == (number, classes, classes)
    assert [rows(case) for case in counts] == [
        by_numpy(p, g) for p, g in zip(pred, gt, strict=True)
    ]


def test_parts_add_up(monkeypatch):
    pred, gt = torch.randint(4, (2, 3, 11, 13), generator=torch.Generator().manual_seed(3))
    whole, pairs = joint_counts(pred, gt, 4), pair_counts(pred, gt)
    monkeypatch.setattr(table, "CHUNK", 50)
    assert torch.equal(joint_counts(pred, gt, 4), whole)
    assert torch.equal(pair_counts(pred, gt), pairs)


@given(cases())
def test_pairs_of_any_labels(case):
    assert pair_counts(case.pred, case.gt).tolist() == by_numpy(case.pred, case.gt)


def test_pairs_of_labels_at_the_ends_of_int64():
    ends = torch.iinfo(torch.int64)
    pred, gt = torch.tensor([ends.min, 0, ends.max, 0]), torch.tensor([ends.max, 5, ends.max, 5])
    assert pair_counts(pred, gt).tolist() == [
        [5, 0, 2],
        [ends.max, ends.min, 1],
        [ends.max, ends.max, 1],
    ]


def test_nothing_has_no_pairs():
    assert pair_counts(torch.empty(0, 3), torch.empty(0, 3)).shape == (0, 3)
