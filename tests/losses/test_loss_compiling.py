"""torch.compile takes the losses of overlap and the focal ones as one graph, and the graph gives
the same numbers.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from helpers.calls import COMPILED, LABELLED, labels, logits

import segeval.losses as losses

CLASSES = {
    "dice_loss": "DiceLoss", "tversky_loss": "TverskyLoss", "jaccard_loss": "JaccardLoss",
    "focal_tversky_loss": "FocalTverskyLoss", "generalized_dice_loss": "GeneralizedDiceLoss",
    "focal_loss": "FocalLoss", "dice_ce_loss": "DiceCELoss", "dice_focal_loss": "DiceFocalLoss",
}  # fmt: skip


def assert_one_graph(function: Any, pred: torch.Tensor, target: torch.Tensor) -> None:
    torch.compiler.reset()
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    found = []
    for call in (function, compiled):
        scores = pred.clone().requires_grad_()
        loss = call(scores, target)
        found.append((loss.detach(), *torch.autograd.grad(loss.sum(), scores)))
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("name", COMPILED)
def test_one_graph(name: str) -> None:
    target = labels(3, 5, 6)
    target[0, :2] = -100
    assert_one_graph(
        getattr(losses, CLASSES[name])(**LABELLED[name]), logits(3, 5, 6).float(), target
    )


def test_one_graph_of_the_others() -> None:
    pred, target = logits(3, 5, 6).float(), labels(3, 5, 6)
    soft = torch.nn.functional.one_hot(target, 3).float()
    assert_one_graph(losses.SoftDiceLoss(), pred.movedim(1, -1), soft)
    assert_one_graph(
        losses.RegionDiceLoss(weights=torch.ones(3)), pred.softmax(1).movedim(1, -1), soft
    )
    assert_one_graph(losses.DiceLoss("macro", weight=torch.ones(3)), pred, target)
    assert_one_graph(losses.BinaryFocalLossWithLogits(), pred, soft.movedim(-1, 1))
    assert_one_graph(losses.LovaszSoftmaxLoss(), pred, target)
    assert_one_graph(losses.LovaszHingeLoss(), pred[:, :1], target.clamp(max=1))


def test_one_graph_of_functions() -> None:
    pred, target = logits(3, 5, 6).float(), labels(3, 5, 6)
    for function in (losses.dice_ce_loss, losses.jaccard_loss, losses.lovasz_softmax_loss):
        assert_one_graph(function, pred, target)
