"""Metrics in full, as run.json keeps them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segeval.io.nonfinite import read_spelled, spelled
from segeval.metrics import lookup, parse_metric
from segeval.metrics.card import Definition, Empty, Metric
from segeval.metrics.parameters import ByRegion
from segeval.statistics.boundary import VOXEL, Boundary

SIDES = ("both", "pred", "gt")
"""Fields of `Empty`: both masks, the prediction or the ground truth alone are empty."""


def describe(metric: Metric) -> dict[str, Any]:
    """Return all that a protocol says of a metric.

    `formula` is the written form of what is computed, `protocol` whose definition it is, if not the
    card's; `boundary`, `mean` and `empty` stand where there is something to say, and so do
    parameters with a value for each region.

    >>> describe(parse_metric("nsd@2"))["boundary"]
    'voxel'
    """
    content: dict[str, Any] = {"formula": metric.formula.form}
    if metric.definition:
        content["protocol"] = metric.definition.protocol
    if metric.need.boundary:
        content["boundary"] = str(metric.need.boundary)
    if metric.mean_first != "regions":
        content["mean"] = metric.mean_first
    if metric.empty != Empty():
        content["empty"] = {side: spelled(getattr(metric.empty, side)) for side in SIDES}
    return content | {name: value.mapping for name, value in metric.formula.by_region.items()}


def described(column: str, content: Mapping[str, Any]) -> Metric:
    """Return the metric of a column that `describe` wrote.

    Raises `UsageError` for forms of no metric.
    """
    # columns of several tools side by side begin with the name of each
    prefix, _, form = column.rpartition("/")
    # `empty` is the one mapping whose keys are no regions
    by_region = {
        name: ByRegion.of(values)
        for name, values in content.items()
        if isinstance(values, Mapping) and name != "empty"
    }
    formula = _bound(content["formula"], by_region)
    if "protocol" not in content:
        return formula
    metric = _bound(form, by_region)
    # Of other formulas the rule is not kept: it changes none of their numbers.
    boundary = VOXEL
    if formula.spec.by_boundary:
        boundary = Boundary.parse(content["boundary"])
    definition = Definition(
        protocol=content["protocol"],
        metric=formula,
        boundary=boundary,
        empty=Empty(**read_spelled(content.get("empty", {}))),
        mean_first=content.get("mean", "regions"),
        column=column if prefix else "",
    )
    return replace(metric, definition=definition)


def _bound(form: str, by_region: Mapping[str, ByRegion]) -> Metric:
    """Return the metric of a written form, or of a name with parameters by region."""
    if not by_region:
        return parse_metric(form)
    spec = lookup(form)
    known = {parameter.name for parameter in spec.parameters}
    return spec.bind({name: values for name, values in by_region.items() if name in known})
