"""Bootstrap intervals of means over cases."""

from __future__ import annotations

import numpy as np

from segeval.arrays import Flags, Floats

MEANS = 2**22
"""Means of resamples kept at once, of all columns of a piece together."""
CHUNK = 128
"""Resamples drawn together, which bounds the memory: their weights are 128 numbers per case."""


def mean_interval(
    values: Floats, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[Floats, Floats]:
    """Return the percentile bootstrap interval of the mean of each column: two ends, (columns,).

    `values` is (cases, columns), NaN for what a mean leaves out. Cases are resampled, the same ones
    for all columns, so that numbers of one case stay together; a resample that holds no value of a
    column counts for nothing there. NaN for a column of fewer than two values. Efron and
    Tibshirani, An introduction to the bootstrap (1993), section 13.3.

    >>> low, high = mean_interval(np.array([[0.0], [1.0], [np.nan]]))
    >>> float(low[0]), float(high[0])
    (0.0, 1.0)
    """
    ends = np.full((2, values.shape[1]), np.nan)
    enough = np.flatnonzero(np.count_nonzero(~np.isnan(values), axis=0) >= 2)
    shares = np.array([1 - confidence, 1 + confidence]) / 2
    # a piece of the columns after the other, since all resamples of all would not fit into memory
    for start in range(0, len(enough), max(1, MEANS // resamples)):
        piece = enough[start : start + max(1, MEANS // resamples)]
        defined = ~np.isnan(values[:, piece])
        # Differences from the smallest: the mean of a constant column is exact.
        origin = np.min(values[:, piece], axis=0, initial=np.inf, where=defined)
        differences = np.where(defined, values[:, piece] - origin, 0)
        # the same resamples for each piece
        means = resampled_means(differences, defined, resamples, np.random.default_rng(seed))
        ends[:, piece] = quantiles(means, shares) + origin
    return ends[0], ends[1]


def resampled_means(
    values: Floats, defined: Flags, resamples: int, rng: np.random.Generator
) -> Floats:
    """Return the means of each column's defined values in resamples of the rows.

    (resamples, columns); NaN where a resample holds none. Undefined `values` must be 0. A resample
    is how often each row is drawn, so that all means are two matrix products.
    """
    cases, columns = values.shape
    # Columns with gaps have a count of their own in each resample; all others that of all cases.
    gaps = ~defined.all(axis=0)
    counted = defined[:, gaps].astype(np.float64)
    means = np.empty((resamples, columns))
    for start in range(0, resamples, CHUNK):
        chunk = means[start : start + CHUNK]
        # One histogram for all resamples of the chunk: each has bins of its own.
        first_bins = cases * np.arange(len(chunk))[:, None]
        bins = rng.integers(cases, size=(len(chunk), cases)) + first_bins
        weights = np.bincount(bins.ravel(), minlength=len(chunk) * cases)
        weights = weights.reshape(-1, cases).astype(np.float64)
        chunk[:] = weights @ values
        chunk[:, ~gaps] /= cases
        with np.errstate(invalid="ignore"):
            chunk[:, gaps] /= weights @ counted
    return means


def quantiles(values: Floats, shares: Floats) -> Floats:
    """Return quantiles of each column's values that are not NaN, (shares, columns).

    NaN for a column without any.

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
