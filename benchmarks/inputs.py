"""The inputs of the benchmarks: label maps of four kinds, with good and bad predictions.

They are made from smooth noise.

    ct      300 × 512 × 512, 100 organs, 1.5 × 0.8 × 0.8 mm
    brats   155 × 240 × 240, 3 nested regions, 1 mm
    liver   200 × 512 × 512, one organ, 1.5 × 0.8 × 0.8 mm
    street  1024 × 2048 pixels, 19 classes

Written once, as .nii, .nii.gz and .png, into benchmarks/data; the same bytes every time.
"""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

DATA = Path(__file__).parent / "data"
SPACING = {
    "ct": (1.5, 0.8, 0.8),
    "brats": (1.0, 1.0, 1.0),
    "liver": (1.5, 0.8, 0.8),
    "street": (1.0, 1.0),
}
SHAPE = {
    "ct": (300, 512, 512),
    "brats": (155, 240, 240),
    "liver": (200, 512, 512),
    "street": (1024, 2048),
}
VARIANTS = ("good", "identical", "displaced", "disjoint", "stray")

Labels = NDArray[np.uint8]
Field = NDArray[np.float32]


def noise(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> Field:
    """Smooth noise of variance near 1 that changes over `scale` voxels."""
    coarse = rng.standard_normal([int(n / scale) + 3 for n in shape], dtype=np.float32)
    field = coarse
    for axis, n in enumerate(shape):
        at = np.linspace(0.5, coarse.shape[axis] - 1.5, n, dtype=np.float32)
        low = at.astype(np.intp)
        weight = np.expand_dims(at - low, [k for k in range(len(shape)) if k != axis])
        field = field.take(low, axis) * (1 - weight) + field.take(low + 1, axis) * weight
    return field / field.std()


def ellipsoid(
    shape: tuple[int, ...], centre: tuple[float, ...], radius: tuple[float, ...]
) -> Field:
    """Squared distance from the centre in radii; both as shares of the shape."""
    axes = (
        (np.arange(n, dtype=np.float32) / n - c) / r
        for n, c, r in zip(shape, centre, radius, strict=True)
    )
    return sum(np.ix_(*(axis**2 for axis in axes)), np.float32(0))  # type: ignore[return-value]


def deformed(labels: Labels, amplitude: float, scale: float, rng: np.random.Generator) -> Labels:
    """The label map pushed about by smooth noise of so many voxels."""
    at = [
        np.clip(
            np.rint(
                np.expand_dims(np.arange(n), [k for k in range(labels.ndim) if k != axis]) + move
            ),
            0,
            n - 1,
        )
        for axis, n in enumerate(labels.shape)
        for move in [noise(labels.shape, scale, rng) * np.float32(amplitude / labels.ndim**0.5)]
    ]
    return labels[tuple(index.astype(np.int16) for index in at)]


def with_blobs(labels: Labels, count: int, rng: np.random.Generator) -> Labels:
    """The label map with small balls of any label, or of none, put in."""
    spotted = labels.copy()
    for blob in range(count):
        radius = int(rng.integers(2, 6))
        centre = [int(rng.integers(0.3 * n, 0.7 * n)) for n in labels.shape]
        box = spotted[tuple(slice(c - radius, c + radius + 1) for c in centre)]
        ball = (
            ellipsoid(
                box.shape,
                (radius / (2 * radius + 1),) * box.ndim,
                (radius / (2 * radius + 1),) * box.ndim,
            )
            <= 1
        )
        box[ball] = rng.integers(1, labels.max() + 1) if blob % 2 else 0
    return spotted


def ground_truth(kind: str, rng: np.random.Generator) -> Labels:
    """The ground truth of a kind of input."""
    shape = SHAPE[kind]
    if kind == "street":
        return np.argmax(
            [noise(shape, rng.uniform(40, 160), rng) + rng.normal(0, 0.5) for _ in range(19)], 0
        ).astype(np.uint8)
    if kind == "liver":
        return (
            ellipsoid(shape, (0.5, 0.5, 0.4), (0.34, 0.22, 0.24)) + 0.2 * noise(shape, 35, rng) < 1
        ).astype(np.uint8)
    if kind == "brats":
        depth = ellipsoid(shape, (0.5, 0.45, 0.6), (0.22, 0.2, 0.2)) + 0.25 * noise(shape, 14, rng)
        return np.select([depth < 0.35, depth < 0.55, depth < 1], [1, 3, 2], 0).astype(np.uint8)
    return organs(shape, rng)


def organs(shape: tuple[int, ...], rng: np.random.Generator) -> Labels:
    """A hundred organs of 10 to 115 mm, each where its own field is the lowest, inside a body."""
    body = ellipsoid(shape, (0.5, 0.5, 0.5), (0.55, 0.36, 0.44)) < 1
    wobble = 0.2 * noise(shape, 28, rng)
    labels, best = np.zeros(shape, np.uint8), np.ones(shape, np.float32)
    for label in range(1, 103):
        centre = rng.uniform((0.05, 0.22, 0.14), (0.95, 0.78, 0.86))
        size = float(np.exp(rng.uniform(np.log(10), np.log(115))))
        radius = size / np.array(SPACING["ct"]) / shape * np.exp(rng.normal(0, 0.3, 3))
        low = np.maximum(((centre - 1.5 * radius) * shape).astype(int), 0)
        high = np.minimum(((centre + 1.5 * radius) * shape).astype(int) + 1, shape)
        box = tuple(map(slice, low, high))
        extent = high - low
        field = ellipsoid(
            tuple(extent), tuple((centre * shape - low) / extent), tuple(radius * shape / extent)
        )
        field = field + wobble[box] - (0.6 if size < 18 else 0.2 if size < 40 else 0)
        inside = (field < best[box]) & body[box]
        best[box][inside], labels[box][inside] = field[inside], label
    return labels


def prediction(kind: str, variant: str, gt: Labels) -> Labels:
    """`good` as a network's, `identical`, `displaced` by some 20 voxels, `disjoint`, or with
    `stray` voxels.
    """
    rng = np.random.default_rng(5)
    if variant == "identical":
        return gt.copy()
    if variant == "disjoint":
        return np.ascontiguousarray(gt[..., ::-1]) if gt.ndim == 2 or kind == "ct" else shifted(gt)
    if variant == "stray":
        noisy = gt.copy()
        where = rng.integers(0, gt.size, 200_000 if gt.size > 5e7 else gt.size // 400)
        noisy.flat[where] = rng.integers(0, int(gt.max()) + 1, where.size)
        return noisy
    if variant == "displaced":
        return deformed(prediction(kind, "good", gt), 20, 55, rng)
    blobs = {"ct": 60, "brats": 20, "liver": 30, "street": 0}[kind]
    return with_blobs(deformed(gt, 2, 30, rng), blobs, rng)


def shifted(gt: Labels) -> Labels:
    """The mask moved along the last axis until nothing overlaps, cut at the edge."""
    columns = np.flatnonzero(gt.any((0, 1)))
    width = columns[-1] - columns[0] + 1
    moved = np.zeros_like(gt)
    moved[..., width:] = gt[..., :-width]
    return moved


def load(kind: str, variant: str = "good") -> tuple[Labels, Labels, tuple[float, ...]]:
    """Prediction, ground truth and spacing, made and stored on first use."""
    paths = [DATA / f"{kind}_{name}.npy" for name in (variant, "gt")]
    DATA.mkdir(exist_ok=True)
    if not paths[1].exists():
        np.save(paths[1], ground_truth(kind, np.random.default_rng(len(kind))))
    gt = np.load(paths[1])
    if not paths[0].exists():
        np.save(paths[0], prediction(kind, variant, gt))
    return np.load(paths[0]), gt, SPACING[kind]


def files(kind: str, suffix: str = ".nii.gz") -> tuple[Path, Path]:
    """A good prediction and its ground truth as files, written on first use; x is the fastest axis,
    as in NIfTI.
    """
    pred, gt, spacing = load(kind)
    paths = DATA / f"{kind}_pred{suffix}", DATA / f"{kind}_gt{suffix}"
    for path, labels in zip(paths, (pred, gt), strict=True):
        if path.exists():
            continue
        if suffix == ".png":
            Image.fromarray(labels).save(path)
        else:
            nib.save(nib.Nifti1Image(labels.T, np.diag([*spacing[::-1], 1.0])), path)
    return paths


def scores(cases: int, classes: int, shape: tuple[int, ...], scale: float) -> tuple[Field, Labels]:
    """Class scores (N, C, *shape) as a network might give them, and the labels (N, *shape) that
    they should have.
    """
    rng = np.random.default_rng(classes)
    fields = np.empty((cases, classes, *shape), np.float32)
    gt = np.empty((cases, *shape), np.uint8)
    for case in range(cases):
        for field in fields[case]:
            field[:] = noise(shape, scale, rng)
        gt[case] = fields[case].argmax(0)
        for field in fields[case]:
            field += 0.15 * noise(shape, scale / 3, rng)
    return fields, gt


def folder(kind: str, cases: int) -> Path:
    """A folder with `pred` and `gt`, so many cases of a kind in each; street tiles are 512 × 512,
    all different.
    """
    root = DATA / f"{kind}_{cases}"
    for side in ("pred", "gt"):
        (root / side).mkdir(parents=True, exist_ok=True)
    if kind != "street":
        for side, source in zip(("pred", "gt"), files(kind), strict=True):
            for case in range(cases):
                if not (path := root / side / f"case{case:03d}.nii.gz").exists():
                    path.hardlink_to(source)
        return root
    rng = np.random.default_rng(9)
    missing = not (root / "gt" / f"case{cases - 1:03d}.png").exists()
    for case in range(cases if missing else 0):
        field = [
            noise((512, 512), rng.uniform(20, 80), rng) + rng.normal(0, 0.5) for _ in range(19)
        ]
        gt = np.argmax(field, 0).astype(np.uint8)
        for side, labels in (("gt", gt), ("pred", deformed(gt, 2, 30, rng))):
            Image.fromarray(labels).save(root / side / f"case{case:03d}.png")
    return root
