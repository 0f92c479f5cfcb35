"""A validation step on tensors: the metric objects of segeval, torchmetrics and MONAI on the same
batch.

Two batches: class scores (4, 5, 96, 96, 96) with their labels, and labels (8, 512, 1024) of 19
classes with theirs; all labels int64, as torch makes them. A step is one `update`. torchmetrics
wants labels and MONAI one-hot: making them of the batch is part of their steps, which are timed
without it as well.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import inputs
import torch
from timing import THREADS, against, seconds, table, times
from torch import Tensor

COUNTS, SURFACES = ("dice", "iou", "recall"), ("hd95", "nsd@2", "assd")
KINDS = {"scores": (4, 5, (96, 96, 96), 24.0), "labels": (8, 19, (512, 1024), 80.0)}


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Tensors of a validation step: a prediction, class scores or labels, and the true labels."""

    pred: Tensor
    gt: Tensor
    classes: int

    @classmethod
    def of(cls, kind: str) -> Batch:
        """The batch of a kind; the same numbers every time."""
        scores, gt = map(torch.from_numpy, inputs.scores(*KINDS[kind]))
        return cls(scores if kind == "scores" else scores.argmax(1), gt.long(), KINDS[kind][1])

    @property
    def size(self) -> int:
        """Bytes of both tensors."""
        return sum(tensor.numel() * tensor.element_size() for tensor in (self.pred, self.gt))


def as_given(batch: Batch) -> tuple[Tensor, Tensor]:
    """The batch as it is."""
    return batch.pred, batch.gt


def as_labels(batch: Batch) -> tuple[Tensor, Tensor]:
    """The batch as label maps."""
    return batch.pred.argmax(1) if batch.pred.is_floating_point() else batch.pred, batch.gt


def as_one_hot(batch: Batch) -> tuple[Tensor, Tensor]:
    """The batch as MONAI's own conversion makes it one-hot."""
    from monai.networks.utils import one_hot

    pred, gt = (one_hot(labels[:, None], batch.classes) for labels in as_labels(batch))
    return pred, gt


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """Metric objects: by name how to add a batch and how to get the value, and what is made of a
    batch before.
    """

    metrics: dict[str, tuple[Callable[[Tensor, Tensor], object], Callable[[], Any]]]
    convert: Callable[[Batch], tuple[Tensor, Tensor]]

    def update(self, pred: Tensor, gt: Tensor) -> None:
        """The step on a batch that is what it has to be."""
        for add, _ in self.metrics.values():
            add(pred, gt)

    def step(self, batch: Batch) -> None:
        """The whole step."""
        self.update(*self.convert(batch))

    def values(self) -> dict[str, float]:
        """The value of every metric."""
        found: dict[str, Any] = {}
        for name, (_, value) in self.metrics.items():
            own = value()
            found |= own if isinstance(own, dict) else {name: own}
        return {name: float(value) for name, value in found.items()}


def ours(classes: int) -> Tool:
    """Dice, IoU and recall by segeval."""
    return _ours(classes, COUNTS)


def ours_with_surfaces(classes: int) -> Tool:
    """The same with HD95, NSD and ASSD."""
    return _ours(classes, COUNTS + SURFACES)


def _ours(classes: int, metrics: tuple[str, ...]) -> Tool:
    from segeval import SegmentationMetrics

    made = SegmentationMetrics(metrics, num_classes=classes)
    return Tool({"all": (made.update, made.compute)}, as_given)


def torchmetrics(classes: int) -> Tool:
    """Dice and IoU by torchmetrics."""
    from torchmetrics.segmentation import DiceScore, MeanIoU

    made: dict[str, Any] = {"dice": DiceScore(classes, average="macro", input_format="index")}
    made["iou"] = MeanIoU(classes, input_format="index")
    return Tool({name: (one.update, one.compute) for name, one in made.items()}, as_labels)


def monai(classes: int) -> Tool:
    """Dice and IoU by MONAI."""
    from monai.metrics import DiceMetric, MeanIoU

    made = {"dice": DiceMetric(), "iou": MeanIoU()}
    return Tool({name: (one, one.aggregate) for name, one in made.items()}, as_one_hot)


