"""Voxels that are ignored belong to no region, also where label 0 is one: swapping the labels
changes nothing.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

import segeval.batches.dispatch
from segeval import functional, score
from segeval.errors import UsageError

METRICS = [
    "dice",
    "hd",
    "hd95",
    "assd",
    "nsd@1",
    "hd_volume",
    "boundary_iou@2",
    "centroid_distance",
]
IGNORED = 2


def scene(ndim: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """A road that lies far from where it should, on a car that fills the rest, and a corner to
    ignore.
    """
    shape = (40, 60) if ndim == 2 else (12, 40, 60)
    pred, gt = np.ones((2, *shape), np.uint8)
    pred[..., 5:9, 2:8], gt[..., 30:34, 50:58] = 0, 0
    gt[..., 18:22, 25:35] = IGNORED
    return pred, gt


def swapped(labels: np.ndarray) -> np.ndarray:
    return np.array([1, 0, 2], np.uint8)[labels]


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("boundary", ["voxel", "surfel", "face", "mesh", "smooth"])
def test_a_region_of_label_0_is_scored_as_one_of_label_1(ndim, boundary):
    metrics = METRICS if boundary == "voxel" else ["dice", "hd", "assd"]
    pred, gt = scene(ndim)
    options = {
        "metrics": metrics,
        "boundary": None if boundary == "voxel" else boundary,
        "ignore_label": IGNORED,
    }
    zero = score(pred, gt, regions={"road": 0, "car": 1}, **options).set_index("region")
    turned = score(swapped(pred), swapped(gt), regions={"road": 1, "car": 0}, **options).set_index(
        "region"
    )
    np.testing.assert_array_equal(
        zero.loc[["road", "car"], metrics], turned.loc[["road", "car"], metrics]
    )
    assert zero.hd["road"] > 20


@pytest.mark.parametrize("kernels", ["of the host", "of torch"])
@pytest.mark.parametrize(
    "name", ["hd", "assd", "hd_volume", "boundary_iou", "centroid_distance", "dice"]
)
def test_functions_agree(name, kernels, monkeypatch):
    if kernels == "of torch":
        monkeypatch.setattr(segeval.batches.dispatch, "is_on_host", lambda tensor: False)
    pred, gt = (side.astype(np.int64)[None] for side in scene())
    turned = swapped(pred).astype(np.int64), swapped(gt).astype(np.int64)
    options = {
        "include_background": True,
        "ignore_index": IGNORED,
        "average": None,
        "num_classes": 2,
    }
    options |= {"width": 2} if name == "boundary_iou" else {}
    function = getattr(functional, name)
    as_zero = np.asarray(function(torch.from_numpy(pred), torch.from_numpy(gt), **options))
    as_one = np.asarray(function(*map(torch.from_numpy, turned), **options))
    np.testing.assert_array_equal(as_zero, as_one[::-1])


def test_a_region_that_is_ignored_is_refused():
    pred, gt = scene()
    with pytest.raises(
        UsageError, match="region 'road' is label 0, whose voxels are to be ignored"
    ):
        score(pred, gt, regions={"road": 0, "car": 1}, ignore_label=0, metrics="dice")
