"""A record is the same after a line of JSON, bit by bit, whatever was measured."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from segeval.io import Pair
from segeval.protocols import names
from segeval.protocols.choose import make_protocol
from segeval.run.crew import Crew
from segeval.run.record import Record
from segeval.run.workers import evaluate

SPECIAL = ["all", "surfel", "mesh"]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> list[Pair]:
    """A case with two labels in places, an empty prediction, a missing one and a damaged one."""
    folder = tmp_path_factory.mktemp("masks")
    gt = np.zeros((9, 12, 14), np.uint8)
    gt[2:7, 3:9, 4:10], gt[3:5, 4:6, 5:8] = 1, 2
    for name, pred in (("gt", gt), ("moved", np.roll(gt, 2, 1)), ("empty", np.zeros_like(gt))):
        np.save(folder / f"{name}.npy", pred)
    (folder / "damaged.npy").write_bytes(b"")
    files = {"moved": "moved", "empty": "empty", "missing": None, "damaged": "damaged"}
    return [
        Pair(name, pred and folder / f"{pred}.npy", folder / "gt.npy")
        for name, pred in files.items()
    ]


def protocol_of(name):
    if name in ("surfel", "mesh"):
        return make_protocol(metrics="dice,hd95,nsd@1,boundary_iou@2,mahalanobis", boundary=name)
    regions = {"whole": [1, 2], "inner": 2} if name == "all" else None
    return make_protocol(protocol=name, regions=regions)


def same(first, second) -> bool:
    """Whether two records hold the same, to the last bit."""
    return json.dumps(first.to_json()) == json.dumps(second.to_json())


@pytest.mark.parametrize("name", [*names(), *SPECIAL])
def test_a_record_survives_json_and_pickling(name, pairs):
    protocol = protocol_of(name)
    positions = range(len(pairs))
    records = [record for _, record in evaluate(pairs, positions, protocol, crew=Crew(1))]
    assert any(record.scored for record in records)
    assert any(record.error for record in records)
    for record in records:
        line = json.dumps(record.to_json(), allow_nan=False)
        back = Record.from_json(json.loads(line), protocol.needs)
        assert same(back, record)
        assert back.summary() == record.summary()
        assert same(pickle.loads(pickle.dumps(record)), record)
        if record.scored and back.scored:
            np.testing.assert_array_equal(back.scored.scores.values, record.scored.scores.values)
            assert back.scored.measured.regions == record.scored.measured.regions


def test_paths_of_a_record_stay_paths(pairs):
    record = Record(pairs[2], 0.5, "failed")
    back = Record.from_json(record.to_json(), ())
    assert back.pair == pairs[2]
    assert isinstance(back.pair.gt, Path)
