"""Tests of what the losses say of arguments that do not fit: which, what was wanted, what came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from helpers.calls import LABELLED, labels, logits

import segeval.losses as losses
from segeval import UsageError

PRED, TARGET = logits(3, 5, 6), labels(3, 5, 6)


def refused(message: str, function: Callable[..., Any], *args: Any, **options: Any) -> None:
    with pytest.raises(UsageError, match=message):
        function(*args, **options)


@pytest.mark.parametrize("name", LABELLED)
def test_every_loss_of_labels(name: str) -> None:
    function, options = getattr(losses, name), LABELLED[name]
    refused(r"pred must be a torch.Tensor, not list", function, [1.0], TARGET, **options)
    refused(
        r"pred must have shape \(N, C, \*spatial\), .*; it has \(5, 6\)",
        function,
        PRED[0, 0],
        TARGET,
        **options,
    )
    refused(
        r"pred must be floating-point, not torch.int64", function, PRED.long(), TARGET, **options
    )
    refused(
        r"target must have shape \(2, 5, 6\), .*; it has \(2, 1, 5, 6\)",
        function,
        PRED,
        TARGET[:, None],
        **options,
    )
    refused(
        r"target must hold integer labels, not torch.float32",
        function,
        PRED,
        TARGET.float(),
        **options,
    )
    refused(
        r"target must hold labels from 0 to 2, .* it holds 3", function, PRED, TARGET + 1, **options
    )
    refused(r"target must hold labels .* it holds -1", function, PRED, TARGET - 1, **options)
    elsewhere = TARGET.to("meta")
    refused(
        r"target must be on cpu, where pred is; it is on meta", function, PRED, elsewhere, **options
    )
    given = options | {"reduction": "max"}
    refused(r"reduction must be one of 'mean', 'sum'.*; not 'max'", function, PRED, TARGET, **given)


@pytest.mark.parametrize("name", sorted(set(LABELLED) - {"generalized_dice_loss"}))
def test_weights(name: str) -> None:
    function, options = getattr(losses, name), LABELLED[name]
    two, elsewhere = torch.ones(2), torch.ones(3, device="meta")
    refused(
        r"weight must have shape \(3,\), one for each class; it has \(2,\)",
        function,
        PRED,
        TARGET,
        weight=two,
        **options,
    )
    refused(
        r"weight must be on cpu, where pred is; it is on meta",
        function,
        PRED,
        TARGET,
        weight=elsewhere,
        **options,
    )


def test_the_ignored_label_is_named() -> None:
    refused(
        r", or ignore_index=255; it holds 7",
        losses.dice_loss,
        PRED,
        TARGET.clone().fill_(7),
        ignore_index=255,
    )


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (
            losses.dice_loss,
            {"average": "weighted"},
            r"average must be one of 'micro', 'macro'; not 'weighted'",
        ),
        (losses.dice_loss, {"eps": -1.0}, r"eps must be at least 0, not -1.0"),
        (losses.dice_loss, {"eps": float("nan")}, r"eps must be at least 0, not nan"),
        (losses.tversky_loss, {"alpha": -0.1, "beta": 1.0}, r"alpha must be at least 0, not -0.1"),
        (losses.tversky_loss, {"alpha": 0.0, "beta": 0.0}, r"alpha or beta must be above 0"),
        (losses.focal_tversky_loss, {"gamma": 0.0}, r"gamma must be above 0, not 0.0"),
        (losses.focal_loss, {"alpha": None, "gamma": -1.0}, r"gamma must be at least 0, not -1.0"),
        (
            losses.generalized_dice_loss,
            {"weighting": "cubic"},
            r"weighting must be one of 'square', .*; not 'cubic'",
        ),
        (losses.jaccard_loss, {"smooth": -1.0}, r"smooth must be at least 0"),
        (losses.dice_ce_loss, {"lambda_ce": -1.0}, r"lambda_ce must be at least 0"),
        (
            losses.boundary_loss,
            {"spacing": (1.0,)},
            r"spacing must be 2 lengths above 0, .* not \(1.0,\)",
        ),
        (
            losses.boundary_loss,
            {"distances": PRED[:, :2]},
            r"distances must have shape \(2, 3, 5, 6\); it has \(2, 2, 5, 6\)",
        ),
        (losses.cldice_loss, {"iterations": -1}, r"iterations must be at least 0"),
    ],
)
def test_options(function: Callable[..., Any], options: dict[str, Any], message: str) -> None:
    refused(message, function, PRED, TARGET, **options)


def test_one_channel() -> None:
    one, flags = PRED[:, :1], TARGET.clamp(max=1)
    refused(
        r"weight is for pred of 2 channels or more",
        losses.dice_ce_loss,
        one,
        flags,
        weight=torch.ones(1),
    )
    refused(
        r"include_background=False leaves nothing",
        losses.dice_loss,
        one,
        flags * 0,
        include_background=False,
    )
    refused(
        r"pred must have two channels or more; it has 1", losses.lovasz_softmax_loss, one, flags
    )
    refused(r"pred must have one channel, .*; it has 3", losses.lovasz_hinge_loss, PRED, flags)
    refused(r"target must hold labels from 0 to 1, .* it holds 2", losses.dice_ce_loss, one, TARGET)


def test_soft_maps() -> None:
    soft = torch.nn.functional.one_hot(TARGET, 3).double()
    last = PRED.movedim(1, -1)
    refused(
        r"target must be one-hot, of the shape of pred, \(2, 5, 6, 3\)",
        losses.soft_dice_loss,
        last,
        soft[..., :2],
    )
    refused(r"the sums are -", losses.soft_dice_loss, last, soft, apply_softmax=False)
    refused(
        r"class_weights must have shape \(3,\)",
        losses.soft_dice_loss,
        last,
        soft,
        class_weights=[1.0],
    )
    refused(
        r"channel_axis must be an axis of pred .*, not 0",
        losses.region_dice_loss,
        soft,
        soft,
        channel_axis=0,
    )
    refused(r"weights must have shape \(3,\)", losses.region_dice_loss, soft, soft, weights=[1.0])
    refused(r"target must have the shape of pred", losses.region_dice_loss, soft, soft[:1])
    refused(r"maps must have shape", losses.soft_skeleton, soft[0, 0])


def test_images() -> None:
    image = PRED.sigmoid()
    refused(
        r"img2 must have the shape of img1, \(2, 3, 5, 6\); it has",
        losses.cauchy_loss,
        image,
        image[:1],
    )
    refused(r"window_size must be odd and above 0, not 4", losses.ssim_loss, image, image, 4)
    refused(
        r"padding must be one of 'same', 'valid'; not 'full'",
        losses.ssim_loss,
        image,
        image,
        3,
        padding="full",
    )
    refused(r"img1 must have shape \(N, C, \*spatial\), 3-D", losses.ssim3d_loss, image, image, 3)
    refused(r"target must have the shape of image", losses.psnr_loss, image, image[:1], 1.0)
    refused(r"img must have shape \(\*, H, W\)", losses.total_variation, image[0, 0, 0])
    refused(
        r"reduction must be one of 'sum', 'mean'; not 'none'", losses.total_variation, image, "none"
    )
    refused(
        r"image must have the batch and size",
        losses.inverse_depth_smoothness_loss,
        image[:, :1],
        image[..., :3],
    )
    refused(
        r"image must be torch.float64 on cpu",
        losses.inverse_depth_smoothness_loss,
        image[:, :1],
        image.float(),
    )
    refused(
        r"pred must have shape .* 2-D; it has \(2, 3, 30\)",
        losses.js_div_loss_2d,
        image.flatten(2),
        image.flatten(2),
    )


def test_erosions() -> None:
    image, target = PRED.sigmoid(), TARGET[:, None]
    refused(
        r"target must have shape \(2, 1, 5, 6\), labels; it has \(2, 5, 6\)",
        losses.hausdorff_er_loss,
        image,
        TARGET,
    )
    refused(r"3-D; it has \(2, 3, 5, 6\)", losses.HausdorffERLoss3D(), image, target)
    refused(r"k must be at least 0", losses.hausdorff_er_loss, image, target, k=-1)


def test_windows() -> None:
    image = PRED.sigmoid()
    refused(
        r"window_size=11 is too large for images of shape \(2, 3, 5, 6\)",
        losses.ssim_loss,
        image,
        image,
        11,
    )
    refused(
        r"window_size=7 is too large .* padding='valid'",
        losses.ssim_loss,
        image,
        image,
        7,
        padding="valid",
    )
    for largest, padding in ((9, "same"), (5, "valid")):
        assert losses.ssim_loss(image, image, largest, padding=padding).item() == pytest.approx(
            0, abs=1e-9
        )
    refused(r"sigmas must name one window or more", losses.ms_ssim_loss, image, image, sigmas=())


def test_maps_of_labels() -> None:
    refused(r"target must be a torch.Tensor, not list", losses.signed_distance_map, [[0, 1]], 2)
    refused(
        r"target must hold integer labels, not torch.float64",
        losses.signed_distance_map,
        PRED[:, 0],
        2,
    )
    refused(
        r"spacing must be 2 lengths",
        losses.signed_distance_map,
        TARGET,
        3,
        spacing=(1.0, float("nan")),
    )


def test_levels() -> None:
    focal = losses.DeepSupervision(losses.FocalLoss(0.25))
    refused(
        r"loss must have one shape at all levels; .*'mean'", focal, [PRED, PRED[..., ::2]], TARGET
    )
    refused(
        r"weights has 0 levels, but preds 1",
        losses.DeepSupervision(losses.dice_ce_loss, []),
        [PRED],
        TARGET,
    )
    loss = losses.DeepSupervision(losses.dice_ce_loss, [1.0, 0.5])
    refused(r"weights has 2 levels, but preds 1; give one for each", loss, [PRED], TARGET)
    refused(
        r"each of preds must have shape .* 2-D; it has \(2, 3, 5\)",
        loss,
        [PRED, PRED[..., 0]],
        TARGET,
    )


def test_modules_refuse_unknown_parameters() -> None:
    message = r"DiceCELoss has no argument 'smoth'; did you mean 'smooth'\?"
    refused(message, losses.DiceCELoss, smoth=1.0)
    refused(r"FocalLoss needs a value for alpha; write FocalLoss\(alpha=…\)", losses.FocalLoss)


def test_an_error_of_a_loss_of_ones_own_stays_its_own() -> None:
    def own(pred: Any, target: Any) -> Any:
        raise TypeError("of my own")

    with pytest.raises(TypeError, match="of my own"):
        losses.DeepSupervision(own)([PRED], TARGET)
