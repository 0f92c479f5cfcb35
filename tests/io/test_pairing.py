"""Pairing by name: folders are written as the names in them, two columns of a table."""

import os
import re
import sys
from pathlib import Path

import pytest

from segeval.errors import UsageError
from segeval.io import Affixes, pair


@pytest.fixture
def folders(tmp_path):
    """Writes the files of two folders; returns the folders."""

    def make(preds: str, gts: str) -> tuple[Path, Path]:
        for side, names in (("pred", preds), ("gt", gts)):
            (tmp_path / side).mkdir()
            for name in names.split():
                path = tmp_path / side / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("x")
        return tmp_path / "pred", tmp_path / "gt"

    return make


def ids(pairing):
    return [found.id for found in pairing.pairs]


def test_files_of_one_name_pair_in_the_order_of_their_ids(folders):
    pred, gt = folders("b.nii.gz a.nii.gz", "a.nii.gz b.nii.gz")
    found = pair(pred, gt)
    assert ids(found) == ["a", "b"]
    assert [(p.pred, p.gt) for p in found.pairs] == [
        (pred / f"{n}.nii.gz", gt / f"{n}.nii.gz") for n in "ab"
    ]
    assert (found.missing, found.extra, found.notices) == ([], [], [])


def test_the_suffix_of_the_format_is_not_part_of_the_id(folders):
    assert ids(pair(*folders("a.npy b.NII.GZ c.v1.png", "a.nii.gz b.png c.v1.TIF"))) == [
        "a",
        "b",
        "c.v1",
    ]


def test_sub_folders_are_part_of_the_id(folders):
    assert ids(pair(*folders("x/a.png y/a.png", "x/a.png y/a.png"))) == ["x/a", "y/a"]


def test_links_to_folders_are_followed_but_not_in_circles(folders, tmp_path):
    pred, gt = folders("a.npy", "a.npy")
    for side in (pred, gt):
        elsewhere = tmp_path / f"more {side.name}"
        elsewhere.mkdir()
        (elsewhere / "b.npy").write_text("x")
        try:
            (side / "linked").symlink_to(elsewhere, target_is_directory=True)
            (side / "circle").symlink_to(side, target_is_directory=True)
        except OSError:
            pytest.skip("links are not allowed here")
        (elsewhere / "back").symlink_to(tmp_path, target_is_directory=True)
        another = tmp_path / f"another {side.name}"
        another.mkdir()
        (elsewhere / "another").symlink_to(another, target_is_directory=True)
        (another / "more").symlink_to(elsewhere, target_is_directory=True)
    assert ids(pair(pred, gt)) == ["a", "linked/b"]


def test_what_has_no_partner_is_listed(folders):
    pred, gt = folders("a.png c.png", "a.png b.png d.png")
    found = pair(pred, gt)
    assert ids(found) == ["a"]
    assert found.missing == [("b", gt / "b.png"), ("d", gt / "d.png")]
    assert found.extra == [("c", pred / "c.png")]


def test_hidden_and_other_files_are_no_masks(folders):
    found = pair(*folders("a.png .DS_Store ._a.png .git/b.png notes.txt a.jpg", "a.png log.csv"))
    assert (ids(found), found.missing, found.extra) == (["a"], [], [])


def test_two_files_are_a_pair_under_the_name_of_the_ground_truth(folders):
    pred, gt = folders("out.nii.gz", "liver.nii.gz")
    found = pair(pred / "out.nii.gz", gt / "liver.nii.gz")
    assert [(p.id, p.pred, p.gt) for p in found.pairs] == [
        ("liver", pred / "out.nii.gz", gt / "liver.nii.gz")
    ]


def test_the_folders_may_be_named_by_text(folders):
    pred, gt = folders("a.png", "a.png")
    assert ids(pair(str(pred), str(gt))) == ["a"]


