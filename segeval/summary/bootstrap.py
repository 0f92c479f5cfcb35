"""Bootstrap intervals of means over cases."""

from __future__ import annotations

import numpy as np

from segeval.arrays import Flags, Floats

CHUNK = 128
"""Resamples drawn together, which bounds the memory: their weights are 128 numbers per case."""


def mean_interval(
    values: Floats, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[Floats, Floats]:
    """Percentile bootstrap interval of the mean of each column: its two ends, (columns,) each.

    `values` is (cases, columns), NaN for what a mean leaves out. Cases are resampled, the same ones
    for all columns, so that numbers of one case stay together; a resample that holds no value of a
    column counts for nothing there. NaN for a column of fewer than two values. Efron and
    Tibshirani, An introduction to the bootstrap (1993), section 13.3.

    >>> low, high = mean_interval(np.array([[0.0], [1.0], [np.nan]]))
    >>> float(low[0]), float(high[0])
    (0.0, 1.0)
    """
    if not values.size:
        return np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    defined = ~np.isnan(values)
    few = defined.sum(axis=0) < 2
    origin = np.min(
        values, axis=0, initial=np.inf, where=defined
    )  # differences from it: a constant column is exact
    means = resampled_means(
        np.where(defined, values - origin, 0), defined, resamples, np.random.default_rng(seed)
    )
    low, high = quantiles(means, np.array([1 - confidence, 1 + confidence]) / 2) + origin
    return np.where(few, np.nan, low), np.where(few, np.nan, high)


def resampled_means(
    values: Floats, defined: Flags, resamples: int, rng: np.random.Generator
) -> Floats:
    """Means of the defined values of each column in resamples of the rows, (resamples, columns);
    NaN for none.

    Undefined values are 0. A resample is how often each row is drawn, so that all means are two
    matrix products.
    """
    cases, columns = values.shape
    gaps = ~defined.all(axis=0)
    kept = defined[:, gaps].astype(np.float64)
    means = np.empty((resamples, columns))
    for start in range(0, resamples, CHUNK):
        chunk = means[start : start + CHUNK]
        drawn = (
            rng.integers(cases, size=(len(chunk), cases)) + cases * np.arange(len(chunk))[:, None]
        )
        weights = (
            np.bincount(drawn.ravel(), minlength=len(chunk) * cases)
            .reshape(-1, cases)
            .astype(np.float64)
        )
        chunk[:] = weights @ values
        chunk[:, ~gaps] /= cases
        with np.errstate(invalid="ignore"):
            chunk[:, gaps] /= weights @ kept
    return means


def quantiles(values: Floats, shares: Floats) -> Floats:
    """Quantiles of the values of each column that are not NaN, (shares, columns); NaN for a column
    without any.

    As `numpy.nanquantile`, linear between values, but in one sort.
    """
    ordered = np.sort(values, axis=0)  # NaN last
    top = np.maximum(np.count_nonzero(~np.isnan(values), axis=0) - 1, 0)
    place = shares[:, None] * top
    below = np.floor(place).astype(np.int64)
    low = np.take_along_axis(ordered, below, axis=0)
    high = np.take_along_axis(ordered, np.minimum(below + 1, top), axis=0)
    between: Floats = low + (place - below) * (high - low)
    return between
