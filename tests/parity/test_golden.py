"""Tests of protocols against what the tools that they name said about a fixed set of masks: stored
numbers.

Empty masks are among them: where the tool raised, the protocol says NaN. Where a tool is wrong, or
less exact, that is data below, with the reason.
"""

from __future__ import annotations

import json
from functools import cache
from math import log
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from helpers.scenes import statistic

import segeval
from segeval.data.regions import Region
from segeval.metrics import parse_metric
from segeval.statistics.boundary import Boundary
from segeval.statistics.distances import SurfaceDistances
from segeval.statistics.statistic import Need

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = json.loads((GOLDEN / "cases.json").read_text())
NAMES = json.loads((GOLDEN / "names.json").read_text())
GLOBAL_NAMES = NAMES.pop("multilabel_global")
GLOBAL_NUMBERS = json.loads((GOLDEN / "multilabel_global.json").read_text())
TOOLS = {tool for tools in NAMES.values() for tool in tools} | {"skimage"}
NUMBERS = {tool: json.loads((GOLDEN / f"{tool}.json").read_text()) for tool in TOOLS}

EXACT = {"rel": 1e-9, "abs": 1e-9}
LENGTHS = {"rel": 1e-6, "abs": 1e-9}
FLOAT32 = {"rel": 3e-7, "abs": 3e-7}
"""Tolerances for tools that compute in single precision."""
SINGLE = {"monai", "metricsreloaded", "torchmetrics", "distorch"}


class Looser(NamedTuple):
    """Numbers of a tool that are less exact than its others."""

    tool: str
    forms: set[str]
    tolerance: float
    reason: str


LOOSER = [
    Looser(
        "monai",
        {"hd95", "hd_pg@95", "hd_gp@95"},
        2e-5,
        "torch.quantile interpolates ranks in float32",
    ),
    Looser(
        "metricsreloaded",
        {"kappa"},
        1e-5,
        "the difference of two float32 rates that are nearly equal",
    ),
    Looser(
        "seg_metrics",
        {"hd", "hd95", "assd", "median_sd", "std_sd"},
        5e-6,
        "ITK adds up distances in float32",
    ),
    Looser("meshmetrics", {"hd", "hd95", "assd", "masd"}, 5e-6, "VTK's points are float32"),
    Looser(
        "distorch",
        {"hd", "hd95", "hd_pg@95", "hd_gp@95", "assd", "asd_pg", "asd_gp"},
        1e-4,
        "float32 squares",
    ),
]


class Apart(NamedTuple):
    """Numbers of a tool that differ from the protocol's on purpose; of some cases, or with some
    masks empty.
    """

    protocol: str
    names: tuple[str, ...]
    where: set[str]
    reason: str


DISTANCES = ("hd", "assd", "masd", "nsd", "area")
IDENTICAL = {"012", "014", "045", "066"}
OPEN = {"004", "006", "010", "020", "057"}
"""Cases in 2-D that touch the edge of the image, where MeshMetrics leaves its mesh open: left out
but for `padded:`.
"""
ROUNDED = [("distorch", name) for name in NAMES["distorch"]["distorch"] if "Normalized" in name]
ROUNDED += [("meshmetrics", f"nsd_{tolerance}") for tolerance in ("0.5", "1", "2")]
"""Shares within a tolerance, of tools that round distances: see below."""
APART = [
    Apart(
        "segeval",
        ("MAHLNBS",),
        {"042"},
        "tilted sheets: the covariance is singular, the number a rounding error",
    ),
    Apart(
        "metrics-reloaded",
        ("lr+",),
        {"012", "014", "040", "045", "066"},
        "NaN at specificity 1; it is infinite",
    ),
    Apart("panoptica", ("DSC", "IOU"), {"both"}, "its evaluator says NaN, the function beneath 0"),
    Apart(
        "panoptica",
        ("ASSD",),
        {"pred", "gt"},
        "its evaluator says infinite, the function beneath NaN",
    ),
    Apart(
        "panoptica",
        ("RVD", "RVAE"),
        {"both", "pred"},
        "its evaluator says NaN, the function beneath 0, -1 and 1",
    ),
    Apart(
        "panoptica",
        ("HD95",),
        {"pred", "gt"},
        "percentile of distances to an arbitrary corner: means nothing",
    ),
    Apart(
        "torchmetrics",
        ("mean_iou_include_background_False",),
        {"both"},
        "-1 stands for undefined, which is NaN",
    ),
    Apart(
        "itk",
        ("label.FalseNegativeError",),
        {"gt"},
        "the largest double stands for a division by 0: infinite",
    ),
    Apart(
        "itk",
        ("label.FalseDiscoveryRate",),
        {"pred"},
        "the largest double stands for a division by 0: infinite",
    ),
    Apart(
        "itk",
        ("label.FalsePositiveError",),
        {"pred"},
        "the largest double, though no voxel is falsely positive: 0",
    ),
]
APART_GLOBAL = [
    Apart(
        "torchmetrics",
        (
            "generalized_dice_score_square_include_background_False",
            "generalized_dice_score_simple_include_background_False",
        ),
        {"063", "065"},
        "a region absent from the ground truth weighs 0; here it takes the largest weight of its "
        "case",
    ),
]


