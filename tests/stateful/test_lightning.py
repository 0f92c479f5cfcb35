"""A fit of two epochs with Lightning: what `self.log` reports is what the functions say of the same
masks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import MetricCollection

from segeval import functional
from segeval.stateful import ASSD, Dice, HausdorffDistance, IoU, SegmentationMetrics

# Lightning's own: on two cores a worker for three small batches is no gain, nor is a version of
# torch's pytrees ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The '.*_dataloader' does not have many workers"),
    pytest.mark.filterwarnings(r"ignore:`isinstance\(treespec, LeafSpec\)` is deprecated"),
]


class Net(LightningModule):
    """A small network with metric objects in every way that Lightning knows; it notes what they
    were given.
    """

    def __init__(self) -> None:
        super().__init__()
        self.net = torch.nn.Conv2d(1, 3, 3, padding=1)
        self.train_dice = Dice(num_classes=3)
        self.val_dice = Dice(num_classes=3)
        self.val_hd = HausdorffDistance(percentile=95, num_classes=3)
        self.collection = MetricCollection([IoU(num_classes=3), ASSD(num_classes=3)], prefix="val_")
        self.several = SegmentationMetrics(["recall", "nsd@1"], num_classes=3)
        self.seen: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {"train": [], "val": []}
        self.epochs: list[dict[str, tuple[float, float]]] = []
        self.steps: list[float] = []

    def _scores(self, batch: Any, stage: str) -> tuple[torch.Tensor, torch.Tensor]:
        images, gt = batch
        scores = self.net(images)
        self.seen[stage].append((scores.detach().clone(), gt))
        return scores, gt

    def training_step(self, batch: Any, index: int) -> torch.Tensor:
        scores, gt = self._scores(batch, "train")
        self.steps.append(float(self.train_dice(scores, gt)))
        self.log("train_dice", self.train_dice, on_step=True, on_epoch=True)
        return torch.nn.functional.cross_entropy(scores, gt)

    def validation_step(self, batch: Any, index: int) -> None:
        scores, gt = self._scores(batch, "val")
        for metric in (self.val_dice, self.val_hd, self.several):
            metric.update(scores, gt)
        self.collection(scores, gt)
        self.log("val_dice", self.val_dice)
        self.log("val_hd95", self.val_hd)
        self.log_dict(self.collection)

    def on_validation_epoch_start(self) -> None:
        self.seen["val"].clear()

    def on_validation_epoch_end(self) -> None:
        self.log_dict({f"val_{name}": value for name, value in self.several.compute().items()})
        self.several.reset()

    def on_train_epoch_start(self) -> None:
        self.seen["train"].clear()

    def on_train_epoch_end(self) -> None:
        values = {name: float(value) for name, value in self.trainer.callback_metrics.items()}
        self.epochs.append({name: (values[name], value) for name, value in self._expected()})

    def _expected(self) -> Iterator[tuple[str, float]]:
        train, val = (
            [torch.cat(side) for side in zip(*self.seen[stage], strict=True)]
            for stage in ("train", "val")
        )
        yield "train_dice_epoch", float(functional.dice(*train))
        yield "train_dice_step", float(functional.dice(*self.seen["train"][-1]))
        yield "val_dice", float(functional.dice(*val))
        yield "val_hd95", float(functional.hd(*val, percentile=95))
        yield "val_IoU", float(functional.iou(*val))
        yield "val_ASSD", float(functional.assd(*val))
        yield "val_recall", float(functional.recall(*val))
        yield "val_nsd@1", float(functional.nsd(*val, tolerance=1))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.5)


def loader(cases: int) -> DataLoader[Any]:
    images = torch.randn(cases, 1, 8, 8)
    gt = (images[:, 0] > 0).long() + (images[:, 0] > 1)
    return DataLoader(TensorDataset(images, gt), batch_size=4)


@pytest.mark.parametrize("precision", ["32-true", "bf16-true"])
def test_two_epochs(precision: Any) -> None:
    torch.manual_seed(0)
    net = Net()
    trainer = Trainer(
        max_epochs=2, accelerator="cpu", precision=precision, logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(
        net, loader(10), loader(6)
    )  # the last batches are smaller; Lightning validates once before the fit
    assert len(net.epochs) == 2
    for values in net.epochs:
        assert len(values) == 8
        for logged, expected in values.values():
            assert logged == pytest.approx(expected, rel=1e-6)
    assert (
        net.epochs[0]["val_dice"] != net.epochs[1]["val_dice"]
    )  # it learnt, and forgot the epoch before
