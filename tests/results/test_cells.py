"""Texts in tables come back as they were, and no spreadsheet runs them."""

from __future__ import annotations

import csv
import json
import zipfile
from math import inf, nan

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import segeval
from segeval.errors import UsageError
from segeval.results import exports
from segeval.results.cells import escaped, guarded, unescaped, unguarded
from segeval.results.formats import read_table, write_table
from segeval.results.results import Results

FORMATS = ["csv", "parquet", "json", "xlsx"]
FORMULAS = ["=1+2", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"]
NAMES = [
    "a\rb", "a\nb", "a\r\nb", "\r", "\n", "a\tb", 'a"b', '"', '""', "a,b", "a;=1", " a ",
    "\x01\x1f", "a\x1b[31m", "\x07", "\x85", "\u2028", "\ufeff", "\ufffe\uffff", "é", "日本", "👁",
    "NA", "nan", "NULL", "None", "", "#N/A", "001", "1e5", "1_000", "TRUE", "2024-01-02", "0x10",
    "_x000D_", "_x005F_x000D_", "_x000d_", "_x00", "'", "''a", "'=1", *FORMULAS,
]  # fmt: skip


def table_of(names):
    rows = [(name, name, 0.5, name, "x-01") for name in names]
    return pd.DataFrame(rows, columns=["case", "region", "dice", "note", "protocol"])


@pytest.mark.parametrize("format_", FORMATS)
def test_every_name_is_read_back(format_, tmp_path):
    path = tmp_path / f"cases.{format_}"
    write_table(table_of(NAMES), path)
    read = read_table(path)
    assert read["case"].tolist() == NAMES
    pd.testing.assert_frame_equal(read, table_of(NAMES), check_exact=True)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        min_size=1,
        max_size=5,
    )
)
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_any_text_is_read_back(tmp_path_factory, format_, names):
    path = tmp_path_factory.mktemp("any") / f"cases.{format_}"
    write_table(table_of(names), path)
    assert read_table(path)["case"].tolist() == names


@given(st.text())
def test_guards_and_escapes_have_a_way_back(text):
    assert unguarded(guarded(text)) == text
    assert unescaped(escaped(text)) == text


@given(st.text("=+-@'\t\r\na_x0D5F"), st.text("=+-@'\t\r\na_x0D5F"))
def test_two_texts_are_written_as_two(text, other):
    assert (guarded(text) == guarded(other)) == (text == other)
    assert (escaped(text) == escaped(other)) == (text == other)


@pytest.mark.parametrize("name", FORMULAS)
def test_no_cell_of_csv_is_a_formula(name, tmp_path):
    """As the standard library reads it, which knows of no guard."""
    write_table(table_of([name]), tmp_path / "cases.csv")
    with (tmp_path / "cases.csv").open(encoding="utf-8", newline="") as file:
        _, row = csv.reader(file)
    assert row[:2] == [f"'{name}"] * 2


