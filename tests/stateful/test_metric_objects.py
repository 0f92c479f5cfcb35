"""Metric objects do what `torchmetrics.Metric` promises: forward, reset, copies, state_dict, moves,
dtypes, merging.
"""

from __future__ import annotations

import copy
import io
import math
import multiprocessing
import pickle
import re
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from helpers.stacks import MAKERS, fed, kept, plain, same, stack
from torchmetrics import Metric, MetricCollection

from segeval import History, stateful
from segeval.errors import UsageError
from segeval.metrics import REGISTRY
from segeval.stateful import Dice, HausdorffDistance, SegmentationMetrics, SurfaceDice

FIRST, SECOND, THIRD = stack(2, seed=1), stack(3, seed=2), stack(1, seed=3)
EVERY_KIND = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
Make = Callable[..., Any]


@EVERY_KIND
def test_forward_gives_the_value_of_the_batch_and_adds_it_to_the_state(make: Make) -> None:
    metric = make()
    of_batches = [metric(*batch) for batch in (FIRST, SECOND)]
    assert [plain(value) for value in of_batches] == [
        plain(fed(make(), b).compute()) for b in (FIRST, SECOND)
    ]
    assert plain(of_batches[0]) != plain(of_batches[1])
    assert plain(metric.compute()) == plain(fed(make(), FIRST, SECOND).compute())


@EVERY_KIND
def test_reset_forgets_everything(make: Make) -> None:
    metric = fed(make(), FIRST, SECOND)
    metric.reset()
    assert plain(fed(metric, THIRD).compute()) == plain(fed(make(), THIRD).compute())


@EVERY_KIND
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), lambda m: m.clone()]
)
def test_a_copy_has_the_state_and_goes_its_own_way(
    make: Make, copied: Callable[[Any], Any]
) -> None:
    metric = fed(make(), FIRST)
    other = fed(copied(metric), SECOND)
    assert type(other) is type(metric)
    assert plain(metric.compute()) == plain(fed(make(), FIRST).compute())
    assert plain(other.compute()) == plain(fed(make(), FIRST, SECOND).compute())


@EVERY_KIND
@pytest.mark.filterwarnings(
    "ignore:The ``compute`` method of metric .* was called before:UserWarning"
)
def test_state_dict_round_trip(make: Make) -> None:
    metric = make()
    assert not metric.state_dict()
    metric.persistent(True)
    file = io.BytesIO()
    torch.save(fed(metric, FIRST, SECOND).state_dict(), file)
    file.seek(0)
    other = make()
    fed(other, THIRD).compute()
    other.load_state_dict(torch.load(file))
    assert plain(other.compute()) == plain(metric.compute())
    assert plain(fed(other, THIRD).compute()) == plain(fed(metric, THIRD).compute())


@EVERY_KIND
def test_merging_states_is_as_if_one_object_had_seen_all(make: Make) -> None:
    both = make()
    fed(both, FIRST, SECOND, THIRD)
    metric, other = fed(make(), FIRST), fed(make(), SECOND, THIRD)
    metric.compute()  # which must not be remembered
    metric.merge_state(other)
    assert plain(metric.compute()) == same(both.compute())
    again = fed(make(), FIRST)
    again.merge_state(other.metric_state)
    assert plain(again.compute()) == same(both.compute())


def test_states_of_other_options_or_masks_do_not_merge() -> None:
    whole, part = fed(Dice(), FIRST), fed(Dice(ignore_index=2), FIRST)
    whole.merge_state(part)
    with pytest.raises(
        UsageError, match=r"objects with different options .* measured what was merged"
    ):
        whole.compute()
    labels, scores = (
        fed(Dice(), FIRST),
        fed(Dice(), (torch.rand(1, 4, 4), torch.ones(1, 4, 4, dtype=torch.int64))),
    )
    labels.merge_state(scores)
    with pytest.raises(UsageError, match="hold classes and binary masks; use an object for each"):
        labels.compute()


