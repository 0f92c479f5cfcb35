"""Code written for `torchmetrics.classification.Dice`, which torchmetrics no longer has, runs with
another import.
"""

from __future__ import annotations

import pytest
import torch
from torch import randint, tensor

from segeval import functional
from segeval.functional import dice
from segeval.stateful import Dice


def test_micro_average_of_labels() -> None:
    preds = tensor([2, 0, 2, 1])
    target = tensor([1, 1, 2, 0])
    metric = Dice(average="micro")
    assert metric(preds, target) == tensor(0.2500)
    assert metric.compute() == tensor(0.2500)


def test_the_function() -> None:
    preds = tensor([2, 0, 2, 1])
    target = tensor([1, 1, 2, 0])
    value = functional.dice(preds, target, average="micro")
    assert value == tensor(0.2500)
    assert dice(preds, target, average="micro").item() == 2 * 1 / (
        4 + 4
    )  # one of four voxels is right


def test_random_labels_in_ten_batches_are_one_case() -> None:
    torch.manual_seed(0)
    metric, seen, values = Dice(), [], []
    for _ in range(10):
        preds, target = randint(2, (10,)), randint(2, (10,))
        values.append(metric(preds, target))
        seen.append((preds, target))
    assert len(values) == 10
    assert all(0 <= value <= 1 for value in values)
    preds, target = (torch.cat(side) for side in zip(*seen, strict=True))
    shares = [
        2 * ((preds == c) & (target == c)).sum() / ((preds == c).sum() + (target == c).sum())
        for c in (0, 1)
    ]
    assert metric.compute().item() == pytest.approx(sum(shares).item() / 2)


@pytest.mark.parametrize("average", ["micro", "macro", "none", None])
def test_scores_and_options_of_old(average: str | None) -> None:
    torch.manual_seed(0)
    preds, target = torch.rand(8, 3).softmax(-1), randint(3, (8,))
    hard = preds.argmax(-1)
    tp, p, g = (
        torch.stack([mask.sum() for mask in masks])
        for masks in zip(
            *(((hard == c) & (target == c), hard == c, target == c) for c in range(3)), strict=True
        )
    )
    expected = {
        "micro": 2 * tp.sum() / (p + g).sum(),
        "macro": (2 * tp / (p + g)).mean(),
        "none": 2 * tp / (p + g),
    }[average or "none"]  # fmt: skip
    value = Dice(average=average, num_classes=3, threshold=0.5, ignore_index=None)(preds, target)
    assert value.tolist() == pytest.approx(expected.tolist())
