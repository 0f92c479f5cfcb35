"""What a protocol's file says of each metric."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from segeval.errors import UsageError
from segeval.metrics import lookup, parse_metric
from segeval.metrics.card import Empty, MetricSpec
from segeval.metrics.parameters import ByRegion
from segeval.statistics.boundary import Boundary

from .conventions import Entry

OF_A_METRIC = ("is", "boundary", "empty")
"""What a file may state of a metric, beside values of its parameter by region."""


def entries_of(metrics: Mapping[str, Any]) -> tuple[Entry, ...]:
    """What the table `metrics` of a file says, in its order. Raises `UsageError` that names the
    metric.
    """
    found: dict[str, tuple[str, Entry]] = {}
    for form, stated in metrics.items():
        try:
            entry = _entry(form, stated)
        except UsageError as error:
            raise UsageError(f"[metrics] {form}: {error}") from error
        if entry.key in found:
            raise UsageError(
                f"[metrics] {found[entry.key][0]} and {form} are both {entry.key}; state it once"
            )
        found[entry.key] = form, entry
    return tuple(entry for _, entry in found.values())


def _entry(form: str, stated: Any) -> Entry:
    if not isinstance(stated, dict):
        raise UsageError(f"wanted a table such as {{empty = [nan, 0, 0]}}, not {stated!r}")
    spec = _spec(form)
    parameters = [parameter.name for parameter in spec.parameters]
    unknown = set(stated) - {*OF_A_METRIC, *parameters}
    if unknown:
        raise UsageError(f"unknown key {min(unknown)!r}; it states {', '.join(OF_A_METRIC)}")
    if not isinstance(stated.get("is", ""), str):
        raise UsageError(f'is names a metric, such as "hd_pooled@95", not {stated["is"]!r}')
    by_region = {name: stated[name] for name in parameters if name in stated}
    return Entry(
        spec,
        _exact(form, spec) if not by_region else spec.name,
        stated.get("is"),
        Boundary.parse(stated["boundary"]) if "boundary" in stated else None,
        _empty(stated["empty"]) if "empty" in stated else None,
        _by_region(form, spec, by_region) if by_region else {},
    )


def _spec(form: str) -> MetricSpec:
    """The metric of a key, whether or not that gives the values of its parameters."""
    return (
        parse_metric(form).spec
        if re.fullmatch(r"\w+?[\d.]+", form.strip())
        else lookup(re.split("[@:]", form)[0])
    )


def _exact(form: str, spec: MetricSpec) -> str | None:
    """The written form that a key stands for, or None for one that is open, such as
    `nsd@tolerance`.
    """
    if spec.parameters and form.partition("@")[2].strip() == spec.parameters[0].name:
        return None
    return parse_metric(form).form


def _by_region(form: str, spec: MetricSpec, stated: Mapping[str, Any]) -> Mapping[str, float]:
    """The values of the only parameter, by region, as numbers."""
    ((name, values),) = list(stated.items())[:1]
    if not isinstance(values, dict) or not values:
        raise UsageError(
            f"{name} is a table of values by region, such as {{liver = 2}}, not {values!r}; one "
            f"value for all is part "
            f"of the metric's form: {spec.usage}"
        )
    if (
        len(spec.parameters) > 1
        or spec.scope == "case"
        or form.strip() not in (spec.name, *spec.aliases)
    ):
        raise UsageError(
            f"{name} by region is for a metric per region that has one parameter, by its name "
            f"alone: "
            "nsd = {tolerance = {liver = 2}}"
        )
    odd = [region for region, value in values.items() if not _is_number(value)]
    if odd:
        raise UsageError(f"{name} of region {odd[0]!r} is a number, not {values[odd[0]]!r}")
    spec.bind({name: ByRegion.of(values)})
    return {region: float(value) for region, value in values.items()}


def _empty(values: Any) -> Empty:
    if not isinstance(values, list) or len(values) != 3 or not all(map(_is_number, values)):
        raise UsageError(
            "empty lists three numbers, the values where both masks, only the prediction or only "
            "the ground truth is "
            f"empty; not {values!r}"
        )
    return Empty(*map(float, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (
        type(value) is int and abs(value) < 2**1023
    )  # TOML's whole numbers are endless
