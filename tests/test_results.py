"""A results folder holds one run, whole, and says what is wrong when it does not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.synthetic import curves_of

from segeval.errors import UsageError
from segeval.results.details import Details
from segeval.results.results import Results
from segeval.statistics.curves import Curves

DETAILS = Details(
    cases=("001", "b"),
    regions=("liver", "日本"),
    volume_p=np.array([[1.5, 0], [2, np.nan]]),
    volume_g=np.array([[1.25, 0], [3, np.nan]]),
    curves=curves_of([0, 0.5, 1], [[[0.1, 0.5, 1], [np.nan] * 3], [[0, 0, 0.25], [np.nan] * 3]]),
)
RESULTS = Results(
    pd.DataFrame(
        {
            "case": ["001", "b"],
            "region": ["1", ""],
            "dice": [0.9, np.nan],
            "note": ["", "failed: é"],
            "protocol": ["monai-01234567"] * 2,
        }
    ),
    pd.DataFrame({"region": ["1"], "metric": ["dice"], "unit": [""], "n": [1], "mean": [0.9]}),
    {
        "complete": True,
        "protocol": {"name": "monai", "hash": "0123456789"},
        "units": {"length": "mm", "volume": "mm²"},
        "cases": {"日本": {"pred": None}},
    },
    DETAILS,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def same_details(a: Details | None, b: Details | None) -> None:
    assert a is not None
    assert b is not None
    assert (a.cases, a.regions) == (b.cases, b.regions)
    arrays_a, arrays_b = (
        {"volume_p": each.volume_p, "volume_g": each.volume_g, **each.curves.arrays}
        for each in (a, b)
    )
    assert arrays_a.keys() == arrays_b.keys()
    for name, array in arrays_a.items():
        np.testing.assert_array_equal(array, arrays_b[name])
        assert array.dtype == arrays_b[name].dtype


@pytest.mark.parametrize("formats", [("csv",), ("parquet", "json"), ("xlsx",)])
def test_load_gives_what_was_saved(formats: tuple[str, ...], tmp_path: Path):
    RESULTS.save(tmp_path / "new" / "folder", formats)
    loaded = Results.load(tmp_path / "new" / "folder")
    pd.testing.assert_frame_equal(loaded.cases, RESULTS.cases)
    pd.testing.assert_frame_equal(loaded.summary, RESULTS.summary)
    assert loaded.run == RESULTS.run
    same_details(loaded.details, DETAILS)


def test_the_files_of_a_run(tmp_path: Path):
    RESULTS.save(tmp_path, ("csv", "json"))
    assert names(tmp_path) == [
        "cases.csv", "cases.json", "details.npz", "run.json", "summary.csv", "summary.json",
    ]  # fmt: skip


def test_nothing_of_an_earlier_run_is_left(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    RESULTS.save(tmp_path, ("csv",))
    replace(RESULTS, details=None).save(tmp_path, ("parquet",))
    assert names(tmp_path) == ["cases.parquet", "notes.txt", "run.json", "summary.parquet"]
    assert Results.load(tmp_path).details is None


def test_details_without_surfaces(tmp_path: Path):
    none = replace(DETAILS, curves=Curves.absent(4))
    none.save(tmp_path / "details.npz")
    same_details(Details.load(tmp_path / "details.npz"), none)


def test_a_folder_that_does_not_exist(tmp_path: Path):
    with pytest.raises(
        UsageError, match="gone: wanted the folder that segeval score wrote, but it does not exist"
    ):
        Results.load(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(
        UsageError, match=r"file: wanted the folder .* but it is a file, not a folder"
    ):
        Results.load(tmp_path / "file")


def test_a_folder_without_the_table_of_cases(tmp_path: Path):
    RESULTS.save(tmp_path)
    (tmp_path / "cases.csv").unlink()
    with pytest.raises(
        UsageError, match=r"no cases\.csv in it; is this a results folder of segeval score\?"
    ):
        Results.load(tmp_path)
    (tmp_path / "journal.jsonl").write_text("")
    with pytest.raises(
        UsageError, match=r"the journal of a run that has not ended; go on with .* --resume"
    ):
        Results.load(tmp_path)


@pytest.mark.parametrize("missing", ["summary.csv", "run.json", "details.npz"])
def test_of_a_folder_without_one_of_its_files_the_others_are_loaded(
    missing: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    RESULTS.save(tmp_path)
    (tmp_path / missing).unlink()
    loaded = Results.load(tmp_path)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{tmp_path / missing}: is missing")
    pd.testing.assert_frame_equal(loaded.cases, RESULTS.cases)
    assert (loaded.details is None) == (missing == "details.npz")
    assert (len(loaded.summary) == 0) == (missing == "summary.csv")
    assert (loaded.run["cases"] == {}) == (missing == "run.json")


@pytest.mark.parametrize("name", ["cases.csv", "summary.csv", "details.npz"])
def test_a_file_of_another_run_is_told(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    RESULTS.save(tmp_path / "one")
    other = replace(
        RESULTS,
        cases=RESULTS.cases.assign(dice=0.5),
        summary=RESULTS.summary.assign(mean=0.5),
        details=replace(DETAILS, curves=curves_of([0, 0.5, 1], [[[0, 0, 1], [np.nan] * 3]] * 2)),
    )
    other.save(tmp_path / "two")
    Results.load(tmp_path / "two")
    assert caplog.messages == []
    shutil.copy(tmp_path / "two" / name, tmp_path / "one")
    Results.load(tmp_path / "one")
    (text,) = caplog.messages
    path = tmp_path / "one" / name
    assert text.startswith(f"{path}: is not as the run of run.json left it; it was changed since")


@pytest.mark.parametrize(
    ("text", "came"), [("{", "it cannot be read as such"), ("[]", "it holds a list")]
)
def test_a_run_file_that_holds_something_else(text: str, came: str, tmp_path: Path):
    RESULTS.save(tmp_path)
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(
        UsageError, match=rf"run\.json: wanted .*, but {came}.*; run segeval score again"
    ):
        Results.load(tmp_path)


def test_details_that_are_damaged(tmp_path: Path):
    RESULTS.save(tmp_path)
    whole = (tmp_path / "details.npz").read_bytes()
    (tmp_path / "details.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        UsageError,
        match=r"details\.npz: cannot read it .*; delete it to plot from the tables alone",
    ):
        Results.load(tmp_path)


def test_a_format_that_is_unknown_is_said_before_anything_is_written(tmp_path: Path):
    with pytest.raises(UsageError, match="tables are written as csv"):
        RESULTS.save(tmp_path / "out", ("csv", "ods"))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        UsageError, match=r"file.out: cannot make this folder for the results \((Not a dir|The sys)"
    ):
        RESULTS.save(tmp_path / "file" / "out")