@pytest.mark.parametrize("name", ["a;=1+2", "a\t=1+2"])
def test_no_part_of_a_cell_becomes_a_cell_where_others_part_them(name, tmp_path):
    """Where the decimal sign is a comma, spreadsheets part cells by semicolons."""
    write_table(table_of([name])[["case", "dice"]], tmp_path / "cases.csv")
    with (tmp_path / "cases.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file, delimiter=name[1]) for cell in row]
    assert not [cell for cell in cells if cell.startswith("=")]


def test_csv_is_read_by_pandas_with_two_options(tmp_path):
    names = [name for name in NAMES if guarded(name) == name]
    write_table(table_of(names), tmp_path / "cases.csv")
    read = pd.read_csv(tmp_path / "cases.csv", dtype={"case": str}, keep_default_na=False)
    assert read["case"].tolist() == names
    assert read["dice"].tolist() == [0.5] * len(names)


@pytest.mark.parametrize("name", NAMES)
def test_excel_holds_texts_as_its_standard_has_them(name, tmp_path):
    """`xml:space` apart, what openpyxl reads is what the file says: `_xHHHH_` is Excel's own."""
    write_table(table_of([name]), tmp_path / "cases.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "cases.xlsx").active["A2"]
    assert (cell.value or "") == escaped(name)
    assert cell.data_type in ("s", "inlineStr")
    with zipfile.ZipFile(tmp_path / "cases.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("\r", "_x000D_"),
        ("\x1b", "_x001B_"),
        ("_x000D_", "_x005F_x000D_"),
        ("_x", "_x"),
        ("\n", "\n"),
    ],
)
def test_escapes_are_those_of_the_standard(text, held):
    assert escaped(text) == held


def test_a_formula_stays_a_text_when_its_cell_is_edited(tmp_path):
    write_table(table_of(["=1+2", "liver"]), tmp_path / "cases.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "cases.xlsx").active
    assert [sheet["A2"].quotePrefix, sheet["A3"].quotePrefix] == [True, False]


def test_a_text_that_no_cell_holds_is_seen_to_be_cut(tmp_path):
    write_table(table_of(["a" * 32_767, "a" * 32_768]), tmp_path / "cases.xlsx")
    whole, cut = read_table(tmp_path / "cases.xlsx")["note"]
    assert whole == "a" * 32_767
    assert cut == "a" * 32_764 + "..."


def test_tables_that_a_sheet_cannot_hold_go_into_several(tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "ROWS", 2)
    table = table_of(["a", "b", "c", "d", "e"])
    write_table(table, tmp_path / "cases.xlsx")
    assert openpyxl.load_workbook(tmp_path / "cases.xlsx").sheetnames == [
        "Sheet1", "Sheet2", "Sheet3",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(read_table(tmp_path / "cases.xlsx"), table)


def test_masks_of_odd_names_are_scored_into_all_formats(tmp_path):
    names = ["=1+2", "a\rb", "a\nb", "a\x1b[31m", "001", "'a", "a\tb", 'a"b', "-1"]
    mask = np.ones((2, 2), np.uint8)
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
        for name in names:
            np.save(tmp_path / side / f"{name}.npy", mask)
    out = tmp_path / "out"
    results = segeval.score_folder(
        tmp_path / "pred",
        tmp_path / "gt",
        metrics="dice",
        regions={"=cmd|x": [1], "+2": [1]},
        output=out,
        formats=FORMATS,
    )
    assert set(results.cases.case) == set(names)
    for format_ in FORMATS:
        for table in ("cases", "summary"):
            read = read_table(out / f"{table}.{format_}")
            pd.testing.assert_frame_equal(
                read, getattr(results, table), check_exact=format_ != "xlsx"
            )


def test_results_are_valid_json_and_back():
    results = Results(
        pd.DataFrame(
            {
                "case": ["a", "=b", "c"],
                "region": ["1"] * 3,
                "hd": [0.1 + 0.2, nan, inf],
                "note": ["", "é", ""],
                "protocol": ["x-01"] * 3,
            }
        ),
        pd.DataFrame({"region": ["1"], "metric": ["hd"], "unit": ["mm"], "n": [1], "mean": [-inf]}),
        {"complete": True, "tolerance": inf, "cases": {"a": {"seconds": nan}}},
    )

    def no_constant(word):
        raise AssertionError(f"{word} is not JSON")

    text = json.dumps(results.to_dict(), allow_nan=False)
    content = json.loads(text, parse_constant=no_constant)
    assert content["cases"][2] == {
        "case": "c", "region": "1", "hd": "inf", "note": "", "protocol": "x-01",
    }  # fmt: skip
    assert content["run"]["tolerance"] == "inf"
    again = Results.from_dict(content)
    pd.testing.assert_frame_equal(again.cases, results.cases, check_exact=True)
    pd.testing.assert_frame_equal(again.summary, results.summary, check_exact=True)
    assert again.to_dict() == results.to_dict()


@pytest.mark.parametrize("content", [{}, [], None, {"cases": 1, "summary": [], "run": {}}])
def test_what_is_no_result_is_told(content):
    with pytest.raises(UsageError, match=r"wanted what Results\.to_dict wrote, .*; check where"):
        Results.from_dict(content)
