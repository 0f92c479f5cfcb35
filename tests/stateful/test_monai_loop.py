"""A validation loop as MONAI's tutorials write it, with MONAI's metrics and ours side by side."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from helpers.stacks import plain, stack
from monai import metrics as monai
from monai.data import MetaTensor, decollate_batch
from monai.transforms import AsDiscrete
from torch import Tensor

from segeval.errors import UsageError
from segeval.stateful import ASSD, Dice, HausdorffDistance, IoU, SegmentationMetrics, SurfaceDice

SHAPES = [(6, 7), (9, 5), (8, 8), (5, 6, 7), (6, 6, 5)]
FLOAT32 = 3e-6
ONE_HOT = AsDiscrete(to_onehot=3)
PREDICTED = AsDiscrete(argmax=True, to_onehot=3)


def cases(axes: int) -> tuple[list[Tensor], list[Tensor]]:
    """Logits (3, *spatial) and labels (1, *spatial) of cases of several shapes, as MetaTensors."""
    pairs = [
        stack(1, seed=seed, shape=shape) for seed, shape in enumerate(SHAPES) if len(shape) == axes
    ]
    scores = [torch.nn.functional.one_hot(pred[0], 3).movedim(-1, 0) * 4.0 - 2 for pred, _ in pairs]
    return [MetaTensor(one) for one in scores], [MetaTensor(gt) for _, gt in pairs]


def aggregated(metric: Any, pred: Sequence[Tensor], gt: Sequence[Tensor], **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own deprecated calls
        metric(y_pred=pred, y=gt, **options)
        return plain(metric.aggregate())


def in_monai(value: Any) -> Any:
    return pytest.approx(value if isinstance(value, list) else [value], rel=FLOAT32)


MEANS = {
    "dice": (monai.DiceMetric(include_background=True), Dice(num_classes=3)),
    "dice without background": (
        monai.DiceMetric(include_background=False), Dice(include_background=False, num_classes=3),
    ),
    "dice by class": (
        monai.DiceMetric(reduction="mean_batch"), Dice(average="none", num_classes=3),
    ),
    "iou": (monai.MeanIoU(include_background=True), IoU(num_classes=3)),
    "hd": (monai.HausdorffDistanceMetric(), HausdorffDistance(num_classes=3)),
    "hd95": (
        monai.HausdorffDistanceMetric(percentile=95),
        HausdorffDistance(percentile=95, num_classes=3),
    ),
    "hd95 with background": (
        monai.HausdorffDistanceMetric(percentile=95, include_background=True),
        HausdorffDistance(percentile=95, include_background=True, num_classes=3),
    ),
    "assd": (monai.SurfaceDistanceMetric(symmetric=True), ASSD(num_classes=3)),
    "nsd": (monai.SurfaceDiceMetric([1.0, 1.0]), SurfaceDice(1, num_classes=3)),
}  # fmt: skip


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize(("theirs", "ours"), MEANS.values(), ids=MEANS)
def test_lists_of_one_hot_cases_of_several_shapes(theirs: Any, ours: Any, axes: int) -> None:
    theirs.reset()
    ours.reset()
    scores, gt = cases(axes)
    outputs, labels = [PREDICTED(one) for one in scores], [ONE_HOT(one) for one in gt]
    ours.update(outputs, labels)
    assert isinstance(outputs[0], MetaTensor)
    assert in_monai(plain(ours.compute())) == aggregated(theirs, outputs, labels)


@pytest.mark.parametrize("axes", [2, 3])
def test_a_spacing_for_each_case(axes: int) -> None:
    scores, gt = cases(axes)
    spacings = [[0.5 + case, 2.0, 1.25][:axes] for case in range(len(gt))]
    outputs, labels = [PREDICTED(one) for one in scores], [ONE_HOT(one) for one in gt]
    theirs, ours = (
        monai.HausdorffDistanceMetric(percentile=95),
        HausdorffDistance(percentile=95, num_classes=3),
    )
    for pred, label, spacing in zip(
        outputs, labels, spacings, strict=True
    ):  # MONAI's lists have one for all
        value = aggregated(theirs, [pred], [label], spacing=spacing)
    ours.update(outputs, labels, spacing=spacings)
    assert in_monai(plain(ours.compute())) == value


def test_neither_one_hot_nor_argmax_is_needed() -> None:
    scores, gt = cases(2)
    expected = plain(
        Dice(num_classes=3)([PREDICTED(case) for case in scores], [ONE_HOT(case) for case in gt])
    )
    labels = [case.argmax(0, keepdim=True) for case in scores]
    assert plain(Dice()(scores, gt)) == expected
    assert plain(Dice()(labels, gt)) == expected
    assert plain(Dice()([case[0] for case in labels], [case[0] for case in gt])) == expected
    assert plain(Dice()([case.to(torch.uint8) for case in labels], gt)) == expected


def test_one_hot_lists_without_a_word_are_refused_with_the_word() -> None:
    scores, gt = cases(2)
    with pytest.raises(UsageError, match="pass input_format='one-hot'"):
        Dice()([PREDICTED(one) for one in scores], [ONE_HOT(one) for one in gt])


def test_the_loop_of_the_tutorials_over_two_epochs() -> None:
    theirs = {
        "dice": monai.DiceMetric(include_background=False),
        "hd95": monai.HausdorffDistanceMetric(percentile=95),
        "nsd@1": monai.SurfaceDiceMetric([1.0, 1.0]),
    }
    ours = SegmentationMetrics(list(theirs), include_background=False, num_classes=3)
    for epoch in range(2):
        for step in range(3):
            pred, gt = stack(2 + step, seed=10 * epoch + step, shape=(5, 6, 7))
            outputs = MetaTensor(torch.nn.functional.one_hot(pred, 3).movedim(-1, 1).float())
            batch = {"label": MetaTensor(gt[:, None])}
            predicted = [PREDICTED(one) for one in decollate_batch(outputs)]
            labels = [ONE_HOT(one) for one in decollate_batch(batch["label"])]
            for metric in theirs.values():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    metric(y_pred=predicted, y=labels)
            ours.update(predicted, labels)
        values = {name: metric.aggregate().item() for name, metric in theirs.items()}
        assert plain(ours.compute()) == pytest.approx(values, rel=FLOAT32)
        for metric in (*theirs.values(), ours):
            metric.reset()
