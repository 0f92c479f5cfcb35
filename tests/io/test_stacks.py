"""Folders of slice images as volumes: their order, their gaps, and what does not fit together."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import segeval
from segeval.errors import UsageError
from segeval.io import Affixes, pair
from segeval.io.stacks import read_stack

VOLUME = np.random.default_rng(0).integers(0, 3, (12, 6, 5)).astype(np.uint8)


def write(folder: Path, volume: np.ndarray, name: str = "slice_{}.png", first: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, plane in enumerate(volume, first):
        Image.fromarray(plane).save(folder / name.format(number))
    return folder


def test_slices_are_stacked_in_the_order_of_their_numbers(tmp_path: Path):
    mask = read_stack(write(tmp_path / "a", VOLUME), spacing=(3.0, 0.5, 0.5))
    np.testing.assert_array_equal(mask.labels, VOLUME)  # slice 10 after slice 9
    assert str(mask.grid) == "12×6×5 at 3×0.5×0.5 mm"
    assert str(read_stack(tmp_path / "a").grid) == "12×6×5 at 1×1×1 px"


def test_a_stack_scores_as_the_volume_does(tmp_path: Path):
    moved = np.roll(VOLUME, 1, axis=1)
    for case in ("1", "2"):
        write(tmp_path / "pred" / case, moved, "img{}.bmp", first=0)
        write(tmp_path / "gt" / case / "Ground", VOLUME, "liver_GT_{:03}.png")
    results = segeval.score_folder(
        tmp_path / "pred",
        tmp_path / "gt",
        stack=True,
        gt_suffix="/Ground",
        spacing=(3, 1, 1),
        metrics="dice,hd95,volume_g",
        output=tmp_path / "out",
    )
    alone = segeval.score(moved, VOLUME, spacing=(3, 1, 1), metrics="dice,hd95,volume_g")
    assert results.cases["case"].tolist() == ["1", "1", "2", "2"]
    np.testing.assert_array_equal(results.cases["hd95"], [*alone["hd95"]] * 2)
    np.testing.assert_array_equal(results.cases["volume_g"], [*alone["volume_g"]] * 2)
    case = json.loads((tmp_path / "out" / "run.json").read_text())["cases"]["1"]
    assert case["gt"] == "../gt/1/Ground"
    files = (tmp_path / "gt" / "1" / "Ground").iterdir()
    assert case["files"]["gt"]["bytes"] == sum(file.stat().st_size for file in files)


def test_a_stack_that_has_not_changed_is_not_scored_again(tmp_path: Path):
    pred, gt = write(tmp_path / "p" / "a", VOLUME), write(tmp_path / "g" / "a", VOLUME)
    call = {"stack": True, "metrics": "dice", "output": tmp_path / "out"}
    segeval.score_folder(tmp_path / "p", tmp_path / "g", **call)
    again = segeval.score_folder(tmp_path / "p", tmp_path / "g", resume=True, **call)
    assert again.run["cases_resumed"] == 1
    Image.fromarray(VOLUME[0] * 0).save(pred / "slice_3.png")
    again = segeval.score_folder(tmp_path / "p", tmp_path / "g", resume=True, **call)
    assert again.run["cases_resumed"] == 0
    assert gt.exists()


def test_colours_are_labels_in_a_stack_too(tmp_path: Path):
    palette = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
    write(tmp_path / "p" / "a", palette[VOLUME])
    write(tmp_path / "g" / "a", VOLUME)
    colors = {(255, 0, 0): 1, (0, 0, 255): 2}
    results = segeval.score_folder(
        tmp_path / "p", tmp_path / "g", stack=True, colors=colors, metrics="dice"
    )
    assert results.cases["dice"].tolist() == [1, 1]


def test_slices_at_the_top_of_both_folders_are_one_case(tmp_path: Path):
    pred, gt = write(tmp_path / "unet", VOLUME), write(tmp_path / "liver", VOLUME)
    (only,) = pair(pred, gt, stack=True).pairs
    assert (only.id, only.pred, only.gt) == ("liver", pred, gt)
    np.save(tmp_path / "volume.npy", VOLUME)
    (only,) = pair(pred, tmp_path / "volume.npy", stack=True).pairs
    assert (only.id, only.pred, only.gt) == ("volume", pred, tmp_path / "volume.npy")
    (only,) = pair(tmp_path / "volume.npy", gt, stack=True).pairs
    assert (only.id, only.pred, only.gt) == ("liver", tmp_path / "volume.npy", gt)
    with pytest.raises(UsageError, match="or pass --stack if the folder holds the slices of one"):
        pair(pred, tmp_path / "volume.npy")


def test_a_stack_beside_a_file_is_in_the_order_slice_row_column(tmp_path: Path):
    write(tmp_path / "p" / "a", VOLUME)
    (tmp_path / "g").mkdir()
    np.save(tmp_path / "g" / "a.npy", VOLUME)
    scored = segeval.score_folder(tmp_path / "p", tmp_path / "g", stack=True, metrics="dice")
    assert scored.cases["dice"].tolist() == [1, 1]
    np.save(tmp_path / "g" / "a.npy", VOLUME.transpose(2, 1, 0))
    with pytest.warns(segeval.FailedCasesWarning, match=r"pred shape \(12, 6, 5\) differs from gt"):
        segeval.score_folder(tmp_path / "p", tmp_path / "g", stack=True, metrics="dice")


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([1, 2, 3, 4], None),
        ([0, 2, 4, 6], None),
        ([1, 2, 5, 6, 9], "slices are missing between 2 and 5, 6 and 9; those that are there are"),
        (
            [1, 3, 5, 7, 8, 10, 12, 14],
            "between 1 and 3, 3 and 5, 5 and 7, 8 and 10, 10 and 12 and 1 more; those",
        ),
        ([4], None),
    ],
)
def test_gaps_in_the_numbers_are_told(numbers: list[int], told: str | None, tmp_path: Path):
    for side in ("p", "g"):
        (tmp_path / side / "a").mkdir(parents=True)
        for number in numbers if side == "g" else range(3):
            (tmp_path / side / "a" / f"v2_{number}.png").touch()
    notices = pair(tmp_path / "p", tmp_path / "g", stack=True).notices
    if told is None:
        assert notices == []
    else:
        (notice,) = notices
        assert notice.startswith(f"{tmp_path / 'g' / 'a'}: ")
        assert told in notice


def test_names_of_which_no_number_is_that_of_the_slice_have_no_gaps(tmp_path: Path):
    for side in ("p", "g"):
        (tmp_path / side / "a").mkdir(parents=True)
        for name in ("axial_1.png", "b7.png", "7_9.png"):
            (tmp_path / side / "a" / name).touch()
    assert [
        notice.partition(", such as ")[0]
        for notice in pair(tmp_path / "p", tmp_path / "g", stack=True).notices
    ] == [f"{tmp_path / side / 'a'}: the names of its slices" for side in ("p", "g")]


def test_two_slices_of_one_number_are_refused(tmp_path: Path):
    for side in ("p", "g"):
        (tmp_path / side / "a").mkdir(parents=True)
        for name in ("s1.png", "s01.png", "s2.png"):
            (tmp_path / side / "a" / name).touch()
    message = r"s0?1\.png and .*s0?1\.png are slices of one number; keep one of them"
    with pytest.raises(UsageError, match=message):
        pair(tmp_path / "p", tmp_path / "g", stack=True)


def test_slices_of_other_shapes_and_stacks_over_the_budget_fail_their_case(tmp_path: Path):
    folder = write(tmp_path / "p" / "a", VOLUME)
    write(tmp_path / "g" / "a", VOLUME)
    call = {"stack": True, "metrics": "dice"}
    with pytest.warns(segeval.FailedCasesWarning, match="12 slices of 30 are more; pass a larger"):
        segeval.score_folder(tmp_path / "p", tmp_path / "g", max_voxels=12 * 30 - 1, **call)
    Image.fromarray(VOLUME[0, :4]).save(folder / "slice_7.png")
    message = r"slice_7\.png: wanted a slice of the shape \(6, 5\), as .*slice_1\.png is, but it ha"
    with pytest.warns(segeval.FailedCasesWarning, match=message):
        segeval.score_folder(tmp_path / "p", tmp_path / "g", **call)


def test_hidden_files_and_other_files_are_no_slices(tmp_path: Path):
    folder = write(tmp_path / "a", VOLUME)
    (folder / "notes.txt").write_text("axial")
    os.link(folder / "slice_1.png", folder / "._slice_1.png")
    np.testing.assert_array_equal(read_stack(folder).labels, VOLUME)


def test_affixes_are_those_of_the_folders(tmp_path: Path):
    for side, name in (("p", "pred_7_seg"), ("g", "7")):
        (tmp_path / side / name).mkdir(parents=True)
        (tmp_path / side / name / "1.png").touch()
    found = pair(tmp_path / "p", tmp_path / "g", stack=True, pred_affixes=Affixes("pred_", "_seg"))
    assert [p.id for p in found.pairs] == ["7"]


def test_slices_of_other_numbers_are_not_compared(tmp_path: Path):
    for side, missing in (("p", 5), ("g", 7)):
        write(tmp_path / side / "a", VOLUME)
        write(tmp_path / side / "b", VOLUME)
        (tmp_path / side / "b" / f"slice_{missing}.png").unlink()
    results = segeval.score_folder(tmp_path / "p", tmp_path / "g", stack=True, metrics="dice")
    told = (
        "wanted slices of the same numbers, but only the prediction has 7, only the ground truth 5;"
    )
    assert told in results.run["cases"]["b"]["error"]
    assert results.cases[results.cases["case"] == "a"]["dice"].tolist() == [1, 1]


def test_slices_that_are_counted_from_another_number_are_told(tmp_path: Path):
    write(tmp_path / "p" / "a", VOLUME, first=0)
    write(tmp_path / "g" / "a", VOLUME)
    results = segeval.score_folder(tmp_path / "p", tmp_path / "g", stack=True, metrics="dice")
    told = "slices of the prediction are numbered from 0, those of the ground truth from 1, and are"
    assert results.cases["note"].str.contains(told).all()


def test_an_image_of_another_name_among_the_slices_is_told(tmp_path: Path):
    for side in ("p", "g"):
        write(tmp_path / side / "a", VOLUME)
    Image.fromarray(VOLUME[0]).save(tmp_path / "p" / "a" / "overview.png")
    (notice,) = pair(tmp_path / "p", tmp_path / "g", stack=True).notices
    assert "such as 'a/overview.png' and 'a/slice_12.png', differ in more than one number" in notice


@pytest.mark.parametrize("missing", [1, 12])
def test_a_slice_that_is_missing_at_an_end_is_named(missing, tmp_path: Path):
    for side in ("p", "g"):
        write(tmp_path / side / "a", VOLUME)
    (tmp_path / "p" / "a" / f"slice_{missing}.png").unlink()
    results = segeval.score_folder(tmp_path / "p", tmp_path / "g", stack=True, metrics="dice")
    told = f"only the prediction has none, only the ground truth {missing}; add what is missing"
    assert told in results.run["cases"]["a"]["error"]
