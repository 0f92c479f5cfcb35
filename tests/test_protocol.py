"""Regions in every form that names them, and what a protocol refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from segeval.data.regions import Region
from segeval.errors import UsageError
from segeval.metrics import parse_metrics
from segeval.protocols.protocol import Protocol
from segeval.protocols.regions import BACKGROUND, is_background, parse_regions
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts
from segeval.statistics.statistic import Need

LIVER = Region.of("liver", 1)
TUMOUR = Region.of("tumour", 2)


@pytest.mark.parametrize(
    ("written", "regions"),
    [
        ("1,2,3", [Region.of(1), Region.of(2), Region.of(3)]),
        (" 1 , 2 ,", [Region.of(1), Region.of(2)]),
        ("liver=1,tumour=2", [LIVER, TUMOUR]),
        ("liver = 1, tumour = 2", [LIVER, TUMOUR]),
        ("whole=1+2+4,core=1 + 4", [Region.of("whole", 1, 2, 4), Region.of("core", 1, 4)]),
        ("1+2", [Region.of("1+2", 1, 2)]),
        ("left kidney=300", [Region.of("left kidney", 300)]),
        ([1, 2], [Region.of(1), Region.of(2)]),
        ([np.uint8(1)], [Region.of(1)]),
        (["liver=1", "tumour=2"], [LIVER, TUMOUR]),
        ([LIVER, 5], [LIVER, Region.of(5)]),
        ({"liver": 1, "tumour": [2]}, [LIVER, TUMOUR]),
        (
            {"whole": [1, 2, 3], "core": (1, 3)},
            [Region.of("whole", 1, 2, 3), Region.of("core", 1, 3)],
        ),
        ({"0": "background", "1": "liver", "2": "tumour"}, [BACKGROUND, LIVER, TUMOUR]),
        ({"0": "road", "1": "building"}, [Region.of("road", 0), Region.of("building", 1)]),
        ({"road": 0, "building": [1]}, [Region.of("road", 0), Region.of("building", 1)]),
        ("road=0,building=1", [Region.of("road", 0), Region.of("building", 1)]),
        ({1: "liver", 2: "tumour"}, [LIVER, TUMOUR]),
        ("", []),
    ],
)
def test_regions_are_read_from_text_lists_and_mappings(written, regions):
    assert parse_regions(written) == (tuple(regions), None)


@pytest.mark.parametrize(
    ("name", "label", "background"),
    [
        ("background", 0, True),
        ("Background", 0, True),
        ("_background_", 0, True),
        ("__ignore__", 0, True),
        ("BG", 0, True),
        ("Unlabeled", 0, True),
        ("void", 0, True),
        ("road", 0, False),
        ("0", 0, False),  # a label that was asked for by its number
        ("backgrounds", 0, False),
        ("background", 1, False),
    ],
)
def test_background_is_label_0_under_a_name_of_no_class(name, label, background):
    assert is_background(Region.of(name, label)) is background


NNUNET = {"channel_names": {"0": "CT"}, "numTraining": 20, "file_ending": ".nii.gz"}


@pytest.mark.parametrize(
    ("content", "regions", "ignore"),
    [
        ({"liver": 1, "tumour": 2}, [LIVER, TUMOUR], None),
        (
            {**NNUNET, "labels": {"0": "background", "1": "liver", "2": "tumour"}},
            [BACKGROUND, LIVER, TUMOUR],
            None,
        ),
        (
            {**NNUNET, "labels": {"background": 0, "liver": 1, "tumour": 2}},
            [BACKGROUND, LIVER, TUMOUR],
            None,
        ),
        (
            {
                **NNUNET,
                "labels": {"background": 0, "whole": [1, 2], "tumour": [2], "ignore": 3},
                "regions_class_order": [1, 2],
            },
            [BACKGROUND, Region.of("whole", 1, 2), TUMOUR],
            3,
        ),
        ({"labels": 1}, [Region.of("labels", 1)], None),
    ],
    ids=["plain", "nnU-Net 1", "nnU-Net 2", "nnU-Net 2 with regions", "a region called labels"],
)
@pytest.mark.parametrize("as_text", [True, False])
def test_regions_are_read_from_a_json_file(tmp_path, content, regions, ignore, as_text):
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert parse_regions(str(path) if as_text else path) == (tuple(regions), ignore)


def test_a_file_may_have_any_name_and_a_byte_order_mark(tmp_path, monkeypatch):
    Path(tmp_path, "organs").write_text('{"liver": 1, "tumour": 2}', encoding="utf-8-sig")
    monkeypatch.chdir(tmp_path)
    assert parse_regions("organs")[0] == (LIVER, TUMOUR)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "liver",
            "region 'liver' is not understood; write a label .* or give a JSON file that exists",
        ),
        ("liver=9223372036854775808", r"holds the label 9223372036854775808; labels are from 0 to"),
        ("liver=x", "region 'liver=x' is not understood"),
        ("liver=-1", "region 'liver=-1' is not understood"),
        ("a=1,=2", "region '=2' is not understood"),
        ("a=1+", r"region 'a=1\+' is not understood"),
        ([1.5], "region '1.5' is not understood"),
        ("no/such.json", "no.such.json: wanted .*, but it cannot be read: No such file"),
        (
            {"liver": "one"},
            "regions: region 'liver' must be a label or a list of labels .*, not 'one'",
        ),
        ({"liver": []}, r"region 'liver' must be a label or a list of labels .*, not \[\]"),
        ({"liver": [1, -2]}, "region 'liver' must be a label or a list of labels"),
        ({"liver": True}, "region 'liver' must be a label .*, not True"),
        ({"liver": 1, "ignore": [2, 3]}, r"regions: 'ignore' must be one label, not \[2, 3\]"),
        ({"1": "liver", "2": "liver"}, "two labels have the same name"),
    ],
)
def test_what_names_no_region_is_refused_with_what_to_write(written, message):
    with pytest.raises(UsageError, match=message):
        parse_regions(written)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "liver: 1",
            r"regions.json: wanted .*, but it cannot be read as such .* write \{\"liver\": 1",
        ),
        (
            "[1, 2]",
            r"regions.json: wanted a JSON object of names and labels, but it holds a list; write "
            r"\{\"liver\": 1, ",
        ),
    ],
)
def test_a_regions_file_that_holds_something_else_is_refused(tmp_path, content, message):
    path = tmp_path / "regions.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=message):
        parse_regions(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ()}, "no metric to compute; name at least one"),
        ({"regions": ()}, "no region to score; name at least one"),
        ({"regions": (LIVER, Region.of("liver", 2))}, "region 'liver' is given twice"),
        (
            {"regions": (Region.of("background", 1),), "include_background": True},
            "region 'background' is given twice",
        ),
        ({"regions": (Region.of("all", 2),)}, "region name 'all' has a meaning of its own"),
        ({"regions": (Region.of("mean", 2),)}, "region name 'mean' has a meaning of its own"),
        ({"spacing": (1.0, 0.0)}, r"spacing must be lengths above 0, not \(1.0, 0.0\)"),
        ({"spacing": (1.0, float("inf"))}, "spacing must be lengths above 0"),
        ({"ignore_label": -1}, "the label to ignore must be from 0 to .*, not -1"),
        ({"missing": "ignore"}, "missing is one of error, skip, empty, not 'ignore'"),
        ({"geometry_tolerance": -1}, "geometry tolerance must be at least 0, not -1"),
        ({"geometry_tolerance": float("nan")}, "geometry tolerance must be at least 0, not nan"),
    ],
)
def test_a_protocol_that_cannot_be_run_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        Protocol(**options)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["1", "2", "255"]),
        ({"ignore_label": 255}, ["1", "2"]),
        ({"include_background": True}, ["background", "1", "2", "255"]),
        ({"regions": (LIVER, Region.of("spleen", 9))}, ["liver", "spleen"]),
        ({"regions": (LIVER,), "include_background": True}, ["background", "liver"]),
        ({"regions": (Region.of("air", 0), LIVER), "include_background": True}, ["air", "liver"]),
    ],
)
def test_the_regions_of_a_case_are_those_asked_for_or_all_that_occur(options, names):
    assert [region.name for region in Protocol(**options).regions_among([0, 2, 1, 255])] == names


def test_only_the_statistics_that_the_metrics_need_are_measured():
    assert Protocol(metrics=parse_metrics(["dice,rand,iou"])).needs == (
        Need(Counts),
        Need(Contingency),
    )


def test_a_protocol_can_be_written_down_in_full():
    protocol = Protocol(
        parse_metrics(["nsd@2"]),
        (Region.of("core", 1, 4),),
        ignore_label=255,
        spacing=(1.0, 2.0),
        colors={(255, 128, 0): 3},
    )
    told = json.loads(json.dumps(protocol.to_dict()))
    assert len(told.pop("hash")) == 64
    assert told.pop("title") == "segeval"
    assert told == {
        "name": "segeval",
        "boundary": "voxel",
        "mean": "regions",
        "metrics": {
            "nsd@2": {
                "formula": "nsd@2",
                "boundary": "voxel",
                "empty": {"both": "nan", "pred": 0, "gt": 0},
            },
        },
        "regions": {"core": [1, 4]},
        "include_background": False,
        "ignore_label": 255,
        "binary": False,
        "threshold": None,
        "spacing": [1.0, 2.0],
        "geometry_tolerance": 1e-3,
        "missing": "error",
        "colors": {"#ff8000": 3},
    }
