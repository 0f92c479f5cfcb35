"""Every metric of a protocol is the number that its tool gives for the same masks, for tools that
run here.
"""

from __future__ import annotations

import json
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from helpers.peers import PEERS, number
from helpers.scenes import SPACINGS, pairs, scene, spaced_pairs
from hypothesis import assume, example, given
from hypothesis import strategies as st

import segeval
from segeval.metrics import parse_metric
from segeval.protocols import convention, names

SINGLE = {"monai", "monai-subvoxel", "torchmetrics"}
"""They compute in single precision."""
INTERPOLATED = {"hd95", "hd@50", "hd_pg@95", "hd_gp@95"}
"""torch.quantile holds in single precision the ranks between which it interpolates."""


def tolerance(protocol, form):
    if protocol in SINGLE:
        return {"rel": 3e-5 if form in INTERPOLATED else 1e-6, "abs": 1e-6, "nan_ok": True}
    if protocol == "seg-metrics":  # ITK adds up distances in single precision
        return {"rel": 5e-6, "abs": 5e-6}
    length = parse_metric(form).spec.unit == "length"
    return {"rel": 1e-6 if length else 1e-9, "abs": 1e-9, "nan_ok": True}


def compare(protocol, pred, gt, spacing, forms=None):
    """Each metric of the tool on region 1 of the masks."""
    peers = PEERS[protocol]
    chosen = list(forms or peers)
    ours = segeval.score(pred, gt, metrics=chosen, protocol=protocol, spacing=spacing, regions=[1])
    for form in chosen:
        value = ours[parse_metric(form).form].iloc[
            -1 if parse_metric(form).spec.scope == "case" else 0
        ]
        theirs = number(peers[form], pred == 1, gt == 1, spacing)
        assert value == pytest.approx(theirs, **tolerance(protocol, form)), (
            f"{form}: tool {theirs}, ours {value}"
        )


CORNERS = np.zeros((2, 5, 6, 4), np.uint8)
CORNERS[0, 0, 0, 0] = CORNERS[1, 4, 5, 3] = 1  # one voxel each, in opposite corners of the image
EDGES = scene("""
    # # . . . . .     # # # . . . .
    # # . . # # .     # # # . . # .
    . . . . # # .     . . . . . # #
    # . . . . . .     . . . . . . .
    # . . . . # #     . # . . # # #
""")
FIXED = [(*CORNERS, (2.0, 0.5, 1.3)), (*EDGES, (0.7, 2.0))]
SQUARE = st.integers(2, 7).flatmap(lambda n: pairs(full=True, shape=(n, n)))
SPACED_SQUARE = st.tuples(SQUARE, st.tuples(*[st.sampled_from(SPACINGS)] * 2)).map(
    lambda drawn: (*drawn[0], drawn[1])
)


@pytest.mark.parametrize("protocol", [name for name in PEERS if name != "torchmetrics"])
@given(drawn=spaced_pairs(full=True))
@example(drawn=FIXED[0])
@example(drawn=FIXED[1])
def test_a_protocol_gives_the_numbers_of_its_tool(protocol, drawn):
    pred, gt, spacing = drawn
    assume(
        protocol == "monai" or not (pred.all() or gt.all())
    )  # see test_defects.py for full images
    compare(protocol, pred, gt, spacing)


@given(drawn=SPACED_SQUARE)
def test_torchmetrics_which_knows_square_images_alone(drawn):
    compare("torchmetrics", *drawn)


NOTHING = np.zeros((5, 5), np.uint8)
THING = np.pad(np.ones((2, 3), np.uint8), ((1, 2), (1, 1)))
EMPTIES = {
    "both": (NOTHING, NOTHING),
    "prediction": (NOTHING, THING),
    "ground truth": (THING, NOTHING),
}
ANSWERS = {
    "monai": list(PEERS["monai"]),
    "monai-subvoxel": list(PEERS["monai-subvoxel"]),
    "medpy": ["relative_volume_error", "hd", "hd95", "assd", "asd_pg", "asd_gp"],
    "medpy-0.4": ["hd95", "assd"],
    "itk": ["dice", "iou", "volume_similarity", "hd", "hd_volume", "average_hd_volume"],
    "torchmetrics": [form for form in PEERS["torchmetrics"] if form != "iou"],
}
"""Forms that the tools answer for empty masks, or raise; for the rest see test_golden.py and
test_defects.py.
"""


@pytest.mark.parametrize("empty", EMPTIES)
@pytest.mark.parametrize("protocol", ANSWERS)
def test_a_protocol_gives_the_numbers_of_its_tool_for_empty_masks(protocol, empty):
    compare(protocol, *EMPTIES[empty], (1.0, 2.0), ANSWERS[protocol])


GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "names.json").read_text())
GLOBAL = GOLDEN.pop("multilabel_global")
CHALLENGES = {"kits23", "flare", "autopet-dice"}
"""See test_challenges.py."""


BASES = {"monai-subvoxel": "monai", "medpy-0.4": "medpy"}


@pytest.mark.parametrize("name", [name for name in names() if name not in {"segeval", *CHALLENGES}])
def test_every_metric_of_a_protocol_is_compared_with_its_tool(name):
    """In this file, or with a stored number in test_golden.py; what it has from another protocol,
    there.
    """
    forms = {
        form
        for where in (GOLDEN, GLOBAL)
        for tool in where.get(name, {}).values()
        for form in tool.values()
    }
    others = convention(BASES[name]).entries if name in BASES else ()
    keys = {entry.key for entry in convention(name).entries if entry not in others}
    reached = set()
    for metric in map(parse_metric, forms | set(PEERS.get(name, ()))):
        parameter = metric.spec.parameters[0].name if metric.spec.parameters else ""
        reached.add(metric.form if metric.form in keys else f"{metric.spec.name}@{parameter}")
    assert keys
    assert keys <= reached


def test_old_medpy_said_of_two_empty_masks_what_its_source_says():
    """It caught the division by zero of dc, and not that of jc; it does not run with NumPy of
    today.
    """
    row = segeval.score(
        NOTHING, NOTHING, metrics="dice,iou", protocol="medpy-0.4", regions=[1]
    ).iloc[0]
    assert row.dice == 0
    assert isnan(row.iou)


def test_a_metric_that_the_tool_lacks_is_an_error_and_not_a_guess():
    with pytest.raises(
        segeval.errors.UsageError,
        match=r"protocol 'medpy' does not define nsd@1; it defines .*hd95",
    ):
        segeval.score(THING, THING, metrics="nsd@1", protocol="medpy")


def test_the_numbers_differ_between_protocols_where_the_tools_do():
    pred, gt = EDGES
    hd95 = {
        name: segeval.score(pred, gt, metrics="hd95", protocol=name).hd95[0]
        for name in ("monai", "medpy")
    }
    assert hd95["monai"] != hd95["medpy"]
    assert not any(map(isnan, hd95.values()))
