"""Both masks of a region, cut to the smallest box that holds them: for statistics that look at one region at a time."""

from __future__ import annotations

from collections.abc import Iterator
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
    from scipy import ndimage

    top = int(labels.max(initial=0))
    boxes = [ndimage.find_objects(volume, top) for volume in (pred, gt)]
    for label in labels.tolist():
        found = [box[label - 1] for box in boxes if box[label - 1] is not None]
        box = (
            tuple(slice(min(s.start for s in sides), max(s.stop for s in sides)) for sides in zip(*found, strict=True))
            or (slice(0, 0),) * pred.ndim
        )
        yield Crop(pred[box] == label, gt[box] == label, tuple(s.start for s in box))
