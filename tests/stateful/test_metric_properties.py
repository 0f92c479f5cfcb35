"""A result depends on the cases alone: not on batches, order or door. Of every metric, by every
average.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from helpers.scenes import SPACINGS, examples, pairs
from helpers.stacks import cut, fed
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from segeval import functional, score, stateful
from segeval.metrics import REGISTRY, parse_metric
from segeval.metrics.card import MetricSpec
from segeval.stateful import SegmentationMetrics
from segeval.statistics.contingency import Contingency
from segeval.statistics.counts import Counts


def form(spec: MetricSpec) -> str:
    pairs = [f"{name}={value}" for name, value in examples(spec).items()]
    return f"{spec.name}:{','.join(pairs)}" if pairs else spec.name


EVERYTHING = [form(spec) for spec in REGISTRY.values()]
WITHOUT_SHAPES = [
    form(spec) for spec in REGISTRY.values() if spec.statistic in (Counts, Contingency)
]
WAYS = [
    {"average": average, "pooled": pooled, "num_classes": classes, "input_format": "labels"}
    for average, pooled, classes in product(
        ("none", "macro", "micro", "weighted"), (False, True), (None, 5)
    )
]


@st.composite
def cases(draw: st.DrawFn, least: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Some cases of one shape, (N, *spatial), in which classes may be absent."""
    shape = tuple(draw(st.lists(st.integers(2, 5), min_size=2, max_size=3)))
    masks = draw(
        st.lists(pairs(labels=draw(st.integers(1, 4)), shape=shape), min_size=least, max_size=6)
    )
    pred, gt = (torch.from_numpy(np.stack(side)) for side in zip(*masks, strict=True))
    return pred, gt


def sizes(draw: st.DrawFn, total: int) -> list[int]:
    """Draw how many cases each batch holds."""
    ends = sorted(draw(st.sets(st.integers(1, total - 1)))) if total > 1 else []
    return np.diff([0, *ends, total]).tolist()


def computed(metrics: Sequence[str], *batches: Any, **options: Any) -> dict[str, Tensor]:
    values = fed(
        SegmentationMetrics(metrics, **options).set_dtype(torch.float64), *batches
    ).compute()
    return {
        name: value.reshape(-1) for name, value in values.items()
    }  # torchmetrics makes a number of (1,)


def listed(values: dict[str, Tensor]) -> dict[tuple[str, int], float]:
    return {
        (name, place): number
        for name, value in values.items()
        for place, number in enumerate(value.tolist())
    }


def near(values: Any) -> Any:
    """Equal but for rounding; some formulas subtract what is nearly equal, or invert a matrix."""
    found = listed(values) if isinstance(values, dict) else np.ravel(values).tolist()
    return pytest.approx(found, rel=1e-9, abs=1e-9, nan_ok=True)


@settings(max_examples=40)
@given(data=st.data(), batch=cases(), way=st.sampled_from(WAYS))
def test_neither_batches_nor_order_matter(
    data: st.DataObject, batch: Any, way: dict[str, Any]
) -> None:
    total = len(batch[0])
    whole = computed(EVERYTHING, batch, **way)
    order = data.draw(st.permutations(range(total)))
    parts = cut((batch[0][order], batch[1][order]), *sizes(data.draw, total))
    assert listed(computed(EVERYTHING, *parts, **way)) == near(whole)


@settings(max_examples=30)
@given(data=st.data(), way=st.sampled_from(WAYS))
def test_single_samples_are_one_case_however_they_come(
    data: st.DataObject, way: dict[str, Any]
) -> None:
    total = data.draw(st.integers(2, 40))
    pred, gt = map(torch.from_numpy, data.draw(pairs(labels=4, shape=(total,))))
    order = data.draw(st.permutations(range(total)))
    parts = cut((pred[order], gt[order]), *sizes(data.draw, total))
    whole = near(computed(WITHOUT_SHAPES, (pred, gt), **way))
    assert listed(computed(WITHOUT_SHAPES, *parts, **way)) == whole
    assert listed(computed(WITHOUT_SHAPES, (pred[None], gt[None]), **way)) == whole


