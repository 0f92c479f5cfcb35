"""Pooled scores weigh voxels by their volume, and under another name all alike."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

import segeval
from segeval.run.run import Listener


class Notices(Listener):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def notice(self, text: str) -> None:
        self.texts.append(text)


def saved(folder: Path, name: str, spacing: float, pred, gt) -> None:
    for side, mask in (("pred", pred), ("gt", gt)):
        (folder / side).mkdir(exist_ok=True)
        image = nib.Nifti1Image(mask.astype(np.uint8), np.diag([spacing] * 3 + [1]))
        nib.save(image, folder / side / f"{name}.nii.gz")


def two_spacings(folder: Path, second: float = 2.0) -> tuple[Path, Path]:
    """Case a at 1 mm: a cube of 8 voxels, found; case b: 8 voxels, and 16 elsewhere predicted."""
    cube, elsewhere = np.zeros((2, 8, 8, 8))
    cube[1:3, 1:3, 1:3] = 1
    elsewhere[4:8, 4:6, 4:6] = 1
    saved(folder, "a", 1.0, cube, cube)
    saved(folder, "b", second, elsewhere, cube)
    return folder / "pred", folder / "gt"


def pooled(folders, metrics: str, **options):
    summary = segeval.score_folder(*folders, metrics=metrics, **options).summary
    return summary.set_index(["region", "metric"])[["pooled", "pooled_voxels"]]


def test_a_large_voxel_weighs_its_volume(tmp_path):
    scores = pooled(two_spacings(tmp_path), "dice,iou,precision,recall,volume_similarity").loc["1"]
    # a voxel of 2 mm is 8 of 1 mm: found 8 of 8 and 0 of 64, predicted 8 and 128
    assert scores.pooled.to_dict() == pytest.approx(
        {
            "dice": 2 * 8 / (8 + 8 + 64 + 128),
            "iou": 8 / (8 + 64 + 128),
            "precision": 8 / (8 + 128),
            "recall": 8 / (8 + 64),
            "volume_similarity": 1 - 64 / (8 + 8 + 64 + 128),
        }
    )
    assert scores.pooled_voxels.dice == 2 * 8 / (8 + 8 + 8 + 16) == 0.4
    assert scores.pooled.dice == pytest.approx(1 / 13)


def test_aggregated_dice_is_that_of_volumes(tmp_path):
    """DSCagg of HNTS-MRG: twice the sum of shared volumes over the sum of all volumes."""
    rng = np.random.default_rng(0)
    shared = total = 0.0
    for name, spacing in (("a", 0.5), ("b", 0.7), ("c", 1.25), ("d", 3.0)):
        pred, gt = rng.random((2, 9, 9, 9)) < 0.3
        saved(tmp_path, name, spacing, pred, gt)
        volume = spacing**3
        shared += volume * (pred & gt).sum()
        total += volume * (pred.sum() + gt.sum())
    scores = pooled((tmp_path / "pred", tmp_path / "gt"), "dice")
    assert scores.loc[("1", "dice"), "pooled"] == pytest.approx(2 * shared / total, rel=1e-6)


def test_every_pooled_score_is_that_of_one_case_of_the_finest_voxels(tmp_path):
    """By volume, a case at 2 mm counts as the same masks on voxels of 1 mm."""
    metrics = "dice,mcc,kappa,accuracy,lr_plus,fbeta@2,relative_volume_error,generalized_dice,"
    metrics += "mean_iou,pixel_accuracy,multiclass_kappa,multiclass_mcc,rand,adjusted_rand,"
    metrics += "variation_of_information,global_consistency_error"
    coarse = pooled(two_spacings(tmp_path), metrics)
    resampled = tmp_path / "resampled"
    resampled.mkdir()
    for case, spacing in (("a", 1), ("b", 2)):
        pred, gt = (
            nib.load(tmp_path / side / f"{case}.nii.gz").get_fdata() for side in ("pred", "gt")
        )
        fine = [np.kron(mask, np.ones((spacing,) * 3)) for mask in (pred, gt)]
        saved(resampled, case, 1.0, *fine)
    fine = pooled((resampled / "pred", resampled / "gt"), metrics)
    np.testing.assert_allclose(coarse.pooled, fine.pooled, rtol=1e-9)
    np.testing.assert_array_equal(fine.pooled, fine.pooled_voxels)
    assert (abs(coarse.pooled - coarse.pooled_voxels) > 1e-6).all()


def test_sums_of_voxels_and_of_volumes_are_sums(tmp_path):
    scores = pooled(two_spacings(tmp_path), "tp,fp,fn,volume_p,volume_g,volume_error").loc["1"]
    assert scores.pooled.equals(scores.pooled_voxels)
    assert scores.pooled[["tp", "fp", "fn"]].tolist() == [8, 16, 8]
    assert scores.pooled[["volume_p", "volume_g", "volume_error"]].tolist() == pytest.approx(
        [0.136, 0.072, 0.064]
    )


def test_a_note_says_where_the_weighting_matters(tmp_path):
    heard = Notices()
    segeval.score_folder(*two_spacings(tmp_path), metrics="dice,iou", listener=heard)
    assert heard.texts == [
        "voxels are of 0.001 to 0.008 ml, and pooled scores depend on their weights: dice of "
        "region '1' is 0.0769 by volume (pooled) and 0.4000 by voxels (pooled_voxels)"
    ]


@pytest.mark.parametrize("second", [1.0, 1.00000004])
def test_there_is_none_where_spacings_agree(tmp_path, second):
    heard = Notices()
    scores = pooled(two_spacings(tmp_path, second), "dice,iou", listener=heard)
    assert heard.texts == []
    assert scores.pooled.equals(scores.pooled_voxels)


def test_what_has_several_units_is_pooled_by_voxels_alone(tmp_path):
    pred, gt = two_spacings(tmp_path)
    for side in (pred, gt):
        np.save(side / "image.npy", np.ones((4, 4), np.uint8))
    scores = pooled((pred, gt), "dice,tp,volume_p").loc["1"]
    assert scores.pooled.to_dict() == pytest.approx(
        {"dice": np.nan, "tp": 24, "volume_p": np.nan}, nan_ok=True
    )
    assert scores.pooled_voxels.dice == 2 * (8 + 16) / (8 + 8 + 8 + 16 + 16 + 16)
