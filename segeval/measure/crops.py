"""The masks of one region, each cut to the smallest box that holds it: for statistics that take a
region at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segeval.arrays import Flags, Integers, Labels


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A mask in a box; `origin` is the index of the box's first voxel."""

    mask: Flags
    origin: tuple[int, ...]

    def overlap(self, other: Crop) -> tuple[slice, ...]:
        """The part of this box that the other one shares."""
        ends = zip(self.origin, other.origin, self.mask.shape, other.mask.shape, strict=True)
        return tuple(slice(max(b - a, 0), max(min(b + m, a + n) - a, 0)) for a, b, n, m in ends)


def crop_pairs(pred: Labels, gt: Labels, labels: Integers) -> Iterator[tuple[Crop, Crop]]:
    """Yield the crops of the prediction and the ground truth for each label, in order.

    The box of a label that is absent is empty.
    """
    top = int(labels.max(initial=0))
    boxes = [_boxes(volume, top) for volume in (pred, gt)]
    nowhere = (slice(0, 0),) * pred.ndim
    for label in labels.tolist():
        p, g = (side[label - 1] or nowhere for side in boxes)
        yield (
            Crop(pred[p] == label, tuple(s.start for s in p)),
            Crop(gt[g] == label, tuple(s.start for s in g)),
        )


def _boxes(volume: Labels, top: int) -> Sequence[tuple[slice, ...] | None]:
    """The smallest box around each label from 1 to `top`, looked for in the order of memory."""
    from scipy import ndimage

    if volume.flags.f_contiguous:
        return [box and box[::-1] for box in ndimage.find_objects(volume.T, top)]
    return ndimage.find_objects(volume, top)
