"""The bootstrap against a plain loop, SciPy, and the coverage that it promises."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from segeval.summary import bootstrap
from segeval.summary.bootstrap import mean_interval, quantiles


def plain_interval(values: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """One column, one resample at a time, as the definition says."""
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(resamples):
        drawn = [values[k] for k in rng.integers(len(values), size=len(values))]
        defined = [value for value in drawn if not np.isnan(value)]
        if defined:
            means.append(sum(defined) / len(defined))
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def monte_carlo_error(values: np.ndarray, resamples: int) -> float:
    """Standard error of a 2.5 % quantile of normal means: sqrt(p (1 - p) / B) / density."""
    spread = np.nanstd(values) / np.sqrt(np.count_nonzero(~np.isnan(values)))
    return float(spread * np.sqrt(0.025 * 0.975 / resamples) / stats.norm.pdf(1.96))


@pytest.mark.parametrize("gaps", [0, 12])
def test_as_a_plain_loop(gaps: int):
    rng = np.random.default_rng(5)
    values = rng.gamma(2, 3, 40)
    values[:gaps] = np.nan
    (low,), (high,) = mean_interval(values[:, None], resamples=4000)
    expected = plain_interval(values, resamples=4000, seed=1)
    assert (low, high) == pytest.approx(expected, abs=5 * monte_carlo_error(values, 4000))


def test_as_scipy():
    values = np.random.default_rng(6).gamma(2, 3, 60)
    (low,), (high,) = mean_interval(values[:, None], resamples=9000, confidence=0.9)
    other = stats.bootstrap(
        (values,),
        np.mean,
        method="percentile",
        n_resamples=9000,
        confidence_level=0.9,
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert (low, high) == pytest.approx(tuple(other), abs=5 * monte_carlo_error(values, 9000))


def test_covers_the_true_mean_as_often_as_it_says():
    samples = np.random.default_rng(7).normal(
        10, 2, (60, 1000)
    )  # 1,000 studies of 60 cases, one in each column
    low, high = mean_interval(samples, resamples=1000)
    assert np.mean((low <= 10) & (high >= 10)) == pytest.approx(0.95, abs=0.03)


def test_the_seed_decides_everything():
    values = np.random.default_rng(8).random((25, 3))
    first, again, other = (np.array(mean_interval(values, seed=seed)) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_all_columns_share_their_resamples():
    values = np.random.default_rng(9).random((30, 1))
    low, high = mean_interval(np.hstack([values, 3 * values + 1]))
    assert low[1] == pytest.approx(3 * low[0] + 1)
    assert high[1] == pytest.approx(3 * high[0] + 1)


def test_a_column_does_not_depend_on_its_neighbours():
    values = np.random.default_rng(10).random((30, 4))
    holed = values.copy()
    holed[::3, 1:] = np.nan
    for alone, together in zip(mean_interval(values[:, :1]), mean_interval(holed), strict=True):
        assert alone[0] == pytest.approx(together[0], rel=1e-12)


def test_fewer_than_two_values_have_no_interval():
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [np.nan, np.nan]])
    assert np.isnan(mean_interval(values)).all()
    assert np.array(mean_interval(np.empty((0, 2)))).shape == (2, 2)


def test_two_values_give_their_own_range():
    low, high = mean_interval(np.array([[1.0], [3.0]]))
    assert (low[0], high[0]) == (1, 3)  # half of the resamples hold one of them twice


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float64, (7, 3), elements=st.one_of(st.just(np.nan), st.floats(-1e6, 1e6))))
def test_quantiles_are_numpys(values: np.ndarray):
    shares = np.array([0, 0.025, 0.25, 0.5, 1])
    found = quantiles(values, shares)
    for column in range(3):
        defined = values[~np.isnan(values[:, column]), column]
        expected = np.quantile(defined, shares) if defined.size else np.full(5, np.nan)
        np.testing.assert_allclose(found[:, column], expected, rtol=1e-12, atol=1e-9)


def test_columns_go_in_pieces_that_change_no_number(monkeypatch):
    """All means of 2,000 resamples of 65,535 labels would be a gigabyte a metric."""
    values = np.random.default_rng(0).random((4, 50))
    values[1, ::3] = np.nan
    values[1:, 7] = np.nan  # a single value: no interval
    whole = mean_interval(values, resamples=300)
    monkeypatch.setattr(bootstrap, "MEANS", 300 * 7)
    np.testing.assert_allclose(mean_interval(values, resamples=300), whole, rtol=1e-12)
    assert np.isnan(whole[0]).nonzero()[0].tolist() == [7]


def test_very_many_columns_take_little_memory():
    values = np.random.default_rng(0).random((3, 20_000))
    tracemalloc.start()
    low, high = mean_interval(values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (low <= high).all()
    assert (
        peak < 200e6
    )  # 2,000 resamples of all would be 320 MB by themselves, and sorted twice that
