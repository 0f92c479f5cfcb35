"""The masks of one region, each cut to the smallest box that holds it.

They are for statistics that take a region at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segeval.arrays import Flags, Integers, Labels


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A mask in a box; `origin` is the index of the box's first voxel in the image."""

    mask: Flags
    origin: tuple[int, ...]

    def overlap(self, other: Crop) -> tuple[slice, ...]:
        """Return the part of this box that the other one shares, as indices into this mask.

        >>> import numpy as np
        >>> low, high = Crop(np.ones(4, bool), (0,)), Crop(np.ones(4, bool), (3,))
        >>> low.overlap(high), high.overlap(low)
        ((slice(3, 4, None),), (slice(0, 1, None),))
        """
        # a and b are where the boxes begin along an axis, n and m how long they are
        ends = zip(self.origin, other.origin, self.mask.shape, other.mask.shape, strict=True)
        return tuple(slice(max(b - a, 0), max(min(b + m, a + n) - a, 0)) for a, b, n, m in ends)


def crop_pairs(pred: Labels, gt: Labels, labels: Integers) -> Iterator[tuple[Crop, Crop]]:
    """Yield the crops of the prediction and the ground truth for each label, in order.

    `labels` are from 1 on. The box of a label that is absent is empty.

    >>> import numpy as np
    >>> mask = np.array([[0, 0, 0], [0, 2, 2]])
    >>> ((crop, _),) = crop_pairs(mask, mask, np.array([2]))
    >>> crop.origin, crop.mask
    ((1, 1), array([[ True,  True]]))
    """
    top = int(labels.max(initial=0))
    boxes_p, boxes_g = _boxes(pred, top), _boxes(gt, top)
    for label in labels.tolist():
        yield _crop(pred, boxes_p[label - 1], label), _crop(gt, boxes_g[label - 1], label)


def _crop(volume: Labels, box: tuple[slice, ...] | None, label: int) -> Crop:
    """Return the mask of a label in its box, in an empty one if it has none."""
    box = box or (slice(0, 0),) * volume.ndim
    return Crop(volume[box] == label, tuple(side.start for side in box))


def _boxes(volume: Labels, top: int) -> Sequence[tuple[slice, ...] | None]:
    """Return the smallest box around each label from 1 to `top`, None around absent ones."""
    from scipy import ndimage

    if volume.flags.f_contiguous:  # scipy goes along the last axis, and so in the order of memory
        return [box and box[::-1] for box in ndimage.find_objects(volume.T, top)]
    return ndimage.find_objects(volume, top)
