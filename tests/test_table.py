"""Tables come back from a file as they were, in every format."""

from __future__ import annotations

import sys
from math import inf, nan
from pathlib import Path

import pandas as pd
import pytest

from segeval.errors import UsageError
from segeval.io.files import make_folder, replacing
from segeval.results.columns import applies, metrics_of
from segeval.results.exports import EXPORTS
from segeval.results.formats import check_formats, read_table, write_table

CASES = pd.DataFrame({
    "case": ["001", "NA", 'a,b\n"c"', "=1+2", "日本"],
    "region": ["1", "liver", "", "null", "nan"],
    "dice": [0.125, nan, inf, -inf, 1.0],
    "nsd@2": [nan] * 5,
    "note": ["", "é", "failed: x", "None", ""],
})  # fmt: skip
SUMMARY = pd.DataFrame(
    {
        "region": ["1"],
        "metric": ["dice"],
        "unit": [""],
        "n": [3],
        "mean": [0.5],
        "n_undefined": [0],
        "n_infinite": [2],
    }
)


@pytest.mark.parametrize("format_", EXPORTS)
@pytest.mark.parametrize("table", [CASES, SUMMARY, CASES[:0]], ids=["cases", "summary", "empty"])
def test_round_trip(table: pd.DataFrame, format_: str, tmp_path: Path):
    path = tmp_path / f"table.{format_}"
    write_table(table, path)
    if len(table) or format_ != "json":  # a list of no records does not know its columns
        pd.testing.assert_frame_equal(read_table(path), table, check_exact=True)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("format_", ["csv", "parquet", "json"])
def test_every_digit_survives(format_: str, tmp_path: Path):
    table = CASES.assign(dice=[0.1 + 0.2, 1 / 3, 1e-300, 123456789.123456789, 5e-324])
    write_table(table, tmp_path / f"t.{format_}")
    assert list(read_table(tmp_path / f"t.{format_}")["dice"]) == list(table["dice"])


def test_csv_is_written_as_documented(tmp_path: Path):
    write_table(CASES[:3], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == (
        "case,region,dice,nsd@2,note\n"
        "001,1,0.125,nan,\n"
        "NA,liver,nan,nan,é\n"
        '"a,b\n""c""",,inf,nan,failed: x\n'
    )


def test_metrics_are_the_columns_names():
    assert [metric.column for metric in metrics_of(CASES)] == ["dice", "nsd@2"]
    with pytest.raises(UsageError, match="unknown metric 'dicee'; did you mean dice"):
        metrics_of(CASES.rename(columns={"dice": "dicee"}))


def test_case_metrics_apply_to_the_row_of_all_regions_alone():
    dice, rand = metrics_of(pd.DataFrame(columns=["case", "region", "dice", "rand", "note"]))
    assert [applies(dice, "liver"), applies(dice, "all")] == [True, False]
    assert [applies(rand, "liver"), applies(rand, "all")] == [False, True]


def test_a_format_that_is_unknown(tmp_path: Path):
    with pytest.raises(
        UsageError, match=r"t\.ods: tables are written as csv, parquet, json, xlsx, not 'ods'"
    ):
        write_table(CASES, tmp_path / "t.ods")
    with pytest.raises(UsageError, match="not 'ods'"):
        check_formats(["csv", "ods"])


@pytest.mark.parametrize(("format_", "package"), [("parquet", "pyarrow"), ("xlsx", "openpyxl")])
def test_a_format_whose_package_is_missing(
    format_: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_table(CASES, tmp_path / f"there.{format_}")
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    advice = f"needs a package that is not installed .*; pip install {package}, or choose csv"
    with pytest.raises(UsageError, match=rf"t\.{format_}: this format {advice}"):
        write_table(CASES, tmp_path / f"t.{format_}")
    with pytest.raises(UsageError, match=rf"there\.{format_}: this format {advice}"):
        read_table(tmp_path / f"there.{format_}")
    assert not (tmp_path / f"t.{format_}").exists()


@pytest.mark.parametrize(
    ("content", "came"),
    [
        ("case,region,dice\na,1,high\n", "could not convert string to float: 'high'"),
        ("", "No columns to parse"),
    ],
)
def test_a_file_that_holds_something_else(content: str, came: str, tmp_path: Path):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(UsageError, match=rf"t\.csv: wanted a table that segeval wrote, but {came}"):
        read_table(tmp_path / "t.csv")


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(UsageError, match=r"t\.csv: cannot read it \(No such file or directory\)"):
        read_table(tmp_path / "t.csv")


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("old")

    def break_off() -> None:
        with replacing(path) as file:
            file.write(b"half of the n")
            raise KeyboardInterrupt("enough")

    with pytest.raises(KeyboardInterrupt, match="enough"):
        break_off()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_or_written(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        UsageError, match=r"file: cannot make this folder for the results \(a file has its name\)"
    ):
        make_folder(tmp_path / "file")
    with pytest.raises(
        UsageError,
        match=r"t\.csv: cannot write it \(No such file or directory\); give another folder",
    ):
        write_table(CASES, tmp_path / "gone" / "t.csv")
