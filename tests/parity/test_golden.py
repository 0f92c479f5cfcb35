"""What established tools said about a fixed set of masks: stored numbers against `segeval.score`.

Compared where both masks have voxels, since every tool has its own policy for empty ones. Where a tool means something
else by its number, or computes it less exactly, that is data below, with the reason.
"""

from __future__ import annotations

import json
from functools import cache
from math import log
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import segeval
from segeval.metrics import parse_metric
from segeval.spec import Metric

GOLDEN = Path(__file__).parents[1] / "golden"
GLOBAL = "multilabel_global"
CASES = json.loads((GOLDEN / "cases.json").read_text())
NAMES = json.loads((GOLDEN / "names.json").read_text())
GLOBAL_NAMES = NAMES.pop(GLOBAL)
NUMBERS = {tool: json.loads((GOLDEN / f"{tool}.json").read_text()) for tool in (*NAMES, "skimage")}
GLOBAL_NUMBERS = json.loads((GOLDEN / f"{GLOBAL}.json").read_text())

FLOAT32 = {"monai", "metricsreloaded", "torchmetrics", "distorch"}
"""Tools that compute in single precision: equal to 3e-7, relative or (where rates cancel) absolute."""


class Looser(NamedTuple):
    """Numbers of a tool that are less exact than its others."""

    tool: str
    columns: set[str]
    tolerance: float
    reason: str


LOOSER = [
    Looser("monai", {"hd95", "hd_pg@95", "hd_gp@95"}, 2e-5, "torch.quantile interpolates ranks in float32"),
    Looser("metricsreloaded", {"kappa"}, 1e-5, "the difference of two float32 rates that are nearly equal"),
]


class Apart(NamedTuple):
    """Numbers of a tool that differ from ours on purpose."""

    tool: str
    name: str
    cases: set[str]
    reason: str


DIFFERENT = [
    Apart("metricsreloaded", "lr+", {"012", "014", "040", "045", "066"}, "NaN at specificity 1; the ratio is infinite"),
    Apart("pymia", "MAHLNBS", {"042"}, "tilted sheets: the covariance is singular, the number is rounding error"),
]
DIFFERENT_GLOBAL = [
    Apart("torchmetrics", f"generalized_dice_score_{weight}_include_background_False", {"063", "065"},
               "a region absent from the ground truth weighs 0; here it takes the largest weight of its case")
    for weight in ("square", "simple")
]  # fmt: skip


@cache
def masks():
    with np.load(GOLDEN / "masks.npz") as stored:
        return dict(stored)


@cache
def label_scores(case, label):
    """Every metric that a tool has, of one label against all else, as the tools were asked."""
    pred, gt = (masks()[f"{case}_{side}"] == int(label) for side in ("pred", "gt"))
    metrics = [*{m for names in NAMES.values() for m in names.values()}, *FOR_ARITHMETIC]
    rows = segeval.score(pred, gt, metrics=metrics, spacing=CASES[case]["spacing"], regions=[1]).set_index("region")
    row = {"region": "1", "case": "all"}
    return {column: rows.loc[row[parse_metric(column).spec.scope], column] for column in rows.columns.drop("note")}


@cache
def case_scores(case):
    """Every metric that a tool has of all labels of a case together."""
    pred, gt = (masks()[f"{case}_{side}"] for side in ("pred", "gt"))
    metrics = [*{m for names in GLOBAL_NAMES.values() for m in names.values()}, "mutual_information"]
    rows = segeval.score(pred, gt, metrics=metrics, regions=CASES[case]["labels"]).set_index("region")
    return rows.loc["all"]


def both_have_voxels(case, label):
    return all((masks()[f"{case}_{side}"] == int(label)).any() for side in ("pred", "gt"))


def tolerance(tool: str, metric: Metric) -> dict[str, float]:
    for loose in LOOSER:
        if tool == loose.tool and metric.column in loose.columns:
            return {"rel": loose.tolerance, "abs": loose.tolerance}
    if tool in FLOAT32:
        return {"rel": 3e-7, "abs": 3e-7}
    return {"rel": 1e-6 if metric.spec.unit == "length" else 1e-9, "abs": 1e-9}


def stored(tool, name):
    """The tool's numbers of this name: (case, label, number)."""
    for case, by_label in NUMBERS[tool].items():
        for label, numbers in by_label.items():
            if name in numbers and both_have_voxels(case, label):
                yield case, label, float(numbers[name])


@pytest.mark.parametrize(("tool", "name"), [(tool, name) for tool, names in NAMES.items() for name in names])
def test_a_number_of_a_tool_is_ours(tool, name):
    metric = parse_metric(NAMES[tool][name])
    apart = {case for e in DIFFERENT if (e.tool, e.name) == (tool, name) for case in e.cases}
    compared = 0
    for case, label, number in stored(tool, name):
        ours = label_scores(case, label)[metric.column]
        same = ours == pytest.approx(number, **tolerance(tool, metric), nan_ok=True)
        assert same == (case not in apart), f"case {case}, label {label}: {tool} {number}, ours {ours}"
        compared += 1
    assert compared >= 8


