"""Tests of what every metric of a region says of empty masks, written down from the definitions,
not from the cards.
"""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
from helpers.scenes import BOUNDARIES

import segeval
from segeval.metrics import REGISTRY, parse_metric

EMPTY = np.zeros((4, 5), np.uint8)
FULL = EMPTY.copy()
FULL[1:3, 1:4] = 1  # 6 of 20 pixels

VALUES = {  # both masks empty, the prediction alone, the ground truth alone
    "dice": (nan, 0, 0),
    "iou": (nan, 0, 0),
    "precision": (nan, nan, 0),
    "recall": (nan, 0, nan),
    "specificity": (1, 1, 14 / 20),
    "npv": (1, 14 / 20, 1),
    "fpr": (0, 0, 6 / 20),
    "fnr": (nan, 1, nan),
    "fdr": (nan, nan, 1),
    "for": (0, 6 / 20, 0),
    "fbeta@2": (nan, 0, 0),
    "tversky:alpha=0.3,beta=0.7": (nan, 0, 0),
    "accuracy": (1, 14 / 20, 14 / 20),
    "balanced_accuracy": (nan, (0 + 1) / 2, nan),
    "mcc": (nan, nan, nan),
    "kappa": (nan, nan, nan),
    "informedness": (nan, 0 + 1 - 1, nan),
    "markedness": (nan, nan, 0 + 1 - 1),
    "lr_plus": (nan, nan, nan),
    "fowlkes_mallows": (nan, 0, 0),
    "volume_similarity": (nan, 0, 0),
    "volume_error": (0, 0 - 6, 6 - 0),
    "relative_volume_error": (0, (0 - 6) / 6, inf),
    "absolute_relative_volume_error": (0, 6 / 6, inf),
    "ravd": (0, 100 * 6 / 6, inf),
    "symmetric_volume_error": (0, 2 * (0 - 6) / (0 + 6), 2 * (6 - 0) / (6 + 0)),
    "absolute_volume_error": (0, 6, 6),
    "volume_p": (0, 0, 6),
    "volume_g": (0, 6, 0),
    "tp": (0, 0, 0),
    "fp": (0, 0, 6),
    "fn": (0, 6, 0),
    "tn": (20, 14, 14),
    **dict.fromkeys(
        [
            *(
                "hd",
                "hd95",
                "hd_pooled@95",
                "hd_pg",
                "hd_gp",
                "hd_mean",
                "assd",
                "masd",
                "asd_pg",
                "asd_gp",
                "median_sd",
            ),
            *(
                "std_sd",
                "rmsd",
                "centroid_distance",
                "mahalanobis",
                "hd_volume",
                "average_hd_volume",
            ),
        ],
        (nan, inf, inf),
    ),
    **dict.fromkeys(
        ["nsd@1", "overlap_pg@1", "overlap_gp@1", "overlap_mean@1", "boundary_iou@2", "nsd_auc@3"],
        (nan, 0, 0),
    ),
}


PAIRS = ((EMPTY, EMPTY), (EMPTY, FULL), (FULL, EMPTY))


@pytest.mark.parametrize("metric", VALUES)
def test_the_value_of_empty_masks(metric):
    scores = [float(segeval.score(*pair, regions="1", metrics=metric).iloc[0, 1]) for pair in PAIRS]
    np.testing.assert_allclose(scores, VALUES[metric], rtol=1e-15)


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
def test_the_values_of_empty_masks_are_the_same_on_every_boundary(boundary):
    forms = [form for form in VALUES if parse_metric(form).spec.by_boundary]
    options = {"regions": "1", "metrics": forms, "boundary": boundary}
    rows = [segeval.score(*pair, **options).iloc[0] for pair in PAIRS]
    for form in forms:
        assert [row[form] for row in rows] == pytest.approx(VALUES[form], nan_ok=True), form


def test_the_value_of_a_case_without_foreground():
    scores = [
        float(segeval.score(*p, regions="1", metrics="generalized_dice").iloc[-1, 1]) for p in PAIRS
    ]
    np.testing.assert_array_equal(scores, (nan, 0, 0))


def test_no_metric_of_a_region_is_left_out():
    covered = {parse_metric(written).spec.name for written in VALUES}
    assert covered == {spec.name for spec in REGISTRY.values() if spec.scope == "region"}
