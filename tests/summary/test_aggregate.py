"""The summary against statistics written out, pandas, and what must never be counted."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import pandas as pd
import pytest

from segeval.errors import UsageError
from segeval.summary import summarise

STATISTICS = (
    "n",
    "mean",
    "std",
    "median",
    "q25",
    "q75",
    "min",
    "max",
    "ci_low",
    "ci_high",
    "pooled",
    "pooled_voxels",
)
COLUMNS = [
    "region",
    "metric",
    "unit",
    *STATISTICS,
    "n_undefined",
    "n_infinite",
    "n_failed",
]


def table(rows: list[tuple[object, ...]], *columns: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["case", "region", *columns])
    return frame.assign(note="")


def summary(cases: pd.DataFrame, **options: object) -> pd.DataFrame:
    return summarise(cases, length_unit="mm", volume_unit="ml", **options)  # type: ignore[arg-type]


def row(result: pd.DataFrame, region: str, metric: str) -> pd.Series:
    found = result[(result["region"] == region) & (result["metric"] == metric)]
    assert len(found) == 1
    return found.iloc[0]


THREE = table(
    [
        ("a", "liver", 0.8, 2.0),
        ("a", "spleen", 0.6, 4.0),
        ("b", "liver", 0.9, 3.0),
        ("b", "spleen", nan, nan),
        ("c", "liver", 0.4, inf),
        ("c", "spleen", 0.2, 7.0),
    ],
    "dice",
    "hd95",
)


def test_columns_and_order():
    result = summary(THREE)
    assert list(result.columns) == COLUMNS
    assert list(result["region"]) == ["liver", "liver", "spleen", "spleen", "mean", "mean"]
    assert list(result["metric"]) == ["dice", "hd95"] * 3
    assert list(result["unit"]) == ["", "mm"] * 3


def test_statistics_are_over_the_finite_values_and_say_what_they_left_out():
    liver = row(summary(THREE), "liver", "hd95")
    assert (liver["n"], liver["n_undefined"], liver["n_infinite"]) == (2, 0, 1)
    assert liver["mean"] == (2 + 3) / 2
    assert liver["std"] == pytest.approx(((2 - 2.5) ** 2 + (3 - 2.5) ** 2) ** 0.5)
    assert (liver["min"], liver["q25"], liver["median"], liver["q75"], liver["max"]) == (
        2,
        2.25,
        2.5,
        2.75,
        3,
    )
    spleen = row(summary(THREE), "spleen", "dice")
    assert (spleen["n"], spleen["n_undefined"], spleen["n_infinite"]) == (2, 1, 0)


def test_the_mean_row_averages_over_regions_first():
    mean = row(summary(THREE), "mean", "hd95")
    per_case = [
        (2 + 4) / 2,
        3,
        7,
    ]  # case b has one region that is defined, case c one that is finite
    assert mean["mean"] == pytest.approx(sum(per_case) / 3)
    assert mean["median"] == 3
    assert (mean["n"], mean["n_undefined"], mean["n_infinite"]) == (3, 1, 1)


def test_a_single_region_has_no_mean_row():
    assert list(summary(THREE[THREE["region"] == "liver"])["region"]) == ["liver", "liver"]


def test_nothing_defined_is_nan_and_never_zero():
    empty = row(summary(table([("a", "1", nan), ("b", "1", nan)], "dice")), "1", "dice")
    assert (empty["n"], empty["n_undefined"]) == (0, 2)
    assert all(isnan(empty[name]) for name in STATISTICS[1:])


def test_one_case_has_a_mean_but_no_spread_and_no_interval():
    one = row(summary(table([("a", "1", 0.7)], "dice")), "1", "dice")
    assert (one["n"], one["mean"], one["median"], one["min"], one["max"]) == (1, 0.7, 0.7, 0.7, 0.7)
    assert isnan(one["std"])
    assert isnan(one["ci_low"])
    assert isnan(one["ci_high"])


def test_equal_values_have_exactly_their_value_as_mean_and_interval():
    equal = row(summary(table([(str(k), "1", 0.9) for k in range(7)], "dice")), "1", "dice")
    assert (equal["mean"], equal["ci_low"], equal["ci_high"], equal["std"]) == (0.9, 0.9, 0.9, 0)


def test_failed_cases_count_in_nothing():
    failed = pd.DataFrame([("x", "", nan, nan, "failed: cannot read")], columns=THREE.columns)
    pd.testing.assert_frame_equal(summary(pd.concat([THREE, failed])), summary(THREE))


def test_only_failed_cases_give_an_empty_summary():
    failed = pd.DataFrame(
        [("x", "", nan, "failed: cannot read")], columns=["case", "region", "dice", "note"]
    )
    result = summary(failed)
    assert list(result.columns) == COLUMNS
    assert len(result) == 0


def test_case_metrics_have_their_own_rows_and_are_not_undefined_elsewhere():
    own = table([("a", "all", 0.5), ("b", "all", nan), ("c", "all", 0.7)], "rand")
    result = summary(pd.concat([THREE, own], ignore_index=True))
    assert len(result) == 2 * 2 + 1 + 2
    everything = row(result, "all", "rand")
    assert (everything["n"], everything["mean"], everything["n_undefined"]) == (
        2,
        pytest.approx(0.6),
        1,
    )
    assert row(result, "liver", "dice")["n_undefined"] == 0
    assert row(result, "mean", "dice")["n_undefined"] == 1


def test_pooled_values_are_the_callers_and_their_mean_is_over_regions():
    result = summary(THREE, pooled={"dice": {"liver": 0.7, "spleen": 0.4}})
    assert row(result, "liver", "dice")["pooled"] == 0.7
    assert row(result, "mean", "dice")["pooled"] == pytest.approx((0.7 + 0.4) / 2)
    assert isnan(row(result, "liver", "hd95")["pooled"])
    assert isnan(row(result, "mean", "hd95")["pooled"])


def test_a_case_without_a_row_for_a_region_is_not_undefined_there():
    result = summary(THREE[~((THREE["case"] == "b") & (THREE["region"] == "spleen"))])
    assert row(result, "spleen", "dice")["n_undefined"] == 0


def test_rows_in_any_order_give_the_same_numbers():
    shuffled = THREE.sample(frac=1, random_state=1)
    exact = [name for name in COLUMNS if not name.startswith("ci_")]
    for region in ("liver", "spleen", "mean"):
        for metric in ("dice", "hd95"):
            a, b = row(summary(shuffled), region, metric), row(summary(THREE), region, metric)
            pd.testing.assert_series_equal(a[exact], b[exact], check_names=False)


def test_two_rows_of_one_case_and_region_are_an_error():
    with pytest.raises(UsageError, match="two rows for case 'a' and region 'liver'; keep one"):
        summary(pd.concat([THREE, THREE[:1]]))


def test_as_pandas_computes_it():
    rng = np.random.default_rng(3)
    cases = table(
        [(f"{c}", f"{r}", rng.normal()) for c in range(40) for r in range(5)], "volume_error"
    )
    cases.loc[rng.choice(200, 30, replace=False), "volume_error"] = nan
    by_region = cases.groupby("region", sort=False)["volume_error"]
    result = summary(cases)
    own = result[result["region"] != "mean"].set_index("region")
    expected = by_region.describe()[
        ["count", "mean", "std", "min", "25%", "50%", "75%", "max"]
    ].to_numpy()
    found = own[["n", "mean", "std", "min", "q25", "median", "q75", "max"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    per_case = cases.groupby("case")["volume_error"].mean()
    assert row(result, "mean", "volume_error")["mean"] == pytest.approx(per_case.mean())
    assert row(result, "mean", "volume_error")["unit"] == "ml"
