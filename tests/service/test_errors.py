"""Mistakes are of the class that code written for TorchMetrics, kornia and MONAI catches."""

from __future__ import annotations

import pickle
from pathlib import Path

import kornia
import numpy as np
import pytest
import torch
from monai.metrics import HausdorffDistanceMetric
from torchmetrics.segmentation import DiceScore

import segeval
from segeval import functional, losses
from segeval.errors import ArgumentTypeError, ReadError, SegevalError, UsageError

MASK = np.ones((4, 4), int)
SCORES, LABELS = torch.zeros(2, 3, 8, 8), torch.zeros(2, 8, 8).long()

VALUES = {
    "two shapes": lambda: segeval.score(MASK, MASK[1:]),
    "two shapes of a function": lambda: functional.dice(SCORES, LABELS[:, 1:], num_classes=3),
    "two shapes of a loss": lambda: losses.dice_loss(SCORES, LABELS[:, 1:]),
    "an unknown metric": lambda: segeval.score(MASK, MASK, metrics="dise"),
    "an unknown average": lambda: functional.dice(MASK, MASK, average="all"),
    "too few classes": lambda: segeval.Dice(num_classes=-1),
    "an unknown reduction": lambda: losses.dice_loss(SCORES, LABELS, reduction="all"),
    "a label beyond the classes": lambda: losses.dice_loss(SCORES, LABELS + 3),
    "an endless spacing": lambda: segeval.score(MASK, MASK, spacing=(1e308, 1)),
    "a label that no array holds": lambda: segeval.score(MASK, MASK, ignore_label=10**26),
    "a region with such a label": lambda: segeval.score(MASK, MASK, regions=f"a={'9' * 26}"),
    "a key that is no number": lambda: segeval.score(MASK, MASK, regions={"²": "a"}),
    "half of a character": lambda: segeval.score(MASK, MASK, regions={"\ud800": 1}),
    "a name with a zero": lambda: segeval.score(MASK, MASK, regions={"a\0b": 1}),
    "a path with a zero": lambda: segeval.score("a\0.nii", MASK),
    "a path of half a character": lambda: segeval.score("\ud800.nii", MASK),
    "a name without end": lambda: segeval.score_folder("a" * 5000, "b"),
    "a folder that is not there": lambda: segeval.score_folder("nowhere", "nowhere"),
}
TYPES = {
    "no tensor": lambda: losses.dice_loss([1], LABELS),
    "no array": lambda: functional.dice("a", MASK),
    "no array for an object": lambda: segeval.Dice().update("a", "b"),
    "no such keyword": lambda: segeval.Dice(classes=3),
    "no such keyword of a function": lambda: functional.dice(MASK, MASK, classes=3),
    "a missing value": lambda: functional.dice(MASK),
    "a text for a flag": lambda: segeval.score(MASK, MASK, binary="no"),
    "a number for metrics": lambda: segeval.score(MASK, MASK, metrics=3),
    "an object for regions": lambda: segeval.score(MASK, MASK, regions=object()),
    "a number for a folder": lambda: segeval.score_folder(3, 4),
    "a number for results": lambda: segeval.Results.load(3),
}
THEIRS = {
    "monai: two shapes": (ValueError, lambda: HausdorffDistanceMetric()(SCORES, SCORES[..., 1:])),
    "torchmetrics: too few classes": (ValueError, lambda: DiceScore(num_classes=-1)),
    "torchmetrics: no such keyword": (ValueError, lambda: DiceScore(num_classes=3, classes=3)),
    "kornia: two shapes": (ValueError, lambda: kornia.losses.dice_loss(SCORES, LABELS[:, 1:])),
    "kornia: no tensor": (TypeError, lambda: kornia.losses.dice_loss([1], LABELS)),
}


@pytest.mark.parametrize("mistake", VALUES.values(), ids=VALUES)
def test_a_value_that_does_not_fit_is_a_value_error(mistake):
    with pytest.raises(ValueError, match=r"\S") as caught:
        mistake()
    assert isinstance(caught.value, SegevalError)
    assert not isinstance(caught.value, TypeError)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("mistake", TYPES.values(), ids=TYPES)
def test_a_value_of_another_type_is_a_type_error_too(mistake):
    with pytest.raises(TypeError, match=r"\S") as caught:
        mistake()
    assert isinstance(caught.value, UsageError)
    assert isinstance(caught.value, ValueError)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(("error", "mistake"), THEIRS.values(), ids=THEIRS)
def test_so_are_those_of_others(error, mistake):
    with pytest.raises(error):
        mistake()


def test_a_file_that_is_no_mask_is_a_value_error(tmp_path: Path):
    (tmp_path / "a.nii").write_bytes(b"none")
    with pytest.raises(ReadError, match=r"a\.nii: wanted a NIfTI") as caught:
        segeval.score(tmp_path / "a.nii", MASK)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("kind", [UsageError, ArgumentTypeError, ReadError])
def test_errors_travel_between_processes(kind):
    error = pickle.loads(pickle.dumps(kind("a text")))
    assert (type(error), str(error)) == (kind, "a text")