@pytest.mark.parametrize(("tool", "name"), [(tool, name) for tool, names in GLOBAL_NAMES.items() for name in names])
def test_a_number_of_a_tool_for_all_labels_is_ours(tool, name):
    metric = parse_metric(GLOBAL_NAMES[tool][name])
    apart = {case for e in DIFFERENT_GLOBAL if (e.tool, e.name) == (tool, name) for case in e.cases}
    cases = [(case, float(numbers[name])) for case, numbers in GLOBAL_NUMBERS[tool].items() if name in numbers]
    assert len(cases) == 5
    for case, number in cases:
        same = case_scores(case)[metric.column] == pytest.approx(number, **tolerance(tool, metric))
        assert same == (case not in apart), f"case {case}: {tool} {number}, ours {case_scores(case)[metric.column]}"


def unit_spacing(case):
    return set(CASES[case]["spacing"]) == {1.0}


def millilitres(case):
    return 1e-3 if len(CASES[case]["shape"]) == 3 else 1.0


BY_ARITHMETIC = [
    ("simpleitk", "label.VolumeSimilarity", lambda x, _: 1 - abs(x) / 2, lambda s: s["volume_similarity"]),
    ("metricsreloaded", "avdr", lambda x, _: x, lambda s: abs(s["relative_volume_error"])),
    ("panoptica", "RVAE", lambda x, _: x, lambda s: abs(s["relative_volume_error"])),
    ("panoptica", "NSD_0.5", lambda x, _: x, lambda s: (s["overlap_pg@0.5"] + s["overlap_gp@0.5"]) / 2),
    ("panoptica", "NSD_1", lambda x, _: x, lambda s: (s["overlap_pg@1"] + s["overlap_gp@1"]) / 2),
    ("panoptica", "NSD_2", lambda x, _: x, lambda s: (s["overlap_pg@2"] + s["overlap_gp@2"]) / 2),
    ("pymia", "PREDVOL", lambda x, case: x * millilitres(case), lambda s: s["volume_p"]),
    ("pymia", "REFVOL", lambda x, case: x * millilitres(case), lambda s: s["volume_g"]),
]
ON_UNIT_SPACING = [
    ("metricsreloaded", "boundary_iou_dist1", "boundary_iou@1"),
    ("metricsreloaded", "boundary_iou_dist2", "boundary_iou@2"),
    ("skimage", "hausdorff_distance_of_boundaries_in_voxels", "hd"),
]
FOR_ARITHMETIC = [
    *(f"overlap_{way}@{t}" for way in ("pg", "gp") for t in (0.5, 1, 2)),
    *("volume_p", "volume_g", "relative_volume_error", "boundary_iou@1", "boundary_iou@2", "variation_of_information"),
]


@pytest.mark.parametrize(
    ("tool", "name", "theirs", "ours"), BY_ARITHMETIC, ids=[f"{t}-{n}" for t, n, *_ in BY_ARITHMETIC]
)
def test_a_number_of_a_tool_is_ours_after_arithmetic(tool, name, theirs, ours):
    numbers = list(stored(tool, name))
    assert len(numbers) >= 30
    for case, label, number in numbers:
        assert ours(label_scores(case, label)) == pytest.approx(theirs(number, case), rel=1e-6, abs=1e-9), case


@pytest.mark.parametrize(("tool", "name", "metric"), ON_UNIT_SPACING)
def test_a_number_in_voxels_is_ours_at_spacing_one(tool, name, metric):
    numbers = [(case, label, number) for case, label, number in stored(tool, name) if unit_spacing(case)]
    assert len(numbers) >= 10
    for case, label, number in numbers:
        assert label_scores(case, label)[metric] == pytest.approx(number, rel=1e-6, abs=1e-9), case


def test_scikit_images_two_conditional_entropies_sum_to_the_variation_of_information():
    name = "variation_of_information_pred_given_gt__gt_given_pred_ignore_none"
    for case, by_label in NUMBERS["skimage"].items():
        for label, numbers in by_label.items():
            if both_have_voxels(case, label):
                found = label_scores(case, label)["variation_of_information"]
                assert found == pytest.approx(sum(map(float, numbers[name])), rel=1e-9, abs=1e-9)


def test_scikit_learns_mutual_information_is_ours_in_nats():
    for case, numbers in GLOBAL_NUMBERS["sklearn"].items():
        nats = case_scores(case)["mutual_information"] * log(2)
        assert nats == pytest.approx(numbers["mutual_information_nats"], rel=1e-9)


def test_the_lists_of_exceptions_name_tools_and_numbers_that_exist():
    for found, names in ((DIFFERENT, NAMES), (DIFFERENT_GLOBAL, GLOBAL_NAMES)):
        assert all(e.name in names[e.tool] and e.cases <= set(CASES) and e.reason for e in found)
    assert all(loose.columns <= set(NAMES[loose.tool].values()) for loose in LOOSER)
    assert not FLOAT32 - {*NAMES, *GLOBAL_NAMES}
