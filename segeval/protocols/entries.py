"""The entries of a convention, from the table `metrics` of its file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segeval.errors import UsageError
from segeval.errors.values import is_number
from segeval.metrics import lookup, parse_metric
from segeval.metrics.card import Empty, MetricSpec
from segeval.metrics.parameters import ByRegion
from segeval.statistics.boundary import Boundary

from .conventions import Entry

KEYS = ("is", "boundary", "empty")
"""Keys of a metric, beside its parameter with values by region."""


def entries_of(metrics: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Return the entries that a table states, in its order.

    Raises `UsageError` that names the metric.
    """
    forms: dict[str, str] = {}
    entries: list[Entry] = []
    for form, stated in metrics.items():
        try:
            entry = _entry(form, stated)
        except UsageError as error:
            raise UsageError(f"[metrics] {form}: {error}") from error
        # TOML itself refuses equal keys, but hd95 and hd@95 are one metric, too
        if entry.key in forms:
            raise UsageError(
                f"[metrics] {forms[entry.key]} and {form} are both {entry.key}; state it once"
            )
        forms[entry.key] = form
        entries.append(entry)
    return tuple(entries)


def _entry(form: str, stated: Any) -> Entry:
    """Return the entry of one key and its table.

    Raises `UsageError`, to which `entries_of` adds the key.
    """
    if not isinstance(stated, dict):
        raise UsageError(f"wanted a table such as {{empty = [nan, 0, 0]}}, not {stated!r}")
    spec = _spec(form)
    parameters = [parameter.name for parameter in spec.parameters]
    unknown = set(stated) - {*KEYS, *parameters}
    if unknown:
        raise UsageError(f"unknown key {min(unknown)!r}; it states {', '.join(KEYS)}")
    if not isinstance(stated.get("is", ""), str):
        raise UsageError(f'is names a metric, such as "hd_pooled@95", not {stated["is"]!r}')
    by_region = {name: stated[name] for name in parameters if name in stated}
    if by_region:
        entry = Entry(spec, spec.name, by_region=_by_region(form, spec, by_region))
    else:
        entry = Entry(spec, _exact(form, spec))
    if "is" in stated:
        entry = replace(entry, formula=stated["is"])
    if "boundary" in stated:
        entry = replace(entry, boundary=Boundary.parse(stated["boundary"]))
    if "empty" in stated:
        entry = replace(entry, empty=_empty(stated["empty"]))
    return entry


def _spec(form: str) -> MetricSpec:
    """Return the card of a key's metric, whether or not the key gives values of its parameters."""
    if re.fullmatch(r"\w+?[\d.]+", form.strip()):
        # a number is glued to the name, as in hd95
        return parse_metric(form).spec
    return lookup(re.split("[@:]", form)[0])


def _exact(form: str, spec: MetricSpec) -> str | None:
    """Return the form that a key stands for; None for an open one such as `nsd@tolerance`.

    >>> _exact("hd@95", lookup("hd")), _exact("nsd@tolerance", lookup("nsd"))
    ('hd95', None)
    """
    if spec.parameters and form.partition("@")[2].strip() == spec.parameters[0].name:
        return None
    return parse_metric(form).form


def _by_region(form: str, spec: MetricSpec, stated: Mapping[str, Any]) -> Mapping[str, float]:
    """Return the values of the only parameter, by region, as numbers.

    Raises `UsageError` for metrics that have no such parameter, and for values out of its domain.
    """
    name, values = next(iter(stated.items()))
    if not isinstance(values, dict) or not values:
        raise UsageError(
            f"{name} is a table of values by region, such as {{liver = 2}}, not {values!r}; one "
            f"value for all is part "
            f"of the metric's form: {spec.usage}"
        )
    is_name = form.strip() in (spec.name, *spec.aliases)
    if len(spec.parameters) > 1 or spec.scope == "case" or not is_name:
        raise UsageError(
            f"{name} by region is for a metric per region that has one parameter, by its name "
            f"alone: "
            "nsd = {tolerance = {liver = 2}}"
        )
    for region, value in values.items():
        if not is_number(value):
            raise UsageError(f"{name} of region {region!r} is a number, not {value!r}")
    spec.bind({name: ByRegion.of(values)})  # raises for values outside of the domain
    return {region: float(value) for region, value in values.items()}


def _empty(values: Any) -> Empty:
    """Return the values for empty masks from a list of three.

    Raises `UsageError` for anything else.

    >>> _empty([1, 0, 0])
    Empty(both=1.0, pred=0.0, gt=0.0)
    """
    if not isinstance(values, list) or len(values) != 3 or not all(map(is_number, values)):
        raise UsageError(
            "empty lists three numbers, the values where both masks, only the prediction or only "
            "the ground truth is "
            f"empty; not {values!r}"
        )
    both, pred, gt = map(float, values)
    return Empty(both, pred, gt)
