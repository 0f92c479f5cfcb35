"""Real masks, where they lie beside the repository: published values, and the peers' own."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.scenes import REAL_MASKS
from medpy.metric import binary
from PIL import Image

import segeval

SPINE = REAL_MASKS / "spine_instances"
RETINA = REAL_MASKS / "retina_vessels"


def test_spine_has_the_published_dice():
    published = json.loads((SPINE / "expected.json").read_text())["expected_upstream"]
    groups = published["unmatched_instance"]
    pred, gt = SPINE / "pred/spine.nii.gz", SPINE / "gt/spine.nii.gz"
    whole = segeval.score(pred, gt, metrics="dice", binary=True).dice[0]
    assert whole == pytest.approx(
        published["matched_instance"]["ungrouped"]["global_bin_dsc"], rel=1e-9
    )
    assert set(groups) == {"vertebra", "ivd", "sacrum", "endplate"}
    labels = set(segeval.score(pred, gt, metrics="dice").region.astype(int))
    regions = {
        "sacrum": labels & {26, 27},  # the prediction counts from one further on
        "vertebra": {label for label in labels if label < 26},
        "ivd": {label for label in labels if 100 < label < 200},
        "endplate": {label for label in labels if label > 200},
    }
    table = segeval.score(
        pred, gt, metrics="dice", regions={k: sorted(v) for k, v in regions.items()}
    )
    for region, dice in zip(table.region, table.dice, strict=True):
        assert dice == pytest.approx(groups[region]["global_bin_dsc"], rel=1e-9)


def test_retina_vessels_have_the_numbers_of_medpy():
    results = segeval.score_folder(
        RETINA / "observer2", RETINA / "gt", metrics="dice,hd,hd_pooled@95,assd", binary=True
    )
    assert len(results.cases) == 8
    for row in results.cases.itertuples(index=False):
        pred, gt = (
            np.asarray(Image.open(RETINA / side / f"{row.case}.png")) > 0
            for side in ("observer2", "gt")
        )
        peers = (
            binary.dc(pred, gt),
            binary.hd(pred, gt),
            binary.hd95(pred, gt),
            binary.assd(pred, gt),
        )
        np.testing.assert_allclose(row[2:6], peers, rtol=1e-9)
