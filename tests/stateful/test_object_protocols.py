"""Functions and metric objects follow a protocol as `score` does, and a boundary is part of what
they keep.
"""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from helpers.stacks import stack

import segeval
from segeval import functional
from segeval.batches.records import VOLUMES
from segeval.errors import UsageError

PRED, GT = stack(3, seed=4, classes=3, shape=(9, 8))
EMPTY = torch.zeros_like(GT)


def by_score(form, pred, gt, **options):
    """The same by `score`: (cases, regions)."""
    tables = [
        segeval.score(p.numpy(), g.numpy(), metrics=form, regions="1,2", **options)
        for p, g in zip(pred, gt, strict=True)
    ]
    return np.array([table[form].tolist() for table in tables])


@pytest.mark.parametrize("protocol", ["medpy", "monai", "panoptica", "nnunet"])
@pytest.mark.parametrize(
    ("pred", "gt"),
    [(PRED, GT), (EMPTY, GT), (PRED, EMPTY), (EMPTY, EMPTY)],
    ids=["full", "pred", "gt", "both"],
)
def test_a_function_gives_what_score_gives(protocol, pred, gt):
    options = {"protocol": protocol, "num_classes": 3, "average": "none", "per_case": True}
    wanted = ["dice"] if protocol == "nnunet" else ["dice", "hd95"]
    for form in wanted:
        metric = functional.dice if form == "dice" else functional.hd
        own = {} if form == "dice" else {"percentile": 95}
        found = metric(pred, gt, **own, **options).numpy()
        np.testing.assert_allclose(found, by_score(form, pred, gt, protocol=protocol), rtol=1e-12)


def test_an_object_gives_what_functions_give():
    metrics = segeval.SegmentationMetrics(
        ["dice", "hd95", "assd"], protocol="panoptica", num_classes=3
    )
    for part in (slice(0, 1), slice(1, 3)):
        metrics.update(PRED[part], GT[part])
    shared = {"protocol": "panoptica", "num_classes": 3}
    found = metrics.compute()
    assert found["assd"].item() == pytest.approx(
        functional.masd(PRED, GT, num_classes=3).item(), rel=1e-6
    )
    assert found["hd95"].item() == pytest.approx(
        functional.hd(PRED, GT, percentile=95, **shared).item(), rel=1e-6
    )
    assert found["dice"].item() == pytest.approx(
        functional.dice(PRED, GT, **shared).item(), rel=1e-6
    )


@pytest.mark.parametrize(
    "remade", [copy.deepcopy, lambda metric: pickle.loads(pickle.dumps(metric))]
)
def test_an_object_of_another_boundary_can_be_copied_and_pickled(remade):
    metric = segeval.HausdorffDistance(boundary="voxel:connectivity=2", num_classes=3)
    metric.update(PRED, GT)
    other = remade(metric)
    other.update(PRED, GT)
    assert other.compute() == metric.compute()


def test_boundaries_have_states_of_their_own():
    collection = segeval.SegmentationMetrics(["hd95", "assd"], boundary="solid", num_classes=3)
    plain = segeval.SegmentationMetrics(["hd95", "assd"], num_classes=3)
    for metric in (collection, plain):
        metric.update(PRED, GT)
    assert {*collection._columns} & {*plain._columns} == {VOLUMES}  # of cases, not of boundaries
    assert collection.compute()["assd"] < plain.compute()["assd"]


def test_repr_names_protocol_and_boundary():
    assert "protocol='monai', boundary='solid'" in repr(
        segeval.HausdorffDistance(protocol="monai", boundary="solid")
    )


