"""The tools themselves: their number under each written form, for one mask of each side (bool
arrays) and a spacing.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import SimpleITK as sitk  # noqa: N813  # its own documentation calls it so
import surface_distance as deepmind
import torch
from medpy.metric import binary as medpy
from monai import metrics as monai
from numpy.typing import NDArray
from torchmetrics.functional import segmentation as torchmetrics

Mask: TypeAlias = NDArray[np.bool_]
Spacing: TypeAlias = tuple[float, ...]
Peer: TypeAlias = Callable[[Mask, Mask, Spacing], float]

RAISED = (RuntimeError, ZeroDivisionError)
"""Errors that these tools raise for empty masks."""


def number(peer: Peer, pred: Mask, gt: Mask, spacing: Spacing) -> float:
    """Return what the tool gives, whatever it warns of (empty masks, its own deprecated calls); NaN
    if it raises.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return float(np.squeeze(peer(pred, gt, spacing)))
        except RAISED:
            return math.nan


def _batch(mask: Mask) -> torch.Tensor:
    """As MONAI takes it: (1, 1, ...)."""
    return torch.from_numpy(mask[None, None].astype(np.float32))


def _overlap_of_monai(function: Any, **options: Any) -> Peer:
    return lambda pred, gt, spacing: function(_batch(pred), _batch(gt), **options)


def _distance_of_monai(function: Any, *, exchanged: bool = False, **options: Any) -> Peer:
    def peer(pred: Mask, gt: Mask, spacing: Spacing) -> float:
        one, other = (gt, pred) if exchanged else (pred, gt)
        return function(
            _batch(one), _batch(other), include_background=True, spacing=spacing, **options
        )

    return peer


def _confusion(name: str) -> Peer:
    def peer(pred: Mask, gt: Mask, spacing: Spacing) -> float:
        table = monai.get_confusion_matrix(_batch(pred), _batch(gt), include_background=True)
        return monai.compute_confusion_matrix_metric(name, table)

    return peer


def _f_beta(pred: Mask, gt: Mask, spacing: Spacing) -> float:
    metric = monai.FBetaScore(beta=2.0)
    metric(_batch(pred), _batch(gt))
    return metric.aggregate()[0]


CONFUSION = {
    "recall": "sensitivity",
    "specificity": "specificity",
    "precision": "precision",
    "npv": "negative predictive value",
    "fnr": "miss rate",
    "fpr": "fall out",
    "fdr": "false discovery rate",
    "for": "false omission rate",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "mcc": "matthews correlation coefficient",
    "fowlkes_mallows": "fowlkes mallows index",
    "informedness": "informedness",
    "markedness": "markedness",
}
_hausdorff = partial(_distance_of_monai, monai.compute_hausdorff_distance)
_average = partial(_distance_of_monai, monai.compute_average_surface_distance)
_surface_dice = partial(_distance_of_monai, monai.compute_surface_dice, class_thresholds=[1.0])
MONAI: dict[str, Peer] = {
    "dice": _overlap_of_monai(monai.compute_dice),
    "iou": _overlap_of_monai(monai.compute_iou),
    "fbeta@2": _f_beta,
    **{
        f"generalized_dice:weight={w}": _overlap_of_monai(
            monai.compute_generalized_dice, weight_type=w
        )
        for w in ("square", "simple", "uniform")
    },
    **{form: _confusion(name) for form, name in CONFUSION.items()},
    "hd": _hausdorff(),
    "hd95": _hausdorff(percentile=95),
    "hd@50": _hausdorff(percentile=50),
    "hd_pg": _hausdorff(directed=True),
    "hd_pg@95": _hausdorff(directed=True, percentile=95),
    "hd_gp": _hausdorff(directed=True, exchanged=True),
    "hd_gp@95": _hausdorff(directed=True, exchanged=True, percentile=95),
    "assd": _average(symmetric=True),
    "asd_pg": _average(),
    "asd_gp": _average(exchanged=True),
    "nsd@1": _surface_dice(),
}


def _of_medpy(function: Any, *, exchanged: bool = False) -> Peer:
    def peer(pred: Mask, gt: Mask, spacing: Spacing) -> float:
        return function(*((gt, pred) if exchanged else (pred, gt)), voxelspacing=spacing)

    return peer


def _counts_of_medpy(function: Any) -> Peer:
    return lambda pred, gt, spacing: function(pred, gt)


MEDPY: dict[str, Peer] = {
    "dice": _counts_of_medpy(medpy.dc),
    "iou": _counts_of_medpy(medpy.jc),
    "precision": _counts_of_medpy(medpy.precision),
    "recall": _counts_of_medpy(medpy.recall),
    "specificity": _counts_of_medpy(medpy.specificity),
    "relative_volume_error": _counts_of_medpy(medpy.ravd),
    "hd": _of_medpy(medpy.hd),
    "hd95": _of_medpy(medpy.hd95),
    "assd": _of_medpy(medpy.assd),
    "asd_pg": _of_medpy(medpy.asd),
    "asd_gp": _of_medpy(medpy.asd, exchanged=True),
}


def _assd_of_old_medpy(pred: Mask, gt: Mask, spacing: Spacing) -> float:
    """Its source, word for word: the mean of asd in both directions."""
    return (
        medpy.asd(pred, gt, voxelspacing=spacing) + medpy.asd(gt, pred, voxelspacing=spacing)
    ) / 2


