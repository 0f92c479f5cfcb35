"""A protocol says what a name means: whose formula, on which boundary, what for empty masks, which
mean first.
"""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import pytest
from helpers.scenes import scene

import segeval
from segeval.errors import UsageError
from segeval.metrics.card import Empty
from segeval.protocols import convention, everyone, names
from segeval.statistics.boundary import Boundary

HERE = scene("""
    . . . . . .     . . . . . .
    . # # # . .     . . . . . .
    . # # # . .     . . # # # .
    . # # # . .     . . # # # .
    . . . . . .     . . # # # .
    . . . . . .     . . . . . .
""")


def write(folder, text):
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def scores(protocol, metrics=None, pair=HERE, **options):
    return segeval.score(*pair, metrics=metrics, protocol=protocol, **options)


@pytest.mark.parametrize("name", names())
def test_what_a_protocol_reports_it_defines(name):
    own = convention(name)
    assert own.title
    assert own.source
    assert [metric.form for metric in own.metrics()] == list(own.report)


def test_a_name_means_what_the_protocol_says(tmp_path):
    path = write(
        tmp_path, '[metrics]\nassd = {is = "masd"}\n"hd@percentile" = {is = "hd_pooled"}\n'
    )
    table = scores(str(path), "assd,hd90")
    ours = scores("segeval", "masd,hd_pooled@90")
    assert table[["assd", "hd90"]].values.tolist() == ours[["masd", "hd_pooled@90"]].values.tolist()


def test_an_exact_form_goes_before_an_open_one(tmp_path):
    path = write(
        tmp_path, '[metrics]\n"hd@percentile" = {is = "hd_pooled"}\nhd95 = {is = "hd_pg"}\n'
    )
    own = convention(str(path))
    assert [own.metric(form).definition.metric.form for form in ("hd95", "hd90", "hd")] == [
        "hd_pg@95", "hd_pooled@90", "hd_pooled",
    ]  # fmt: skip


def test_an_alias_is_found_under_its_name(tmp_path):
    path = write(tmp_path, '[metrics]\ndsc = {empty = [1, 0, 0]}\n"surface_dice@tolerance" = {}\n')
    assert convention(str(path)).metric("f1").empty == Empty(1, 0, 0)
    assert convention(str(path)).defines("nsd@2")


def test_a_boundary_holds_for_the_protocol_or_for_one_metric(tmp_path):
    path = write(tmp_path, 'boundary = "solid"\n[metrics]\nhd = {}\nassd = {boundary = "voxel"}\n')
    ours = scores("segeval", "hd_volume,assd")
    assert (
        scores(str(path), "hd,assd")[["hd", "assd"]].values.tolist()
        == ours[["hd_volume", "assd"]].values.tolist()
    )


def test_a_boundary_that_is_asked_for_goes_before_those_of_the_protocol(tmp_path):
    path = write(tmp_path, 'boundary = "solid"\n[metrics]\nassd = {boundary = "voxel"}\n')
    own = convention(str(path), "voxel:connectivity=2")
    assert own.metric("assd").need.boundary == Boundary("voxel", connectivity=2)


@pytest.mark.parametrize(
    ("blank", "expected"),
    [("both", [0.25, nan]), ("pred", [0.5, -inf]), ("gt", [0.75, inf])],
    ids=str,
)
def test_empty_masks_have_the_values_of_the_protocol(blank, expected, tmp_path):
    path = write(
        tmp_path, "[metrics]\ndice = {empty = [0.25, 0.5, 0.75]}\nhd = {empty = [nan, -inf, inf]}\n"
    )
    pair = [
        np.zeros_like(mask) if blank in (side, "both") else mask
        for mask, side in zip(HERE, ("pred", "gt"), strict=True)
    ]
    found = scores(str(path), "dice,hd", pair, regions=1)[["dice", "hd"]].values[0].tolist()
    assert [v for v in found if not isnan(v)] == [v for v in expected if not isnan(v)]


def test_a_tolerance_for_each_region(tmp_path):
    path = write(
        tmp_path,
        "[regions]\nnear = [1]\nboth = [1, 2]\n[metrics]\nnsd = {tolerance = {near = 0.5, both = "
        "1}}\n",
    )
    pred, gt = (np.where(mask > 0, 1, 0) + 2 * np.roll(mask, 3, 1) * (mask == 0) for mask in HERE)
    table = scores(str(path), None, (pred, gt))
    ours = scores("segeval", "nsd@0.5,nsd@1", (pred, gt), regions={"near": [1], "both": [1, 2]})
    assert table.region.tolist() == ["near", "both"]
    assert table.nsd.tolist() == [ours["nsd@0.5"][0], ours["nsd@1"][1]]


def test_a_region_without_a_tolerance_is_an_error(tmp_path):
    path = write(tmp_path, "[metrics]\nnsd = {tolerance = {near = 0.5}}\n")
    with pytest.raises(
        UsageError, match=r"no tolerance for region 'far', only for near; score these regions"
    ):
        scores(str(path), regions="far=1")


def test_a_protocol_may_begin_with_another(tmp_path):
    path = write(
        tmp_path,
        'base = "medpy"\ntitle = "ours"\n[metrics]\ndice = {empty = [0, 0, 0]}\n"fbeta@beta" = '
        "{}\n",
    )
    own, base = convention(str(path)), convention("medpy")
    assert (own.name, own.title, own.report, own.boundary) == (
        "mine",
        "ours",
        base.report,
        base.boundary,
    )
    assert own.metric("dice").empty == Empty(0, 0, 0)
    assert own.metric("hd95").definition.metric == base.metric("hd95").definition.metric
    assert own.defines("fbeta@2")
    assert not base.defines("fbeta@2")


def test_a_metric_that_is_not_the_protocols_is_an_error():
    with pytest.raises(
        UsageError,
        match=r"protocol 'nnunet' does not define hd95; it defines dice, .*base = \"nnunet\"",
    ):
        scores("nnunet", "hd95")


def test_the_protocols_regions_and_background_hold_unless_asked_otherwise(tmp_path):
    path = write(tmp_path, "background = true\n[regions]\nany = [1, 2]\n[metrics]\ndice = {}\n")
    assert scores(str(path)).region.tolist() == ["background", "any"]
    assert scores(str(path), include_background=False, regions="two=2").region.tolist() == ["two"]


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        ("monay", "unknown protocol 'monay'; did you mean monai"),
        ("xyz", "unknown protocol 'xyz'; choose one of segeval, "),
        (
            "none/mine.toml",
            "none.mine.toml: wanted a protocol in TOML, but it cannot be read: No such file",
        ),
        (3, "a protocol is a name such as 'monai' or the path of a TOML file, not 3"),
    ],
)
def test_an_unknown_protocol_is_an_error(protocol, told):
    with pytest.raises(UsageError, match=told):
        scores(protocol)


def test_every_tool_side_by_side():
    columns = [metric.column for metric in everyone(["assd", "nsd@1"])]
    assert columns[:2] == ["segeval/assd", "segeval/nsd@1"]
    assert "medpy/assd" in columns
    assert not [column for column in columns if column.startswith(("kits23", "flare", "autopet"))]
    with pytest.raises(UsageError, match="unknown metric 'foo'"):
        everyone(["foo"])


def test_all_is_not_a_boundary():
    with pytest.raises(
        UsageError,
        match="protocol 'all' compares the boundaries of every tool; leave the boundary out",
    ):
        scores("all", boundary="voxel")
