"""Tests of the comparisons of 64 elements at once against one element at a time."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from segeval.kernels.words import LANES, differ


@njit
def compared(a, starts_a, b, starts_b):  # type: ignore[no-untyped-def]
    """`differ` of several pairs of starts."""
    words = np.empty(starts_a.size, np.uint64)
    for k in range(starts_a.size):
        words[k] = differ(a, starts_a[k], b, starts_b[k])
    return words


@pytest.mark.parametrize("size", [64, 65, 100, 128, 200])
def test_what_hangs_over_one_end_or_both_is_equal(size):
    rng = np.random.default_rng(size)
    # within a larger array, whose other elements are unlike all: what is read there would differ
    a, b = (np.full(size + 400, n, np.uint8) for n in (250, 251))
    a, b = a[200:-200], b[200:-200]
    a[:], b[:] = rng.integers(0, 2, (2, size))
    starts = np.arange(-LANES + 1, size)
    i, j = (grid.ravel() for grid in np.meshgrid(starts, starts))
    first = np.maximum(0, -np.minimum(i, j))
    end = np.minimum(LANES, size - np.maximum(i, j))
    i, j = i[first < end], j[first < end]  # some k lies inside of both
    words = compared(a, i, b, j)
    k = np.arange(LANES)
    x, y = i[:, None] + k, j[:, None] + k
    inside = (np.minimum(x, y) >= 0) & (np.maximum(x, y) < size)
    unlike = inside & (a[x.clip(0, size - 1)] != b[y.clip(0, size - 1)])
    expected = (unlike.astype(np.uint64) << k.astype(np.uint64)).sum(1, dtype=np.uint64)
    np.testing.assert_array_equal(words, expected)
