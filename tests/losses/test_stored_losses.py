"""Tests of our losses against stored numbers: what kornia, optax and the TensorFlow form said of
fixed inputs.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import segeval.losses as losses
from segeval import UsageError

GOLDEN = Path(__file__).parents[1] / "golden" / "losses"
KORNIA, OPTAX, TENSORFLOW = (
    json.loads((GOLDEN / f"{tool}.json").read_text())
    for tool in ("kornia", "optax", "tensorflow_form")
)
RENAMED = {
    "HausdorffERLoss": "hausdorff_er_loss",
    "HausdorffERLoss3D": "hausdorff_er_loss",
    "MS_SSIMLoss": "ms_ssim_loss",
}
"""Losses that kornia has as modules alone."""
SINGLE = {"ssim_loss": 2e-5, "ssim3d_loss": 5e-5, "ms_ssim_loss": 2e-6}
"""Differences in single precision, where kornia's own numbers are as far from those in double
precision.
"""


@cache
def inputs() -> dict[str, Tensor]:
    with np.load(GOLDEN / "inputs.npz") as stored:
        return {name: torch.from_numpy(values) for name, values in stored.items()}


def array(name: str, dtype: torch.dtype) -> Tensor:
    """A stored array, floats in this precision; `NAME[...,None]` with an axis more."""
    found = inputs()[name.partition("[")[0]]
    found = found.to(dtype) if found.is_floating_point() else found
    return found[..., None] if "[" in name else found


def arguments(stored: dict[str, Any], dtype: torch.dtype) -> dict[str, Any]:
    def read(value: Any) -> Any:
        return (
            array(value[1:], dtype) if isinstance(value, str) and value.startswith("@") else value
        )

    return {name: read(value) for name, value in stored.items()}


def assert_as_stored(
    loss: Tensor, pred: Tensor, want: dict[str, Any], values: float, gradients: float
) -> None:
    """Relative differences, of a map's values to its largest; of the sum of a map to its length as
    a vector.
    """
    assert list(loss.shape) == want["shape"]
    (grad,) = torch.autograd.grad(loss.sum(), pred)
    assert grad.norm().item() == pytest.approx(want["grad_l2"], rel=gradients, abs=1e-12)
    flat = loss.detach().flatten().double().numpy()
    if "value" in want:
        np.testing.assert_allclose(flat, np.ravel(want["value"]), rtol=values)
        return
    first = np.array(want["first16"])
    np.testing.assert_allclose(flat[: len(first)], first, rtol=0, atol=values * np.abs(first).max())
    assert np.linalg.norm(flat) == pytest.approx(want["l2"], rel=values)
    assert flat.sum() == pytest.approx(want["sum"], rel=values, abs=values * want["l2"])


@pytest.mark.parametrize(
    "name", [name for name, stored in KORNIA.items() if "error" not in stored["f64"]]
)
def test_kornia(name: str) -> None:
    stored = KORNIA[name]
    function = RENAMED.get(stored["call"], stored["call"])
    for key, dtype, values in (
        ("f64", torch.float64, 1e-6),
        ("f32", torch.float32, SINGLE.get(function, 2e-6)),
    ):
        pred = array(stored["pred"], dtype).clone().requires_grad_()
        others = [array(other, dtype) for other in stored["others"]]
        loss = getattr(losses, function)(pred, *others, **arguments(stored["arguments"], dtype))
        assert_as_stored(loss, pred, stored[key], values, 1e-5)


def test_kornia_alone_is_confined_to_images() -> None:
    confined = {name for name, stored in KORNIA.items() if "error" in stored["f64"]}
    assert confined == {"dice_micro_3d", "dice_macro_3d"}
    for name in confined:
        stored = KORNIA[name]
        assert (
            0
            < losses.dice_loss(
                array("logits3d", torch.float64), inputs()["target3d"], **stored["arguments"]
            )
            < 1
        )


@pytest.mark.parametrize(
    "name", [name for name, stored in OPTAX.items() if stored["call"] == "dice_loss"]
)
def test_optax(name: str) -> None:
    stored = OPTAX[name]
    for key, dtype, values in (("f64", torch.float64, 1e-6), ("f32", torch.float32, 2e-6)):
        pred = array(stored["predictions"], dtype).clone().requires_grad_()
        target, given = array(stored["targets"], dtype), arguments(stored["arguments"], dtype)
        if "error" in stored[key]:
            with pytest.raises(
                UsageError, match=r"sum to 1|reduction must be one of .*; not 'batch'"
            ):
                losses.soft_dice_loss(pred, target, **given)
        else:
            loss = losses.soft_dice_loss(pred, target, **given)
            assert_as_stored(loss, pred, stored[key], values, 1e-5)


@pytest.mark.parametrize(
    "name", [name for name, stored in OPTAX.items() if stored["call"] == "binary_dice_loss"]
)
def test_optax_binary(name: str) -> None:
    stored = OPTAX[name]
    pred = array(stored["predictions"], torch.float64).clone().requires_grad_()
    target = array(stored["targets"], torch.float64)
    if pred.ndim == 3:
        pred, target = pred[..., None], target[..., None]
    loss = losses.soft_dice_loss(pred, target, **stored["arguments"])
    assert_as_stored(loss, pred, stored["f64"], 1e-6, 1e-5)


def tensorflow_inputs(name: str) -> tuple[Tensor, Tensor, str]:
    """Probabilities and one-hot target, channels last, and the name of the stored weights."""
    kind = name.rpartition("_eps")[0]
    pred, target = {
        "binary_empty_target": ("bin_logits[...,None]", "empty_target"),
        "binary_sigmoid": ("bin_logits[...,None]", "bin_target[...,None]"),
        "probs": ("cl_probs", "cl_onehot"),
        "softmax_logits": ("cl_logits", "cl_onehot"),
        "volume_softmax": ("vol_logits", "vol_onehot"),
    }[kind]
    scores = array(pred, torch.float64)
    if kind != "probs":
        scores = scores.sigmoid() if scores.shape[-1] == 1 else scores.softmax(-1)
    return (
        scores,
        array(target, torch.float64),
        "vol_weights" if kind.startswith("volume") else "cl_weights",
    )


@pytest.mark.parametrize("name", TENSORFLOW)
def test_the_tensorflow_form(name: str) -> None:
    stored, eps = TENSORFLOW[name], float(name.rpartition("_eps")[2])
    pred, target, weights = tensorflow_inputs(name)

    def loss(**options: Any) -> float:
        here = losses.region_dice_loss(pred, target, eps=eps, **options)
        first = losses.region_dice_loss(
            pred.movedim(-1, 1), target.movedim(-1, 1), eps=eps, channel_axis=1, **options
        )
        assert here == pytest.approx(first)
        return here.item()

    assert loss() == pytest.approx(stored["all_classes_loss"], rel=1e-6)
    assert loss(average="macro") == pytest.approx(stored["mean_over_classes_loss"], rel=1e-6)
    w = torch.ones(1, dtype=torch.float64) if pred.shape[-1] == 1 else array(weights, torch.float64)
    want = w.sum().item() - stored["weighted_sum_over_classes_mean_over_batch"]
    assert loss(weights=w) == pytest.approx(want, rel=1e-6)
