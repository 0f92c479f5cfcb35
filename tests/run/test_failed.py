"""Cases that could not be scored never flatter the others."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import segeval
from segeval.errors import UsageError

METRICS = "dice,hd,rand,volume_error,tp"


@pytest.fixture
def folders(tmp_path):
    """Three cases, one of which is damaged."""
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
        for name in "abc":
            mask = np.zeros((8, 8), np.uint8)
            mask[2:6, 2:5] = 1
            np.save(tmp_path / side / f"{name}.npy", mask)
    (tmp_path / "pred" / "b.npy").write_bytes(b"damaged")
    return tmp_path / "pred", tmp_path / "gt"


def score(folders, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", segeval.FailedCasesWarning)
        return segeval.score_folder(*folders, metrics=METRICS, **options)


def rows(results, region):
    return results.summary[results.summary.region == region].set_index("metric")


@pytest.mark.parametrize("failed", ["error", "skip"])
def test_failed_cases_are_in_no_mean_and_counted(folders, failed):
    results = score(folders, failed=failed)
    assert rows(results, "1").n.tolist() == [2] * 4
    assert results.summary.n_failed.tolist() == [1] * 5
    (note,) = results.cases.note[results.cases.case == "b"]
    assert note.startswith("failed: ")


def test_failed_cases_may_count_as_the_worst(folders):
    results = score(folders, failed="worst")
    worst = results.cases[results.cases.case == "b"].set_index("region")
    assert worst.loc["1", "dice"] == 0
    assert worst.loc["1", "hd"] == math.inf
    assert math.isnan(worst.loc["1", "volume_error"])  # neither end of its range is the worse
    assert worst.loc["all", "rand"] == 0
    assert math.isnan(worst.loc["all", "dice"])
    assert worst.note.str.startswith("failed, scored as the worst: ").all()
    summary = rows(results, "1")
    assert summary.loc["dice", "mean"] == pytest.approx((1 + 0 + 1) / 3)
    assert (summary.loc["dice", "n"], summary.loc["hd", "n_infinite"]) == (3, 1)
    assert math.isnan(summary.loc["dice", "pooled"])  # no voxels of a failed case can be added up
    assert rows(score(folders), "1").loc["dice", "pooled"] == 1
    assert results.summary.n_failed.tolist() == [1] * 5


def test_without_a_region_nothing_can_count_as_the_worst_and_that_is_told(folders):
    for path in folders[0].iterdir():
        path.write_bytes(b"damaged")
    (warning,) = score(folders, failed="worst").run["warnings"]
    assert "no region is known" in warning
    named = score(folders, failed="worst", regions=[1])
    assert named.run["warnings"] == []
    assert rows(named, "1").loc["dice", "mean"] == 0


def test_the_worst_is_what_the_protocol_gives_an_empty_prediction(folders, tmp_path):
    path = tmp_path / "penalty.toml"
    path.write_text('report = ["hd"]\n[metrics]\nhd = {empty = [0, 373.13, 373.13]}\n')
    results = segeval.score_folder(*folders, protocol=path, failed="worst")
    assert results.cases[results.cases.case == "b"].hd.tolist() == [373.13]


@pytest.mark.parametrize(
    ("failed", "counted"), [("error", "are in no mean"), ("worst", "count as the worst")]
)
def test_failed_cases_are_warned_of(folders, failed, counted):
    text = rf"^1 of 3 cases failed and {counted}:\n  .*b\.npy: wanted "
    with pytest.warns(segeval.FailedCasesWarning, match=text):
        segeval.score_folder(*folders, metrics=METRICS, failed=failed)


def test_failed_cases_that_are_to_be_skipped_are_not_warned_of(folders, recwarn):
    segeval.score_folder(*folders, metrics=METRICS, failed="skip")
    assert [str(warning.message) for warning in recwarn] == []


def test_a_run_without_failures_warns_of_nothing(folders, recwarn):
    (folders[0] / "b.npy").unlink()
    (folders[1] / "b.npy").unlink()
    results = segeval.score_folder(*folders, metrics=METRICS)
    assert [str(warning.message) for warning in recwarn] == []
    assert results.summary.n_failed.tolist() == [0] * 5


def test_a_run_in_which_all_fail_has_no_region_to_be_the_worst_in(folders):
    for name in "ac":
        (folders[0] / f"{name}.npy").write_bytes(b"damaged")
    results = score(folders, failed="worst")
    assert results.cases.region.tolist() == ["", "", ""]


def test_other_policies_are_refused(folders):
    with pytest.raises(UsageError, match=r"^failed is one of error, skip, worst, not 'ignore'$"):
        segeval.score_folder(*folders, failed="ignore")


def test_the_worst_is_never_what_an_empty_prediction_is_given_as_the_best(folders):
    results = segeval.score_folder(*folders, metrics="specificity,fpr", failed="worst")
    worst = results.cases[results.cases.case == "b"]
    assert (worst.specificity.tolist(), worst.fpr.tolist()) == ([0], [1])
    results = segeval.score_folder(*folders, metrics="hd95", protocol="seg-metrics", failed="worst")
    assert results.cases[results.cases.case == "b"].hd95.tolist() == [math.inf]
