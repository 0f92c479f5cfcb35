"""MONAI's losses: the same numbers where the definition is the same, and where it is not, by what
they differ.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from helpers.calls import labels, logits
from monai import losses as monai
from torch import Tensor

import segeval.losses as losses

SHAPES = [(9, 8), (4, 5, 6)]


@pytest.fixture(params=SHAPES, ids=["2-D", "3-D"])
def batch(request: pytest.FixtureRequest) -> tuple[Tensor, Tensor]:
    return logits(4, *request.param), labels(3, *request.param)  # class 3 is absent


def assert_same(
    ours: Any, theirs: Any, pred: Tensor, target: Tensor, gradients: float = 1e-5
) -> None:
    found = []
    for loss, labelled in ((ours, target), (theirs, target[:, None])):
        scores = pred.clone().requires_grad_()
        value = loss(scores, labelled)
        found.append((value.detach().flatten(), torch.autograd.grad(value.sum(), scores)[0]))
    (value, grad), (want, want_grad) = found
    torch.testing.assert_close(value, want, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(
        grad, want_grad, rtol=gradients, atol=gradients * float(want_grad.abs().max())
    )


WEIGHT = torch.tensor([1.0, 2.0, 0.5, 3.0], dtype=torch.float64)
OPTIONS = [
    {},
    {"batch": True},
    {"include_background": False},
    {"reduction": "none"},
    {"reduction": "sum"},
]
SOFTMAX = {"softmax": True, "to_onehot_y": True}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_jaccard(options: dict[str, Any], batch: tuple[Tensor, Tensor]) -> None:
    theirs = monai.DiceLoss(jaccard=True, smooth_nr=2e-5, smooth_dr=2e-5, **SOFTMAX, **options)
    assert_same(losses.JaccardLoss(**options), theirs, *batch)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_tversky_with_every_class(options: dict[str, Any], batch: tuple[Tensor, Tensor]) -> None:
    ours = losses.FocalTverskyLoss(alpha=0.3, beta=0.7, gamma=1.0, **options)
    assert_same(ours, monai.TverskyLoss(alpha=0.3, beta=0.7, **SOFTMAX, **options), *batch)


@pytest.mark.parametrize("weighting", ["square", "simple", "uniform"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_generalized_dice(
    options: dict[str, Any], weighting: str, batch: tuple[Tensor, Tensor]
) -> None:
    """Without smoothing: MONAI's is added to the weighted sums, which grow with the weights."""
    theirs = monai.GeneralizedDiceLoss(
        w_type=weighting, smooth_nr=0, smooth_dr=0, **SOFTMAX, **options
    )
    ours = losses.GeneralizedDiceLoss(weighting=weighting, smooth=0.0, **options)
    assert_same(ours, theirs, *batch)


def test_generalized_dice_of_large_regions() -> None:
    """A hundred thousand voxels: MONAI's smoothing outweighs them, as they weigh 1/V² each, and
    ours does not.
    """
    target = torch.zeros(1, 400, 400, dtype=torch.int64)
    target[:, :200] = 1
    wrong = 100.0 * torch.nn.functional.one_hot(1 - target, 2).movedim(-1, 1)
    assert monai.GeneralizedDiceLoss(**SOFTMAX)(wrong, target[:, None]) < 0.9
    assert losses.generalized_dice_loss(wrong, target) == pytest.approx(1)


@pytest.mark.parametrize(
    "options",
    [{}, {"batch": True}, {"lambda_dice": 0.5, "lambda_ce": 2.0}, {"weight": WEIGHT}],
    ids=str,
)
@pytest.mark.parametrize("include_background", [True, False])
def test_dice_ce(
    options: dict[str, Any], include_background: bool, batch: tuple[Tensor, Tensor]
) -> None:
    options = options | {"include_background": include_background}
    assert_same(losses.DiceCELoss(**options), monai.DiceCELoss(**SOFTMAX, **options), *batch)


def test_dice_ce_of_one_channel() -> None:
    pred, target = logits(1, 9, 8), labels(2, 9, 8)
    want = monai.DiceCELoss(sigmoid=True)(pred, target[:, None].double())
    torch.testing.assert_close(losses.dice_ce_loss(pred, target), want)


def test_dice_focal_is_the_sum_of_two(batch: tuple[Tensor, Tensor]) -> None:
    """`monai.losses.DiceFocalLoss` adds the focal loss of sigmoids to the Dice of a softmax."""
    dice = monai.DiceLoss(**SOFTMAX)
    focal = monai.FocalLoss(use_softmax=True, to_onehot_y=True, gamma=1.5, alpha=0.25)
    ours = losses.DiceFocalLoss(gamma=1.5, alpha=0.25, lambda_focal=2.0)
    assert_same(ours, lambda pred, target: dice(pred, target) + 2 * focal(pred, target), *batch)


@pytest.mark.parametrize(
    "options", [{}, {"alpha": 1.0}, {"include_background": True}, {"reduction": "none"}], ids=str
)
def test_hausdorff_dt(options: dict[str, Any], batch: tuple[Tensor, Tensor]) -> None:
    assert_same(
        losses.HausdorffDTLoss(**options), monai.HausdorffDTLoss(**SOFTMAX, **options), *batch
    )


def test_cldice_of_one_region(batch: tuple[Tensor, Tensor]) -> None:
    """MONAI adds up over classes; with one they agree but for the constant in its harmonic mean."""
    pred, target = batch[0][:, :2], batch[1].clamp(max=1)
    theirs = monai.SoftclDiceLoss(iter_=4, smooth=1e-12, include_background=False, **SOFTMAX)
    assert_same(losses.ClDiceLoss(iterations=4), theirs, pred, target)


@pytest.mark.parametrize("shape", SHAPES, ids=["2-D", "3-D"])
def test_soft_skeleton(shape: tuple[int, ...]) -> None:
    from monai.losses.cldice import soft_skel

    maps = logits(2, *shape).sigmoid()
    torch.testing.assert_close(losses.soft_skeleton(maps, 3), soft_skel(maps, 3))


def test_deep_supervision() -> None:
    """The same levels and weights; MONAI wants labels in floats with a channel, to resample."""
    target = labels(3, 8, 12)
    preds = [logits(3, 8, 12), logits(3, 4, 6), logits(3, 2, 3)]
    theirs = monai.DeepSupervisionLoss(monai.DiceCELoss(**SOFTMAX), weights=[1.0, 0.5, 0.25])
    want = theirs([pred.float() for pred in preds], target[:, None].float())
    found = losses.deep_supervision(losses.DiceCELoss(), [1.0, 0.5, 0.25])(preds, target)
    assert found.item() == pytest.approx(want.item(), rel=1e-5)