@cache
def masks():
    with np.load(GOLDEN / "masks.npz") as stored:
        return dict(stored)


def pair(case, label=None):
    return tuple(
        masks()[f"{case}_{s}"] if label is None else masks()[f"{case}_{s}"] == label
        for s in ("pred", "gt")
    )


def lacks(case, label):
    """Return which of the masks are empty: "both", "pred", "gt" or none."""
    there = tuple(bool(mask.any()) for mask in pair(case, label))
    return {(False, False): "both", (False, True): "pred", (True, False): "gt"}.get(there, "")


FOR_ARITHMETIC = (
    "volume_p",
    "volume_g",
    "boundary_iou@1",
    "boundary_iou@2",
    "hd",
    "variation_of_information",
)


@cache
def table(protocol, case):
    """Every metric of regions that the protocol's tools have, of all labels of a case at once."""
    forms = {form for names in NAMES[protocol].values() for form in names.values()}
    forms |= set(FOR_ARITHMETIC) if protocol == "segeval" else set()
    of_regions = [form for form in sorted(forms) if parse_metric(form).spec.scope == "region"]
    options = {
        "spacing": CASES[case]["spacing"],
        "regions": CASES[case]["labels"],
        "protocol": protocol,
    }
    return segeval.score(*pair(case), metrics=of_regions, **options).set_index("region")


@cache
def ours(protocol, case, label, form):
    """The protocol's number for one label against all else."""
    metric = parse_metric(form)
    if metric.spec.scope == "region":
        return table(protocol, case).loc[str(label), metric.form]
    rows = segeval.score(*pair(case, label), metrics=form, regions=[1], protocol=protocol)
    return rows[metric.form].iloc[-1]


def stored(tool, name):
    """The tool's numbers of this name: (case, label, number); NaN where it raised. `name[1]` is the
    second of several.

    >>> second = stored("surface_distance", "surface_overlap_gt__pred_1[1]")
    >>> next(number for case, _, number in second if case == "012")
    1.0
    """
    name, _, place = name.partition("[")
    for case, by_label in NUMBERS[tool].items():
        for label, numbers in by_label.items():
            if name in numbers and not (
                tool == "meshmetrics" and case in OPEN and name.startswith(DISTANCES)
            ):
                found = numbers[name][int(place[:-1])] if place else numbers[name]
                raised = isinstance(found, str) and found.startswith("error")
                yield case, int(label), float("nan") if raised else float(found)


def tolerance(tool, form):
    for loose in LOOSER:
        if tool == loose.tool and form in loose.forms:
            return {"rel": loose.tolerance, "abs": loose.tolerance}
    if tool in SINGLE:
        return FLOAT32
    return LENGTHS if parse_metric(form).spec.unit == "length" else EXACT


ALL = [
    (protocol, tool, name)
    for protocol, tools in NAMES.items()
    for tool, names in tools.items()
    for name in names
    if (protocol, name) not in ROUNDED
]


