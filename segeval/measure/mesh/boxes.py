"""Boxes of labels: the smallest around each, all in one pass over words."""

from __future__ import annotations

import numpy as np

from segeval.arrays import Integers, Labels
from segeval.kernels.words import LANES, ONE, ctz, differ, kernel, ones

Boxes = Integers


def label_boxes(flat: Labels, shape: tuple[int, ...], labels: Integers) -> Boxes:
    """Return the boxes of labels from 1 on, (L, 2, 3), all 0 for a label that is absent.

    A box is the first voxel and the one behind the last along z, y, x. `flat` holds the voxels of
    the shape, of two or three axes, in C order, then perhaps zeros; 64 elements or more.

    >>> row = np.zeros(80, np.uint8)
    >>> row[[13, 15]] = 7
    >>> label_boxes(row, (8, 10), np.array([7])).tolist()
    [[[0, 1, 3], [1, 2, 6]]]
    """
    depth, height, width = (1, *shape)[-3:]
    top = max(int(labels.max(initial=0)), int(np.iinfo(flat.dtype).max))
    boxes = np.empty((top + 1, 2, 3), np.int64)
    # lows above every voxel and highs below: whatever occurs widens them
    boxes[:, 0], boxes[:, 1] = max(shape, default=0) + 1, 0
    _enclose(flat, depth, height, width, boxes)
    boxes[boxes[:, 1, 2] == 0] = 0
    return boxes[labels]


@kernel
def _enclose(flat: Labels, depth: int, height: int, width: int, boxes: Boxes) -> None:
    """Widen the boxes, by label, to hold all voxels: at the ends of runs of one label only."""
    for row in range(depth * height):
        z, y = row // height, row % height
        # `last` is the label of the run under way: where it ends is seen only where the next begins
        last = np.int64(0)
        for x0 in range(0, width, LANES):
            i = row * width + x0
            changes = differ(flat, i, flat, i - 1) & ones(width - x0)
            # the first voxel of a row begins a run, whatever the row before ended with
            if x0 == 0:
                changes |= ONE
            while changes:
                x = x0 + ctz(changes)
                changes &= changes - ONE
                if last:
                    boxes[last, 1, 2] = max(boxes[last, 1, 2], x)
                last = np.int64(flat[row * width + x])
                if last:
                    box = boxes[last]
                    box[0, 0], box[0, 1] = min(box[0, 0], z), min(box[0, 1], y)
                    # slices come in order, so that the last one is the highest; rows begin anew
                    box[1, 0], box[1, 1] = z + 1, max(box[1, 1], y + 1)
                    box[0, 2] = min(box[0, 2], x)
        if last:
            boxes[last, 1, 2] = width
