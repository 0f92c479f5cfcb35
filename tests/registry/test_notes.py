"""Undefined is never silent: whatever is NaN or infinite in a table has a note that says why, and
nothing else has.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers.scenes import measured, scene

import segeval
from segeval.data.regions import Region
from segeval.results.columns import applies
from segeval.run.scoring import score_measured

PAIRS = {
    "a usual pair": scene("""
        . . . .     . . . .
        . # # .     . # # .
        . # . .     . # # .
        . . 2 .     . . 2 2
    """),
    "a perfect pair": scene("""
        . # # .     . # # .
        . # # .     . # # .
    """),
    "one voxel each": scene("""
        . # .     # . .
    """),
    "both masks full": scene("""
        # #     # #
        # #     # #
    """),
    "a full prediction": scene("""
        # #     . #
        # #     . #
    """),
    "a full ground truth": scene("""
        . #     # #
        . #     # #
    """),
    "no prediction": scene("""
        . .     # #
        . .     . .
    """),
    "no ground truth": scene("""
        # #     . .
        . .     . .
    """),
    "nothing at all": scene("""
        . .     . .
        . .     . .
    """),
    "a single voxel": scene("#     #"),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_row_has_a_note_where_its_value_is_undefined_or_infinite_or_a_mask_is_empty(metric, pair):
    pred, gt = pair
    table = segeval.score(pred, gt, metrics=metric.column, regions={"here": 1, "nowhere": 9})
    rows = table[[applies(metric, region) for region in table.region]]
    sides = {"here": (pred == 1, gt == 1)}
    for row in rows.itertuples(index=False):
        found, note = row[1], row[2]
        empty = row.region != "all" and not all(
            side.any() for side in sides.get(row.region, (np.zeros(1),) * 2)
        )
        assert bool(note) == (empty or not np.isfinite(found))


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_so_it_is_on_every_boundary(family, pair):
    regions = [Region.of("here", 1), Region.of("nowhere", 9)]
    case = measured(*pair, family.need, regions=regions)
    is_empty = {"here": case.counts.empty_p[0] or case.counts.empty_g[0], "nowhere": True}
    for metric in family.metrics:
        scores = score_measured(case, [metric])
        for region, value, note in zip(
            scores.regions, scores.values[:, 0], scores.notes, strict=True
        ):
            if applies(metric, region):
                empty = is_empty.get(region, False)
                assert bool(note) == bool(empty or not np.isfinite(value)), metric.column


def test_a_case_whose_voxels_are_all_ignored_has_a_note_for_every_metric(metric):
    table = segeval.score(
        np.eye(3), np.full((3, 3), 255), metrics=metric.column, regions=[1], ignore_label=255
    )
    note = {
        "1": "region in neither mask",
        "all": f"{metric.column} undefined (a denominator vanishes)",
    }
    assert [note[region] for region in table.region] == list(table.note)
    assert metric.spec.scope == "region" or np.isnan(table[metric.column]).all()


def test_a_note_names_the_metric_and_what_happened():
    pred, gt = PAIRS["a perfect pair"]
    assert (
        segeval.score(pred, gt, metrics="dice,lr_plus").note[0]
        == "lr_plus infinite (division by 0)"
    )


def test_a_note_says_which_mask_is_empty():
    table = segeval.score(*PAIRS["no prediction"], metrics="dice,hd95", regions=[1, 9])
    assert list(table.note) == ["region not in the prediction", "region in neither mask"]


def test_the_row_of_the_whole_case_has_a_note_of_its_own():
    table = segeval.score(*PAIRS["both masks full"], metrics="dice,multiclass_mcc")
    undefined = "multiclass_mcc undefined (a denominator vanishes)"
    assert table.set_index("region").note.to_dict() == {"1": "", "all": undefined}
