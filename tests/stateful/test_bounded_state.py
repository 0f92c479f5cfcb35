"""Tests that a metric object keeps little of a case, whatever the size of the cases or their
number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from helpers.stacks import Batch, fed, kept, plain

from segeval.stateful import Dice, HausdorffDistance, SegmentationMetrics


def ball(side: int, radius: float, shift: float) -> Batch:
    """Two balls, one inside the other, in a cube of this side; the prediction is shifted."""
    at = np.indices((side,) * 3) - side / 2
    inner, outer = radius**2 / 3, radius**2
    gt = (np.square(at).sum(0) < inner).astype(np.uint8) + (np.square(at).sum(0) < outer)
    at[0] -= shift
    pred = (np.square(at).sum(0) < inner).astype(np.uint8) + (np.square(at).sum(0) < outer)
    return torch.from_numpy(pred)[None], torch.from_numpy(gt)[None]


def size(metric: Any) -> int:
    """Bytes of the state."""
    return sum(tensor.numel() * tensor.element_size() for tensor in kept(metric))


def several() -> SegmentationMetrics:
    return SegmentationMetrics(["dice", "hd95", "nsd@2"], num_classes=3)


def test_a_thousand_updates_keep_a_thousand_small_records() -> None:
    rng = np.random.default_rng(0)
    balls = [ball(12, radius, shift) for radius, shift in ((5, 1), (4, 0), (5, 2.5), (3, 1))]
    metric, sizes = several(), [size(several())]
    for _ in range(10):
        fed(metric, *(balls[at] for at in rng.integers(0, 4, 100)))
        sizes.append(size(metric))
    grown, records = np.diff(sizes), [size(fed(several(), one)) for one in balls]
    assert 0 < grown.min() <= grown.max() <= 100 * max(records)
    assert sizes[-1] < 1000 * 600  # the two masks are 3,456 bytes
    value = plain(metric.compute())
    assert 0 < value["dice"] < 1
    metric.reset()
    assert size(metric) == sizes[0]


def test_of_counts_only_seven_numbers_a_class_are_kept_and_one_a_case() -> None:
    metric = Dice(num_classes=3)
    empty = size(metric)
    fed(metric, *[ball(16, 6, 1)] * 10)
    assert size(metric) - empty == 10 * (3 * 7 + 1) * 8


@pytest.mark.parametrize("made", [HausdorffDistance, several], ids=["hd", "several"])
def test_eight_times_the_voxels_keep_no_eight_times_the_state(made: Any) -> None:
    small, large = (ball(side, 0.4 * side, 2) for side in (16, 32))
    kept_small, kept_large = (size(fed(made(), one)) for one in (small, large))
    assert (
        kept_large < 2 * kept_small
    )  # a histogram of distances: as long as the errors reach, not as the border
    assert kept_large < large[0].numel() / 8


def test_no_volume_is_held() -> None:
    metric = several()
    pred, gt = ball(24, 8, 1)
    metric.update(pred, gt)
    for tensor in kept(metric):
        assert tensor.untyped_storage().nbytes() <= 8 * max(
            tensor.numel(), 1
        )  # nor a view of anything larger
    before = plain(metric.compute())
    pred.zero_()
    gt.zero_()
    assert plain(metric.compute()) == before