class TestSuffixesThatAreGiven:
    def test_are_left_out_and_files_without_them_are_no_masks(self, folders):
        pred, gt = folders("a_pred.png b_pred.png a.png", "a_gt.png b_gt.png b_scan.png")
        found = pair(
            pred, gt, pred_affixes=Affixes(suffix="_pred"), gt_affixes=Affixes(suffix="_gt")
        )
        assert (ids(found), found.missing, found.extra) == (["a", "b"], [], [])
        assert found.notices == [
            f"{pred}: left out a.png, without the prefix or suffix asked for",
            f"{gt}: left out b_scan.png, without the prefix or suffix asked for",
        ]

    def test_tell_masks_of_one_folder_apart(self, folders):
        both, _ = folders("a_pred.png a_gt.png", "")
        found = pair(
            both, both, pred_affixes=Affixes(suffix="_pred"), gt_affixes=Affixes(suffix="_gt")
        )
        assert [(p.id, p.pred.name, p.gt.name) for p in found.pairs] == [
            ("a", "a_pred.png", "a_gt.png")
        ]
        assert found.notices == []

    def test_may_name_the_format(self, folders):
        pred, gt = folders("x/a_seg.nii.gz x/a_seg.npz", "x/a.nii.gz x/a.png")
        found = pair(
            pred, gt, pred_affixes=Affixes(suffix="_seg.nii.gz"), gt_affixes=Affixes(suffix=".png")
        )
        assert [(p.id, p.pred.name, p.gt.name) for p in found.pairs] == [
            ("x/a", "a_seg.nii.gz", "a.png")
        ]

    def test_must_occur(self, folders):
        pred, gt = folders("a.png b.png", "a.png")
        message = (
            r"pred: wanted files whose names end in '_seg' \(--pred-suffix\), "
            r"but none of 2 does, for instance a.png"
        )
        with pytest.raises(UsageError, match=message):
            pair(pred, gt, pred_affixes=Affixes(suffix="_seg"))

    def test_must_leave_a_name(self, folders):
        pred, gt = folders("good.nii.gz", "good.nii.gz")
        message = (
            r"good\.nii\.gz: wanted names that end in 'good' \(--pred-suffix\) and hold a name of "
            r"the case, but nothing is left of the file's; correct the option"
        )
        with pytest.raises(UsageError, match=message):
            pair(pred, gt, pred_affixes=Affixes(suffix="good"))


class TestPrefixesThatAreGiven:
    def test_are_left_out_with_suffixes_and_below_folders(self, folders):
        pred, gt = folders(
            "x/pred_01_test.png x/pred_02_test.png x/raw_01_test.png",
            "x/01_manual1.gif x/02_manual1.gif",
        )
        found = pair(
            pred, gt, pred_affixes=Affixes("pred_", "_test"), gt_affixes=Affixes(suffix="_manual1")
        )
        assert (ids(found), found.missing, found.extra) == (["x/01", "x/02"], [], [])
        assert found.notices == [
            f"{pred}: left out x/raw_01_test.png, without the prefix or suffix asked for"
        ]

    def test_may_name_a_folder(self, folders):
        pred, gt = folders("unet/fold0_a.png swin/fold0_a.png", "a.png")
        found = pair(pred, gt, pred_affixes=Affixes("unet/fold0_"))
        assert [(p.id, p.pred) for p in found.pairs] == [("a", pred / "unet/fold0_a.png")]

    def test_must_occur(self, folders):
        pred, gt = folders("a.png b.png", "a.png")
        message = (
            r"pred: wanted files whose names begin with 'p_' \(--pred-prefix\) and end in '_s' "
            r"\(--pred-suffix\), but none of 2 does, for instance a.png"
        )
        with pytest.raises(UsageError, match=message):
            pair(pred, gt, pred_affixes=Affixes("p_", "_s"))


def test_a_prefix_and_a_suffix_of_every_file_are_left_out_together(folders):
    pred, gt = folders("pred_01_test.png pred_02_test.png", "01_manual1.gif 02_manual1.gif")
    found = pair(pred, gt)
    assert ids(found) == ["01", "02"]
    assert found.notices == [
        f"{pred}: paired without the prefix 'pred_' and the suffix '_test' of every file",
        f"{gt}: paired without the suffix '_manual1' of every file",
    ]


def test_a_mask_that_has_one_name_in_the_folder_of_each_case(folders):
    """As KiTS ships its ground truths."""
    pred, gt = folders(
        "case_00000.nii.gz case_00001.nii.gz",
        "case_00000/segmentation.nii.gz case_00000/imaging.nii.gz case_00001/segmentation.nii.gz",
    )
    found = pair(pred, gt, gt_affixes=Affixes(suffix="/segmentation"))
    assert [(p.id, p.gt) for p in found.pairs] == [
        (name, gt / name / "segmentation.nii.gz") for name in ("case_00000", "case_00001")
    ]


def test_a_folder_of_models_is_scored_model_by_model(folders):
    pred, gt = folders("unet/a.png unet/b.png swin/a.png swin/b.png", "a.png b.png c.png")
    message = (
        r"holds folders with predictions of the same cases \(swin, unet\): score each by itself, "
        rf"such as segeval score {re.escape(str(pred / 'swin'))} {re.escape(str(gt))}$"
    )
    with pytest.raises(UsageError, match=message):
        pair(pred, gt)


