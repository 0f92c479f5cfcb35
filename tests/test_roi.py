"""Regions of interest: what lies outside counts for nothing, on either side."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import segeval
from segeval.errors import UsageError
from segeval.plots.kinds import overlay
from segeval.plots.source import Source

METRICS = "dice,precision,tn,hd95,assd,nsd@1"


def scene(folder: Path, case: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Write a prediction, a ground truth and a round field of view, and return them."""
    rng = np.random.default_rng(int(case))
    rows, columns = np.mgrid[:40, :50]
    pred = (rng.random((40, 50)) < 0.4).astype(np.uint8)
    gt = (rng.random((40, 50)) < 0.4).astype(np.uint8)
    view = ((rows - 20) ** 2 + (columns - 25) ** 2 < 15**2).astype(np.uint8)
    sides = {
        f"pred/{case}_test.png": pred,
        f"gt/{case}_manual1.png": gt,
        f"mask/{case}_test_mask.gif": 255 * view,
    }
    for name, mask in sides.items():
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(mask).save(folder / name)
    return pred, gt, view


def score(folder: Path, **options: object) -> segeval.Results:
    return segeval.score_folder(
        folder / "pred", folder / "gt", metrics=METRICS, roi=folder / "mask", **options
    )


def test_a_region_of_interest_counts_as_a_label_to_ignore_does(tmp_path: Path):
    masks = {case: scene(tmp_path, case) for case in ("01", "02")}
    table = score(tmp_path).cases
    for case, (pred, gt, view) in masks.items():
        known = segeval.score(
            pred, np.where(view, gt, 9).astype(np.uint8), ignore_label=9, metrics=METRICS
        )
        row = table[table["case"] == case].drop(columns=["case", "protocol"])
        pd.testing.assert_frame_equal(row.reset_index(drop=True), known)
        both = (pred & gt & view).sum()
        assert row["dice"].item() == 2 * both / ((pred & view).sum() + (gt & view).sum())
        assert row["tn"].item() == ((pred == 0) & (gt == 0) & (view == 1)).sum()


def test_what_was_left_out_is_told_and_hashed(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    for case in ("01", "02"):
        scene(tmp_path, case)
    results = score(tmp_path, output=tmp_path / "out")
    told = f"voxels outside of the regions of interest in {tmp_path / 'mask'} are left out"
    assert told in results.run["warnings"]
    assert told in caplog.text
    content = json.loads((tmp_path / "out" / "run.json").read_text())["cases"]["01"]
    assert content["roi"] == "../mask/01_test_mask.gif"
    size = (tmp_path / "mask" / "01_test_mask.gif").stat().st_size
    assert content["files"]["roi"]["bytes"] == size
    loaded = segeval.Results.load(tmp_path / "out")
    assert loaded.run["cases"]["01"]["roi"] == str(tmp_path / "mask" / "01_test_mask.gif")


def test_a_run_with_another_region_of_interest_takes_no_earlier_case(tmp_path: Path):
    for case in ("01", "02"):
        _, _, view = scene(tmp_path, case)
    score(tmp_path, output=tmp_path / "out")
    assert score(tmp_path, output=tmp_path / "out", resume=True).run["cases_resumed"] == 2
    Image.fromarray(255 * view[::-1] // 255 * 200).save(tmp_path / "mask" / "01_test_mask.gif")
    Image.fromarray(np.roll(view, 9, axis=1)).save(tmp_path / "mask" / "02_test_mask.gif")
    again = score(tmp_path, output=tmp_path / "out", resume=True)
    assert again.run["cases_resumed"] == 0
    without = segeval.score_folder(
        tmp_path / "pred", tmp_path / "gt", metrics=METRICS, output=tmp_path / "out", resume=True
    )
    assert without.run["cases_resumed"] == 0


def test_the_overlay_shows_what_was_scored(tmp_path: Path):
    pred, _, view = scene(tmp_path, "01")
    run = score(tmp_path, output=tmp_path / "out")
    ((_, figure),) = overlay.figures(Source.of(run, ["dice"], 1))
    shown = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(shown[view == 0], 1)
    assert (shown[(view == 1) & (pred == 1)] < 1).any(axis=-1).all()


def test_a_case_without_a_region_of_interest_is_named(tmp_path: Path):
    for case in ("01", "02", "03"):
        scene(tmp_path, case)
    (tmp_path / "mask" / "02_test_mask.gif").unlink()
    with pytest.raises(UsageError, match=r"mask: wanted a mask .* there is none for 02; add it"):
        score(tmp_path)
    with pytest.raises(UsageError, match="no such folder; check the path"):
        segeval.score_folder(tmp_path / "pred", tmp_path / "gt", roi=tmp_path / "view")
    one = tmp_path / "mask" / "01_test_mask.gif"
    with pytest.raises(UsageError, match="for each of 3 cases, but it is a file; give the folder"):
        segeval.score_folder(tmp_path / "pred", tmp_path / "gt", roi=one)


def test_two_files_have_a_file_for_their_region_of_interest(tmp_path: Path):
    scene(tmp_path, "01")
    scored = segeval.score_folder(
        tmp_path / "pred" / "01_test.png",
        tmp_path / "gt" / "01_manual1.png",
        roi=tmp_path / "mask" / "01_test_mask.gif",
        metrics=METRICS,
    )
    pd.testing.assert_series_equal(scored.cases["tn"], score(tmp_path).cases["tn"])


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        (
            np.ones((9, 9), np.uint8),
            r"the region of interest is 9×9 at 1×1 px, but the ground trut",
        ),
        (np.zeros((40, 50), np.uint8), r"it holds no voxel above 0; correct the mask, or leave"),
    ],
)
def test_a_region_that_does_not_fit_fails_its_case(mask: np.ndarray, reason: str, tmp_path: Path):
    scene(tmp_path, "01")
    Image.fromarray(mask).save(tmp_path / "mask" / "01_test_mask.gif")
    with pytest.warns(segeval.FailedCasesWarning, match=reason):
        score(tmp_path)


def test_a_region_of_interest_is_turned_onto_the_axes_of_the_ground_truth(tmp_path: Path):
    """A box as challenges ship it, stored in another orientation than the masks."""
    rng = np.random.default_rng(0)
    pred, gt = (rng.random((2, 8, 9, 7)) < 0.5).astype(np.uint8)
    box = np.zeros((8, 9, 7), np.uint8)
    box[1:4, 2:8, 3:] = 1
    turned = nib.Nifti1Image(box, np.eye(4)).as_reoriented([[1, -1], [0, 1], [2, -1]])
    for name, image in (
        ("pred", nib.Nifti1Image(pred, np.eye(4))),
        ("gt", nib.Nifti1Image(gt, np.eye(4))),
        ("mask", turned),
    ):
        (tmp_path / name).mkdir()
        nib.save(image, tmp_path / name / "a.nii.gz")
    row = score(tmp_path).cases.iloc[0]
    inside = box == 1
    assert row["dice"] == 2 * (pred & gt)[inside].sum() / (pred[inside].sum() + gt[inside].sum())
    nib.save(nib.Nifti1Image(box, np.diag([1, 1, 2, 1])), tmp_path / "mask" / "a.nii.gz")
    with pytest.warns(segeval.FailedCasesWarning, match="the region of interest is 8×9×7 at 1×1×2"):
        score(tmp_path)
