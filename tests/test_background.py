"""Label 0 is a class where its name says so, else the background, which is never lost silently."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
from helpers.scenes import folders, scene
from PIL import Image

import segeval
from segeval.errors import UsageError
from segeval.report.explain import Explained

PRED, GT = scene("""
    0 0 1 1     0 0 0 1
    0 0 1 1     0 0 0 1
""")
ROAD = 2 * 4 / (4 + 6)
BUILDING = 2 * 2 / (4 + 2)
NOTE = (
    "region 'background' (label 0) is the background and not scored; "
    "--include-background (in Python include_background=True) scores it"
)
FORMS = {
    "a mapping": {"{}": 0, "building": 1},
    "labels and names": {0: "{}", 1: "building"},
    "a text": "{}=0,building=1",
    "a list": ["{}=0", "building=1"],
    "an nnU-Net dataset": {"labels": {"{}": 0, "building": [1]}},
}


def regions(form, name):
    """The form with its label 0 under a name."""
    return json.loads(json.dumps(FORMS[form]).replace("{}", name))


@pytest.fixture(params=["as it is", "in a file"])
def write(request, tmp_path):
    """A function that gives regions as they are or, where a file can hold them, as a JSON file."""

    def written(value):
        if request.param == "as it is" or not isinstance(value, dict):
            return value
        path = tmp_path / "regions.json"
        path.write_text(json.dumps(value))
        return path

    return written


@pytest.mark.parametrize("form", FORMS)
def test_a_class_of_label_0_is_scored(form, write):
    table = segeval.score(PRED, GT, metrics="dice", regions=write(regions(form, "road")))
    assert table.region.tolist() == ["road", "building"]
    assert table.dice.tolist() == [ROAD, BUILDING]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["background", "_Background_", "void"])
def test_the_background_is_left_out_unless_asked_for(form, name, write):
    options = {"metrics": "dice", "regions": write(regions(form, name))}
    assert segeval.score(PRED, GT, **options).region.tolist() == ["building"]
    table = segeval.score(PRED, GT, **options, include_background=True)
    assert table.region.tolist() == [name, "building"]
    assert table.dice.tolist() == [ROAD, BUILDING]


def test_the_regions_of_a_protocol_follow_the_same_rule(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text("[regions]\nroad = [0]\nbuilding = [1]\n[metrics]\ndice = {}\n")
    options = {"metrics": "dice", "protocol": str(path)}
    assert segeval.score(PRED, GT, **options).region.tolist() == ["road", "building"]
    path.write_text(path.read_text().replace("road", "bg"))
    assert segeval.score(PRED, GT, **options).region.tolist() == ["building"]
    path.write_text(f"background = true\n{path.read_text()}")
    assert segeval.score(PRED, GT, **options).region.tolist() == ["bg", "building"]


def test_what_is_left_out_is_said_once_and_kept(tmp_path, caplog):
    masks = {"a": PRED, "b": PRED}, {"a": GT, "b": GT}
    options = {"metrics": "dice", "regions": {"background": 0, "building": 1}}
    run = segeval.score_folder(*folders(tmp_path, *masks), **options, output=tmp_path / "out").run
    assert run["warnings"] == [NOTE]
    assert [record.getMessage() for record in caplog.records] == [NOTE]
    assert segeval.Results.load(tmp_path / "out").run["warnings"] == [NOTE]


@pytest.mark.parametrize("choice", [False, True])
def test_a_choice_that_was_made_is_not_remarked(tmp_path, choice):
    pair = folders(tmp_path, {"a": PRED}, {"a": GT})
    options = {"metrics": "dice", "regions": {"background": 0, "building": 1}}
    results = segeval.score_folder(*pair, **options, include_background=choice)
    assert results.run["warnings"] == []


def test_score_tells_those_who_listen(caplog):
    """At level info, as a loop over cases would repeat a warning."""
    with caplog.at_level(logging.INFO, "segeval"):
        segeval.score(PRED, GT, metrics="dice", regions={"background": 0, "building": 1})
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [("INFO", NOTE)]


def test_a_background_alone_is_no_region_to_score():
    with pytest.raises(UsageError, match=r"'bg' is the background .*pass --include-background to"):
        segeval.score(PRED, GT, metrics="dice", regions="bg=0")
    alone = {"metrics": "dice", "regions": "bg=0", "include_background": True}
    assert segeval.score(PRED, GT, **alone).dice.tolist() == [ROAD]


def test_a_run_remembers_its_class_of_label_0(tmp_path):
    pair = folders(tmp_path, {"a": PRED}, {"a": GT})
    options = {"metrics": "dice", "output": tmp_path / "out"}
    segeval.score_folder(*pair, **options, regions="road=0,building=1")
    run = segeval.Results.load(tmp_path / "out").run
    assert run["regions"] == run["protocol"]["regions"] == {"road": [0], "building": [1]}
    sentences = Explained.of(tmp_path / "out").sentences()
    assert "Regions: road (0), building (1)." in sentences
    again = segeval.score_folder(*pair, metrics="dice", regions=run["protocol"]["regions"]).run
    assert again["protocol"]["hash"] == run["protocol"]["hash"]
    assert again["warnings"] == []


def test_a_background_that_is_scored_is_told_once(tmp_path):
    pair = folders(tmp_path, {"a": PRED}, {"a": GT})
    options = {"metrics": "dice", "include_background": True, "output": tmp_path / "out"}
    segeval.score_folder(*pair, **options, regions={"bg": 0, "building": 1})
    assert "Regions: bg (0), building (1)." in Explained.of(tmp_path / "out").sentences()


CAMVID = {"#804080": 0, "#0000c0": 1, "#808000": 2}
"""Road, pedestrian and building; the road is class 0."""


def camvid(folder):
    """Two images of the three classes in colours, and the labels that these are."""
    rng = np.random.default_rng(0)
    palette = np.array([(128, 64, 128), (0, 0, 192), (128, 128, 0)], np.uint8)
    labels = {}
    for side in ("pred", "gt"):
        (folder / side).mkdir(parents=True)
        for name in ("a", "b"):
            mask = rng.integers(0, 3, (6, 7)) * (rng.random((6, 7)) < 0.6)
            labels[side, name] = mask
            Image.fromarray(palette[mask]).save(folder / side / f"{name}.png")
    return labels


def test_the_class_of_a_colour_is_scored_also_where_it_is_label_0(tmp_path):
    labels = camvid(tmp_path)
    (tmp_path / "colors.json").write_text(json.dumps(CAMVID))
    results = segeval.score_folder(
        tmp_path / "pred", tmp_path / "gt", metrics="iou", colors=tmp_path / "colors.json"
    )
    iou = []
    for label in range(3):
        sides = [
            np.stack([labels[side, name] == label for name in "ab"]) for side in ("pred", "gt")
        ]
        iou.append((sides[0] & sides[1]).sum() / (sides[0] | sides[1]).sum())
    summary = results.summary.set_index("region")
    assert summary.pooled[["0", "1", "2"]].tolist() == pytest.approx(iou)
    assert summary.pooled["mean"] == pytest.approx(np.mean(iou))  # the mIoU of papers
    assert results.run["warnings"] == [
        "label 0 is that of the colour #804080, and scored as the others are; if it is the "
        "background, pass --no-background (in Python include_background=False)"
    ]


@pytest.mark.parametrize(
    ("colors", "options", "regions"),
    [
        (CAMVID, {"include_background": False}, ["1", "2"]),
        ({"#000000": 0, **CAMVID}, {}, ["1", "2"]),
        (CAMVID, {"regions": {"road": 0, "building": 2}}, ["road", "building"]),
        (CAMVID, {"include_background": True}, ["0", "1", "2"]),
    ],
)
def test_black_or_an_option_says_that_it_is_the_background(colors, options, regions, tmp_path):
    camvid(tmp_path)
    colors = {tuple(bytes.fromhex(color[1:])): label for color, label in colors.items()}
    results = segeval.score_folder(
        tmp_path / "pred", tmp_path / "gt", metrics="iou", colors=colors, **options
    )
    assert list(dict.fromkeys(results.cases.region)) == regions