@pytest.mark.parametrize(("protocol", "tool", "name"), ALL)
def test_a_number_of_a_tool_is_that_of_its_protocol(protocol, tool, name):
    form = NAMES[protocol][tool][name]
    apart = {
        where for e in APART if e.protocol == protocol and name in e.names for where in e.where
    }
    compared = 0
    for case, label, number in stored(tool, name):
        empty = lacks(case, label)
        if (
            protocol == "segeval" and empty
        ):  # these tools are no protocols: only what both masks have is compared
            continue
        found = ours(protocol, case, label, form)
        same = found == pytest.approx(number, **tolerance(tool, form), nan_ok=True)
        known = bool({case, empty} & apart)
        assert same != known, (
            f"case {case}, label {label}, {empty or 'none'} empty: {tool} {number}, ours {found}"
        )
        compared += 1
    assert compared >= 8


@pytest.mark.parametrize(("tool", "name"), ROUNDED)
def test_a_share_within_a_tolerance_is_that_of_the_protocol_up_to_the_rounding_of_distances(
    tool, name
):
    """Allow what lies exactly at the tolerance to fall on either side of it in the tool.

    Identical masks are apart: DisTorch says 0 where all of the boundary lies within any tolerance,
    which is 1.
    """
    metric, at = NAMES[tool][tool][name].split("@")
    around = [f"{metric}@{float(at) * factor}" for factor in (1 - 1e-4, 1, 1 + 1e-4)]
    exact = 0
    for case, label, number in stored(tool, name):
        options = {"spacing": CASES[case]["spacing"], "regions": [label], "protocol": tool}
        below, found, above = segeval.score(*pair(case), metrics=around, **options).iloc[0, 1:4]
        if tool == "distorch" and case in IDENTICAL:
            assert (number, found) == (0, 1)
        elif lacks(case, label):
            assert found == pytest.approx(number, nan_ok=True)
        else:
            assert below - 2e-6 <= number <= above + 2e-6, (
                f"case {case}, label {label}: {number}, ours {found}"
            )
            exact += abs(number - found) < 2e-6
    assert exact >= 20


ALL_GLOBAL = [
    (p, tool, name)
    for p, tools in GLOBAL_NAMES.items()
    for tool, names in tools.items()
    for name in names
]


@pytest.mark.parametrize(("protocol", "tool", "name"), ALL_GLOBAL)
def test_a_number_of_a_tool_for_all_labels_is_that_of_its_protocol(protocol, tool, name):
    form = GLOBAL_NAMES[protocol][tool][name]
    apart = {
        case for e in APART_GLOBAL if e.protocol == protocol and name in e.names for case in e.where
    }
    cases = [
        (case, float(numbers[name]))
        for case, numbers in GLOBAL_NUMBERS[tool].items()
        if name in numbers
    ]
    assert len(cases) == 5
    for case, number in cases:
        rows = segeval.score(
            *pair(case), metrics=form, regions=CASES[case]["labels"], protocol=protocol
        )
        found = rows[parse_metric(form).form].iloc[-1]
        assert (found == pytest.approx(number, **tolerance(tool, form))) != (case in apart), (
            f"case {case}: {found}"
        )


def unit_spacing(case):
    return set(CASES[case]["spacing"]) == {1.0}


def millilitres(case):
    return 1e-3 if len(CASES[case]["shape"]) == 3 else 1.0


BY_ARITHMETIC = [
    ("pymia", "PREDVOL", "volume_p", millilitres, lambda case: True),
    ("pymia", "REFVOL", "volume_g", millilitres, lambda case: True),
    ("metricsreloaded", "boundary_iou_dist1", "boundary_iou@1", lambda case: 1, unit_spacing),
    ("metricsreloaded", "boundary_iou_dist2", "boundary_iou@2", lambda case: 1, unit_spacing),
    ("skimage", "hausdorff_distance_of_boundaries_in_voxels", "hd", lambda case: 1, unit_spacing),
]