def _of_deepmind(function: Any, *options: float, place: int | None = None) -> Peer:
    def peer(pred: Mask, gt: Mask, spacing: Spacing) -> float:
        found = function(deepmind.compute_surface_distances(gt, pred, spacing), *options)
        return found if place is None else found[place]

    return peer


_overlaps = partial(_of_deepmind, deepmind.compute_surface_overlap_at_tolerance)
DEEPMIND: dict[str, Peer] = {
    "dice": lambda pred, gt, spacing: deepmind.compute_dice_coefficient(gt, pred),
    "hd": _of_deepmind(deepmind.compute_robust_hausdorff, 100),
    "hd95": _of_deepmind(deepmind.compute_robust_hausdorff, 95),
    "asd_gp": _of_deepmind(deepmind.compute_average_surface_distance, place=0),
    "asd_pg": _of_deepmind(deepmind.compute_average_surface_distance, place=1),
    "nsd@1": _of_deepmind(deepmind.compute_surface_dice_at_tolerance, 1.0),
    "overlap_gp@1": _overlaps(1.0, place=0),
    "overlap_pg@1": _overlaps(1.0, place=1),
}


def _image(mask: Mask, spacing: Spacing) -> sitk.Image:
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing[::-1])
    return image


def _of_label(name: str) -> Peer:
    def peer(pred: Mask, gt: Mask, spacing: Spacing) -> float:
        measures = sitk.LabelOverlapMeasuresImageFilter()
        measures.Execute(_image(pred, spacing), _image(gt, spacing))
        return getattr(measures, name)(1)

    return peer


def _of_solids(name: str) -> Peer:
    def peer(pred: Mask, gt: Mask, spacing: Spacing) -> float:
        distance = sitk.HausdorffDistanceImageFilter()
        distance.Execute(_image(pred, spacing), _image(gt, spacing))
        return getattr(distance, name)()

    return peer


ITK: dict[str, Peer] = {
    "dice": _of_label("GetDiceCoefficient"),
    "iou": _of_label("GetJaccardCoefficient"),
    "fnr": _of_label("GetFalseNegativeError"),
    "fpr": _of_label("GetFalsePositiveError"),
    "fdr": _of_label("GetFalseDiscoveryRate"),
    "volume_similarity": _of_label("GetVolumeSimilarity"),
    "hd": _of_solids("GetHausdorffDistance"),
    "hd_volume": _of_solids("GetHausdorffDistance"),
    "average_hd_volume": _of_solids("GetAverageHausdorffDistance"),
}


def _of_contours(summary: Callable[[NDArray[np.float32]], float]) -> Peer:
    """Summaries of all distances as seg-metrics takes them, through the filters of ITK that it
    calls.

    Contours are fully connected, and distances to the other mask are those of the signed Maurer
    map, without the sign.
    """

    def peer(pred: Mask, gt: Mask, spacing: Spacing) -> float:
        images = [_image(mask, spacing) for mask in (pred, gt)]
        contours = [
            sitk.GetArrayFromImage(sitk.LabelContour(image, fullyConnected=True)) > 0
            for image in images
        ]
        maps = [
            sitk.SignedMaurerDistanceMap(i, squaredDistance=False, useImageSpacing=True)
            for i in images
        ]
        depth = [np.abs(sitk.GetArrayFromImage(found)) for found in maps]
        return summary(np.concatenate([depth[1][contours[0]], depth[0][contours[1]]]))

    return peer


SEG_METRICS: dict[str, Peer] = {
    "hd": _of_contours(np.max),
    "hd95": _of_contours(lambda distances: np.percentile(distances.astype(float), 95)),
    "assd": _of_contours(lambda distances: np.mean(distances, dtype=float)),
    "median_sd": _of_contours(lambda distances: np.median(distances.astype(float))),
    "std_sd": _of_contours(lambda distances: np.std(distances, dtype=float)),
}


def _of_torchmetrics(name: str, *, spaced: bool = False, **options: Any) -> Peer:
    def peer(pred: Mask, gt: Mask, spacing: Spacing) -> float:
        one_hot = [
            torch.from_numpy(np.stack([~mask, mask])[None].astype(np.int64)) for mask in (pred, gt)
        ]
        given = options | ({"spacing": list(spacing)} if spaced else {})
        return getattr(torchmetrics, name)(
            *one_hot, num_classes=2, include_background=False, **given
        )

    return peer


TORCHMETRICS: dict[str, Peer] = {
    "dice": _of_torchmetrics("dice_score", average="none"),
    "iou": _of_torchmetrics("mean_iou"),
    **{
        f"generalized_dice:weight={ours}": _of_torchmetrics(
            "generalized_dice_score", weight_type=theirs
        )
        for ours, theirs in (("square", "square"), ("simple", "simple"), ("uniform", "linear"))
    },
    "hd": _of_torchmetrics("hausdorff_distance", spaced=True),
    "hd_pg": _of_torchmetrics("hausdorff_distance", spaced=True, directed=True),
}

PEERS: Mapping[str, Mapping[str, Peer]] = {
    "monai": MONAI,
    "monai-subvoxel": {"hd95": MONAI["hd95"], "nsd@1": _surface_dice(use_subvoxels=True)},
    "medpy": MEDPY,
    "medpy-0.4": {form: MEDPY[form] for form in ("dice", "iou", "hd95")}
    | {"assd": _assd_of_old_medpy},
    "deepmind": DEEPMIND,
    "itk": ITK,
    "seg-metrics": SEG_METRICS,
    "torchmetrics": TORCHMETRICS,
}
"""Numbers that the tool of a protocol gives under each written form."""
