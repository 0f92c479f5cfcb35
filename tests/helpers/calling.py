"""Calls of the command line in tests, and the small folders of masks that they give it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

CUBE = np.zeros((6, 6, 6), np.uint8)
CUBE[1:5, 1:5, 1:5] = 1
HALF = np.where(np.arange(6)[:, None, None] < 3, CUBE, 0).astype(np.uint8)
"""The first of the two halves of the cube: precision 1, recall ½, Dice ⅔."""


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Segeval = Callable[..., Answer]


@dataclass(frozen=True)
class Folders:
    """Predictions and ground truths to be, and the folder of the results."""

    pred: Path
    gt: Path
    out: Path

    def add(
        self, case: str, pred: NDArray[np.generic] = HALF, gt: NDArray[np.generic] = CUBE
    ) -> Path:
        """Writes a pair, spacing 1 mm, and returns the path of the prediction."""
        for folder, mask in ((self.gt, gt), (self.pred, pred)):
            folder.mkdir(exist_ok=True)
            path = folder / f"{case}.nii.gz"
            nib.save(nib.Nifti1Image(mask, np.eye(4)), path)
        return path

    def score(self, segeval: Segeval, *options: object) -> Answer:
        """`segeval score` of both, without plots, dice alone unless metrics are given."""
        metrics = () if "-m" in options else ("-m", "dice")
        return segeval(
            "score", self.pred, self.gt, "-o", self.out, "--no-plots", *metrics, *options
        )