def test_masks_of_two_kinds_are_refused_by_update_and_by_forward() -> None:
    binary = torch.rand(1, 4, 4), torch.ones(1, 4, 4, dtype=torch.int64)
    with pytest.raises(UsageError, match="this batch holds binary masks and those before classes"):
        fed(Dice(), FIRST, binary)
    metric = Dice()
    metric(*FIRST)
    metric(*binary)
    with pytest.raises(
        UsageError, match="the batches since the last reset hold classes and binary masks"
    ):
        metric.compute()


def test_a_refused_batch_leaves_the_state_as_it_was() -> None:
    metric = fed(Dice(num_classes=3), FIRST)
    before = plain(metric.compute())
    with pytest.raises(UsageError, match="holds the label 7"):
        metric.update(torch.full((1, 4, 4), 7), torch.ones(1, 4, 4, dtype=torch.int64))
    assert plain(metric.compute()) == before


@EVERY_KIND
@pytest.mark.parametrize(
    "convert",
    [
        lambda module: module.half(),
        lambda module: module.double(),
        lambda module: module.bfloat16(),
        lambda module: module.to(torch.float16),
        lambda module: module.to("cpu", torch.bfloat16),
    ],
    ids=["half", "double", "bfloat16", "to", "to both"],
)
def test_the_dtype_of_a_module_is_not_that_of_its_metrics(
    make: Make, convert: Callable[[Any], Any]
) -> None:
    metric = fed(make(), FIRST)
    module = torch.nn.Linear(2, 2)
    module.metric = metric
    before, value = copy.deepcopy(kept(metric)), plain(metric.compute())
    convert(module)
    assert module.weight.dtype != torch.float32  # or nothing was tried
    for now, then in zip(kept(metric), before, strict=True):
        assert now.dtype == then.dtype
        assert torch.equal(now, then)
    assert plain(metric.compute()) == value
    assert plain(fed(metric, SECOND).compute()) == plain(fed(make(), FIRST, SECOND).compute())


def test_set_dtype_changes_results_and_nothing_else() -> None:
    metric = HausdorffDistance()
    pred = torch.tensor([[[1, 0, 0, 0], [0, 0, 0, 0]]])
    gt = torch.tensor([[[0, 0, 0, 1], [0, 0, 0, 0]]])
    exact = pytest.approx(3 * 0.1, rel=1e-15)  # single precision is off by 1e-8
    metric.update(pred, gt, spacing=(1, 0.1))
    assert metric.compute().dtype == torch.float32
    assert metric.set_dtype(torch.float64) is metric
    assert metric.compute().dtype == torch.float64
    assert metric.compute().item() == exact
    assert metric.set_dtype("torch.float16").compute().dtype == torch.float16
    assert metric.set_dtype(torch.float64).to("cpu").compute().item() == exact
    metric.reset()
    metric.update(pred, gt)
    assert metric.compute().item() == 3
    assert metric.compute().dtype == torch.float64


@EVERY_KIND
def test_the_state_moves_with_the_object(make: Make) -> None:
    metric = fed(make(), FIRST)
    moved = copy.deepcopy(metric).to("meta")
    assert moved.device == torch.device("meta")
    assert {tensor.device.type for tensor in kept(moved)} == {"meta"}
    assert plain(metric.to("cpu").compute()) == plain(fed(make(), FIRST).compute())
    on_cpu = fed(make(compute_on_cpu=True), FIRST)
    assert plain(on_cpu(*SECOND)) == plain(fed(make(), SECOND).compute())
    assert plain(on_cpu.compute()) == plain(fed(make(), FIRST, SECOND).compute())


def test_inference_mode_leaves_an_object_that_works_outside_of_it() -> None:
    metric = Dice()
    with torch.inference_mode():
        metric(*FIRST)
        metric.reset()
        metric(*FIRST)
    assert plain(fed(metric, SECOND).compute()) == plain(fed(Dice(), FIRST, SECOND).compute())


