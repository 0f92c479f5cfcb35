"""Definitions of what the engine computes, written without regard to time; and masks to try it
on.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SPACINGS = (0.3, 0.7, 0.8000000119, 1.0, 1.5, 2.1, 5.0)


class Masks(NamedTuple):
    """A prediction and a ground truth with a spacing."""

    pred: NDArray[Any]
    gt: NDArray[Any]
    spacing: tuple[float, ...]


def border(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Indices of the voxels of a mask one of whose neighbours along an axis is outside of it, or of
    the array.
    """
    around = np.pad(mask, 1)
    neighbours = [np.roll(around, step, axis) for axis in range(mask.ndim) for step in (-1, 1)]
    surrounded = np.all(neighbours, axis=0)[(slice(1, -1),) * mask.ndim]
    return np.argwhere(mask & ~surrounded)


def directed(one: NDArray[np.int64], other: NDArray[np.int64], spacing: Sequence[float]) -> Floats:
    """Sorted distances from every voxel of one set to the nearest of the other; infinite if that is
    empty.
    """
    squares = sum(
        np.subtract.outer(one[:, k], other[:, k]) ** 2 * step**2 for k, step in enumerate(spacing)
    )
    return np.sort(np.sqrt(np.min(squares, axis=1, initial=np.inf)))


@st.composite
def masks(draw: st.DrawFn) -> Masks:
    """Noise, boxes or mirrored boxes: one voxel to a few thousand, 2 or 3 axes, any dtype and order
    in memory.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = [draw(st.integers(1, 9)) for _ in range(draw(st.integers(1, 2)))]
    shape.insert(
        draw(st.sampled_from([0, len(shape)])),
        draw(st.sampled_from([*range(1, 9), 63, 64, 65, 130])),
    )
    labels, dtype = draw(
        st.sampled_from(
            [
                ((1,), np.uint8),
                ((1, 2, 255), np.uint8),
                ((3, 300, 65535), np.uint16),
                ((7,), np.uint16),
            ]
        )
    )
    kind = draw(st.sampled_from(["noise", "boxes", "mirrored"]))
    if kind == "noise":
        share = draw(st.sampled_from([0.01, 0.2, 1.0]))
        gt, pred = (rng.choice(labels, shape) * (rng.random(shape) < share) for _ in range(2))
    else:
        gt = np.zeros(shape, np.int64)
        for label, _ in product(labels, range(2)):
            ends = [np.sort(rng.integers(0, n + 1, 2)) for n in shape]
            gt[tuple(slice(*pair) for pair in ends)] = label
        steps = tuple(rng.integers(-2, 3, len(shape)))
        pred = np.flip(gt) if kind == "mirrored" else np.roll(gt, steps, range(len(shape)))
    orders = draw(st.sampled_from(["CC", "FF", "CF", "KK"]))
    arrays = [
        np.flip(np.flip(a.astype(dtype)).copy()) if order == "K" else a.astype(dtype, order=order)
        for a, order in zip((pred, gt), orders, strict=True)
    ]
    return Masks(*arrays, tuple(draw(st.sampled_from(SPACINGS)) for _ in shape))
