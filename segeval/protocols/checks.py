"""Checks of a protocol's file, before anything is scored with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from segeval.errors import UsageError
from segeval.errors.values import is_flag, is_number, is_text, is_whole
from segeval.metrics import separate
from segeval.metrics.card import Metric, MetricSpec

from .conventions import Convention, Entry
from .protocol import Protocol
from .regions import labels_of


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value in a file."""

    description: str
    """Words that an error calls it by."""
    has: Callable[[Any], bool]
    """Test of a value as TOML gives it."""


def _is_table(value: Any) -> bool:
    """Return whether a value is a table, in line or under a header."""
    return isinstance(value, dict)


def _is_list_of(value: Any, test: Callable[[Any], bool]) -> bool:
    """Return whether a value is a list, an empty one too, of what passes the test."""
    return isinstance(value, list) and all(map(test, value))


TEXT = Kind("a text", is_text)
TEXTS = Kind("a list of texts", lambda value: _is_list_of(value, is_text))
FLAG = Kind("true or false", is_flag)
TABLE = Kind("a table", _is_table)

KEYS = {
    "base": TEXT,
    "title": TEXT,
    "source": TEXT,
    "boundary": TEXT,
    "background": FLAG,
    "mean": TEXT,
    "report": TEXTS,
    "notes": TEXTS,
    "regions": TABLE,
    "metrics": TABLE,
    "others": FLAG,
    "ignore_label": Kind("a whole number", is_whole),
    "binary": FLAG,
    "threshold": Kind("a number", is_number),
    "spacing": Kind("a list of lengths", lambda value: _is_list_of(value, is_number)),
    "geometry_tolerance": Kind("a number", is_number),
    "missing": TEXT,
    "colors": TABLE,
}
"""Keys of a file, and the kinds of their values."""


def check_content(content: Mapping[str, Any]) -> None:
    """Raise `UsageError` for unknown keys, and for values that are not of their kind."""
    for key, value in content.items():
        kind = KEYS.get(key)
        if kind is None:
            raise UsageError(f"unknown key {key!r}; a protocol states {', '.join(KEYS)}")
        if not kind.has(value):
            raise UsageError(f"{key!r} is {kind.description}, not {value!r}")
    if content.get("mean", "regions") not in ("regions", "cases"):
        raise UsageError(
            f"the mean that is taken first is of 'regions' or of 'cases', not {content['mean']!r}"
        )
    # an empty table is a slip rather than a wish to score nothing
    if content.get("regions") == {}:
        raise UsageError(
            "regions names none; write liver = [1] under it, or leave it out to score every label"
        )
    for region, labels in content.get("regions", {}).items():
        _check_region(region, labels)


def check_meaning(convention: Convention) -> None:
    """Raise `UsageError` for metrics that cannot be computed as the convention has them.

    So it does for a report of metrics that the convention does not define.
    """
    Protocol(**convention.policies)  # raises for values that no run may have
    for entry in convention.entries:
        # by itself: else an exact entry could be taken for an open one of the same metric
        alone = replace(convention, entries=(entry,))
        try:
            _check_entry(entry, alone.meant(entry.example))
        except UsageError as error:
            raise UsageError(f"[metrics] {entry.key}: {error}") from error
    forms = separate(convention.report)
    if not forms:
        raise UsageError(
            'it reports no metric; state them: report = ["dice"], and under [metrics] what each is'
        )
    for form in forms:
        if not convention.defines(form):
            raise UsageError(
                f'report names {form}, which it does not define; add "{form}" = {{}} under '
                f"[metrics]"
            )


def _check_region(region: str, labels: Any) -> None:
    """Raise `UsageError` for a name that tables use themselves, and for what is no label."""
    if region.strip() in ("", "all", "mean"):
        raise UsageError(
            f"region name {region!r} has a meaning of its own in the tables; choose another name"
        )
    values = labels_of(labels)
    if not values or not all(is_whole(label) and label >= 0 for label in values):
        raise UsageError(
            f"region {region!r} is a label or a list of labels, whole numbers from 0; not "
            f"{labels!r}"
        )


def _check_entry(entry: Entry, metric: Metric) -> None:
    """Raise `UsageError` for a formula of another kind, or one that cannot have what is said."""
    formula = metric.formula.spec
    if (formula.unit, formula.scope) != (metric.spec.unit, metric.spec.scope):
        raise UsageError(
            f"is {entry.formula!r}: {formula.name} is {_kind(formula)}, "
            f"{metric.spec.name} is {_kind(metric.spec)}; name a formula of the same kind"
        )
    if entry.empty is not None and not formula.statistic.by_region:
        raise UsageError(
            f"{formula.name} compares whole partitions, in which no mask is empty; leave empty out"
        )
    if entry.boundary is not None and not formula.by_boundary:
        raise UsageError(
            f"{formula.name} is not of distances between boundaries; leave boundary out"
        )


def _kind(spec: MetricSpec) -> str:
    """Return the kind of a metric's values in words.

    >>> from segeval.metrics import lookup
    >>> _kind(lookup("hd")), _kind(lookup("dice"))
    ('a length per region', 'a number without unit per region')
    """
    unit = "a number without unit"
    if spec.unit:
        unit = f"a {spec.unit}"
    return f"{unit} per {spec.scope}"