def test_gradients_are_no_hindrance_and_do_not_flow() -> None:
    scores = torch.rand(2, 3, 6, 7, requires_grad=True)
    metric = Dice()
    value = metric(scores, FIRST[1])
    assert not value.requires_grad
    assert value.item() == pytest.approx(Dice()(scores.argmax(1), FIRST[1]).item())


def test_an_object_for_every_epoch_needs_no_more_threads() -> None:
    volume = torch.zeros(1, 64, 64, 64, dtype=torch.uint8)
    volume[0, 9:50, 9:50, 9:50] = 1
    HausdorffDistance()(volume, volume.roll(1, 1))
    before = threading.active_count()
    epochs = [HausdorffDistance() for _ in range(5)]
    assert [metric(volume, volume.roll(1, 1)).item() for metric in epochs] == [1] * 5
    assert threading.active_count() == before


@pytest.mark.skipif(
    sys.platform != "linux",
    reason="Windows has no fork, and macOS's own libraries do not outlive one",
)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_an_object_works_in_a_forked_process() -> None:
    volume = torch.zeros(1, 64, 64, 64, dtype=torch.uint8)
    volume[0, 9:50, 9:50, 9:50] = 1
    metric = HausdorffDistance()
    metric(volume, volume.roll(1, 1))  # its threads work by now; a fork has none of them
    child = multiprocessing.get_context("fork").Process(target=metric.update, args=(volume, volume))
    child.start()
    child.join(30)
    ended = child.exitcode
    child.kill()
    assert ended == 0


@pytest.mark.parametrize("name", REGISTRY)
def test_facts_for_trackers_and_plots_come_from_the_card(name: str) -> None:
    spec = REGISTRY[name]
    made = getattr(stateful, spec.class_name)
    low, high = spec.range
    assert issubclass(made, Metric)
    assert made.higher_is_better is (None if spec.best not in spec.range else spec.best == high)
    assert made.plot_lower_bound == (low if math.isfinite(low) else None)
    assert made.plot_upper_bound == (high if math.isfinite(high) else None)
    assert (made.is_differentiable, made.full_state_update) == (False, False)


def test_the_facts_of_some_as_everyone_knows_them() -> None:
    facts = {
        made: (made.higher_is_better, made.plot_lower_bound, made.plot_upper_bound)
        for made in (
            Dice,
            HausdorffDistance,
            SurfaceDice,
            stateful.MCC,
            stateful.VolumeError,
            stateful.FPR,
        )
    }
    assert list(facts.values()) == [
        (True, 0, 1), (False, 0, None), (True, 0, 1),
        (True, -1, 1), (None, None, None), (False, 0, 1),
    ]  # fmt: skip


@EVERY_KIND
@pytest.mark.parametrize("options", [{}, {"num_classes": 3}], ids=["unknown", "known"])
def test_before_the_first_batch_the_value_is_nan_and_a_warning_says_why(
    make: Make, options: dict[str, int]
) -> None:
    with pytest.warns(UserWarning, match="was called before the ``update`` method"):
        value = plain(make(**options).compute())
    assert all(np.isnan(one) for one in (value.values() if isinstance(value, dict) else [value]))


