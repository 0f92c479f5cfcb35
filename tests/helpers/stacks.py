"""Batches for metric objects, one object for every kind of statistic, and what two of them agree
in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from segeval import stateful

Batch = tuple[Tensor, Tensor]

MAKERS: dict[str, Callable[..., Any]] = {
    "counts": stateful.Dice,
    "surfaces": lambda **options: stateful.HausdorffDistance(percentile=95, **options),
    "bands": lambda **options: stateful.BoundaryIoU(1.5, **options),
    "moments": stateful.Mahalanobis,
    "volumes": stateful.AverageHDVolume,
    "partition": stateful.AdjustedRand,
    "several": lambda **options: stateful.SegmentationMetrics(
        ["dice", "hd95", "nsd@1", "rand"], **options
    ),
}
"""One object for every kind of state, and one that keeps several."""


def stack(
    cases: int,
    *,
    seed: int = 0,
    classes: int = 3,
    shape: Sequence[int] = (6, 7),
    error: float = 0.3,
) -> Batch:
    """Label maps with every class in both masks of each case; some of the prediction is wrong."""
    rng = np.random.default_rng(seed)
    gt = rng.integers(0, classes, (cases, *shape))
    pred = np.where(rng.random(gt.shape) < error, rng.integers(0, classes, gt.shape), gt)
    for masks in (pred, gt):
        masks.reshape(cases, -1)[:, :classes] = np.arange(classes)
    return torch.from_numpy(pred), torch.from_numpy(gt)


def cut(batch: Batch, *sizes: int) -> list[Batch]:
    """The batch in parts of these sizes."""
    return list(zip(*(tensor.split(list(sizes)) for tensor in batch), strict=True))


def fed(metric: Any, *batches: Batch) -> Any:
    """The metric, updated with each of the batches."""
    for pred, gt in batches:
        metric.update(pred, gt)
    return metric


def plain(value: Any) -> Any:
    """The numbers of a result, as approximate equality takes them."""
    return (
        {name: tensor.tolist() for name, tensor in value.items()}
        if isinstance(value, dict)
        else value.tolist()
    )


def same(value: Any, rel: float = 1e-6) -> Any:
    """Return what equals the result but for rounding; NaN equals NaN."""
    return pytest.approx(plain(value), rel=rel, abs=0, nan_ok=True)


def kept(metric: Any) -> list[Tensor]:
    """Every tensor of the state."""
    states = metric.metric_state.values()
    return [
        tensor for state in states for tensor in (state if isinstance(state, list) else [state])
    ]
