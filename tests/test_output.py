"""Tests of what a run leaves behind, also when it is interrupted or crashes."""

from __future__ import annotations

import json
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import segeval
from segeval.errors import UsageError
from segeval.plots import draw
from segeval.results.results import Results
from segeval.run.run import Listener

FILES = ["cases.csv", "details.npz", "journal.jsonl", "run.json", "summary.csv"]


def test_the_output_folder_holds_the_tables_and_how_to_repeat_them(three, tmp_path):
    out = tmp_path / "deep/out"
    results = segeval.score_folder(*three, metrics="dice,hd,rand", output=out)
    assert sorted(path.name for path in out.iterdir()) == FILES
    loaded = Results.load(out)
    pd.testing.assert_frame_equal(loaded.cases, results.cases)
    pd.testing.assert_frame_equal(loaded.summary, results.summary)
    assert loaded.run == results.run
    assert loaded.run["complete"] is True


def test_a_run_can_be_repeated_from_its_record(three, tmp_path):
    pred, gt = three
    options = {
        "metrics": "dice,hd90,tversky:alpha=0.2,beta=0.8",
        "regions": {"any": [1, 2], "one": [1]},
    }
    first = segeval.score_folder(
        pred, gt, **options, spacing=(0.5, 2), include_background=True, output=tmp_path / "out"
    )
    record = json.loads((tmp_path / "out/run.json").read_text())
    protocol = record["protocol"]
    assert (record["cases_asked"], record["cases_done"], record["cases_failed"]) == (3, 3, 0)
    for name, case in record["cases"].items():
        for side in ("pred", "gt"):
            stored = (tmp_path / "out" / case[side]).read_bytes()
            assert case["files"][side] == {
                "bytes": len(stored),
                "sha256": sha256(stored).hexdigest(),
            }
        again = segeval.score(
            tmp_path / "out" / case["pred"],
            tmp_path / "out" / case["gt"],
            metrics=list(protocol["metrics"]),
            protocol=protocol["name"],
            boundary=protocol["boundary"],
            regions=protocol["regions"],
            **{
                key: protocol[key]
                for key in ("include_background", "ignore_label", "binary", "threshold", "spacing")
            },
        )
        rows = (
            first.cases[first.cases.case == name]
            .drop(columns=["case", "protocol"])
            .reset_index(drop=True)
        )
        pd.testing.assert_frame_equal(rows, again)


def test_the_colours_of_a_run_are_part_of_its_record(tmp_path):
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
        Image.fromarray(np.array([[[255, 0, 0], [0, 0, 0]]], np.uint8)).save(
            tmp_path / side / "a.png"
        )
    results = segeval.score_folder(
        tmp_path / "pred", tmp_path / "gt", metrics="dice", colors={(255, 0, 0): 4}
    )
    assert results.cases.region.tolist() == ["4"]
    assert results.run["protocol"]["colors"] == {"#ff0000": 4}


def test_tables_are_written_in_the_formats_asked_for(three, tmp_path):
    results = segeval.score_folder(
        *three, metrics="dice,hd", output=tmp_path / "out", formats=("json", "csv")
    )
    assert {path.name for path in (tmp_path / "out").glob("cases.*")} == {"cases.csv", "cases.json"}
    pd.testing.assert_frame_equal(Results.load(tmp_path / "out").cases, results.cases)


class Stopped(Listener):
    """Raises an error after the second case: Ctrl-C, or a mistake in a program that listens."""

    def __init__(self, error):
        self.error = error
        self.seen = []

    def finished(self, outcome):
        self.seen.append(outcome.pair.id)
        if len(self.seen) == 2:
            raise self.error


def test_an_interrupted_run_leaves_what_it_has_marked_as_partial(three, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        segeval.score_folder(
            *three, metrics="dice,hd", output=out, listener=Stopped(KeyboardInterrupt()), jobs=1
        )
    results = Results.load(out)
    assert set(results.cases.case) == {"a", "b"}
    assert (results.run["complete"], results.run["cases_asked"], results.run["cases_done"]) == (
        False,
        3,
        2,
    )
    whole = segeval.score_folder(*three, metrics="dice,hd").cases
    pd.testing.assert_frame_equal(results.cases, whole[whole.case != "c"])


def test_a_run_that_crashes_leaves_the_rows_so_far(three, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(RuntimeError, match="out of luck"):
        segeval.score_folder(
            *three,
            metrics="dice",
            output=out,
            listener=Stopped(RuntimeError("out of luck")),
            jobs=1,
        )
    assert set(Results.load(out).cases.case) == {"a", "b"}
    results = segeval.score_folder(*three, metrics="dice", output=out, resume=True)
    assert results.run["cases_resumed"] == 2
    assert results.cases.dice[0] == 2 * 4 / (4 + 6)


def test_a_second_run_replaces_the_first(three, tmp_path):
    out = tmp_path / "out"
    segeval.score_folder(*three, metrics="dice", output=out, formats=("json",))
    segeval.score_folder(*three, metrics="iou", output=out)
    assert sorted(path.name for path in out.iterdir()) == FILES
    assert "iou" in Results.load(out).cases


def test_an_output_that_cannot_be_written_is_an_error_before_anything_is_scored(three, tmp_path):
    (tmp_path / "file").write_text("")
    listener = Stopped(KeyboardInterrupt())
    with pytest.raises(
        UsageError, match=r"file.out: cannot make this folder for the results .*; give another one"
    ):
        segeval.score_folder(*three, output=tmp_path / "file/out", listener=listener)
    assert not listener.seen


def no_constant(word):
    raise AssertionError(f"{word} is not JSON")


def test_what_is_written_is_strict_json(three, tmp_path):
    """No NaN and no Infinity, which Python alone reads."""
    np.save(three[0] / "b.npy", np.zeros((4, 5), np.uint8))  # missed: an infinite distance
    options = {"metrics": "dice,hd95", "geometry_tolerance": np.inf, "output": tmp_path / "out"}
    results = segeval.score_folder(*three, **options, formats=("json",))
    assert np.isinf(results.cases.hd95).any()
    for name in ("cases.json", "summary.json", "run.json"):
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        content = json.loads(text, parse_constant=no_constant)
    assert content["protocol"]["geometry_tolerance"] == "inf"
    loaded = Results.load(tmp_path / "out")
    assert loaded.run == results.run
    assert draw(loaded, tmp_path / "plots", kinds=["overlay"])