def test_a_class_of_ones_own() -> None:
    class MicroDice(Dice):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(average="micro")

    assert plain(MicroDice()(*FIRST)) == plain(Dice(average="micro")(*FIRST))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: SurfaceDice(), "needs a value for tolerance; write SurfaceDice(tolerance=…)"),
        (
            lambda: Dice(num_class=3),
            "Dice has no argument 'num_class'; did you mean 'num_classes'? It takes num_classes,",
        ),
        (
            lambda: SegmentationMetrics("dice", num_class=3),
            "SegmentationMetrics has no argument 'num_class'; did you mean 'num_classes'?",
        ),
        (
            lambda: SegmentationMetrics([Dice()]),
            "metrics are written forms such as ['dice', 'nsd@2'], not",
        ),
        (lambda: SurfaceDice([2.0, 1.0]), "metric 'nsd': tolerance is a number, not [2.0, 1.0]"),
        (
            lambda: HausdorffDistance(3),
            "HausdorffDistance takes nothing by position, and 3 came; "
            "write HausdorffDistance(num_classes=3) or HausdorffDistance(percentile=3)",
        ),
        (lambda: HausdorffDistance(95), "(num_classes=95) or HausdorffDistance(percentile=95)"),
        (
            lambda: HausdorffDistance(99.5),
            "takes nothing by position, and 99.5 came; write HausdorffDistance(percentile=",
        ),
        (
            lambda: Dice(torch.ones(1), 2),
            "Dice takes nothing by position, and a Tensor came; by name it takes num_classes",
        ),
        (lambda: Dice(spacing=(1, 1)), "Dice has no argument 'spacing'; it takes num_classes,"),
        (
            lambda: HausdorffDistance(percentile=101),
            "metric 'hd': percentile must be above 0 and at most 100, not 101",
        ),
        (
            lambda: Dice(average="mean"),
            "average is one of none, macro, micro, weighted, not 'mean'",
        ),
    ],
)
def test_wrong_options_are_refused_when_the_object_is_made(
    call: Callable[[], Any], text: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(text)):
        call()


@pytest.mark.filterwarnings("ignore:The ``compute`` method of metric Dice was called before")
def test_a_state_measured_with_other_options_is_refused() -> None:
    there, here = Dice(), Dice(ignore_index=1)
    there.persistent(True)
    there.update(*FIRST)
    here.load_state_dict(there.state_dict())
    with pytest.raises(
        UsageError, match=r"objects with different options .* measured what was merged or loaded"
    ):
        here.compute()


def test_values_by_region_bear_the_labels() -> None:
    several = SegmentationMetrics(["dice", "hd95"], num_classes=3, average="none")
    several.update(*FIRST)
    values, named = several.compute(), several.by_region()
    assert {name: list(regions) for name, regions in named.items()} == {
        "dice": [0, 1, 2],
        "hd95": [1, 2],
    }
    assert list(named["hd95"].values()) == values["hd95"].tolist()
    assert plain(Dice(average="micro")(*FIRST)) == plain(
        SegmentationMetrics("dice", average="micro")(*FIRST)["dice"]
    )
    history = History()
    history.log(1, {"val": several})
    assert list(history.table)[1:] == [
        "val/dice/0",
        "val/dice/1",
        "val/dice/2",
        "val/hd95/1",
        "val/hd95/2",
    ]


def test_a_collection_is_logged_with_labels_and_names() -> None:
    collection = MetricCollection(
        [Dice(average="none", num_classes=3), HausdorffDistance(percentile=95, num_classes=3)]
    )
    collection.update(*FIRST)
    by_object, by_value = History(), History()
    by_object.log(1, collection)
    by_value.log(
        1, MetricCollection([Dice(num_classes=3), HausdorffDistance(num_classes=3)])(*FIRST)
    )
    assert list(by_object.table)[1:] == ["Dice/0", "Dice/1", "Dice/2", "HausdorffDistance"]
    assert list(by_value.table)[1:] == ["Dice", "HausdorffDistance"]
    assert by_value.best("HausdorffDistance")[0] == 1


def test_what_an_object_is_shows() -> None:
    assert (
        repr(HausdorffDistance(percentile=95, spacing=(2, 1)))
        == "HausdorffDistance(hd95, spacing=(2.0, 1.0))"
    )
    shown = "SegmentationMetrics(dice, nsd@2, num_classes=3, average='none')"
    assert repr(SegmentationMetrics(["dice", "nsd@2"], num_classes=3, average="none")) == shown


def test_a_large_label_costs_no_table_of_all() -> None:
    metric = SegmentationMetrics(["dice", "hd95"])
    mask = torch.zeros(1, 32, 32, dtype=torch.int64)
    mask[0, 4:9, 4:9] = 65_000
    metric.update(mask, mask)
    assert sum(tensor.numel() for name in metric._columns for tensor in getattr(metric, name)) < 50
    assert metric.compute() == {"dice": 1, "hd95": 0}
