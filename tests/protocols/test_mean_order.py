"""Tests that the order of means changes the mean over all where a region is undefined in a case."""

from __future__ import annotations

import numpy as np
import pytest

import segeval
from segeval.functional import dice

PRED = np.array([[[1, 1, 0, 0, 2, 0]], [[1, 1, 0, 0, 0, 0]]])
GT = np.array([[[1, 1, 1, 1, 2, 2]], [[1, 1, 0, 0, 0, 0]]])
FIRST = {1: 2 * 2 / (2 + 4), 2: 2 * 1 / (1 + 2)}
"""Dice of the first case by label; in the second, 1 scores 1 and 2 is in neither mask."""


@pytest.fixture
def protocol(tmp_path):
    path = tmp_path / "cases.toml"
    path.write_text('mean = "cases"\n[metrics]\ndice = {}\n')
    return str(path)


def folders(tmp_path):
    for side, masks in (("pred", PRED), ("gt", GT)):
        (tmp_path / side).mkdir()
        for at, mask in enumerate(masks):
            np.save(tmp_path / side / f"{at}.npy", mask.astype(np.uint8))
    return tmp_path / "pred", tmp_path / "gt"


def test_in_a_summary(tmp_path, protocol):
    pair = folders(tmp_path)
    rows = {
        name: segeval.score_folder(*pair, protocol=name, metrics="dice").summary
        for name in ("segeval", protocol)
    }
    usual, own = (table[table.region == "mean"].iloc[0] for table in rows.values())
    assert usual["mean"] == pytest.approx(((FIRST[1] + FIRST[2]) / 2 + 1) / 2)
    assert own["mean"] == pytest.approx(((FIRST[1] + 1) / 2 + FIRST[2]) / 2)
    assert own["n"] == 2
    assert np.isnan(own["ci_low"])


def test_in_functions(protocol):
    options = {"num_classes": 3, "include_background": False}
    assert dice(PRED, GT, **options) == pytest.approx(((FIRST[1] + FIRST[2]) / 2 + 1) / 2)
    assert dice(PRED, GT, **options, protocol=protocol) == pytest.approx(
        ((FIRST[1] + 1) / 2 + FIRST[2]) / 2
    )
    assert dice(PRED, GT, **options, protocol=protocol, average="none") == pytest.approx(
        [(FIRST[1] + 1) / 2, FIRST[2]]
    )
