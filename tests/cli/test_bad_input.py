"""Whatever is wrong with the input is one clear line, and no other case suffers."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from helpers.calling import CUBE, Folders
from numpy.typing import NDArray
from PIL import Image

from segeval.run import run

Mask = NDArray[np.generic]


def nifti(path: Path, mask: Mask, zooms: tuple[float, ...] = (1, 1, 1)) -> None:
    nib.save(nib.Nifti1Image(mask, np.diag([*zooms, 1])), path)


def truncated(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (6, 6, 60), dtype=np.uint8)
    nifti(path, noise)
    path.write_bytes(path.read_bytes()[:200])


def not_gzip(path: Path) -> None:
    path.write_bytes(gzip.decompress(path.read_bytes()))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def not_nifti(path: Path) -> None:
    path.write_bytes(gzip.compress(b"no header " * 100))


def with_nan(path: Path) -> None:
    nifti(path, np.where(CUBE > 0, np.nan, 0).astype(np.float32))


def with_halves(path: Path) -> None:
    nifti(path, CUBE * np.float32(0.5))


def negative(path: Path) -> None:
    nifti(path, -CUBE.astype(np.int16))


def of_another_shape(path: Path) -> None:
    nifti(path, CUBE[1:])


def of_another_spacing(path: Path) -> None:
    nifti(path, CUBE, (1, 1, 2))


def elsewhere(path: Path) -> None:
    moved = np.eye(4)
    moved[0, 3] = 3
    nib.save(nib.Nifti1Image(CUBE, moved), path)


def five_axes(path: Path) -> None:
    nifti(path, np.zeros((6, 6, 6, 1, 2), np.uint8))


def complex_numbers(path: Path) -> None:
    nifti(path, CUBE.astype(np.complex64))


def gone(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.nii.gz")


def score_with_bad_case(segeval, folders: Folders) -> tuple[str, str]:
    """The one line that is told, and the note in the table, of a run in which `bad` fails and
    `good` does not.
    """
    answer = folders.score(segeval, "--quiet")
    cases = pd.read_csv(folders.out / "cases.csv", keep_default_na=False).set_index("case")
    assert answer.code == 1
    assert answer.out == "region  dice\n1       0.667 (n = 1)\n"
    assert float(cases.dice["good"]) == pytest.approx(2 / 3)
    assert answer.err.count("\n") == 1
    return answer.err.removesuffix("\n"), cases.note["bad"]


BAD_FILES = {
    truncated: "truncated; copy or write it again",
    not_gzip: "wanted gzip data, but the file starts with .*; rename it to .nii or gzip it again",
    empty: r"wanted a .nii.gz mask, but the file is empty \(0 bytes\)",
    not_nifti: "wanted a NIfTI header, but the data start with b'no heade'; write the file again",
    with_nan: "holds NaN or infinite values; .*: replace them with a label",
    with_halves: "holds 0.5, which is not a whole number; .*: pass --threshold",
    negative: "holds the negative value -1; labels start at 0",
    of_another_shape: r"case 'bad': pred shape \(5, 6, 6\) differs from gt shape \(6, 6, 6\) "
    r"\(.*\); resample",
    of_another_spacing: r"case 'bad': pred spacing \(1, 1, 2\) mm differs from .* \(1, 1, 1\) mm"
    r" \(.*\); .* --spacing",
    elsewhere: "a voxel lies 3 voxels from its place in .*; resample the prediction",
    five_axes: r"wanted a 2-D or 3-D mask, but the shape is \(6, 6, 6, 1, 2\); take one volume",
    complex_numbers: "wanted whole numbers, but the data type is complex64; "
    "save an integer label map",
    gone: "there is no such file; check the path, or whether it was moved while the run went on",
}


@pytest.mark.parametrize(
    ("spoil", "message"), BAD_FILES.items(), ids=[spoil.__name__ for spoil in BAD_FILES]
)
def test_a_bad_file_fails_alone(segeval, folders, spoil, message):
    path = folders.add("bad")
    spoil(path)
    line, note = score_with_bad_case(segeval, folders)
    assert re.match("failed: .*bad", line)
    assert re.search(message, line)
    assert note == line


def test_a_file_that_vanishes_while_the_run_goes_on_fails_alone(segeval, folders, monkeypatch):
    path = folders.add("bad")
    evaluate = run.evaluate

    def evaluate_later(*arguments: object, **options: object) -> object:
        path.unlink()
        return evaluate(*arguments, **options)

    monkeypatch.setattr(run, "evaluate", evaluate_later)
    line, _ = score_with_bad_case(segeval, folders)
    assert re.search(
        r"bad\.nii\.gz: wanted a \.nii\.gz mask, but there is no such file; .*while the run went "
        r"on",
        line,
    )


def test_a_file_without_permission_fails_alone(segeval, folders, monkeypatch):
    path = folders.add("bad")
    opened = Path.open

    def refused(
        self: Path, *arguments: object, **options: object
    ) -> object:  # root may read whatever its mode says
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", refused)
    line, _ = score_with_bad_case(segeval, folders)
    assert re.search(
        r"bad\.nii\.gz: .*there is no permission to read it; allow it \(chmod u\+r\)", line
    )


def test_text_that_is_named_png_fails_alone(segeval, folders):
    for side in (folders.pred, folders.gt):
        Image.fromarray(CUBE[2]).save(side / "slice.png")
    (folders.pred / "slice.png").write_text("no image")
    answer = folders.score(segeval, "--quiet")
    assert answer.code == 1
    assert re.search(
        r"failed: .*slice\.png: wanted a \.png image, but the file starts with b'no image'",
        answer.err,
    )


def test_masks_of_zero_and_one_against_zero_and_255_name_the_option_that_helps(segeval, folders):
    folders.add("good", CUBE, CUBE * 255)
    answer = folders.score(segeval, "--quiet")
    assert answer.err.startswith(
        "failed: case 'good': pred holds only {0, 1} and gt only {0, 255} ("
    )
    assert (answer.code, answer.out) == (1, "")
    assert folders.score(segeval, "--binary").out == "region  dice\n1       1.000\n"


def test_many_failures_are_told_in_part_and_counted(segeval, folders):
    for number in range(23):
        folders.add(f"bad{number:02}").write_bytes(b"")
    lines = folders.score(segeval, "--quiet").err.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 3 more failed; the notes in the table of cases say why"


BAD_USAGE = {
    "a folder that does not exist": (
        ["--", "nowhere", "gt"],
        r"nowhere: .*for the prediction, but there is none",
    ),
    "a remote prediction": (
        ["--", "s3://x/pred", "gt"],
        "s3://x/pred: wanted a path on this machine",
    ),
    "a remote ground truth": (
        ["--", "pred", "gs://x/gt"],
        "gs://x/gt: wanted a path on this machine",
    ),
    "a remote output": (
        ["-o", "s3://x/out"],
        "s3://x/out: wanted a path on this machine.*aws s3 sync",
    ),
    "a folder without masks": (
        ["--", "notes", "gt"],
        r"notes: wanted masks \(.*\), but none of its 1 files is one",
    ),
    "an empty folder": (["--", "void", "gt"], r"void: wanted masks .*, but the folder is empty"),
    "a file and a folder": (
        ["--", "pred/good.nii.gz", "gt"],
        "is a file, but the ground truth gt is a folder",
    ),
    "two masks of one name": (
        ["--", "twins", "gt"],
        r"good\.nii and twins.good\.nii\.gz are both named 'good'",
    ),
    "no common names": (
        ["--", "others", "gt"],
        "wanted predictions and ground truths of the same names, but none",
    ),
    "a ground truth alone": (
        ["--", "pred", "more"],
        "1 ground truth without a prediction: alone; .*--missing skip",
    ),
    "an output that is a file": (["-o", "file"], r"file: cannot .*\(.*\); give another"),
    "an output below a file": (
        ["-o", "file/out"],
        r"file.out: cannot .*\((Not a dir|The sys).*\); give another",
    ),
    "an unknown metric": (["-m", "dcie"], r"unknown metric 'dcie'; did you mean dice"),
    "no tolerance": (
        ["-m", "nsd"],
        "metric 'nsd' needs a value for tolerance and has no default; .*such as nsd@2",
    ),
    "a negative tolerance": (
        ["-m", "nsd@-1"],
        "metric 'nsd': tolerance must be at least 0, not -1",
    ),
    "no metric": (["-m", ""], "no metric to compute; name at least one, such as dice"),
    "a region without a label": (
        ["--regions", "liver"],
        r"region 'liver' is not understood; .*\(liver=1\)",
    ),
    "a region twice": (["--regions", "a=1,a=2"], "region 'a' is given twice"),
    "a regions file that is missing": (
        ["--regions", "no.json"],
        "no.json: wanted .* names and labels, but it cannot be read: No such",
    ),
    "a regions file that is not JSON": (
        ["--regions", "bad.json"],
        "bad.json: wanted .*, but it cannot be read as such .*; write",
    ),
    "a regions file of a list": (
        ["--regions", "list.json"],
        "list.json: wanted a JSON object .*, but it holds a list; write",
    ),
    "a label that is no number": (
        ["--regions", "odd.json"],
        "odd.json: region 'liver' must be a label .*, not 1.5",
    ),
    "no jobs": (["--jobs", "0"], "jobs must be at least 1, not 0; leave it out to use every core"),
    "a spacing of zero": (
        ["--spacing", "0,1,1"],
        r"spacing must be lengths above 0, not \(0\.0, 1\.0, 1\.0\)",
    ),
    "a spacing that is no list": (
        ["--spacing", "1;1"],
        "'1;1' is not a list of lengths; write one for each",
    ),
    "a negative label to ignore": (
        ["--ignore-label", "-1"],
        "the label to ignore must be from 0 to .*, not -1",
    ),
    "a negative tolerance of space": (
        ["--geometry-tolerance", "-1"],
        "geometry tolerance must be at least 0, not -1",
    ),
    "an unknown format": (["--format", "csv,xls"], "'xls' is not one of csv, parquet, json, xlsx"),
    "an unknown plot format": (["--plot-format", "jpg"], "'jpg' is not one of png, svg, pdf"),
    "an unknown policy": (["--missing", "guess"], "'guess' is not one of 'error', 'skip', 'empty'"),
    "an unknown device": (
        ["--device", "abacus"],
        "unknown device .abacus.; it is auto, cpu, cuda or one such as cuda:1",
    ),
    "a device that is not there": (
        ["--device", "cuda:99"],
        "device .cuda:99.: there is no such GPU, .*; pass --device cpu, or auto",
    ),
    "colours that are missing": (
        ["--colors", "no.json"],
        "no.json: wanted a JSON object of colours .*No such file",
    ),
    "a suffix that nothing has": (
        ["--pred-suffix", "_x"],
        r"pred: wanted files whose names end in '_x' \(--pred-",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), BAD_USAGE.values(), ids=BAD_USAGE)
def test_bad_usage_is_one_line_before_anything_is_scored(
    segeval, folders, monkeypatch, tmp_path, arguments, message
):
    monkeypatch.chdir(tmp_path)
    for name in ("notes", "void", "twins", "others"):
        Path(name).mkdir()
    Path("notes/a.txt").touch()
    nifti(Path("twins/good.nii"), CUBE)
    nifti(Path("twins/good.nii.gz"), CUBE)
    nifti(Path("others/else.nii.gz"), CUBE)
    Folders(folders.gt, Path("more"), folders.out).add("alone")
    (folders.gt / "alone.nii.gz").unlink()
    Path("more/good.nii.gz").symlink_to(folders.gt / "good.nii.gz")
    Path("file").touch()
    for name, content in {
        "bad": "{liver: 1}",
        "list": "[1]",
        "odd": json.dumps({"liver": 1.5}),
    }.items():
        Path(f"{name}.json").write_text(content)
    folder_names = arguments if arguments[0] == "--" else [*arguments, "--", "pred", "gt"]
    answer = segeval("score", "--no-plots", *folder_names)
    assert (answer.code, answer.out) == (2, "")
    assert re.fullmatch(rf"error: .*{message}.*\n", answer.err)
    assert not Path("segeval-results").exists()


def test_the_same_folder_twice_is_a_warning(segeval, folders):
    answer = segeval("score", folders.gt, folders.gt, "-o", folders.out, "-m", "dice", "--no-plots")
    assert answer.code == 0
    assert (
        f"note: {folders.gt} is both the prediction and the ground truth: every score will be "
        f"perfect" in answer.err
    )


def test_a_region_that_occurs_in_no_mask_is_a_warning(segeval, folders):
    answer = folders.score(segeval, "--regions", "liver=7")
    assert answer.code == 0
    told = "note: 1 of 1 regions occur in no mask: liver; the masks hold labels 1; check --regions"
    assert told in answer.err
    assert answer.out == "region  dice\nliver   - (1 undef.)\n"


@pytest.mark.parametrize(
    ("policy", "row"), [("skip", "1       0.667"), ("empty", "1       0.333 ± 0.471")]
)
def test_a_missing_prediction_follows_the_policy(segeval, folders, policy, row):
    folders.add("missing").unlink()
    answer = folders.score(segeval, "--missing", policy)
    assert answer.code == 0
    assert answer.out.splitlines()[1] == row
    assert "note: 1 ground truth without a prediction, " in answer.err
