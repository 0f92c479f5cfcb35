"""Squared distances of all voxels to a label, by passes along the axes: what losses weigh voxels
with.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from segeval.arrays import Floats, Integers, Labels
from segeval.kernels.words import helper, kernel


def squared_distances_to(
    labels: Labels, label: int, same: bool, steps: tuple[float, float, float], squared: Floats
) -> None:
    """Write the squared distance of each voxel (Z, Y, X) to the nearest one of the label.

    Unless `same`, to the nearest one of any other label. It is infinite where there is none.
    `steps` are the squares of the spacing along z, y, x.
    """
    longest = max(labels.shape[:2])
    _transform(
        labels,
        label,
        same,
        steps,
        squared,
        np.empty(longest),
        np.empty(longest, np.int64),
        np.empty(longest + 1),
    )


@kernel
def _transform(
    labels: Labels,
    label: int,
    same: bool,
    steps: tuple[float, float, float],
    squared: Floats,
    line: Floats,
    places: Integers,
    ends: Floats,
) -> None:
    """Write the squared distances.

    One axis after the other: along a line, the least of all parabolas x ↦ squared[k] + (x − k)².
    Felzenszwalb PF, Huttenlocher DP. Distance transforms of sampled functions. Theory of Computing
    8, 415-428 (2012).
    """
    slices, height, width = labels.shape
    for z in range(slices):
        for y in range(height):
            _along_row(labels[z, y], label, same, steps[2], squared[z, y])
    for z in range(slices):
        for x in range(width):
            _lower(squared[z, :, x], steps[1], line, places, ends)
    for y in range(height):
        for x in range(width):
            _lower(squared[:, y, x], steps[0], line, places, ends)


@helper
def _along_row(labels: Labels, label: int, same: bool, step: float, squared: Floats) -> None:
    """Write the squared distances within a row."""
    gap = np.inf
    for x in range(len(labels)):
        gap = 0.0 if (labels[x] == label) == same else gap + 1
        squared[x] = gap
    for x in range(len(labels) - 1, -1, -1):
        gap = 0.0 if squared[x] == 0 else gap + 1
        squared[x] = min(squared[x], gap) ** 2 * step


@helper
def _lower(values: Floats, step: float, line: Floats, places: Integers, ends: Floats) -> None:
    """Replace the values of a line by the least of their parabolas; `ends` are where each of the
    lowest ones begins.
    """
    count = -1
    for k in range(len(values)):
        line[k] = values[k]
        if line[k] == np.inf:
            continue
        start = -np.inf
        while count >= 0:
            start = _crossing(line, places[count], k, step)
            if start > ends[count]:
                break
            count -= 1
            start = -np.inf
        count += 1
        places[count], ends[count] = k, start
    if count < 0:
        return
    ends[count + 1] = np.inf
    at = 0
    for x in range(len(values)):
        while ends[at + 1] < x:
            at += 1
        values[x] = line[places[at]] + (x - places[at]) ** 2 * step


@helper
def _crossing(line: Floats, a: int, b: int, step: float) -> Any:
    """Where the parabola at b goes below the one at a, a < b."""
    return ((line[b] - line[a]) / step + b * b - a * a) / (2 * (b - a))
