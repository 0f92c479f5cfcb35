"""Metric objects beside those of torchmetrics that docs/training.md says are equal."""

from __future__ import annotations

import pytest
import torch
from torchmetrics import segmentation

from segeval.stateful import Dice, GeneralizedDice, HausdorffDistance, IoU


def batches(shape: tuple[int, int]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Two batches in which every case has every class."""
    numbers = torch.Generator().manual_seed(0)
    labels = [
        torch.randint(0, 3, (2, 2, *(n // 3 for n in shape)), generator=numbers) for _ in range(2)
    ]
    return [
        tuple(mask.repeat_interleave(3, 1).repeat_interleave(3, 2) for mask in pair)
        for pair in labels
    ]


PAIRS = {  # made in the test, since torchmetrics warns of a coming default
    "dice": lambda: (
        segmentation.DiceScore(3, average="macro", input_format="index"),
        Dice(num_classes=3),
    ),
    "dice, micro": lambda: (
        segmentation.DiceScore(3, average="micro", input_format="index"),
        Dice(average="micro"),
    ),
    "dice, weighted": lambda: (
        segmentation.DiceScore(3, average="weighted", input_format="index"),
        Dice(num_classes=3, average="weighted"),
    ),
    "dice of classes": lambda: (
        segmentation.DiceScore(3, average="none", input_format="index"),
        Dice(num_classes=3, average="none"),
    ),
    "dice, global": lambda: (
        segmentation.DiceScore(
            3, average="macro", input_format="index", aggregation_level="global"
        ),
        Dice(num_classes=3, pooled=True),
    ),
    "no background": lambda: (
        segmentation.DiceScore(3, average="macro", input_format="index", include_background=False),
        Dice(num_classes=3, include_background=False),
    ),
    "iou": lambda: (segmentation.MeanIoU(3, input_format="index"), IoU(num_classes=3)),
    "iou of classes": lambda: (
        segmentation.MeanIoU(3, per_class=True, input_format="index"),
        IoU(num_classes=3, average="none"),
    ),
    "generalized dice": lambda: (
        segmentation.GeneralizedDiceScore(3, input_format="index"),
        GeneralizedDice(num_classes=3),
    ),
    "hausdorff": lambda: (
        segmentation.HausdorffDistance(3, input_format="index"),
        HausdorffDistance(num_classes=3),
    ),
}


@pytest.mark.filterwarnings("ignore:DiceScore metric currently defaults")
@pytest.mark.parametrize("what", PAIRS)
def test_torchmetrics_computes_the_same(what: str) -> None:
    theirs, ours = PAIRS[what]()
    for pred, gt in batches((12, 12)):
        theirs.update(pred, gt)
        ours.update(pred, gt)
    torch.testing.assert_close(ours.compute(), theirs.compute(), rtol=1e-6, atol=0)
