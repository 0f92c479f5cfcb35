"""Signs that something else was scored than was meant: noticed once a run, or refused."""

from __future__ import annotations

import gc

import nibabel as nib
import numpy as np
import pytest
from helpers.notices import Notices, noticed
from helpers.scenes import folders

import segeval
from segeval.data.grid import Grid
from segeval.errors import GeometryMismatch, ReadError, UsageError
from segeval.statistics.distances import SurfaceDistances

GT = np.array([[0, 1, 1, 0], [0, 1, 1, 0]], np.uint8)
PRED = np.array([[0, 1, 0, 0], [0, 1, 1, 0]], np.uint8)


def test_regions_that_never_occur_are_one_notice(tmp_path):
    texts = noticed(tmp_path, {"a": PRED}, {"a": GT}, regions=[1, *range(10, 17)])
    assert texts == [
        "7 of 8 regions occur in no mask: 10, 11, 12, 13, 14 and 2 more; the masks hold labels 1; "
        "check --regions"
    ]


def test_an_image_in_place_of_a_mask_is_suspected(tmp_path):
    image = np.arange(200, dtype=np.uint8).reshape(10, 20)
    (text,) = noticed(tmp_path, {"a": image}, {"a": image // 199})
    assert text.startswith(
        "198 of 199 labels occur in the predictions or in the ground truths alone"
    )


@pytest.mark.parametrize("background", [False, True])
def test_cases_on_different_scales_are_noticed(background, tmp_path):
    cases = {"a": PRED, "b": 255 * PRED}, {"a": GT, "b": 255 * GT}
    (text,) = noticed(tmp_path, *cases, include_background=background)
    assert text == (
        "some cases hold only {0, 1} and others only {0, 255}; "
        "if these mean the same, pass --binary"
    )


@pytest.mark.parametrize("regions", [None, "1", "mass=1"])
def test_a_case_on_two_scales_is_refused_whatever_the_regions(regions):
    with pytest.raises(
        ReadError, match=r"pred holds only \{0, 1\} and gt only \{0, 255\}.*--binary"
    ):
        segeval.score(PRED, 255 * GT, regions=regions)


def test_a_region_of_both_labels_may_join_two_scales():
    assert segeval.score(PRED, 255 * GT, metrics="dice", regions="mass=1+255").dice[0] == 2 * 3 / (
        3 + 4
    )


def test_results_may_not_lie_among_the_masks(tmp_path):
    pred, gt = folders(tmp_path, {"a": PRED}, {"a": GT})
    with pytest.raises(
        UsageError,
        match=r"out: results would lie among the masks of .*gt; give another folder with -o",
    ):
        segeval.score_folder(pred, gt, output=gt / "out")


def test_the_label_to_ignore_is_no_foreground_of_a_binary_run():
    gt = np.array([[1, 1, 0, 255]], np.uint8)
    pred = np.array([[1, 0, 0, 1]], np.uint8)
    assert segeval.score(pred, gt, metrics="dice", binary=True, ignore_label=255).dice[
        0
    ] == 2 * 1 / (1 + 2)


def test_a_tolerance_for_spacings_is_none_for_places_far_apart():
    from segeval.data.geometry import aligned
    from segeval.data.labels import LabelMap

    def at(origin: float, spacing: float) -> LabelMap:
        affine = np.diag([spacing, 1.0, 1.0, 1.0])
        affine[0, 3] = origin
        return LabelMap.of(
            np.zeros((4, 4, 4), np.uint8), Grid((4, 4, 4), (spacing, 1.0, 1.0), "mm", affine)
        )

    with pytest.raises(GeometryMismatch, match="voxels from its place"):
        aligned(at(100.0, 1.01), at(0.0, 1.0), tolerance=5.0, spacing_tolerance=0.05)


def test_labels_beyond_the_whole_numbers_of_a_float_stay_apart():
    table = segeval.score(
        np.array([2**60 + 1, 0], np.uint64), np.array([2**60, 0], np.uint64), metrics="dice"
    )
    assert table.region.tolist() == [str(2**60), str(2**60 + 1)]
    assert table.dice.tolist() == [0, 0]


def test_background_beside_the_most_labels_a_case_may_have():
    every = np.arange(2**16).astype(np.uint16).reshape(256, 256)
    table = segeval.score(every, every, metrics="dice,hd", include_background=True)
    assert len(table) == 2**16
    assert table.dice.min() == 1
    assert table.hd.max() == 0


def test_metrics_of_whole_cases_alone_need_no_regions(tmp_path):
    results = segeval.score_folder(
        *folders(tmp_path, {"a": PRED, "b": 2 * PRED}, {"a": GT, "b": 2 * GT}),
        metrics="pixel_accuracy",
    )
    whole = results.cases[results.cases.region == "all"]
    assert whole.pixel_accuracy.tolist() == [7 / 8, 7 / 8]


def test_the_distances_of_a_case_are_not_kept(tmp_path):
    most = 0

    class Watch(segeval.Listener):
        def finished(self, outcome) -> None:
            nonlocal most
            gc.collect()
            most = max(most, sum(type(thing) is SurfaceDistances for thing in gc.get_objects()))

    masks = {f"case{i:02d}": PRED for i in range(24)}
    segeval.score_folder(*folders(tmp_path, masks, masks), metrics="hd", listener=Watch(), jobs=2)
    assert most <= 12


def test_an_unforeseen_fault_stops_its_case_alone(tmp_path, monkeypatch):
    import segeval.run.cases

    make = segeval.run.cases.make_case

    def faulty(name, *rest, **options):
        return 1 / 0 if name == "a" else make(name, *rest, **options)

    monkeypatch.setattr(segeval.run.cases, "make_case", faulty)
    results = segeval.score_folder(
        *folders(tmp_path, {"a": PRED, "b": PRED}, {"a": GT, "b": GT}), metrics="dice"
    )
    notes = results.cases.set_index("case").note
    assert notes["a"] == (
        "failed: case 'a': ZeroDivisionError: division by zero; this is a fault of segeval itself, "
        "please report it"
    )
    assert notes["b"] == ""


def test_an_interruption_while_results_are_made_leaves_the_rows(tmp_path, monkeypatch):
    import segeval.run.run

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(segeval.run.run, "summarise", stop)
    pred, gt = folders(tmp_path, {"a": PRED}, {"a": GT})
    with pytest.raises(KeyboardInterrupt):
        segeval.score_folder(pred, gt, metrics="dice", output=tmp_path / "out")
    monkeypatch.undo()
    results = segeval.score_folder(pred, gt, metrics="dice", output=tmp_path / "out", resume=True)
    assert results.run["cases_resumed"] == 1
    assert results.cases.dice.tolist() == [2 * 3 / (3 + 4)]


def test_a_new_run_takes_the_place_of_an_earlier_one(tmp_path, monkeypatch):
    import segeval.run.run

    pred, gt = folders(tmp_path, {"a": PRED}, {"a": GT})
    segeval.score_folder(pred, gt, metrics="dice", output=tmp_path / "out")

    def crash(*_, **__):
        raise RuntimeError("crashed")

    monkeypatch.setattr(segeval.run.run, "summarise", crash)
    with pytest.raises(RuntimeError, match="crashed"):
        segeval.score_folder(pred, gt, metrics="iou", output=tmp_path / "out")
    # nothing of it before it is whole
    assert "dice" in segeval.Results.load(tmp_path / "out").cases
    monkeypatch.undo()
    segeval.score_folder(pred, gt, metrics="iou", output=tmp_path / "out")
    assert "dice" not in segeval.Results.load(tmp_path / "out").cases


def test_cases_of_several_kinds_are_noticed(tmp_path):
    pred, gt = folders(tmp_path, {"plane": PRED}, {"plane": GT})
    for folder in (pred, gt):
        nib.save(nib.Nifti1Image(np.ones((2, 2, 2), np.uint8), np.eye(4)), folder / "volume.nii")
    heard = Notices()
    segeval.score_folder(pred, gt, metrics="dice", listener=heard)
    assert (
        "the cases are of several kinds (2-D in px, 3-D in mm): means over them mix units, and "
        "only pooled_voxels is defined" in heard.texts
    )


def test_labels_that_each_side_has_alone_are_noticed(tmp_path):
    brats = np.array([[0, 1, 2, 4], [0, 1, 2, 4]], np.uint8)
    mapped = np.where(brats == 4, 3, brats).astype(np.uint8)
    (text,) = noticed(tmp_path, {"a": mapped}, {"a": brats})
    assert text.startswith(
        "labels in predictions alone: 3; in ground truths alone: 4; if some mean"
    )
    assert noticed(tmp_path / "b", {"a": brats}, {"a": np.minimum(brats, 2)}) == []


def test_labels_in_the_same_places_that_are_never_the_same_are_noticed(tmp_path):
    objects = np.repeat(np.arange(1, 9, dtype=np.uint8), 5)[None]
    others = objects % 8 + 1
    (text,) = noticed(tmp_path, {"a": others}, {"a": objects})
    assert "hold a label, it is the same one in 0% of the voxels; if the labels number ins" in text
    half = np.where(np.arange(40) < 20, objects, others).astype(np.uint8)
    assert noticed(tmp_path / "b", {"a": half}, {"a": objects}) == []
