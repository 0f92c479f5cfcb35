"""Tests of what the losses are: 1 − the metric that scores the same masks; and of what holds for
functions and modules alike.
"""

from __future__ import annotations

import inspect
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.calls import LABELLED, every, labels, logits
from torch import Tensor
from torch.nn.functional import one_hot

import segeval
import segeval.losses as losses
from segeval import UsageError, functional
from segeval.losses import sums

FAMILY = {
    name: getattr(losses, name)
    for name in losses.__all__
    if isinstance(getattr(losses, name), type) and name != "DeepSupervision"
}
FUNCTIONS = [name for name in losses.__all__ if name[0].islower()]


@pytest.fixture
def masks() -> tuple[Tensor, Tensor]:
    """Predicted and true labels, and so sure a prediction that its softmax is one-hot."""
    return labels(3, 9, 8, seed=4), labels(3, 9, 8)


def sure(pred: Tensor) -> Tensor:
    return 1e3 * one_hot(pred, 3).movedim(-1, 1).double()


SCORED: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("dice_loss", {"average": "macro", "reduction": "none"}, "dice", {}),
    (
        "tversky_loss",
        {"alpha": 0.3, "beta": 0.7, "reduction": "none"},
        "tversky",
        {"alpha": 0.3, "beta": 0.7},
    ),
    ("generalized_dice_loss", {"smooth": 0.0, "reduction": "none"}, "generalized_dice", {}),
]


@pytest.mark.parametrize(
    ("loss", "options", "metric", "parameters"), SCORED, ids=[name for name, *_ in SCORED]
)
def test_a_sure_prediction_costs_what_its_metric_lacks(
    masks: tuple[Tensor, Tensor],
    loss: str,
    options: dict[str, Any],
    metric: str,
    parameters: dict[str, Any],
) -> None:
    pred, gt = masks
    found = getattr(losses, loss)(sure(pred), gt, **options)
    for sample, value in enumerate(found):
        own = {} if metric == "generalized_dice" else {"average": "macro"}
        want = getattr(functional, metric)(
            pred[sample, None],
            gt[sample, None],
            num_classes=3,
            include_background=True,
            **parameters,
            **own,
        )
        assert value.item() == pytest.approx(1 - float(want), abs=1e-6)


def test_jaccard_loss_of_a_sure_prediction_is_1_minus_iou(masks: tuple[Tensor, Tensor]) -> None:
    pred, gt = masks
    found = losses.jaccard_loss(sure(pred), gt, smooth=0.0, reduction="none")
    for sample in range(2):
        want = functional.iou(pred[sample, None], gt[sample, None], num_classes=3, average="none")
        torch.testing.assert_close(1 - found[sample], want.double())


def test_soft_dice_by_hand() -> None:
    """Two voxels, p = ¾ and ½ for class 1, that of the first: 1 − 2·¾ / (1 + 5/4) = 1/3."""
    pred = torch.tensor([[[1.0, 1.0], [3.0, 1.0]]]).log()
    loss = losses.dice_loss(pred, torch.tensor([[1, 0]]), "macro", weight=torch.tensor([0.0, 1.0]))
    assert loss.item() == pytest.approx(1 - 2 * 0.75 / (1 + 1.25))


def test_focal_tversky_is_a_root() -> None:
    pred, gt = logits(3, 5, 6), labels(3, 5, 6)
    plain, focal = (
        losses.focal_tversky_loss(pred, gt, gamma=gamma, reduction="none") for gamma in (1.0, 2.0)
    )
    torch.testing.assert_close(focal, plain**0.5)


def test_samples_reduce_as_asked() -> None:
    pred, gt = logits(3, 5, 6), labels(3, 5, 6)
    for name in (
        "dice_loss",
        "tversky_loss",
        "jaccard_loss",
        "focal_tversky_loss",
        "generalized_dice_loss",
    ):
        each, mean, total = (
            getattr(losses, name)(pred, gt, **LABELLED[name], reduction=reduction)
            for reduction in ("none", "mean", "sum")
        )
        torch.testing.assert_close(each.mean(), mean)
        torch.testing.assert_close(each.sum(), total)
        assert len(each) == 2


def test_lovasz_of_one_wrong_voxel_is_its_share_of_the_union() -> None:
    """Three voxels of class 1, one of them surely missed: IoU 2/3 for it, 1/2 for class 0."""
    gt, pred = torch.tensor([[1, 1, 1, 0]]), torch.tensor([[1, 1, 0, 0]])
    scores = 1e3 * one_hot(pred, 2).movedim(-1, 1).double()
    found = losses.lovasz_softmax_loss(scores, gt, reduction="none")
    torch.testing.assert_close(found, torch.tensor([[1 / 2, 1 / 3]], dtype=torch.float64))


