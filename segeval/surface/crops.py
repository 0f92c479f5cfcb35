"""Both masks of a region, cut to the smallest box that holds them: for statistics that look at one region at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.labels import Labels


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """The two masks of a region in a box; `origin` is the index of the box's first voxel."""

    pred: NDArray[np.bool_]
    gt: NDArray[np.bool_]
    origin: tuple[int, ...]


def crops(pred: Labels, gt: Labels, labels: NDArray[np.int64]) -> Iterator[Crop]:
    """The crop of each label, in order; a label without a voxel gives an empty box."""
    top = int(labels.max(initial=0))
    boxes = [_boxes(volume, top) for volume in (pred, gt)]
    for label in labels.tolist():
        found = [box for side in boxes if (box := side[label - 1]) is not None]
        both = (
            tuple(slice(min(s.start for s in sides), max(s.stop for s in sides)) for sides in zip(*found, strict=True))
            or (slice(0, 0),) * pred.ndim
        )
        yield Crop(pred[both] == label, gt[both] == label, tuple(s.start for s in both))


def _boxes(volume: Labels, top: int) -> Sequence[tuple[slice, ...] | None]:
    """The smallest box around each label from 1 to `top`, looked for in the order of memory."""
    from scipy import ndimage

    if volume.flags.f_contiguous:
        return [box and box[::-1] for box in ndimage.find_objects(volume.T, top)]
    return ndimage.find_objects(volume, top)
