"""Tests of what a run measured, in sentences, and of what parts two of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import segeval
from segeval.errors import UsageError
from segeval.protocols import names
from segeval.report.explain import Explained, differences, two
from segeval.results.results import Results

SAMPLES = Path(__file__).parents[1] / "sample_data"
NUCLEI = SAMPLES / "nuclei/pred", SAMPLES / "nuclei/gt"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Makes results folders, by protocol and options."""
    folder = tmp_path_factory.mktemp("runs")

    def made(name, **options):
        segeval.score_folder(*NUCLEI, output=folder / name, **{"metrics": "dice,hd95", **options})
        return folder / name

    return made


def told(a, b):
    return dict(differences(*two(a, b)))


@pytest.mark.parametrize("name", names())
def test_every_protocol_can_be_explained(name):
    sentences = Explained.of(name).sentences()
    assert sentences[0].startswith(f"Protocol {name}: ")
    assert all(sentence.endswith(".") for sentence in sentences)


def test_a_run_says_what_it_measured_and_how(run):
    text = "\n".join(Explained.of(run("a", protocol="medpy", spacing=(2, 1))).sentences())
    assert "Protocol medpy: " in text
    assert "Regions: every label above 0 by itself." in text
    assert "Boundary voxel: " in text
    assert "hd95: Pooled Hausdorff distance. " in text
    assert "segeval's hd_pooled@95" in text
    assert "1 where both masks are empty" in text
    assert "The spacing: 2, 1." in text


def test_tolerances_by_region_are_told():
    assert "tolerance by region: kidney_and_mass 1.03308" in "\n".join(
        Explained.of("kits23").sentences()
    )


def test_of_two_runs_the_columns_that_may_differ(run):
    parted = told(run("b"), run("c", protocol="monai", regions="nuclei=1"))
    assert parted["dice"] == "0 against nan where only the ground truth is"
    assert (
        parted["hd95"] == "inf against nan where only the prediction is; "
        "inf against nan where only the ground truth is"
    )
    assert parted["dice, hd95"] == "the regions: every label above 0 against nuclei 1"


def test_of_a_run_and_a_protocol_the_metrics_of_the_run(run):
    parted = told(run("d"), "panoptica")
    assert parted["hd95"].startswith(
        "formula hd95 (hausdorff distance) against hd_pooled@95 (pooled hausdorff distance)"
    )


def test_boundaries_part_distances_alone(run):
    parted = told(run("e"), run("f", boundary="voxel:connectivity=2"))
    assert parted == {"hd95": "boundary voxel against voxel:connectivity=2"}


def test_the_order_of_means_parts_the_rows_of_means():
    assert "rows of region mean" in told("segeval", "nnunet")


def test_the_same_runs_do_not_differ(run):
    assert told(run("g"), run("h")) == {}


def test_all_that_protocols_name_is_compared():
    assert told("monai-subvoxel", "monai") == {"nsd@tolerance": "boundary surfel against voxel"}
    assert told("kits23", "flare")["nsd"].startswith(
        "tolerance kidney_and_mass 1.03308, mass 1.13288, tumor 1.14982 against"
    )


def test_words_are_compared_like_numbers():
    assert told("torchmetrics", "monai")["generalized_dice@weight"].startswith(
        "0 against 1 where both masks are empty"
    )


def test_a_run_is_explained_by_its_file_too(run):
    folder = run("o", protocol="medpy")
    sentences = Explained.of(folder / "run.json").sentences()
    assert sentences == Explained.of(folder).sentences()
    assert told(folder, folder / "run.json") == {}


@pytest.mark.parametrize(
    ("boundary", "sentence"),
    [
        ("voxel", "something else, by a face (in 2-D an edge); the edge of the image counts. All "),
        (
            "voxel:connectivity=3,image_edge=no",
            "else, by a face, an edge or a corner; the edge of the image does not count. All ",
        ),
        ("solid", "all voxels of the mask: no boundary at all; all weigh the same."),
        ("surfel", "with the area of marching cubes there; each by its size."),
        ("face:sizes=equal", "with the area of faces that each carries; all weigh the same."),
    ],
)
def test_a_boundary_is_told_with_its_settings(run, boundary, sentence):
    sentences = Explained.of(run(f"p-{boundary[:2]}", boundary=boundary)).sentences()
    (about,) = [text for text in sentences if text.startswith(f"Boundary {boundary}: ")]
    assert sentence in about


def test_a_boundary_of_ones_own_is_not_the_protocols(run):
    first = Explained.of(run("l", protocol="monai", boundary="solid")).sentences()[0]
    assert (
        "MONAI, but with the boundary solid in place of voxel: what depends on a boundary is not "
        "its number" in first
    )


def test_a_file_that_has_the_name_of_a_protocol_is_not_taken_for_it(run, tmp_path):
    path = tmp_path / "monai.toml"
    path.write_text('title = "Ours"\n[metrics]\ndice = {}\n')
    sentences = Explained.of(run("m", protocol=str(path), metrics="dice")).sentences()
    assert sentences[0] == "Protocol monai: Ours."
    assert "ignore_empty" not in " ".join(sentences)


def test_what_cannot_be_explained(run):
    with pytest.raises(
        UsageError,
        match="xyz: neither a results folder nor a protocol; a protocol is one of segeval, ",
    ):
        Explained.of("xyz")
    with pytest.raises(UsageError, match=r"Monai: neither .* did you mean monai\b"):
        Explained.of("Monai")
    folder = run("n")
    content = json.loads((folder / "run.json").read_text())
    del content["protocol"]["mean"]
    (folder / "run.json").write_text(json.dumps(content))
    with pytest.raises(
        UsageError,
        match=r"run.json: does not say how it was measured \(KeyError: 'mean'\); run segeval ",
    ):
        Explained.of(folder)


def test_rows_of_another_protocol_do_not_mix(run):
    ours, other = run("i"), run("j", protocol="monai")
    lines = (other / "cases.csv").read_text().splitlines()
    kept = (ours / "cases.csv").read_text()
    (ours / "cases.csv").write_text("\n".join([kept.rstrip(), lines[1]]) + "\n")
    with pytest.raises(
        UsageError,
        match=r"cases.csv: rows measured under monai-\w{8} in the results of a run under segeval-",
    ):
        Results.load(ours)
    with pytest.raises(UsageError, match="in the results of a run under segeval-"):
        Explained.of(ours)
    (ours / "cases.csv").write_text((other / "cases.csv").read_text())
    with pytest.raises(
        UsageError,
        match="numbers of two protocols do not mix: keep each run in a folder of its own",
    ):
        Results.load(ours)


def test_rows_without_a_stamp_are_not_taken(run):
    folder = run("k")
    table = Results.load(folder).cases.drop(columns="protocol")
    table.to_csv(folder / "cases.csv", index=False)
    with pytest.raises(
        UsageError, match="wanted a column 'protocol' that says how each row was measured"
    ):
        Results.load(folder)


def test_the_hash_is_that_of_everything_that_can_change_a_number():
    def hashed(**options):
        return segeval.score_folder(*NUCLEI, **{"metrics": "dice,hd95", **options}).run["protocol"][
            "hash"
        ]

    others = [
        {"boundary": "solid"},
        {"protocol": "monai"},
        {"metrics": "dice"},
        {"spacing": (1, 2)},
        {"binary": True},
    ]
    found = [hashed(), *(hashed(**options) for options in others)]
    assert len(set(found)) == len(found)
    assert hashed() == found[0]
    assert np.all([len(one) == 64 for one in found])
