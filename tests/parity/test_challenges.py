"""Protocols of challenges: their evaluation scripts, said again in a few lines upon the packages
that they call.
"""

from __future__ import annotations

from math import nan

import numpy as np
import pytest
from helpers.peers import DEEPMIND, number
from helpers.peers import deepmind as surface_distance
from helpers.scenes import pairs
from hypothesis import given

import segeval
from segeval.protocols import convention

SPACING = (2.0, 0.8, 0.7)
KITS = {
    "kidney_and_mass": ((1, 2, 3), 1.0330772532390826),
    "mass": ((2, 3), 1.1328796488598762),
} | {"tumor": ((2,), 1.1498198361434828)}
"""kits23/configuration/labels.py"""
FLARE = {
    **{
        "liver": 5,
        "right_kidney": 3,
        "spleen": 3,
        "pancreas": 5,
        "aorta": 2,
        "inferior_vena_cava": 2,
    },
    **{
        "right_adrenal_gland": 2,
        "left_adrenal_gland": 2,
        "gallbladder": 2,
        "esophagus": 3,
        "stomach": 5,
    },
    **{"duodenum": 7, "left_kidney": 3},
}
"""label_tolerance of its scripts, in the order of labels"""


def scored(pred, gt, tolerance):
    """Dice and surface Dice of one region, as KiTS23 and FLARE score it."""
    if not pred.any() and not gt.any():
        return 1, 1
    if not pred.any() or not gt.any():
        return 0, 0

    def surface_dice(pred, gt, spacing):
        found = surface_distance.compute_surface_distances(gt, pred, spacing)
        return surface_distance.compute_surface_dice_at_tolerance(found, tolerance)

    return number(DEEPMIND["dice"], pred, gt, SPACING), number(surface_dice, pred, gt, SPACING)


def rows(protocol, pred, gt):
    return segeval.score(pred, gt, protocol=protocol, spacing=SPACING).set_index("region")


@given(pair=pairs(labels=3, ndim=[3]))
def test_kits23(pair):
    found = rows("kits23", *pair)
    assert list(found.index) == list(KITS)
    for region, (labels, tolerance) in KITS.items():
        wanted = scored(*(np.isin(mask, labels) for mask in pair), tolerance)
        assert list(found.loc[region, ["dice", "nsd"]]) == pytest.approx(wanted, rel=1e-9), region


@given(pair=pairs(labels=13, ndim=[3]))
def test_flare(pair):
    found = rows("flare", *pair)
    assert list(found.index) == list(FLARE)
    for label, (region, tolerance) in enumerate(FLARE.items(), start=1):
        wanted = scored(*(mask == label for mask in pair), tolerance)
        assert list(found.loc[region, ["dice", "nsd"]]) == pytest.approx(wanted, rel=1e-9), region


def test_flare_sets_the_nsd_of_a_poor_dice_to_0_and_this_protocol_does_not():
    """Two voxels beside one another: no overlap, but each boundary is within 5 mm of the other."""
    pred, gt = np.zeros((2, 4, 4, 4), np.uint8)
    pred[1, 1, 1], gt[1, 1, 2] = 1, 1
    found = rows("flare", pred, gt).loc["liver"]
    assert (found.dice, found.nsd) == (0, 1)


@given(pair=pairs(labels=1, ndim=[3]))
def test_autopet(pair):
    pred, gt = (mask == 1 for mask in pair)
    wanted = 2 * (pred & gt).sum() / (pred.sum() + gt.sum()) if gt.any() else nan
    assert rows("autopet-dice", *pair).dice["lesion"] == pytest.approx(
        wanted, rel=1e-9, nan_ok=True
    )


@pytest.mark.parametrize("name", ["kits23", "flare", "autopet-dice"])
def test_a_challenge_takes_the_mean_over_cases_first(name):
    assert convention(name).mean_first == "cases"
