"""Every card is complete, consistent with itself, and found under every name it claims."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from segeval.metrics import REGISTRY, lookup, parse_metric
from segeval.metrics.citations import CITATIONS


def test_a_card_says_what_the_metric_is(spec):
    assert all([spec.title, spec.symbol, spec.tex])
    assert spec.doc[0].isupper(), "the docstring is a sentence"
    assert spec.doc.endswith("."), "the docstring is a sentence"
    assert spec.tex.count("{") == spec.tex.count("}")


def test_a_card_cites_a_paper_that_is_known(spec):
    assert spec.cite in CITATIONS


def test_every_paper_is_cited():
    assert {spec.cite for spec in REGISTRY.values()} == set(CITATIONS)


def test_the_best_value_lies_in_the_range(spec):
    low, high = spec.range
    assert low < high
    assert spec.best is None or low <= spec.best <= high


def test_the_values_of_empty_masks_lie_in_the_range_or_are_undefined(spec):
    low, high = spec.range
    for value in (spec.empty.both, spec.empty.pred, spec.empty.gt):
        assert value is None or math.isnan(value) or low <= value <= high


def test_whether_higher_is_better_follows_from_the_best_value(spec):
    low, high = spec.range
    assert spec.higher_is_better == {high: True, low: False}.get(spec.best)


def test_defaults_are_values_that_the_parameter_allows(spec):
    for parameter in spec.parameters:
        assert (
            parameter.default is None
            or parameter.check(parameter.default, spec.name) == parameter.default
        )


def test_a_metric_is_found_by_its_name_and_its_aliases(spec):
    for name in (spec.name, *spec.aliases, spec.name.upper(), spec.name.replace("_", "-")):
        assert lookup(name) is spec


def test_no_name_stands_for_two_metrics():
    names = Counter(name for spec in REGISTRY.values() for name in (spec.name, *spec.aliases))
    assert not [name for name, times in names.items() if times > 1]
    assert len({spec.title for spec in REGISTRY.values()}) == len(REGISTRY)


def test_no_two_metrics_share_a_symbol():
    symbols = Counter(spec.symbol for spec in REGISTRY.values())
    assert not [symbol for symbol, times in symbols.items() if times > 1]


def test_the_column_of_a_metric_reads_back_as_that_metric(metric):
    assert parse_metric(metric.column) == metric


def test_the_usage_of_a_metric_names_every_parameter_that_must_be_given(spec):
    required = [p.name for p in spec.parameters if p.default is None]
    assert spec.usage.startswith(spec.name)
    assert all(name.upper() in spec.usage for name in required)


@pytest.mark.parametrize(("length", "volume"), [("mm", "ml"), ("px", "px")])
def test_a_unit_is_one_of_the_run_or_the_metrics_own(metric, length, volume):
    assert metric.unit(length, volume) in {"", "%", "voxel", "bit", length, volume}
