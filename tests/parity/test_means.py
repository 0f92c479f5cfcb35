"""A protocol's mean over regions and cases is the tool's: of a case first, or of a region."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from helpers.scenes import folders, scene
from monai import metrics as monai

import segeval
from segeval.protocols import convention, names

FIRST = scene("""
    1 1 . . 2     1 1 . . 2
    1 1 . . .     1 . . . 2
    . . . . 3     . . . . 3
""")
SECOND = scene("""
    1 1 . . .     1 1 1 . .
    . 1 . . .     . 1 1 . .
    . . . . 3     . . . 3 3
""")
"""Region 2 is in neither mask of this one, so that the order of the means matters."""


@pytest.fixture
def case_folders(tmp_path):
    pairs = {"first": FIRST, "second": SECOND}
    return folders(
        tmp_path, *({name: pair[side] for name, pair in pairs.items()} for side in (0, 1))
    )


def mean(case_folders, protocol, metric="dice"):
    summary = segeval.score_folder(*case_folders, protocol=protocol, metrics=metric).summary
    return summary[(summary.region == "mean") & (summary.metric == metric)]["mean"].item()


def dice_by_case_and_region():
    return np.array(
        [
            [_dice(*(mask == label for mask in pair)) for label in (1, 2, 3)]
            for pair in (FIRST, SECOND)
        ]
    )


def _dice(pred, gt):
    return 2 * (pred & gt).sum() / (pred.sum() + gt.sum()) if pred.any() or gt.any() else np.nan


def test_nnunet_takes_the_mean_over_cases_first(case_folders):
    """Its foreground_mean: np.mean over regions of np.nanmean over cases."""
    by_region = np.nanmean(dice_by_case_and_region(), axis=0)
    assert mean(case_folders, "nnunet") == pytest.approx(np.mean(by_region), rel=1e-12)


def test_monai_takes_the_mean_over_regions_first(case_folders):
    metric = monai.DiceMetric(include_background=True, reduction="mean")
    for pair in (FIRST, SECOND):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            metric(
                *(
                    torch.from_numpy(np.stack([m == k for k in (1, 2, 3)])[None].astype(np.float32))
                    for m in pair
                )
            )
    assert mean(case_folders, "monai") == pytest.approx(float(metric.aggregate()), rel=1e-6)
    assert mean(case_folders, "monai") == pytest.approx(
        np.nanmean(np.nanmean(dice_by_case_and_region(), axis=1))
    )


def test_the_order_matters_here(case_folders):
    assert mean(case_folders, "monai") != pytest.approx(mean(case_folders, "nnunet"), rel=1e-3)


def test_which_protocols_take_the_mean_over_cases_first():
    cases_first = {name for name in names() if convention(name).mean_first == "cases"}
    assert cases_first == {"nnunet", "distorch", "kits23", "flare", "autopet-dice"}