@pytest.mark.parametrize(
    ("preds", "gts", "names", "notices"),
    [
        (
            "a_pred.png b_pred.png",
            "a.png b.png",
            ["a", "b"],
            ["pred: paired without the suffix '_pred'"],
        ),
        (
            "a.png b.png",
            "a_seg.png b_seg.png",
            ["a", "b"],
            ["gt: paired without the suffix '_seg'"],
        ),
        (
            "a_mask.png b_mask.png",
            "a_gt.png b_gt.png",
            ["a", "b"],
            ["pred: .* '_mask'", "gt: .* suffix '_gt'"],
        ),
        (
            "pred_001.png pred_002.png",
            "gt_001.png gt_002.png",
            ["001", "002"],
            ["prefix 'pred_'", "prefix 'gt_'"],
        ),
        (
            "prediction_7.png",
            "7.png",
            ["7"],
            ["pred: paired without the prefix 'prediction_' of every file"],
        ),
        ("a.nii.gz b.nii.gz", "a_0000.nii.gz b_0000.nii.gz", ["a", "b"], ["suffix '_0000'"]),
        ("liver_pred.png", "liver.png spleen.png", ["liver"], ["'_pred'"]),
        (
            "s1/out.png s2/out.png",
            "s1/seg.png s2/seg.png",
            ["s1", "s2"],
            ["suffix '/out'", "suffix '/seg'"],
        ),
        ("s1/p_a.png s2/p_b.png", "s1/a.png s2/b.png", ["s1/a", "s2/b"], ["prefix 'p_'"]),
        ("labels/a.png labels/b.png", "a.png b.png", ["a", "b"], ["pred: .* prefix 'labels/'"]),
        (
            "a.png b.png",
            "siteX/a.png siteY/b.png",
            ["a", "b"],
            ["gt: paired without the sub-folders of every file"],
        ),
    ],
)
def test_an_affix_that_all_share_is_found(folders, preds, gts, names, notices):
    found = pair(*folders(preds, gts))
    assert ids(found) == names
    assert len(found.notices) == len(notices)
    for notice, wanted in zip(found.notices, notices, strict=True):
        assert re.search(wanted, notice)


@pytest.mark.parametrize(
    ("preds", "gts"),
    [
        ("scan_1.png", "scan_2.png"),  # a number tells cases apart: it is no affix
        ("a_1.png b_1.png", "a_2.png b_2.png"),
        ("a.png b.png", "c.png d.png"),
        ("a_pred.png b.png", "c_a.png d_b.png"),
        ("x/a.png y/a.png", "z/a.png w/b.png"),  # without its folder, a would be two cases
    ],
)
def test_nothing_alike_is_an_error_that_shows_both_sides(folders, preds, gts):
    with pytest.raises(
        UsageError,
        match=r"the same names, but none of \d in .*pred \(such as '.*'\) is among .*--gt-suffix",
    ):
        pair(*folders(preds, gts))


def test_an_affix_is_not_looked_for_when_something_pairs(folders):
    found = pair(*folders("a.png b_pred.png", "a.png b.png"))
    assert ids(found) == ["a"]
    assert [name for name, _ in found.missing] == ["b"]


@pytest.mark.parametrize(
    "names", ["liver.nii.gz liver.png", "liver.png liver.PNG", "Liver.png liver.png"]
)
def test_two_files_for_one_id_are_both_named(folders, names):
    first, second = sorted(names.split())
    with pytest.raises(
        UsageError,
        match=f"{first} and .*{second} are both named .*iver' without their suffix; keep one",
    ):
        pair(*folders(names, "liver.png"))


