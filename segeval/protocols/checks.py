"""What is wrong with a protocol's file, told before anything is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from segeval.errors import UsageError
from segeval.metrics import parse_metric, separate
from segeval.metrics.card import Metric
from segeval.metrics.parameters import ByRegion, Value

from .conventions import Convention, Entry

KEYS = {
    "base": str, "title": str, "source": str, "boundary": str, "background": bool, "mean": str, "report": list,
    "notes": list, "regions": dict, "metrics": dict, "others": bool,
}  # fmt: skip
"""What a file may state, and of which type."""
TYPES = {str: "a text", bool: "true or false", list: "a list of texts", dict: "a table"}


def check_content(content: Mapping[str, Any]) -> None:
    """Raises `UsageError` for keys that a file may not state, and for values that are not of their
    kind.
    """
    for key, value in content.items():
        wanted = KEYS.get(key)
        if wanted is None:
            raise UsageError(f"unknown key {key!r}; a protocol states {', '.join(KEYS)}")
        texts = value if isinstance(value, list) else ()
        if not isinstance(value, wanted) or not all(isinstance(text, str) for text in texts):
            raise UsageError(f"{key!r} is {TYPES[wanted]}, not {value!r}")
    if content.get("mean", "regions") not in ("regions", "cases"):
        raise UsageError(
            f"the mean that is taken first is of 'regions' or of 'cases', not {content['mean']!r}"
        )
    if content.get("regions") == {}:
        raise UsageError(
            "regions names none; write liver = [1] under it, or leave it out to score every label"
        )
    for region, labels in content.get("regions", {}).items():
        _check_region(region, labels)


def check_meaning(own: Convention) -> None:
    """Raises `UsageError` for metrics that cannot be computed as the protocol has them, and for a
    report of others.
    """
    for entry in own.entries:
        try:
            _check_entry(entry, replace(own, entries=(entry,)).meant(_some(entry)))
        except UsageError as error:
            raise UsageError(f"[metrics] {entry.key}: {error}") from error
    if not separate(own.report):
        raise UsageError(
            'it reports no metric; state them: report = ["dice"], and under [metrics] what each is'
        )
    for form in separate(own.report):
        if not own.defines(form):
            raise UsageError(
                f'report names {form}, which it does not define; add "{form}" = {{}} under '
                f"[metrics]"
            )


def _check_region(region: str, labels: Any) -> None:
    if region.strip() in ("", "all", "mean"):
        raise UsageError(
            f"region name {region!r} has a meaning of its own in the tables; choose another name"
        )
    values = labels if isinstance(labels, list) else [labels]
    if not values or not all(type(label) is int and label >= 0 for label in values):
        raise UsageError(
            f"region {region!r} is a label or a list of labels, whole numbers from 0; not "
            f"{labels!r}"
        )


def _check_entry(entry: Entry, metric: Metric) -> None:
    """Raises `UsageError` if an entry says what its formula cannot have, or has a formula of
    another kind.
    """
    formula = metric.definition.metric.spec if metric.definition else metric.spec
    if (formula.unit, formula.scope) != (metric.spec.unit, metric.spec.scope):
        raise UsageError(
            f"is {entry.formula!r}: {formula.name} is {_kind(formula.unit, formula.scope)}, "
            f"{metric.spec.name} is "
            f"{_kind(metric.spec.unit, metric.spec.scope)}; name a formula of the same kind"
        )
    if entry.empty is not None and not formula.statistic.by_region:
        raise UsageError(
            f"{formula.name} compares whole partitions, in which no mask is empty; leave empty out"
        )
    if entry.boundary is not None and not formula.by_boundary:
        raise UsageError(
            f"{formula.name} is not of distances between boundaries; leave boundary out"
        )


def _kind(unit: str, scope: str) -> str:
    return f"{f'a {unit}' if unit else 'a number without unit'} per {scope}"


def _some(entry: Entry) -> Metric:
    """A metric that an entry holds for."""
    if entry.form and not entry.by_region:
        return parse_metric(entry.form)
    values: dict[str, Value] = {
        parameter.name: parameter.domain.example for parameter in entry.spec.parameters
    }
    return entry.spec.bind(
        values | {name: ByRegion.of(entry.by_region) for name in values if entry.by_region}
    )
