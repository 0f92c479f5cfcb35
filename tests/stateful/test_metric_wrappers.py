"""The wrappers and the arithmetic of torchmetrics, around metric objects."""

from __future__ import annotations

import math

import pytest
import torch
from helpers.stacks import cut, fed, plain, same, stack
from torchmetrics import MetricCollection, MetricTracker
from torchmetrics.wrappers import BootStrapper, ClasswiseWrapper, MinMaxMetric, Running

from segeval.stateful import (
    ASSD,
    AdjustedRand,
    Dice,
    HausdorffDistance,
    Precision,
    Recall,
    SegmentationMetrics,
    VolumeError,
)

BATCHES = [stack(2, seed=seed, error=0.2 * seed) for seed in range(1, 5)]


def test_classwise_wrapper() -> None:
    wrapper = fed(ClasswiseWrapper(Dice(average="none", num_classes=3)), *BATCHES)
    values = fed(Dice(average="none"), *BATCHES).compute()
    assert plain(wrapper.compute()) == dict(
        zip(("dice_0", "dice_1", "dice_2"), plain(values), strict=True)
    )
    assert len(set(plain(values))) == 3


def test_classwise_wrapper_with_names_of_the_regions() -> None:
    wrapper = ClasswiseWrapper(
        HausdorffDistance(average="none", num_classes=3), labels=["liver", "tumour"]
    )
    of_batch = wrapper(*BATCHES[0])
    assert list(of_batch) == ["hausdorffdistance_liver", "hausdorffdistance_tumour"]
    assert list(plain(of_batch).values()) == plain(HausdorffDistance(average="none")(*BATCHES[0]))


def test_tracker_knows_which_epoch_is_best() -> None:
    tracker = MetricTracker(MetricCollection([Dice(), ASSD()]))
    for batch in BATCHES[::-1]:  # ever fewer errors
        tracker.increment()
        fed(tracker, batch)
    best, epoch = tracker.best_metric(return_step=True)
    assert epoch == {"ASSD": 3, "Dice": 3}
    everything = plain(tracker.compute_all())
    assert best == {"ASSD": min(everything["ASSD"]), "Dice": max(everything["Dice"])}
    assert everything["Dice"] == [plain(Dice()(*batch)) for batch in BATCHES[::-1]]


def test_tracker_of_classwise_metrics_with_and_without_background() -> None:
    tracker = MetricTracker(
        MetricCollection(
            {
                "hd": ClasswiseWrapper(
                    HausdorffDistance(average="none", num_classes=3), labels=["one", "two"]
                ),
                "dice": ClasswiseWrapper(Dice(average="none", num_classes=3)),
            }
        )
    )
    assert tracker.maximize == [
        True,
        True,
        True,
        False,
        False,
    ]  # dice of three classes, then hd of two
    for batch in BATCHES:
        tracker.increment()
        fed(tracker, batch)
    best = tracker.best_metric()
    everything = plain(tracker.compute_all())
    assert best == {
        name: (min if "haus" in name else max)(values) for name, values in everything.items()
    }


def test_tracker_asks_for_the_direction_where_a_metric_has_none() -> None:
    with pytest.raises(
        AttributeError, match="'VolumeError' does not have a 'higher_is_better' attribute"
    ):
        MetricTracker(VolumeError())
    tracker = MetricTracker(SegmentationMetrics(["dice", "assd"]), maximize=True)
    for batch in BATCHES:
        tracker.increment()
        fed(tracker, batch)
    assert plain(tracker.compute_all())["assd"] == [plain(ASSD()(*batch)) for batch in BATCHES]


@pytest.mark.parametrize("strategy", ["poisson", "multinomial"])
def test_bootstrapper_draws_cases(strategy: str) -> None:
    torch.manual_seed(0)
    wrapper = BootStrapper(Dice(), num_bootstraps=20, sampling_strategy=strategy, raw=True)
    fed(wrapper, *BATCHES)
    values = wrapper.compute()
    cases = [plain(Dice()(*case)) for batch in BATCHES for case in cut(batch, 1, 1)]
    assert min(cases) < values["raw"].min() < values["raw"].max() < max(cases)
    assert values["mean"].item() == pytest.approx(sum(cases) / 8, abs=3 * values["std"].item())
    assert 0 < values["std"] < (max(cases) - min(cases)) / 2


def test_bootstrapper_of_cases_that_are_all_alike_has_no_spread() -> None:
    pred, gt = stack(1)
    wrapper = BootStrapper(
        HausdorffDistance(percentile=95), num_bootstraps=5, sampling_strategy="multinomial"
    )
    fed(wrapper, (pred.repeat(4, 1, 1), gt.repeat(4, 1, 1)))
    assert plain(wrapper.compute()) == {
        "mean": plain(HausdorffDistance(percentile=95)(pred, gt)),
        "std": 0,
    }


@pytest.mark.parametrize("made", [Dice, HausdorffDistance, AdjustedRand])
def test_running_window(made: type) -> None:
    by_update, by_forward = Running(made(), window=2), Running(made(), window=2)
    for seen, batch in enumerate(BATCHES):
        fed(by_update, batch)
        assert plain(by_forward(*batch)) == plain(made()(*batch))
        expected = same(fed(made(), *BATCHES[max(0, seen - 1) : seen + 1]).compute())
        assert plain(by_update.compute()) == expected
        assert plain(by_forward.compute()) == expected
    by_update.reset()
    assert plain(fed(by_update, BATCHES[0]).compute()) == plain(made()(*BATCHES[0]))


def test_min_and_max_so_far() -> None:
    wrapper, metric, values = MinMaxMetric(ASSD()), ASSD(), []
    for batch in BATCHES:
        values.append(plain(fed(metric, batch).compute()))
        assert plain(fed(wrapper, batch).compute()) == {
            "raw": values[-1],
            "min": min(values),
            "max": max(values),
        }
    assert values[0] != max(values)


def test_arithmetic_of_metrics() -> None:
    precision, recall, distance = Precision(), Recall(), ASSD()
    f1 = 2 * precision * recall / (precision + recall)
    score = 1 - Dice() + abs(distance - 3)
    fed(f1, *BATCHES)
    of_batch = score(*BATCHES[0])
    p, r = (plain(fed(made(), *BATCHES).compute()) for made in (Precision, Recall))
    assert f1.compute().item() == pytest.approx(2 * p * r / (p + r))
    d, a = (plain(made()(*BATCHES[0])) for made in (Dice, ASSD))
    assert of_batch.item() == pytest.approx(1 - d + math.fabs(a - 3))
    f1.reset()
    fed(f1, BATCHES[0])
    assert precision.compute().item() == plain(Precision()(*BATCHES[0]))


def test_one_value_of_a_vector_of_classes() -> None:
    worst = fed(Dice(average="none"), *BATCHES)
    assert worst[1].compute().item() == plain(worst.compute())[1]
