"""A protocol is read back from what run.json keeps of it."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan

import pytest
from helpers.scenes import BOUNDARIES

from segeval.errors import UsageError
from segeval.metrics import REGISTRY
from segeval.protocols import convention, names
from segeval.protocols.choose import make_protocol
from segeval.protocols.protocol import Protocol

EVERY = [*names(), "all"]
OPTIONS = {
    "regions": {"regions": {"core": [1, 4], "whole": [1, 2, 4]}},
    "the background": {"include_background": True},
    "an ignored label": {"ignore_label": 7},
    "binary": {"binary": True},
    "a threshold": {"threshold": 0.5},
    "spacing": {"spacing": (2.5, 0.8, 0.8)},
    "a tolerance of geometry": {"geometry_tolerance": 0.01},
    "missing predictions": {"missing": "empty"},
    "colours": {"colors": {(255, 128, 0): 3, (0, 0, 1): 1}},
    "metrics": {"metrics": ["hd95", "dice"]},
}

MINE = """
title = "ours: both tools"
source = "a paper"
boundary = "surfel:sizes=equal"
mean = "cases"
base = "medpy"

[regions]
"a/b" = [1]
"empty" = [1, 2]

[metrics]
dice = {empty = [nan, inf, -inf]}
"nsd" = {is = "overlap_mean", tolerance = {"a/b" = 2, "empty" = 0.5}}
hd95 = {is = "hd_pooled@90", boundary = "voxel:connectivity=3,image_edge=no", empty = [0, 0, 0]}
hd = {is = "hd_volume"}
"""


def read_back(protocol: Protocol) -> Protocol:
    """The protocol after it was written to a file and read again."""
    return Protocol.from_dict(json.loads(json.dumps(protocol.to_dict(), allow_nan=False)))


def assert_reads_back(protocol: Protocol) -> None:
    """Notices are about how it was made, and are not kept."""
    assert read_back(protocol) == replace(protocol, notices=())
    assert read_back(protocol).to_dict() == protocol.to_dict()


@pytest.mark.parametrize("name", EVERY)
def test_every_protocol(name):
    assert_reads_back(make_protocol(protocol=name))


@pytest.mark.parametrize("name", names())
def test_every_metric_that_a_protocol_defines(name):
    known = [*filter(convention(name).defines, map(usual, REGISTRY.values()))]
    assert_reads_back(make_protocol(metrics=known, protocol=name))


def usual(spec):
    """A written form of a metric, with values for the parameters that must be given."""
    values = {parameter.name: parameter.domain.example for parameter in spec.required}
    return spec.bind(values).form


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("name", ["segeval", "medpy", "distorch"])
def test_every_option(name, options):
    assert_reads_back(make_protocol(protocol=name, **options))


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
@pytest.mark.parametrize("name", names())
def test_a_boundary_given_over_the_protocols(name, boundary):
    assert_reads_back(make_protocol(protocol=name, boundary=boundary))


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(MINE, encoding="utf-8")
    return str(path)


def test_a_protocol_of_ones_own(mine):
    protocol = make_protocol(metrics="dice,nsd,hd95,hd", protocol=mine)
    assert_reads_back(protocol)
    dice, nsd, _, _ = read_back(protocol).metrics
    assert nsd.by_region["tolerance"].mapping == {"a/b": 2, "empty": 0.5}
    assert (str(dice.empty.both), dice.empty.pred, dice.empty.gt) == (str(nan), inf, -inf)


def test_a_protocol_of_ones_own_on_another_boundary(mine):
    assert_reads_back(make_protocol(metrics="dice,nsd,hd95,hd", protocol=mine, boundary="smooth"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metrics": {"dcie": {"formula": "dcie"}}}, "unknown metric 'dcie'"),
        ({"boundary": "edge"}, "unknown boundary rule 'edge'"),
        ({"regions": [1]}, r"does not say how it was measured \(AttributeError"),
        ({"missing": "ignore"}, "missing is one of error, skip, empty, not 'ignore'"),
    ],
)
def test_what_is_no_protocol_is_refused(change, message):
    with pytest.raises(UsageError, match=message):
        Protocol.from_dict({**Protocol().to_dict(), **change})


def test_what_lacks_a_part_is_refused():
    content = Protocol().to_dict()
    del content["spacing"]
    with pytest.raises(UsageError, match=r"does not say how it was measured \(KeyError: 'spacing'"):
        Protocol.from_dict(content)


def test_what_was_changed_after_the_run_is_refused(tmp_path):
    run = tmp_path / "run.json"
    content = make_protocol(metrics="hd95").to_dict()
    run.write_text(
        json.dumps({"protocol": content | {"title": "another", "hash": content["hash"]}})
    )
    assert make_protocol(protocol=str(run)).title == "another"  # which changes no number
    run.write_text(json.dumps({"protocol": content | {"ignore_label": 3}}))
    with pytest.raises(UsageError, match=r"run\.json: was changed after it was written: its hash"):
        make_protocol(protocol=str(run))
