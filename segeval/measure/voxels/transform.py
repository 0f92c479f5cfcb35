"""Squared distances of all voxels to a label, by passes along the axes.

Losses weigh voxels with them.

A squared distance is a sum over axes, so that the least of it over a volume is that over lines of
what is least along the axes before: three passes give the exact distances, whatever the spacing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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
    room = _Room(np.empty(longest), np.empty(longest, np.int64), np.empty(longest + 1))
    _transform(labels, label, same, steps, squared, room)


class _Room(NamedTuple):
    """Room for a line of voxels, and for the lowest of their parabolas, from left to right."""

    line: Floats  # (n,): the values of the line
    places: Integers  # (n,): at which voxel each parabola has its vertex
    ends: Floats  # (n + 1,): where each begins to be the lowest


@kernel
def _transform(
    labels: Labels,
    label: int,
    same: bool,
    steps: tuple[float, float, float],
    squared: Floats,
    room: _Room,
) -> None:
    """Write the squared distances.

    One axis after the other: on a line, the least of all parabolas x ↦ squared[k] + step (x − k)².
    Felzenszwalb PF, Huttenlocher DP. Distance transforms of sampled functions. Theory of Computing
    8, 415-428 (2012).
    """
    slices, height, width = labels.shape
    # x first: there voxels are in the label or not, and two walks along the row are enough
    for z in range(slices):
        for y in range(height):
            _along_row(labels[z, y], label, same, steps[2], squared[z, y])
    # from here on the values of a line are squared distances of any size
    for z in range(slices):
        for x in range(width):
            _lower(squared[z, :, x], steps[1], room)
    for y in range(height):
        for x in range(width):
            _lower(squared[:, y, x], steps[0], room)


@helper
def _along_row(labels: Labels, label: int, same: bool, step: float, squared: Floats) -> None:
    """Write the squared distances within a row: forwards, then backwards.

    In one walk, the steps since the last voxel that counts; in the other, those to the next. They
    are infinite where there is none yet, as infinity and 1 is infinity.
    """
    gap = np.inf
    for x in range(len(labels)):
        gap = 0.0 if (labels[x] == label) == same else gap + 1
        squared[x] = gap
    for x in range(len(labels) - 1, -1, -1):
        gap = 0.0 if squared[x] == 0 else gap + 1
        squared[x] = min(squared[x], gap) ** 2 * step


@helper
def _lower(values: Floats, step: float, room: _Room) -> None:
    """Replace the values of a line by the least of their parabolas.

    A line costs time in proportion to its length: a parabola joins once, and is ousted once at
    most. What is infinite throughout stays so.
    """
    line, places, ends = room
    last = -1  # of the parabolas that are lowest somewhere among those of the first k voxels
    for k in range(len(values)):
        # Voxel after voxel, left to right: its parabola joins those that are lowest somewhere, and
        # ousts, from the right, those that it is below wherever they were. Infinity has none.
        line[k] = values[k]
        if line[k] == np.inf:
            continue
        start = -np.inf
        while last >= 0:
            start = _crossing(line, places[last], k, step)
            if start > ends[last]:
                break
            last -= 1  # parabola k is below it wherever it was the lowest
            start = -np.inf
        last += 1
        places[last], ends[last] = k, start
    if last < 0:
        return
    # then each voxel takes the parabola that is lowest there; behind the last, none begins
    ends[last + 1] = np.inf
    lowest = 0
    for x in range(len(values)):
        while ends[lowest + 1] < x:
            lowest += 1
        values[x] = line[places[lowest]] + (x - places[lowest]) ** 2 * step


@helper
def _crossing(line: Floats, a: int, b: int, step: float) -> Any:
    """Return where the parabola at b goes below the one at a, a < b.

    That is the x with line[a] + step (x − a)² = line[b] + step (x − b)².
    """
    return ((line[b] - line[a]) / step + b * b - a * a) / (2 * (b - a))
