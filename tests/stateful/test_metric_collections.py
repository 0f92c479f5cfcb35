"""`MetricCollection`: metrics that are measured alike are measured once, and others never share a
state.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from helpers.stacks import Batch, fed, plain, stack
from torchmetrics import MetricCollection

from segeval.batches import objects
from segeval.stateful import (
    ASSD,
    AdjustedRand,
    Dice,
    HausdorffDistance,
    IoU,
    Mahalanobis,
    Rand,
    Recall,
    SegmentationMetrics,
    SurfaceDice,
)

BATCHES = [stack(2, seed=seed) for seed in range(4)]


@pytest.fixture
def measurements(monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    """The batches measured so far, one entry each time that one is."""
    seen: list[Batch] = []
    measure = objects.measured

    def counted(pred: Any, gt: Any, *others: Any, **named: Any) -> Any:
        seen.append((pred, gt))
        return measure(pred, gt, *others, **named)

    monkeypatch.setattr(objects, "measured", counted)
    return seen


def groups(collection: MetricCollection) -> list[set[str]]:
    return sorted((set(group) for group in collection.compute_groups.values()), key=sorted)


def test_overlap_metrics_measure_a_batch_once(measurements: list[Batch]) -> None:
    collection = fed(MetricCollection([Dice(), IoU(), Recall()]), BATCHES[0])
    assert (
        len(measurements) == 3
    )  # torchmetrics looks at the first batch to find out which states are equal
    fed(collection, *BATCHES[1:])
    assert len(measurements) == 3 + 3
    assert plain(collection.compute()) == {
        made.__name__: plain(fed(made(), *BATCHES).compute()) for made in (Dice, IoU, Recall)
    }


def test_groups_that_are_named_measure_the_first_batch_once_too(measurements: list[Batch]) -> None:
    collection = MetricCollection(
        [Dice(), IoU(), Recall()], compute_groups=[["Dice", "IoU", "Recall"]]
    )
    fed(collection, *BATCHES)
    assert len(measurements) == 4
    assert plain(collection.compute())["Recall"] == plain(fed(Recall(), *BATCHES).compute())


def test_several_at_once_measure_every_batch_once(measurements: list[Batch]) -> None:
    fed(SegmentationMetrics(["dice", "iou", "recall", "hd95", "nsd@1", "assd", "rand"]), *BATCHES)
    assert len(measurements) == 4


def test_what_is_only_scored_otherwise_shares_its_measurement() -> None:
    collection = MetricCollection(
        {
            "dice": Dice(),
            "by class": Dice(average="none"),
            "micro": Dice(average="micro"),
            "pooled": IoU(pooled=True),
            "hd95": HausdorffDistance(percentile=95),
            "hd": HausdorffDistance(),
            "nsd": SurfaceDice(1),
            "wider": SurfaceDice(2),
            "assd": ASSD(),
            "rand": Rand(),
            "adjusted": AdjustedRand(),
            "mahalanobis": Mahalanobis(),
        }
    )
    fed(collection, *BATCHES)
    assert groups(collection) == [
        {"rand", "adjusted"},
        {"hd95", "hd", "nsd", "wider", "assd"},
        {"dice", "by class", "micro", "pooled"},
        {"mahalanobis"},
    ]
    assert plain(collection.compute()["wider"]) == plain(fed(SurfaceDice(2), *BATCHES).compute())
    assert plain(collection.compute()["by class"]) == plain(
        fed(Dice(average="none"), *BATCHES).compute()
    )


OTHERWISE: dict[str, tuple[Any, Any]] = {
    "ignore_index": (Dice(), IoU(ignore_index=2)),
    "another ignore_index": (Dice(ignore_index=255), IoU(ignore_index=2)),
    "num_classes": (Dice(), IoU(num_classes=3)),
    "include_background": (Dice(), IoU(include_background=False)),
    "input_format": (Dice(), IoU(input_format="labels")),
    "spacing": (HausdorffDistance(), ASSD(spacing=(1, 1))),
    "order of spacing": (HausdorffDistance(spacing=(1, 2)), ASSD(spacing=(2, 1))),
    "background of surfaces": (HausdorffDistance(), ASSD(include_background=True)),
}


@pytest.mark.parametrize("pair", OTHERWISE.values(), ids=OTHERWISE)
def test_other_options_are_never_shared_though_the_first_batch_agrees(
    pair: tuple[Any, Any],
) -> None:
    one, other = (copy.deepcopy(metric) for metric in pair)
    nothing = torch.zeros(
        1, 4, 4, dtype=torch.int64
    )  # a batch that cannot tell them apart, but for the number of rows
    batches = [(nothing, nothing), *BATCHES]
    collection = fed(MetricCollection({"one": one, "other": other}), *batches)
    assert groups(collection) == [{"one"}, {"other"}]
    assert plain(collection.compute()) == {
        name: plain(fed(copy.deepcopy(metric), *batches).compute())
        for name, metric in zip(collection, pair, strict=True)
    }


SURE = torch.eye(4).expand(2, 1, 4, 4), torch.eye(4, dtype=torch.int64).expand(2, 1, 4, 4)


@pytest.mark.parametrize(
    "options", [{"threshold": 0.4}, {"multilabel": True}, {"input_format": "probabilities"}]
)
def test_options_of_scores_are_never_shared(options: dict[str, Any]) -> None:
    collection = fed(MetricCollection({"one": Dice(), "other": IoU(**options)}), SURE)
    assert plain(collection.compute()) == {"one": 1, "other": 1}  # as far as one can see by now
    assert groups(collection) == [{"one"}, {"other"}]
    doubtful = 0.45 * SURE[0], SURE[1]
    fed(collection, doubtful)
    assert plain(collection.compute()) == {
        "one": plain(fed(Dice(), SURE, doubtful).compute()),
        "other": plain(fed(IoU(**options), SURE, doubtful).compute()),
    }


def test_a_spacing_for_the_batch_reaches_all() -> None:
    collection = MetricCollection([Dice(), HausdorffDistance(), ASSD()])
    for pred, gt in BATCHES[:2]:
        collection.update(pred, gt, spacing=(3, 0.5))
    expected = fed(HausdorffDistance(spacing=(3, 0.5)), *BATCHES[:2]).compute()
    assert plain(collection.compute()["HausdorffDistance"]) == plain(expected)


def test_forward_reset_and_update_in_turn() -> None:
    collection = MetricCollection([Dice(), IoU(), ASSD()], prefix="val/")
    collection(*BATCHES[0])
    fed(collection, *BATCHES[1:3])
    collection.reset()
    fed(collection, BATCHES[1])
    of_batch = collection(*BATCHES[2])
    assert plain(of_batch) == {
        f"val/{made.__name__}": plain(fed(made(), BATCHES[2]).compute())
        for made in (ASSD, Dice, IoU)
    }
    fed(collection, BATCHES[3])
    assert plain(collection.compute()) == {
        f"val/{made.__name__}": plain(fed(made(), *BATCHES[1:]).compute())
        for made in (ASSD, Dice, IoU)
    }


def test_several_at_once_beside_single_metrics() -> None:
    collection = fed(
        MetricCollection([SegmentationMetrics(["dice", "hd95"]), IoU()], prefix="val_"), *BATCHES
    )
    values = collection.compute()
    assert set(values) == {"val_IoU", "val_dice", "val_hd95"}
    assert plain(values["val_dice"]) == plain(fed(Dice(), *BATCHES).compute())