def test_unions_need_channels(tmp_path):
    path = tmp_path / "unions.toml"
    path.write_text(
        "[regions]\nany = [1, 2]\ncore = [1]\n[metrics]\ndice = {}\nnsd = {tolerance = {any = 1, "
        "core = 0}}\n"
    )
    with pytest.raises(
        UsageError,
        match=r"scores unions of labels; give its regions \(any, core\) as channels in this order",
    ):
        segeval.SegmentationMetrics(["nsd"], protocol=str(path))
    metrics = segeval.SegmentationMetrics(
        ["nsd"], protocol=str(path), multilabel=True, average="none", per_case=True
    )
    channels = [torch.stack([masks > 0, masks == 1], 1) for masks in (PRED, GT)]
    metrics.update(*channels)
    apart = [
        functional.nsd(c[:, [at]], g[:, [at]], tolerance=1 - at, multilabel=True, per_case=True)
        for at, (c, g) in enumerate([channels, channels])
    ]
    np.testing.assert_allclose(
        metrics.compute()["nsd"].numpy(), torch.stack(apart, 1).numpy(), rtol=1e-6
    )


def test_labels_with_names_have_their_own_tolerance(tmp_path):
    path = tmp_path / "named.toml"
    path.write_text(
        "[regions]\nliver = [1]\nspleen = [2]\n[metrics]\nnsd = {tolerance = {liver = 1, spleen = "
        "0}}\n"
    )
    metrics = segeval.SegmentationMetrics(
        ["nsd"], protocol=str(path), num_classes=3, average="none"
    )
    metrics.update(PRED, GT)
    wide, exact = (
        functional.nsd(PRED, GT, tolerance=t, num_classes=3, average="none") for t in (1, 0)
    )
    assert metrics.compute()["nsd"].tolist() == pytest.approx(
        [wide[0].item(), exact[1].item()], rel=1e-6
    )
    with pytest.raises(UsageError, match="metric 'nsd' needs a value for tolerance"):
        segeval.SegmentationMetrics(["nsd"])


def test_the_regions_of_a_protocol_are_those_scored(tmp_path):
    """Label 2 is none of its regions, and region `far` (label 7) is in no mask: the value for empty
    masks.
    """
    path = tmp_path / "regions.toml"
    path.write_text("[regions]\nnear = [1]\nfar = [7]\n[metrics]\ndice = {empty = [1, 0, 0]}\n")
    shared = {"protocol": str(path), "average": "none", "per_case": True}
    tables = [
        segeval.score(p.numpy(), g.numpy(), protocol=str(path))
        for p, g in zip(PRED, GT, strict=True)
    ]
    wanted = [table.dice.tolist() for table in tables]
    assert [row[1] for row in wanted] == [1, 1, 1]
    np.testing.assert_allclose(functional.dice(PRED, GT, **shared).numpy(), wanted)
    metric = segeval.Dice(**shared)
    metric.update(PRED, GT)
    np.testing.assert_allclose(metric.compute().numpy(), wanted, rtol=1e-6)
    assert metric.regions() == [1, 7]


def test_as_many_channels_as_regions():
    metrics = segeval.SegmentationMetrics(["dice", "nsd"], protocol="kits23", multilabel=True)
    metrics.update(torch.ones(1, 2, 6, 6) > 0, torch.ones(1, 2, 6, 6) > 0)
    with pytest.raises(
        UsageError, match=r"2 channels and the protocol 3 regions \(kidney_and_mass, mass, tumor\)"
    ):
        metrics.compute()


def test_regions_with_values_of_their_own_cannot_be_added_up(tmp_path):
    metrics = segeval.SegmentationMetrics("nsd", protocol="flare", num_classes=14, average="micro")
    metrics.update(PRED, GT)
    with pytest.raises(
        UsageError,
        match="nsd has a value of its own for each region, so regions cannot be added up",
    ):
        metrics.compute()


def test_what_a_protocol_does_not_define_is_an_error():
    with pytest.raises(UsageError, match="protocol 'nnunet' does not define hd; it defines"):
        functional.hd(PRED, GT, protocol="nnunet")
    with pytest.raises(
        UsageError, match=r"gives nsd a value for each region; ask for 'nsd' alone, of score"
    ):
        functional.nsd(PRED > 0, GT > 0, tolerance=1, protocol="kits23", multilabel=True)
    with pytest.raises(UsageError, match="unknown boundary rule 'egde'"):
        segeval.HausdorffDistance(boundary="egde")
