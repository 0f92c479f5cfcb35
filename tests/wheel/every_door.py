"""Goes through every door of an installed segeval, with masks of every kind, and fails if a kernel
was compiled.

`python tests/wheel/every_door.py`, in an environment into which the wheel was installed; not a test
that pytest runs.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import nibabel as nib
import numpy as np
import torch
from PIL import Image

import segeval
from segeval import functional
from segeval.kernels import compiling, store
from segeval.losses import boundary_loss, signed_distance_map
from segeval.metrics import REGISTRY
from segeval.metrics.card import MetricSpec
from segeval.statistics.boundary import RULES


def written(spec: MetricSpec) -> str:
    """The written form of a metric, with 1 for what it has no default for."""
    required = [f"{parameter.name}=1" for parameter in spec.parameters if parameter.default is None]
    return ":".join(filter(None, [spec.name, ",".join(required)]))


METRICS = [written(spec) for spec in REGISTRY.values()]


def masks(shape: tuple[int, ...], dtype: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two masks of boxes that overlap in part, and of a few voxels far from any box."""
    rng = np.random.default_rng(seed)
    pred, gt = np.zeros((2, *shape), dtype)
    for label in (1, 2, 3):
        for mask in (pred, gt):
            start = rng.integers(0, [n // 2 for n in shape])
            mask[tuple(slice(a, a + n // 3) for a, n in zip(start, shape, strict=True))] = label
    pred[tuple(-2 for _ in shape)] = 3
    if np.iinfo(dtype).max > 255:
        gt[tuple(-3 for _ in shape)] = 300
    return pred, gt


def folders(root: Path) -> None:
    """Two folders of cases in every format that masks come in."""
    for side in ("pred", "gt"):
        (root / side).mkdir()
    for number, (dtype, shape) in enumerate(
        product(("uint8", "int16", "uint16", "int32", "float32"), ((40, 60), (20, 40, 60)))
    ):
        pair = masks(shape, "int32" if dtype == "float32" else dtype, number)
        for side, mask in zip(("pred", "gt"), pair, strict=True):
            path = root / side / f"case{number}"
            nib.save(
                nib.Nifti1Image(mask.astype(dtype), np.diag([0.7, 0.9, 2, 1])), f"{path}.nii.gz"
            )
            np.save(f"{path}n.npy", mask.astype(dtype))
            if mask.ndim == 2 and dtype == "uint8":
                Image.fromarray(mask).save(f"{path}p.png")


def score_folders(root: Path) -> None:
    """The main job, with all metrics, every boundary rule, every tool's protocol, regions and
    options.
    """
    pred, gt = root / "pred", root / "gt"
    segeval.score_folder(pred, gt, metrics=METRICS)
    segeval.score_folder(pred, gt, metrics=["dice"], jobs=1)
    for rule in (
        *RULES,
        "voxel:connectivity=3",
        "voxel:image_edge=no",
        "surfel:sizes=equal",
        "mesh:sizes=equal",
    ):
        segeval.score_folder(pred, gt, metrics=["hd95", "assd", "nsd@1", "hd"], boundary=rule)
    segeval.score_folder(pred, gt, protocol="all", metrics=["dice", "hd95"])
    segeval.score_folder(
        pred,
        gt,
        regions={"whole": [1, 2, 3], "core": [1]},
        include_background=True,
        output=root / "out",
    )
    segeval.score_folder(pred, gt, binary=True)
    segeval.score_folder(pred, gt, ignore_label=2)


def loop() -> None:
    """Metric objects and functions on arrays and tensors, and the losses that measure distances."""
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        metrics = segeval.SegmentationMetrics(["dice", "hd95", "nsd@1", "assd"], num_classes=3)
        for shape in ((2, 3, 32, 32), (1, 3, 12, 32, 32)):
            metrics.update(torch.rand(shape).to(dtype), torch.randint(3, (shape[0], *shape[2:])))
            metrics.compute()
            metrics.reset()
    for dtype in ("uint8", "int64", "bool"):
        pred, gt = (mask.astype(dtype)[None] for mask in masks((32, 32), "uint8"))
        functional.dice(pred, gt)
        functional.hd(pred, gt)
    for dtype in (torch.uint8, torch.int32, torch.int64, torch.bool):
        signed_distance_map(torch.ones(1, 8, 8).to(dtype), 2)
    boundary_loss(torch.randn(1, 2, 8, 8), torch.randint(2, (1, 8, 8)))


if __name__ == "__main__":
    if store.packed_folder() is None:
        sys.exit("the wheel's kernels do not fit this environment")
    with TemporaryDirectory() as folder, compiling.on_compiling(print):
        folders(Path(folder))
        score_folders(Path(folder))
        loop()
    if compiled := compiling.compiled_kernels():
        sys.exit("\n".join(["warm-up lacks these kernels, which were compiled:", *compiled]))
    print(
        f"every door was opened, and nothing was compiled; kernels came from "
        f"{store.packed_folder()}"
    )
