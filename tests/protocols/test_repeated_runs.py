"""A run.json is a protocol: it repeats its run to the last byte, and options go before it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import segeval
from segeval.errors import UsageError
from segeval.functional import dice
from segeval.protocols import Convention, convention, everyone
from segeval.protocols.choose import make_protocol
from segeval.protocols.protocol import Protocol

PRED = np.array([[[1, 1, 0, 0, 2, 3]], [[1, 1, 0, 0, 0, 3]]], np.uint8)
GT = np.array([[[1, 1, 1, 1, 2, 2]], [[1, 1, 0, 0, 0, 0]]], np.uint8)
OWN = """
mean = "cases"
boundary = "voxel:connectivity=2"
missing = "skip"
[regions]
near = [1]
both = [1, 2]
[metrics]
dice = {empty = [1, 0, 0]}
hd95 = {is = "hd@100", boundary = "solid"}
nsd = {tolerance = {near = 0.5, both = 1}, empty = [nan, 0, 0]}
"""
"""The formula of hd95 has a usual value of its parameter, which its short form leaves out."""


@pytest.fixture
def pair(tmp_path):
    for side, masks in (("pred", PRED), ("gt", GT)):
        (tmp_path / side).mkdir()
        for number, mask in enumerate(masks):
            np.save(tmp_path / side / f"{number}.npy", mask)
    return tmp_path / "pred", tmp_path / "gt"


def run(pair, name, **options):
    folder = pair[0].parent / name
    segeval.score_folder(*pair, output=folder, **options)
    return folder


def content(folder):
    return json.loads((folder / "run.json").read_text())["protocol"]


OPTIONS = {
    "usual": {},
    "metrics": {"metrics": "dice,nsd@2,hd90,tversky:alpha=0.3,beta=0.7,rand"},
    "tool": {"protocol": "medpy", "spacing": (2, 1), "ignore_label": 3},
    "boundary": {"protocol": "monai-subvoxel", "boundary": "face", "metrics": "hd95,nsd@1"},
    "background": {"regions": {"a": 1, "bg": 0}, "include_background": True, "binary": True},
    "ignore": {"regions": "ignore=3,other=1", "geometry_tolerance": 0.5},
    "challenge": {"protocol": "kits23"},
    "mean": {"protocol": "nnunet"},
    "file": {"protocol": "own.toml"},
    "colors": {"colors": {(255, 128, 0): 1}, "missing": "empty", "metrics": "dice"},
    "all": {"protocol": "all", "metrics": "dice,hd95"},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_run_is_repeated_to_the_last_byte(name, pair, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text(OWN)
    first = run(pair, "first", **OPTIONS[name])
    Path("own.toml").unlink()
    for number, path in enumerate((first / "run.json", str(first))):
        again = run(pair, f"again-{number}", protocol=path)
        assert content(again) == content(first)
        for table in ("cases.csv", "summary.csv"):
            assert (again / table).read_bytes() == (first / table).read_bytes()


def test_options_go_before_those_of_the_run(pair):
    path = run(
        pair, "first", protocol="medpy", regions="a=1", binary=True, missing="skip", ignore_label=3,
        geometry_tolerance=0.5, spacing=(2, 1),
    ) / "run.json"  # fmt: skip
    chosen = make_protocol(
        protocol=path, metrics="hd95", boundary="solid", regions="b=2", include_background=True,
        ignore_label=9, binary=False, spacing=(1, 1), geometry_tolerance=1e-3, missing="error",
    )  # fmt: skip
    usual = make_protocol(
        protocol="medpy", metrics="hd95", boundary="solid", regions="b=2", include_background=True,
        ignore_label=9, spacing=(1, 1),
    )  # fmt: skip
    assert chosen.to_dict() == usual.to_dict()


def test_other_metrics_of_a_run_are_those_of_its_protocol(pair):
    path = run(pair, "first", protocol="medpy", metrics="dice", boundary="solid") / "run.json"
    assert (
        make_protocol(protocol=path, metrics="hd95").metrics
        == make_protocol(protocol="medpy", metrics="hd95", boundary="solid").metrics
    )


def test_other_metrics_of_a_run_of_a_file_are_not_known(pair, tmp_path):
    (tmp_path / "own.toml").write_text(OWN)
    path = run(pair, "first", protocol=tmp_path / "own.toml") / "run.json"
    with pytest.raises(
        UsageError, match=r"'own' does not define masd; it defines dice, hd95, nsd\. Ask for these"
    ):
        make_protocol(protocol=path, metrics="masd")


def test_other_metrics_of_a_run_of_all_tools(pair):
    path = run(pair, "first", protocol="all", metrics="dice") / "run.json"
    assert make_protocol(protocol=path, metrics="iou").metrics == everyone(["iou"])
    with pytest.raises(UsageError, match="compares the boundaries of every tool"):
        make_protocol(protocol=path, boundary="solid")


def test_a_function_follows_a_run(pair):
    path = run(pair, "first", protocol="monai", ignore_label=3, metrics="dice") / "run.json"
    assert dice(PRED, GT, protocol=path, average="none").tolist() == pytest.approx(
        dice(PRED, GT, protocol="monai", ignore_index=3, average="none").tolist(), nan_ok=True
    )


def test_a_function_cannot_follow_every_run(pair):
    path = run(pair, "first", protocol="all", metrics="dice") / "run.json"
    with pytest.raises(UsageError, match=r"run.json: a run of protocol 'all'; .* here, choose one"):
        dice(PRED, GT, protocol=path)
    path = run(pair, "second", binary=True, metrics="dice") / "run.json"
    with pytest.raises(UsageError, match="takes every value above 0 or a threshold as 1, and"):
        dice(PRED, GT, protocol=path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{",
            r"notes.json: wanted .*, but it cannot be read as such \(.*\); run segeval score again",
        ),
        ("[1]", "notes.json: wanted the run.json of segeval score, but it holds a list"),
        (
            '{"liver": 1}',
            r"notes.json: does not say how it was measured \(KeyError: 'regions'\); run ",
        ),
        ('{"protocol": "monai"}', "notes.json: does not say how it was measured"),
        (None, r"notes.json: there is no such file; is this a results folder"),
    ],
)
def test_json_that_is_no_run(text, message, tmp_path):
    path = tmp_path / "notes.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=message):
        convention(path)
    with pytest.raises(UsageError, match=message):
        make_protocol(protocol=str(path))


def test_a_folder_that_holds_no_run(tmp_path):
    with pytest.raises(
        UsageError,
        match=r"run.json: there is no such file; is this a results folder of segeval score",
    ):
        convention(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("mean", "regions first, then cases", "the mean over regions or cases is first, not 'reg"),
        ("metrics", {"dicee": {"formula": "dicee"}}, "unknown metric 'dicee'; did you mean dice"),
        ("boundary", "edges", "unknown boundary rule 'edges'"),
    ],
)
def test_a_run_that_says_what_cannot_be_meant(key, value, message, tmp_path):
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"protocol": {**Protocol().to_dict(), key: value}}))
    with pytest.raises(UsageError, match=f"run.json: {message}"):
        convention(path)


def test_a_file_may_begin_with_a_run(pair, tmp_path):
    path = run(pair, "first", protocol="monai", ignore_label=3, metrics="dice") / "run.json"
    mine = tmp_path / "mine.toml"
    mine.write_text(f"base = '{path}'\nmissing = 'skip'\n")
    protocol = convention(mine)
    assert protocol.policies == {
        **Convention.of(make_protocol(protocol=path)).policies,
        "missing": "skip",
    }
    assert protocol.metric("dice").empty.pred == 0