@pytest.mark.parametrize(
    ("tool", "name", "form", "unit", "fits"), BY_ARITHMETIC, ids=[n for _, n, *_ in BY_ARITHMETIC]
)
def test_a_number_in_another_unit_is_that_of_the_default_protocol(tool, name, form, unit, fits):
    numbers = [
        (c, label, x) for c, label, x in stored(tool, name) if fits(c) and not lacks(c, label)
    ]
    assert len(numbers) >= 10
    for case, label, number in numbers:
        assert ours("segeval", case, label, form) == pytest.approx(
            number * unit(case), rel=1e-6, abs=1e-9
        ), case


BY_BOUNDARY = [
    *(
        ("medpy", f"{name}_c{connectivity}", form, f"voxel:connectivity={connectivity}")
        for connectivity in (2, 3)
        for name, form in (
            ("hd", "hd"),
            ("hd95", "hd95"),
            ("assd", "assd"),
            ("asd_pred_to_gt", "asd_pg"),
        )
    ),
    ("distorch", "boundary_unweighted.AverageSymmetricSurfaceDistance", "assd", "face:sizes=equal"),
]


@pytest.mark.parametrize(("tool", "name", "form", "boundary"), BY_BOUNDARY)
def test_a_tool_told_of_another_boundary_is_its_protocol_told_of_it(tool, name, form, boundary):
    numbers = [
        record
        for record in stored(tool, name)
        if not lacks(*record[:2]) and record[0] not in IDENTICAL
    ]
    assert len(numbers) >= 20
    for case, label, number in numbers:
        options = {
            "spacing": CASES[case]["spacing"],
            "regions": CASES[case]["labels"],
            "boundary": boundary,
        }
        rows = segeval.score(*pair(case), metrics=form, protocol=tool, **options).set_index(
            "region"
        )
        assert rows.loc[str(label), form] == pytest.approx(number, **tolerance(tool, form)), (
            f"case {case}: {number}"
        )


@pytest.mark.parametrize(
    ("tool", "rule"), [("surface_distance", "surfel"), ("meshmetrics", "mesh")]
)
@pytest.mark.parametrize("side", ["pred", "gt"])
def test_the_area_of_a_boundary_is_that_of_the_tool(tool, rule, side):
    need = Need(SurfaceDistances, Boundary(rule))
    for case, label, number in stored(tool, f"area_{side}"):
        if lacks(case, label):
            continue
        distances = statistic(
            *pair(case), need, spacing=CASES[case]["spacing"], regions=[Region.of(label)]
        )
        sizes = distances.pg if side == "pred" else distances.gp
        assert sizes.total()[0] == pytest.approx(number, rel=1e-6), f"case {case}, label {label}"


def test_scikit_images_two_conditional_entropies_sum_to_the_variation_of_information():
    name = "variation_of_information_pred_given_gt__gt_given_pred_ignore_none"
    both = zip(stored("skimage", f"{name}[0]"), stored("skimage", f"{name}[1]"), strict=True)
    for (case, label, one), (_, _, other) in both:
        if not lacks(case, label):
            found = ours("segeval", case, label, "variation_of_information")
            assert found == pytest.approx(one + other, rel=1e-9, abs=1e-9)


def test_scikit_learns_mutual_information_is_ours_in_nats():
    for case, numbers in GLOBAL_NUMBERS["sklearn"].items():
        rows = segeval.score(
            *pair(case), metrics="mutual_information", regions=CASES[case]["labels"]
        )
        nats = rows.mutual_information.iloc[-1] * log(2)
        assert nats == pytest.approx(numbers["mutual_information_nats"], rel=1e-9)


def test_the_lists_of_exceptions_name_tools_and_numbers_that_exist():
    for found, names in ((APART, NAMES), (APART_GLOBAL, GLOBAL_NAMES)):
        for e in found:
            assert set(e.names) <= {name for own in names[e.protocol].values() for name in own}
            assert e.where <= {*CASES, "both", "pred", "gt"}
    for loose in LOOSER:
        assert loose.forms <= {
            form for tools in NAMES.values() for form in tools.get(loose.tool, {}).values()
        }, loose
    assert SINGLE <= TOOLS
