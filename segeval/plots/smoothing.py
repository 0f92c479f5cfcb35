"""Curves without their noise."""

from __future__ import annotations

import numpy as np

from segeval.arrays import Floats
from segeval.errors import UsageError


def check_smooth(smooth: float) -> None:
    """Raise `UsageError` for what is neither a weight nor a width."""
    if not (0 <= smooth < 1 or (smooth >= 2 and smooth == int(smooth))):
        raise UsageError(
            f"smooth must be a weight from 0 to below 1, such as 0.6, or a whole number of values "
            f"from 2 on, not {smooth:g}"
        )


def smoothing_words(smooth: float) -> str:
    """Return what a caption says of the smoothing."""
    if smooth < 1:
        return f"exponential moving average, weight {smooth:g}"
    return f"centred mean of {smooth:g} values"


def smoothed(values: Floats, smooth: float) -> Floats:
    """Return the finite values, smoothed over each other; NaN where there is none.

    Below 1, `smooth` is the weight of an exponential moving average, whose start is not pulled
    towards 0; from 2 on, the width of a centred mean, which is narrower at the ends.

    >>> smoothed(np.array([1.0, 4.0, np.nan, 7.0]), 3).tolist()
    [2.5, 4.0, nan, 5.5]
    """
    line = np.where(np.isfinite(values), values, np.nan)
    # Gaps are stepped over: the values around them smooth each other as neighbours.
    defined = np.flatnonzero(np.isfinite(values))
    if smooth < 1:
        line[defined] = _exponential(values[defined], smooth)
    else:
        line[defined] = _centred(values[defined], int(smooth))
    return line


def _exponential(values: Floats, weight: float) -> Floats:
    """Return Σ wᵏ·v[i−k] / Σ wᵏ for each i."""
    total = norm = 0.0
    line = np.empty_like(values)
    for place, value in enumerate(values):
        total = weight * total + value
        norm = weight * norm + 1
        line[place] = total / norm
    return line


def _centred(values: Floats, width: int) -> Floats:
    """Return the mean of the `width` values around each; of an even width, one more lies after."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(len(values))
    first = np.maximum(place - (width - 1) // 2, 0)
    last = np.minimum(place + width // 2 + 1, len(values))
    line: Floats = (sums[last] - sums[first]) / (last - first)
    return line
