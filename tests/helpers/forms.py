"""A batch of label maps, and all the forms in which functions take it."""

from __future__ import annotations

import numpy as np
import torch

SPACING = (2.0, 0.5, 1.3)


def batch(cases: int = 3, classes: int = 4, shape: tuple[int, ...] = (7, 8, 9), seed: int = 0):
    """Label maps of blobs, the prediction with errors; class 3 is missing from the last case."""
    rng = np.random.default_rng(seed)
    gt = rng.integers(0, classes, (cases, *(-(-n // 3) for n in shape)))
    for axis in range(1, gt.ndim):
        gt = gt.repeat(3, axis)
    gt = gt[(slice(None), *(slice(n) for n in shape))].copy()
    gt[-1][gt[-1] == 3] = 0
    pred = np.where(rng.random(gt.shape) < 0.2, rng.integers(0, classes, gt.shape), gt)
    return pred, gt


PRED, GT = batch()


def channels(labels, classes=4):
    return np.moveaxis(np.eye(classes, dtype=np.uint8)[labels], -1, 1)


SCORES = channels(PRED) * 3.0 - 1 + np.random.default_rng(1).random((3, 4, 7, 8, 9))
FORMS = {
    "labels": (PRED, GT, {}),
    "unsigned": (PRED.astype(np.uint8), GT.astype(np.uint16), {}),
    "labels with an axis of one": (PRED[:, None], GT[:, None], {}),
    "labels and an axis of one": (PRED, GT[:, None], {}),
    "labels in floats": (PRED.astype(float), GT.astype(float), {"input_format": "labels"}),
    "one-hot and labels": (channels(PRED), GT, {}),
    "one-hot in floats and labels": (
        channels(PRED).astype(np.float32), GT[:, None].astype(float), {},
    ),
    "one-hot twice": (channels(PRED), channels(GT), {"input_format": "one-hot"}),
    "one-hot of booleans": (
        channels(PRED).astype(bool), channels(GT).astype(bool), {"input_format": "one-hot"},
    ),
    "labels and one-hot": (PRED, channels(GT), {}),
    "scores": (SCORES, GT, {}),
    "scores and one-hot": (SCORES, channels(GT), {"num_classes": 4}),
    "logits": (SCORES, GT, {"input_format": "logits"}),
    "half": (SCORES.astype(np.float16), GT, {}),
    "tensors": (torch.from_numpy(SCORES), torch.from_numpy(GT), {}),
    "bfloat16": (torch.from_numpy(SCORES).bfloat16(), torch.from_numpy(GT), {}),
    "channels last": (
        torch.from_numpy(SCORES).contiguous(memory_format=torch.channels_last_3d),
        torch.from_numpy(GT), {},
    ),
    "lists": (list(SCORES), list(GT), {}),
    "lists of tensors": (
        list(torch.from_numpy(channels(PRED))), list(torch.from_numpy(GT)[:, None]), {},
    ),
    "Fortran order": (np.asfortranarray(PRED), np.asfortranarray(GT), {}),
}  # fmt: skip
