"""Every metric of the registry, with every kind of parameter: what the tests of this folder run
over.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segeval.metrics import REGISTRY, MetricSpec
from segeval.metrics.card import Metric
from segeval.metrics.parameters import Choice
from segeval.statistics.moments import Moments

GIVEN = {"tolerance": 1.0, "limit": 3.0, "width": 1.5, "alpha": 0.3, "beta": 2.0}
"""Values for parameters without a default: all that a new metric may have to add to this suite."""


def forms(spec: MetricSpec) -> Iterator[Metric]:
    """The metric with its defaults, then with another value for each of its optional parameters."""
    given = {p.name: GIVEN[p.name] for p in spec.parameters if p.default is None}
    yield spec.bind(given)
    for p in spec.parameters:
        if p.default is not None:
            others = p.domain.words if isinstance(p.domain, Choice) else [0.9 * float(p.default)]
            yield from (
                spec.bind(given | {p.name: other}) for other in others if other != p.default
            )


METRICS = [metric for spec in REGISTRY.values() for metric in forms(spec)]


@pytest.fixture(params=REGISTRY.values(), ids=REGISTRY, scope="session")
def spec(request: pytest.FixtureRequest) -> MetricSpec:
    """Every card."""
    return request.param


@pytest.fixture(params=METRICS, ids=[m.column for m in METRICS], scope="session")
def metric(request: pytest.FixtureRequest) -> Metric:
    """Every metric with its parameters."""
    return request.param


RATED = [metric for metric in METRICS if metric.spec.best is not None]


@pytest.fixture(params=RATED, ids=[m.column for m in RATED], scope="session")
def rated(request: pytest.FixtureRequest) -> Metric:
    """Every metric that has a best value."""
    return request.param


ADDED = [metric for metric in METRICS if metric.spec.statistic is not Moments]


@pytest.fixture(params=ADDED, ids=[m.column for m in ADDED], scope="session")
def added(request: pytest.FixtureRequest) -> Metric:
    """Every metric of a statistic whose sum is that of images side by side; positions are those in
    each image.
    """
    return request.param
