"""Tests that what is measured of a case, what became of it and what a run measures can go to
another process: pickled and read again they are the same.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from helpers.scenes import BOUNDARIES, NEEDS, TWO_LABELS, folders, measured, same

from segeval.data.regions import Region
from segeval.io import Pair
from segeval.metrics import REGISTRY
from segeval.protocols import names
from segeval.protocols.choose import make_protocol
from segeval.run.crew import Crew
from segeval.run.workers import evaluate

REGIONS = [Region.of("both", 1, 2), Region.of(2), Region.of("absent", 9)]


def again(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("card", REGISTRY.values(), ids=REGISTRY)
def test_a_card_is_the_same_object_again(card):
    assert again(card) is card


@pytest.mark.parametrize("name", [*names(), "all"])
def test_a_protocol_is_equal_again(name):
    protocol = make_protocol(protocol=name)
    assert again(protocol) == protocol
    assert hash(again(protocol)) == hash(protocol)


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.name)
def test_a_need_is_equal_again_and_has_the_same_place_in_a_dictionary(need):
    assert {need: "here"}[again(need)] == "here"


def test_the_statistics_of_a_case_are_the_same_again():
    case = measured(*TWO_LABELS, *NEEDS, spacing=(0.7, 2.0), regions=REGIONS)
    assert len(case.statistics) == len(NEEDS) > len(BOUNDARIES)
    assert same(again(case), case)


@pytest.mark.parametrize("name", [*names(), "all"])
def test_what_became_of_a_case_is_the_same_again(name, tmp_path):
    pred, gt = folders(tmp_path, {"a": TWO_LABELS[0]}, {"a": TWO_LABELS[1]})
    pairs = [Pair("a", pred / "a.npy", gt / "a.npy"), Pair("b", pred / "b.npy", gt / "a.npy")]
    protocol = make_protocol(protocol=name)
    records = [record for _, record in evaluate(pairs, range(2), protocol, crew=Crew(1))]
    assert sorted(bool(record.error) for record in records) == [False, True]
    assert all(same(again(record), record) for record in records)


def test_things_that_differ_are_not_the_same():
    case = measured(*TWO_LABELS, *NEEDS, regions=REGIONS)
    assert not same(measured(*TWO_LABELS[::-1], *NEEDS, regions=REGIONS), case)
    assert not same(np.zeros(2), np.zeros(2, np.int64))
    assert not same((1, np.nan), [1, np.nan])
    assert same({"a": np.nan}, {"a": float("nan")})