@settings(max_examples=15)
@given(
    data=st.data(), batch=cases(), average=st.sampled_from(["none", "macro", "micro", "weighted"])
)
def test_values_of_single_cases_stay_in_order(
    data: st.DataObject, batch: Any, average: Any
) -> None:
    total = len(batch[0])
    way = {"average": average, "num_classes": 5, "input_format": "labels"}
    values = computed(EVERYTHING, *cut(batch, *sizes(data.draw, total)), per_case=True, **way)
    alone = [computed(EVERYTHING, case, **way) for case in cut(batch, *[1] * total)]
    assert listed(values) == near(
        {name: torch.cat([scores[name] for scores in alone]) for name in values}
    )


@pytest.mark.parametrize("spec", REGISTRY.values(), ids=REGISTRY)
@settings(max_examples=4)
@given(batch=cases(), way=st.sampled_from(WAYS), unit=st.sampled_from(SPACINGS))
def test_objects_equal_functions(
    spec: MetricSpec, batch: Any, way: dict[str, Any], unit: float
) -> None:
    options = {**examples(spec), **way, "spacing": (unit, 1.5, 1.0)[: batch[0].ndim - 1]}
    function, made = getattr(functional, spec.formula.__name__), getattr(stateful, spec.class_name)
    taken = {
        name: value
        for name, value in options.items()
        if name in inspect.signature(function).parameters
    }
    parts = cut(batch, *[1] * len(batch[0]))
    value = fed(made(**taken).set_dtype(torch.float64), *parts).compute().reshape(-1)
    assert value.tolist() == near(function(*batch, **taken))
    assert value.tolist() == near(function(*(side.numpy() for side in batch), **taken))
    several = computed([form(spec)], *parts, **{name: options[name] for name in (*way, "spacing")})
    assert several[parse_metric(form(spec)).column].tolist() == near(value)


@settings(max_examples=15)
@given(batch=cases(least=1), background=st.booleans(), unit=st.sampled_from(SPACINGS))
def test_objects_equal_score_case_by_case(batch: Any, background: bool, unit: float) -> None:
    options: dict[str, Any] = {
        "include_background": background,
        "spacing": (unit, 1.5, 1.0)[: batch[0].ndim - 1],
    }
    first = 0 if background else 1
    way = {"average": "none", "num_classes": 5, "input_format": "labels"}
    values = [
        computed(EVERYTHING, case, **way, **options) for case in cut(batch, *[1] * len(batch[0]))
    ]
    for pred, gt, found in zip(*batch, values, strict=True):
        table = (
            score(pred, gt, metrics=EVERYTHING, **options)
            .set_index("region")
            .rename({"background": "0"})
        )
        for name, value in found.items():
            if parse_metric(name).spec.scope == "case":
                assert value.tolist() == near([table[name].get("all", np.nan)]), name
            else:
                rows = table[name].drop("all", errors="ignore")
                assert [value[int(region) - first].item() for region in rows.index] == near(rows), (
                    name
                )


@settings(max_examples=15)
@given(batch=cases(), pooled=st.booleans())
def test_means_are_over_what_is_defined(batch: Any, pooled: bool) -> None:
    way = {"num_classes": 5, "input_format": "labels", "include_background": True}
    over_cases = {"pooled": True} if pooled else {"per_case": True}
    by_region = computed(EVERYTHING, batch, average="none", **over_cases, **way)
    macro, mean_by_region = (
        computed(EVERYTHING, batch, pooled=pooled, **way),
        computed(EVERYTHING, batch, average="none", **way),
    )
    for name, values in by_region.items():
        table = values.reshape(1 if pooled else len(batch[0]), -1)
        if parse_metric(name).spec.scope == "region":
            assert table.shape[1] == 5
            assert pooled or mean_by_region[name].tolist() == near(
                torch.stack([defined(column) for column in table.T])
            ), name
        assert macro[name].tolist() == near(
            [defined(torch.stack([defined(row) for row in table]))]
        ), name


def defined(values: Tensor) -> Tensor:
    """The mean of those that are not NaN; NaN if all are, or if infinite ones of both signs are
    among them.
    """
    return values[~values.isnan()].mean()