def test_deep_supervision_halves_from_level_to_level() -> None:
    gt = labels(3, 8, 8)
    preds = [logits(3, 8, 8), logits(3, 4, 4), logits(3, 2, 2)]
    loss = losses.DeepSupervision(losses.dice_ce_loss)
    each = [
        losses.dice_ce_loss(p, gt[:, k::step, k::step])
        for p, k, step in zip(preds, (0, 1, 2), (1, 2, 4), strict=True)
    ]
    assert loss(preds, gt).item() == pytest.approx((4 * each[0] + 2 * each[1] + each[2]).item() / 7)
    assert loss(preds[0], gt) == each[0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_says_what_it_is_and_shows_it(name: str) -> None:
    text = inspect.getdoc(getattr(losses, name)) or ""
    assert text.partition("\n\n")[0].endswith(".")
    assert ">>>" in text or name == "deep_supervision"


def test_every_loss_of_labels_says_what_both_empty_costs() -> None:
    for name in (
        *LABELLED,
        "soft_dice_loss",
        "region_dice_loss",
        "lovasz_hinge_loss",
        "binary_focal_loss_with_logits",
    ):
        assert "Empty: " in (getattr(losses, name).__doc__ or ""), name


@pytest.mark.parametrize("name", FAMILY)
def test_a_module_has_the_parameters_of_its_function(name: str) -> None:
    made = FAMILY[name]
    whole = list(inspect.signature(made.function).parameters.values())
    options = list(inspect.signature(made).parameters.values())
    assert whole[-len(options) :] == options or not options
    assert len(whole) - len(options) in (1, 2)
    assert made.function.__name__ in (made.__doc__ or "")


def test_losses_that_are_no_means_by_default_say_so() -> None:
    page = (Path(__file__).parents[2] / "docs" / "losses.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"losses that keep kornia's default: (.*?) See", page, re.DOTALL)
    unreduced, sums = told.split('are unreduced ("none")')
    words = {"none": (unreduced, "Unreduced by default"), "sum": (sums, "The sum by default")}
    for name in losses.__all__:
        default = inspect.signature(getattr(losses, name)).parameters.get("reduction")
        for reduction, (names, text) in words.items():
            says = text in (inspect.getdoc(getattr(losses, name)) or "")
            assert says == (default is not None and default.default == reduction), name
            if name.islower():
                assert (f"`{name}`" in names) == says, name


@pytest.mark.parametrize("name", ["focal_loss", "binary_focal_loss_with_logits", "cauchy_loss"])
def test_an_unreduced_loss_has_the_shape_of_its_prediction(name: str) -> None:
    pred = logits(3, 4, 5)
    target = labels(3, 4, 5) if name == "focal_loss" else pred.sigmoid()
    given = {"alpha": 0.25} if name == "focal_loss" else {}
    assert getattr(losses, name)(pred, target, **given).shape == pred.shape
    assert getattr(losses, name)(pred, target, **given, reduction="mean").shape == ()


def test_losses_take_tensors_alone() -> None:
    with pytest.raises(UsageError, match=r"pred must be a torch.Tensor, not ndarray"):
        losses.dice_ce_loss(np.zeros((1, 2, 4, 4), np.float32), np.zeros((1, 4, 4), np.int64))


def test_every_function_has_a_module() -> None:
    called = {made.function.__name__.lstrip("_") for made in FAMILY.values()}
    called |= {"hausdorff_er_loss", "deep_supervision", "signed_distance_map", "soft_skeleton"}
    assert set(FUNCTIONS) <= called


def test_a_module_gives_what_its_function_gives() -> None:
    calls = {call.name: call for call in every()}
    for made in FAMILY.values():
        call = calls.get(made.function.__name__)
        if call is not None and made is not losses.HausdorffERLoss3D:  # the call is of images
            torch.testing.assert_close(
                made(**call.options)(call.pred, *call.others), call(call.pred)
            )


def test_labels_of_any_dtype_and_tensors_of_any_layout() -> None:
    pred, gt = logits(2, 5, 6), labels(2, 5, 6)
    for name, options in LABELLED.items():
        function, want = getattr(losses, name), getattr(losses, name)(pred, gt, **options)
        for dtype in (torch.bool, torch.uint8, torch.int16, torch.int32, torch.uint16):
            torch.testing.assert_close(function(pred, gt.to(dtype), **options), want)
        last = pred.contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(function(last, gt.mT.contiguous().mT, **options), want)


@pytest.mark.parametrize("part", [1, 7, 64])
def test_parts_add_up_to_the_whole(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Assert that what is summed part by part, forward and backward, is what is summed at once."""
    pred, gt = logits(3, 5, 6).requires_grad_(), labels(3, 5, 6)
    gt[0, 0] = -100
    found = []
    for size in (sums.PART, part):
        monkeypatch.setattr(sums, "PART", size)
        loss = losses.dice_ce_loss(pred, gt)
        found.append((loss.detach(), *torch.autograd.grad(loss, pred)))
    torch.testing.assert_close(*found)


def test_a_module_keeps_its_weights_with_it() -> None:
    loss = losses.DiceLoss("macro", weight=torch.tensor([1.0, 2.0, 3.0]))
    assert loss.to(torch.float64).weight.dtype is torch.float64
    assert not loss.state_dict()
    assert repr(loss).startswith("DiceLoss(average='macro', eps=1e-08, weight=tensor(")
    pred, gt = logits(3, 5, 6), labels(3, 5, 6)
    assert pickle.loads(pickle.dumps(loss))(pred, gt) == loss(pred, target=gt)
    learned = losses.FocalLoss(None, reduction="mean", weight=torch.nn.Parameter(torch.ones(3)))
    assert [name for name, _ in learned.named_parameters()] == ["weight"]


def test_losses_are_loaded_when_they_are_asked_for() -> None:
    assert segeval.losses is losses
    assert "losses" in dir(segeval)