def monai_surfaces(classes: int) -> Tool:
    """HD95, NSD and ASSD by MONAI."""
    from monai.metrics import HausdorffDistanceMetric, SurfaceDiceMetric, SurfaceDistanceMetric

    made = {
        "hd95": HausdorffDistanceMetric(percentile=95),
        "nsd@2": SurfaceDiceMetric([2.0] * (classes - 1)),
        "assd": SurfaceDistanceMetric(symmetric=True),
    }
    return Tool({name: (one, one.aggregate) for name, one in made.items()}, as_one_hot)


def steps(runs: int) -> None:
    """The time of a step, what it computes, and the memory that it takes."""
    counts, surfaces, differences = [], [], []
    for kind in KINDS:
        batch = Batch.of(kind)
        for threads in THREADS:
            torch.set_num_threads(threads)
            tools = [make(batch.classes) for make in (ours, torchmetrics, monai)]
            whole = [partial(tool.step, batch) for tool in tools]
            without = [partial(tool.update, *tool.convert(batch)) for tool in tools[1:]]
            own, *others = times([whole[0], whole[1], without[0], whole[2], without[1]], runs)
            counts.append((kind, threads, seconds(own), *(against(other, own) for other in others)))
            slow = [make(batch.classes) for make in (ours_with_surfaces, monai_surfaces)]
            own, other = times([partial(tool.step, batch) for tool in slow], runs, limit=5)
            surfaces.append((kind, threads, seconds(own), against(other, own)))
        exact = slow[0].values()
        for name, tool in (("torchmetrics", tools[1]), ("MONAI", tools[2]), ("MONAI", slow[1])):
            apart = [
                f"{metric} {abs(value / exact[metric] - 1):.0e}"
                for metric, value in tool.values().items()
            ]
            differences.append((kind, name, ", ".join(apart)))
        print(
            f"\n{kind}, values:",
            ", ".join(f"{name} {value:.4f}" for name, value in exact.items()),
            flush=True,
        )
    peers = ("torchmetrics", "without argmax", "MONAI", "without one-hot")
    table(
        (
            "batch",
            "threads",
            "segeval: Dice, IoU, recall",
            *(f"{peer}: Dice, IoU" for peer in peers),
        ),
        counts,
    )
    table(
        ("batch", "threads", "segeval: those and HD95, NSD, ASSD", "MONAI: HD95, NSD, ASSD"),
        surfaces,
    )
    table(("batch", "tool", "relative difference from ours"), differences)
    memory()


def memory() -> None:
    """The peak memory of a step beyond its inputs, each in a process of its own."""
    rows = []
    for kind in KINDS:
        size = Batch.of(kind).size
        for name, make in (
            ("segeval: Dice, IoU, recall", ours),
            ("segeval: all six", ours_with_surfaces),
            ("torchmetrics: Dice, IoU", torchmetrics),
            ("MONAI: Dice, IoU", monai),
        ):
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                beyond = pool.submit(growth, make, kind).result()
            rows.append(
                (
                    kind,
                    f"{size / 2**20:.0f}",
                    name,
                    f"{beyond / 2**20:.1f}",
                    f"{1 + beyond / size:.2f}",
                )
            )
    table(("batch", "inputs, MiB", "step", "peak beyond them, MiB", "peak over inputs"), rows)


def growth(make: Callable[[int], Tool], kind: str) -> int:
    """Bytes by which the peak of a step exceeds what was held before, on Linux; a small step loads
    the code first.
    """
    torch.set_num_threads(2)
    batch = Batch.of(kind)
    make(batch.classes).step(
        Batch(batch.pred[:1, ..., :16, :16], batch.gt[:1, ..., :16, :16], batch.classes)
    )
    tool = make(batch.classes)
    status = Path("/proc/self/status")
    Path("/proc/self/clear_refs").write_text("5")  # the kernel forgets the peak so far
    before = _kilobytes(status.read_text(), "VmRSS")
    tool.step(batch)
    return 1024 * (_kilobytes(status.read_text(), "VmHWM") - before)


def _kilobytes(status: str, name: str) -> int:
    return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])
