"""HD, HD95, ASSD and NSD at 1 (and Dice) of every label, by each tool in its own convention; what
it lacks is left out.

Each function takes label maps and the labels to score, and answers with a list of one dictionary a
label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Scores = list[dict[str, float]]
Tool = Callable[[Any, Any, tuple[float, ...], Sequence[int], int], Scores]
NAMES = ("dice", "hd", "hd95", "assd", "nsd")


def segeval(
    pred: Any,
    gt: Any,
    spacing: tuple[float, ...],
    labels: Sequence[int] | None,
    threads: int,
    *,
    rule: str = "voxel",
    metrics: Sequence[str] = ("dice", "hd", "hd95", "assd", "nsd@1"),
) -> Scores:
    """This project, volumes in memory."""
    from segeval.data.case import Case
    from segeval.data.grid import Grid
    from segeval.data.labels import LabelMap
    from segeval.protocols.choose import make_protocol
    from segeval.run.workers import score_case

    protocol = make_protocol(metrics=list(metrics), boundary=rule, regions=labels)
    grid = Grid(gt.shape, spacing, "mm")
    case = Case("case", LabelMap(pred, grid), LabelMap(gt, grid))
    scores = score_case(case, protocol, _workspace(threads))
    return [dict(zip(NAMES, row, strict=False)) for row in scores.values.tolist()]


def _workspace(threads: int, kept: dict[int, Any] = {}) -> Any:  # noqa: B006  # kept from call to call on purpose
    from segeval.kernels.workspace import Workspace

    return kept.setdefault(threads, Workspace(threads))


def scipy(
    pred: Any, gt: Any, spacing: tuple[float, ...], labels: Sequence[int], threads: int
) -> Scores:
    """The careful script: SciPy's distance transform in the smallest box that holds both masks of a
    label.
    """
    from scipy import ndimage

    def border(mask: Any) -> Any:
        return mask & ~ndimage.binary_erosion(mask)

    boxes = [ndimage.find_objects(volume) for volume in (pred, gt)]
    scores = []
    for label in labels:
        found = [b[label - 1] for b in boxes]
        box = tuple(
            slice(min(s.start for s in ends), max(s.stop for s in ends))
            for ends in zip(*found, strict=True)
        )
        p, g = pred[box] == label, gt[box] == label
        edge_p, edge_g = border(p), border(g)
        pg = ndimage.distance_transform_edt(~edge_g, sampling=spacing)[edge_p]
        gp = ndimage.distance_transform_edt(~edge_p, sampling=spacing)[edge_g]
        both = np.concatenate([pg, gp])
        hd95 = max(np.percentile(pg, 95), np.percentile(gp, 95))
        dice = 2 * (p & g).sum() / (p.sum() + g.sum())
        scores.append(
            dict(
                zip(
                    NAMES,
                    (dice, both.max(), hd95, both.mean(), (both <= 1 + 1e-6).mean()),
                    strict=True,
                )
            )
        )
    return scores


def monai(
    pred: Any, gt: Any, spacing: tuple[float, ...], labels: Sequence[int], threads: int
) -> Scores:
    """MONAI's four functions, a label at a time, so that memory stays small."""
    import torch
    from monai.metrics import (
        compute_average_surface_distance,
        compute_dice,
        compute_hausdorff_distance,
        compute_surface_dice,
    )

    torch.set_num_threads(threads)
    scores = []
    for label in labels:
        p, g = (torch.from_numpy((volume == label)[None, None]).float() for volume in (pred, gt))
        values = (
            compute_dice(p, g),
            compute_hausdorff_distance(p, g, include_background=True, spacing=spacing),
            compute_hausdorff_distance(
                p, g, include_background=True, percentile=95, spacing=spacing
            ),
            compute_average_surface_distance(
                p, g, include_background=True, symmetric=True, spacing=spacing
            ),
            compute_surface_dice(p, g, [1.0], include_background=True, spacing=spacing),
        )
        scores.append(dict(zip(NAMES, (float(v) for v in values), strict=True)))
    return scores


def medpy(
    pred: Any, gt: Any, spacing: tuple[float, ...], labels: Sequence[int], threads: int
) -> Scores:
    """MedPy's dc, hd, hd95 and assd; it has no NSD, and its HD95 pools both directions."""
    from medpy.metric import binary

    scores = []
    for label in labels:
        p, g = pred == label, gt == label
        distances = (
            function(p, g, voxelspacing=spacing)
            for function in (binary.hd, binary.hd95, binary.assd)
        )
        scores.append(dict(zip(NAMES, (binary.dc(p, g), *map(float, distances)), strict=False)))
    return scores


def surface_distance(
    pred: Any, gt: Any, spacing: tuple[float, ...], labels: Sequence[int], threads: int
) -> Scores:
    """DeepMind's package: surface elements on the corner grid, so other numbers."""
    import surface_distance as tool

    scores = []
    for label in labels:
        p, g = pred == label, gt == label
        found = tool.compute_surface_distances(g, p, spacing)
        mean = float(np.mean(tool.compute_average_surface_distance(found)))
        values = (
            tool.compute_dice_coefficient(g, p),
            tool.compute_robust_hausdorff(found, 100),
            tool.compute_robust_hausdorff(found, 95),
            mean,
            tool.compute_surface_dice_at_tolerance(found, 1),
        )
        scores.append(dict(zip(NAMES, map(float, values), strict=True)))
    return scores


def seg_metrics(
    pred: Any, gt: Any, spacing: tuple[float, ...], labels: Sequence[int], threads: int
) -> Scores:
    """seg-metrics, on SimpleITK: its distances. It has no NSD, and the image edge is no boundary
    for it.

    Without Dice, for which it adds up SimpleITK images voxel by voxel in Python: minutes a label.
    """
    import seg_metrics.seg_metrics as tool

    found = tool.write_metrics(
        labels=list(labels),
        gdth_img=gt,
        pred_img=pred,
        spacing=spacing,
        metrics=["hd", "hd95", "msd"],
    )
    found = found[0] if isinstance(found, list) else found
    return [
        dict(zip(NAMES[1:], (float(found[key][at]) for key in ("hd", "hd95", "msd")), strict=False))
        for at in range(len(labels))
    ]


TOOLS: dict[str, Tool] = {
    "segeval": segeval,
    "SciPy EDT, cropped": scipy,
    "MONAI": monai,
    "MedPy": medpy,
    "surface-distance": surface_distance,
    "seg-metrics": seg_metrics,
}
