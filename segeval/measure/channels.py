"""Scores by channel become labels: the largest of each voxel, without one-hot or copies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Labels
from segeval.errors import UsageError
from segeval.kernels.words import kernel
from segeval.kernels.workspace import Workspace

BLOCK = 2048
"""Voxels whose largest score is kept while the channels pass by."""


def argmax(scores: NDArray[Any], workspace: Workspace) -> Labels:
    """Return the channel of the largest score of every voxel, the first one among equals.

    `scores` (C, ...) give channels (...). Raises `UsageError` when a score is NaN.

    >>> argmax(np.array([[0.1, 0.5], [0.9, 0.5]]), Workspace())
    array([1, 0], dtype=uint8)
    """
    if scores.dtype not in (np.float32, np.float64, np.uint8):
        # float32 holds every number of 16 bits; wider ones are taken as float64
        scores = scores.astype(np.float32 if scores.itemsize <= 2 else np.float64)
    flat = np.ascontiguousarray(scores).reshape(len(scores), -1)
    flat.flags.writeable = False  # as in `counting`: one kernel for all arrays
    dtype = np.uint16 if len(scores) > 256 else np.uint8
    labels: Labels = np.empty(flat.shape[1], dtype)

    def part(start: int, stop: int) -> bool:
        bests = np.empty(BLOCK, flat.dtype)
        channels = np.empty(BLOCK, np.int32)
        is_nan = np.zeros(BLOCK, np.int32)
        _largest(flat, start, stop, labels, bests, channels, is_nan)
        return not is_nan.any()

    if not all(workspace.map_parts(part, labels.size, labels.size)):
        raise UsageError(
            "pred holds NaN; scores are numbers: look where the model's output became NaN"
        )
    return labels.reshape(scores.shape[1:])


@kernel
def _largest(
    scores: NDArray[Any],
    start: int,
    stop: int,
    labels: Labels,
    bests: NDArray[Any],
    channels: NDArray[np.int32],
    is_nan: NDArray[np.int32],
) -> None:
    """Write the labels of the voxels from `start` to `stop`.

    `is_nan` tells where any score is not a number. Views of a block and one width of lanes
    throughout, or the compiler would not use vectors.
    """
    for i in range(start, stop, BLOCK):
        n = min(BLOCK, stop - i)
        best, channel, nan = bests[:n], channels[:n], is_nan[:n]
        first = scores[0, i : i + n]
        for j in range(n):
            best[j] = first[j]
            channel[j] = 0
            # NaN alone differs from itself
            nan[j] |= np.int32(first[j] != first[j])
        for c in range(1, scores.shape[0]):
            row, number = scores[c, i : i + n], np.int32(c)
            for j in range(n):
                score = row[j]
                larger = score > best[j]
                # selects, not a branch: each score is read, and whole vectors go by
                best[j] = score if larger else best[j]
                channel[j] = number if larger else channel[j]
                nan[j] |= np.int32(score != score)
        out = labels[i : i + n]
        for j in range(n):
            out[j] = channel[j]
