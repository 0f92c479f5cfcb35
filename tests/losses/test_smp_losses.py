"""segmentation-models-pytorch's losses, by stored numbers: equal where the definition is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import segeval.losses as losses

GOLDEN = Path(__file__).parents[1] / "golden" / "losses"
STORED = json.loads((GOLDEN / "smp.json").read_text())
OURS: dict[str, tuple[str, dict[str, Any], float]] = {
    "jaccard": ("jaccard_loss", {"smooth": 1.0, "batch": True}, 1),
    "dice": ("dice_ce_loss", {"smooth": 2.0, "batch": True, "lambda_ce": 0.0}, 1),
    "tversky": (
        "focal_tversky_loss",
        {"smooth": 1.0, "batch": True, "alpha": 0.3, "beta": 0.7, "gamma": 1.0},
        1,
    ),
    "tversky_gamma2": (
        "focal_tversky_loss",
        {"smooth": 1.0, "batch": True, "alpha": 0.3, "beta": 0.7, "gamma": 1.0},
        2,
    ),
    "jaccard_ignore255": ("jaccard_loss", {"smooth": 1.0, "batch": True, "ignore_index": 255}, 1),
    "focal": ("binary_focal_loss_with_logits", {"alpha": None, "reduction": "mean"}, 1),
}
"""Our function, its options, and the power that is taken of the mean over classes."""


@pytest.mark.parametrize("name", STORED)
def test_segmentation_models_pytorch(name: str) -> None:
    stored, (function, options, power) = STORED[name], OURS[name]
    with np.load(GOLDEN / "inputs.npz") as arrays:
        pred, target = (torch.from_numpy(arrays[key]) for key in ("logits2d", stored["target"]))
    scores = pred.double().requires_grad_()
    if name == "focal":  # theirs is the mean over classes, each a sigmoid against the rest
        target = torch.nn.functional.one_hot(target, pred.shape[1]).movedim(-1, 1).double()
    loss = getattr(losses, function)(scores, target, **options) ** power
    (grad,) = torch.autograd.grad(loss, scores)
    assert loss.item() == pytest.approx(stored["f64"]["value"], rel=1e-6)
    assert grad.norm().item() == pytest.approx(stored["f64"]["grad_l2"], rel=1e-5)
