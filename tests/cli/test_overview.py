from __future__ import annotations

from math import isnan, nan

from segeval.cli.overview import extremes, overview_of
from segeval.cli.sheet import Sheet

CASES = 2000


def row(region, metric, mean, std=0.1, *, unit="", undefined=0, infinite=0):
    n = 0 if isnan(mean) else CASES - undefined - infinite
    counts = {"n": n, "n_undefined": undefined, "n_infinite": infinite}
    return {"region": region, "metric": metric, "unit": unit, "mean": mean, "std": std, **counts}


def test_a_row_a_region_a_column_a_metric_and_the_mean_last():
    sheet = overview_of(
        [
            row("1", "dice", 0.9),
            row("1", "hd95", 3.14159, 12.5, unit="mm"),
            row("mean", "dice", 0.9),
        ],
        CASES,
    )
    assert sheet.head == ("region", "dice", "hd95 (mm)")
    assert sheet.rows == [("1", "0.900 ± 0.100", "3.14 ± 12.50"), ("mean", "0.900 ± 0.100", "")]
    assert sheet.total


def test_numbers_without_a_bound_have_three_digits():
    means = {
        0.01234: "0.0123",
        1.234: "1.23",
        -12.34: "-12.3",
        123.4: "123",
        1234.5: "1,234",
        0.0: "0.00",
    }
    for mean, text in means.items():
        assert overview_of([row("1", "assd", mean, nan)], CASES).rows == [("1", text)]


def test_what_the_mean_leaves_out_is_said():
    sheet = overview_of(
        [
            row("1", "hd", 10.0, 1.0, undefined=2),
            row("2", "hd", 5.0, 1.0, undefined=1, infinite=1200),
            row("3", "hd", nan, nan, undefined=3),
        ],
        CASES,
    )
    assert [text for _, text in sheet.rows] == [
        " 10.0 ± 1.0 (n = 1,998, 2 undef.)",
        "5.00 ± 1.00 (n = 799, 1 undef., 1,200 inf.)",
        "          - (3 undef.)",
    ]


def test_cases_that_failed_are_missing_from_every_mean():
    rows = [row("1", "dice", 0.5), row("mean", "dice", 0.5)]
    texts = [text for _, text in overview_of(rows, CASES + 1).rows]
    assert texts == ["0.500 ± 0.100 (n = 2,000)"] * 2


def test_a_mean_over_regions_is_over_no_number_of_cases():
    rows = [row("1", "dice", 0.5), row("mean", "dice", 0.5) | {"n": 3}]
    texts = [text for _, text in overview_of(rows, CASES, cases_first=True).rows]
    assert texts == ["0.500 ± 0.100"] * 2


def summary(metric: str, means: dict[str, float]):
    return [row(region, metric, mean) for region, mean in means.items()]


def test_few_regions_are_all_shown():
    few = summary("dice", {str(i): i / 30 for i in range(30)})
    assert extremes(few) == (few, "")


def test_of_many_regions_the_best_and_the_worst_are_shown():
    means = {f"r{i}": (i * 37 % 100) / 100 for i in range(100)} | {"void": nan}
    shown, remark = extremes([*summary("dice", means), row("mean", "dice", 0.5)])
    assert [r["mean"] for r in shown] == [
        0.99,
        0.98,
        0.97,
        0.96,
        0.95,
        0.04,
        0.03,
        0.02,
        0.01,
        0.0,
        0.5,
    ]
    assert shown[-1]["region"] == "mean"
    assert remark == "the 5 best and 5 worst of 101 regions by dice, all in the summary table"


def test_the_best_is_what_the_metric_says_it_is():
    means = {str(i): i - 50.0 for i in range(101)}
    assert [r["mean"] for r in extremes(summary("hd", {k: v + 50 for k, v in means.items()}))[0]][
        :2
    ] == [0, 1]
    assert abs(extremes(summary("volume_error", means))[0][0]["mean"]) == 0
    assert [abs(r["mean"]) for r in extremes(summary("volume_error", means))[0]][-1] == 50
    assert extremes(summary("lr_plus", {k: v + 50 for k, v in means.items()}))[0][0]["mean"] == 100


def test_metrics_without_a_best_value_rank_nothing():
    many = summary("volume_g", {str(i): float(i) for i in range(99)})
    assert extremes(many) == (many, "")


def test_lines_are_aligned():
    assert Sheet(("region", "dice"), [("1", "0.9"), ("liver", "")]).lines() == [
        "region  dice",
        "1       0.9",
        "liver",
    ]


def test_a_sheet_that_is_too_wide_goes_on_below():
    sheet = Sheet(("region", "dice", "iou", "hd95"), [("1", "0.9", "0.8", "12")], total=True)
    assert [part.head for part in sheet.parts(80)] == [sheet.head]
    assert [part.head for part in sheet.parts(22)] == [
        ("region", "dice", "iou"),
        ("region", "hd95"),
    ]
    assert [part.head[1:] for part in sheet.parts(1)] == [("dice",), ("iou",), ("hd95",)]
    assert sheet.parts(22)[1].rows == [("1", "12")]
    assert all(part.total for part in sheet.parts(22))


def test_rows_that_have_nothing_in_a_part_are_left_out_of_it():
    sheet = Sheet(
        ("region", "dice", "rand"),
        [("1", "0.9", ""), ("all", "", "0.7"), ("mean", "0.9", "")],
        total=True,
    )
    dice, rand = sheet.parts(1)
    assert (dice.rows, dice.total) == ([("1", "0.9"), ("mean", "0.9")], True)
    assert (rand.rows, rand.total) == ([("all", "0.7")], False)
