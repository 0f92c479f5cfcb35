"""Scores become masks at a threshold, and --binary says where it takes scores for masks."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import trimesh
from helpers.notices import Notices
from helpers.scenes import folders
from PIL import Image

import segeval
from segeval.errors import ReadError, UsageError

GT = np.array([[0, 0, 1, 1], [0, 0, 1, 1]], np.uint8)
PROBABILITY = np.array([[0.1, 0.5, 0.6, 0.9], [0.0, 0.2, 0.4, 1.0]])
DICE = 2 * 3 / (3 + 4)
"""Of what is above 0.5."""


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_probabilities_above_the_threshold_are_foreground(dtype, tmp_path):
    scores = PROBABILITY.astype(dtype)
    assert segeval.score(scores, GT, metrics="dice", threshold=0.5).dice[0] == DICE
    np.save(tmp_path / "pred.npy", scores)
    np.save(tmp_path / "gt.npy", GT)
    row = segeval.score(tmp_path / "pred.npy", tmp_path / "gt.npy", metrics="dice", threshold=0.5)
    assert row.dice[0] == DICE


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "npy", "npz", "nii", "nii.gz"])
def test_so_are_grey_values_of_every_format(suffix, tmp_path):
    grey = np.round(255 * PROBABILITY).astype(np.uint8)
    path = tmp_path / f"pred.{suffix}"
    if suffix == "npy":
        np.save(path, grey)
    elif suffix == "npz":
        np.savez(path, grey)
    elif suffix.startswith("nii"):
        nib.save(nib.Nifti1Image(grey, np.eye(4)), path)
    else:
        Image.fromarray(grey).save(path)
    np.save(tmp_path / "gt.npy", 255 * GT)
    spacing = (1, 1) if suffix.startswith("nii") else None
    found = segeval.score(path, tmp_path / "gt.npy", metrics="dice", threshold=128, spacing=spacing)
    assert found.dice[0] == DICE


def test_a_scaled_nifti_of_probabilities_is_compared_after_its_scale(tmp_path):
    image = nib.Nifti1Image(np.round(PROBABILITY * 250).astype(np.uint8), np.eye(4))
    image.header.set_slope_inter(1 / 250, 0)
    nib.save(image, tmp_path / "pred.nii.gz")
    nib.save(nib.Nifti1Image(GT, np.eye(4)), tmp_path / "gt.nii.gz")
    row = segeval.score(
        tmp_path / "pred.nii.gz", tmp_path / "gt.nii.gz", metrics="dice", threshold=0.55
    )
    assert row.dice[0] == DICE


def test_a_run_and_its_repetition_have_the_threshold(tmp_path):
    masks = folders(tmp_path, {"a": PROBABILITY}, {"a": 255 * GT})
    out = tmp_path / "out"
    run = segeval.score_folder(*masks, metrics="dice", threshold=0.5, output=out)
    assert run.cases.dice.tolist() == [DICE]
    assert run.run["protocol"]["threshold"] == 0.5
    assert segeval.score_folder(*masks, protocol=str(out)).cases.dice.tolist() == [DICE]


def test_logits_may_be_negative():
    logits = np.log((PROBABILITY + 1e-9) / (1 - PROBABILITY + 1e-9))
    assert segeval.score(logits, GT, metrics="dice", threshold=0).dice[0] == DICE


def test_a_fraction_without_a_threshold_says_what_to_pass():
    with pytest.raises(ReadError, match=r"holds 0\.1, which is not a whole number.*--threshold"):
        segeval.score(PROBABILITY, GT, metrics="dice")


def test_what_is_no_number_is_on_neither_side():
    with pytest.raises(ReadError, match="pred: holds NaN, which is on neither side of a threshold"):
        segeval.score(np.where(GT, np.nan, 0.0), GT, threshold=0.5)
    with pytest.raises(UsageError, match=r"the threshold must be a number such as 0\.5, not nan"):
        segeval.score(PROBABILITY, GT, threshold=float("nan"))


def test_colours_are_no_scores():
    with pytest.raises(UsageError, match="colors stand for labels, and a threshold is for scores"):
        segeval.score(GT, GT, threshold=1, colors={(255, 0, 0): 1})


def test_binary_tells_of_scores(tmp_path):
    """A grey probability map, all of it foreground above 0: Dice 0.73 in place of 0.86."""
    grey = np.round(255 * PROBABILITY).astype(np.uint8)
    heard = Notices()
    results = segeval.score_folder(
        *folders(tmp_path, {"a": grey, "b": GT}, {"a": GT, "b": GT}),
        metrics="dice",
        binary=True,
        listener=heard,
    )
    assert heard.texts == [
        "in 1 of 2 cases one side holds many values above 0 and the other a single one, and all "
        "are taken as foreground; if these are scores, pass --threshold"
    ]
    assert results.cases.note.tolist() == [
        "the prediction holds 7 values or more above 0, all taken as foreground; if these are "
        "scores, pass --threshold",
        "",
    ]


def test_binary_is_silent_where_both_sides_hold_labels(tmp_path):
    labels = np.arange(8).reshape(2, 4)
    heard = Notices()
    segeval.score_folder(
        *folders(tmp_path, {"a": labels, "b": 2 * GT}, {"a": labels, "b": GT}),
        metrics="dice",
        binary=True,
        listener=heard,
    )
    assert heard.texts == []


GREY = np.round(255 * PROBABILITY).astype(np.uint8)
"""A probability map as images have it: 0.5 of 1 is 128 of 255."""


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "npy", "npz", "nii.gz"])
def test_a_threshold_for_probabilities_tells_of_grey_values(suffix, tmp_path):
    """All above 0 would be foreground: Dice 0.73 in place of 0.86."""
    for name, pred in (("a", GREY), ("b", GREY // 255)):
        for side, mask in (("pred", pred), ("gt", GT)):
            path = tmp_path / side / f"{name}.{suffix}"
            path.parent.mkdir(exist_ok=True)
            if suffix == "npy":
                np.save(path, mask)
            elif suffix == "npz":
                np.savez(path, mask)
            elif suffix == "nii.gz":
                nib.save(nib.Nifti1Image(mask, np.eye(4)), path)
            else:
                Image.fromarray(mask).save(path)
    heard = Notices()
    results = segeval.score_folder(
        tmp_path / "pred", tmp_path / "gt", metrics="dice", threshold=0.5, listener=heard
    )
    assert heard.texts == [
        "in 1 of 2 cases scores go beyond 1, and the threshold is 0.5; if these are grey values of "
        "0 to 255, pass --threshold 128"
    ]
    assert results.cases.note.tolist() == [
        "the scores go up to 255, and the threshold is 0.5; if these are grey values of 0 to 255, "
        "pass --threshold 128",
        "",
    ]


def test_so_do_arrays_and_stacks_and_masks_beside_a_mesh(tmp_path):
    scores = segeval.score(GREY, GT, metrics="dice", threshold=0.5)
    assert scores.note[0].startswith("the scores go up to 255, and the threshold is 0.5; if these")
    for number, plane in enumerate((GT, GREY)):
        for side, mask in (("pred", plane), ("gt", GT)):
            path = tmp_path / side / "patient" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(mask).save(path)
    results = segeval.score_folder(
        tmp_path / "pred", tmp_path / "gt", stack=True, metrics="dice", threshold=0.5
    )
    assert "the scores go up to 255" in results.cases.note[0]
    ball = trimesh.creation.icosphere(2, radius=3)
    ball.export(tmp_path / "ball.stl")
    volume = np.zeros((5, 5, 5), np.uint8)
    volume[1:4, 1:4, 1:4] = 200
    np.save(tmp_path / "ball.npy", volume)
    distances = segeval.score(
        tmp_path / "ball.npy",
        tmp_path / "ball.stl",
        metrics="hd",
        boundary="mesh",
        threshold=0.5,
        spacing=(1, 1, 1),
    )
    assert "the scores go up to 200" in distances.note[0]


@pytest.mark.parametrize(
    ("scores", "threshold"),
    [(PROBABILITY, 0.5), (GT, 0.5), (GT > 0, 0.5), (GREY, 128), (GREY, 1), (GREY, 0)],
    ids=["probabilities", "0 and 1", "truth values", "greys", "greys above 1", "greys above 0"],
)
def test_nothing_is_told_where_scores_and_threshold_may_be_of_one_scale(
    scores, threshold, tmp_path
):
    heard = Notices()
    results = segeval.score_folder(
        *folders(tmp_path, {"a": scores}, {"a": GT}),
        metrics="dice",
        threshold=threshold,
        listener=heard,
    )
    assert heard.texts == []
    assert results.cases.note.tolist() == [""]