class TestFoldersThatCannotBePaired:
    def test_one_that_does_not_exist(self, folders):
        pred, gt = folders("a.png", "a.png")
        with pytest.raises(
            UsageError,
            match=r"nowhere: wanted a file or folder for the prediction, but there is none",
        ):
            pair(pred.parent / "nowhere", gt)
        with pytest.raises(
            UsageError,
            match=r"nowhere: wanted a file or folder for the ground truth, but there is none",
        ):
            pair(pred, gt.parent / "nowhere")

    def test_a_file_and_a_folder(self, folders):
        pred, gt = folders("a.png", "a.png")
        with pytest.raises(
            UsageError,
            match=r"prediction .*a.png is a file, but the ground truth .*gt is a folder; give two",
        ):
            pair(pred / "a.png", gt)

    def test_an_empty_one(self, folders):
        with pytest.raises(
            UsageError,
            match=r"gt: wanted masks \(.bmp, .*\), but the folder is empty; check the path",
        ):
            pair(*folders("a.png", ".hidden"))

    def test_one_without_masks(self, folders):
        message = (
            r"pred: wanted masks \(.*\), but none of its 4 files is one "
            r"\(3 .dcm, 1 no suffix\); convert them, or"
        )
        with pytest.raises(UsageError, match=message):
            pair(*folders("a.dcm b.DCM c.dcm README", "a.png"))

    def test_one_of_refused_files_says_why(self, folders):
        with pytest.raises(
            UsageError, match=r"none of its 1 files is one \(1 .jpg\); JPEG is lossy"
        ):
            pair(*folders("a.jpg", "a.png"))

    def test_one_that_may_not_be_listed(self, folders, monkeypatch):
        def denied(path):
            raise PermissionError(13, "Permission denied", str(path))

        pred, gt = folders("a.png", "a.png")
        monkeypatch.setattr(os, "scandir", denied)
        with pytest.raises(
            UsageError,
            match=r"pred: wanted to list the folder, but Permission denied; allow it \(chmod",
        ):
            pair(pred, gt)


def test_one_folder_twice_is_worth_a_notice(folders):
    pred, _ = folders("a.png", "a.png")
    assert pair(pred, pred.parent / "gt" / ".." / "pred").notices == [
        f"{pred} is both the prediction and the ground truth: every score will be perfect"
    ]


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the system refuses such names itself"
)
def test_a_name_that_is_not_text_is_refused(tmp_path: Path) -> None:
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
        (tmp_path / side / os.fsdecode(b"caf\xe9.png")).touch()
    with pytest.raises(UsageError, match=r"caf.*\.png.*not valid text in UTF-8.*rename the file"):
        pair(tmp_path / "pred", tmp_path / "gt")


class TestFilesThatAreLeftOut:
    def test_are_counted_by_kind_once_for_each_folder(self, folders):
        pred, gt = folders("a.nii b.jpg c.jpg d.JPEG", "a.nii b.jpg c.jpg notes.txt .b.nii .x")
        assert pair(pred, gt).notices == [
            f"{pred}: 3 files are no masks, and left out (2 .jpg, 1 .jpeg): b.jpg, c.jpg, d.JPEG",
            f"{gt}: 3 files are no masks, and left out (2 .jpg, 1 .txt): b.jpg, c.jpg, notes.txt",
            f"{gt}: left out .b.nii, that are hidden",
        ]

    def test_are_told_once_where_both_sides_are_one_folder(self, folders):
        both, _ = folders("a_pred.png a_gt.png a.jpg 1.png 2.png 3.png 4.png 5.png 6.png", "")
        assert pair(
            both, both, pred_affixes=Affixes(suffix="_pred"), gt_affixes=Affixes(suffix="_gt")
        ).notices == [
            f"{both}: 1 file is no mask, and left out (1 .jpg): a.jpg",
            f"{both}: left out 1.png, 2.png, 3.png, 4.png, 5.png and 1 more, without the prefix "
            "or suffix asked for",
        ]

    def test_are_those_in_hidden_folders_too(self, folders):
        pred, gt = folders("a.png", "a.png")
        (pred / "site" / ".old").mkdir(parents=True)
        (pred / "site" / ".old" / "b.png").touch()
        assert pair(pred, gt).notices == [f"{pred}: left out site/.old/, that are hidden"]

    def test_are_links_to_a_folder_above_them_too(self, folders):
        pred, gt = folders("a.png", "a.png")
        (pred / "again").symlink_to(pred.parent)
        assert pair(pred, gt).notices == [
            f"{pred}: left out again, that link to a folder above them"
        ]


def test_links_that_lead_nowhere_or_in_a_circle(folders):
    pred, gt = folders("a.png", "a.png")
    (pred.parent / "circle").symlink_to(pred.parent / "circle")
    (pred.parent / "gone").symlink_to(pred.parent / "nothing")
    for name in ("circle", "gone"):
        with pytest.raises(UsageError, match=rf"{name}: .*a link that leads nowhere, or in a circ"):
            pair(pred.parent / name, gt)


def test_an_empty_path_is_not_the_working_folder(folders, tmp_path):
    _, gt = folders("a.png", "a.png")
    with pytest.raises(UsageError, match="wanted a path, but it is empty; name a file or folder"):
        pair("", gt)
