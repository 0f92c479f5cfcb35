"""Every metric of the registry, with every kind of parameter and on every boundary: what the tests
of this folder run over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest
from helpers.scenes import BOUNDARIES, examples

from segeval.metrics import REGISTRY, MetricSpec
from segeval.metrics.card import Definition, Metric
from segeval.metrics.parameters import Choice, Parameter
from segeval.statistics.boundary import Boundary
from segeval.statistics.statistic import Need


def forms(spec: MetricSpec) -> Iterator[Metric]:
    """The metric with its defaults, then with another value for each of its parameters."""
    usual = {p.name: p.default for p in spec.parameters if p.default is not None} | examples(spec)
    yield spec.bind(usual)
    for parameter in spec.parameters:
        for value in others(parameter, usual[parameter.name]):
            yield spec.bind(usual | {parameter.name: value})


def others(parameter: Parameter, usual: float | str) -> list[float | str]:
    """Other values of a parameter than the usual one."""
    if isinstance(parameter.domain, Choice):
        return [word for word in parameter.domain.words if word != usual]
    return [0.9 * float(usual)]


def on(metric: Metric, boundary: Boundary) -> Metric:
    """The metric on a boundary, and otherwise as its card says."""
    definition = Definition("segeval", metric, boundary, metric.spec.empty)
    return replace(metric, definition=definition)


class Family(NamedTuple):
    """All metrics that need one statistic on one boundary: it is measured once for all of them."""

    need: Need
    metrics: list[Metric]

    def __repr__(self) -> str:
        return f"<{len(self.metrics)} metrics of {self.need.name}>"


METRICS = [metric for spec in REGISTRY.values() for metric in forms(spec)]


def families() -> list[Family]:
    """Every metric on every boundary that its card promises."""
    members: dict[Need, list[Metric]] = {}
    for metric in METRICS:
        boundaries = BOUNDARIES if metric.spec.by_boundary else []
        for ruled in [on(metric, boundary) for boundary in boundaries] or [metric]:
            members.setdefault(ruled.need, []).append(ruled)
    return [Family(need, metrics) for need, metrics in members.items()]


FAMILIES = families()


@pytest.fixture(params=REGISTRY.values(), ids=REGISTRY, scope="session")
def spec(request: pytest.FixtureRequest) -> MetricSpec:
    """Every card."""
    return request.param


@pytest.fixture(params=METRICS, ids=[m.column for m in METRICS], scope="session")
def metric(request: pytest.FixtureRequest) -> Metric:
    """Every metric with its parameters, on the usual boundary."""
    return request.param


@pytest.fixture(params=FAMILIES, ids=[f.need.name for f in FAMILIES], scope="session")
def family(request: pytest.FixtureRequest) -> Family:
    """Every metric with its parameters on every boundary, those of one statistic together."""
    return request.param
