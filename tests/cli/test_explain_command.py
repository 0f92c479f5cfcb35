"""`segeval explain`, and the options of `segeval score` that it explains."""

from __future__ import annotations

import json

import pandas as pd
import pytest


def test_a_protocol_in_sentences(segeval):
    answer = segeval("explain", "medpy")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("- Protocol medpy: MedPy; ")
    assert "segeval's hd_pooled@95" in answer.out


def test_what_parts_a_run_from_a_protocol(segeval, folders):
    folders.score(segeval, "--protocol", "medpy", "-m", "hd95")
    answer = segeval("explain", folders.out, "monai")
    assert answer.out.splitlines()[0] == f"{folders.out} against monai: what can change"
    assert (
        "- hd95: formula hd_pooled@95 (pooled hausdorff distance) against hd95 (hausdorff"
        in answer.out
    )
    assert (
        segeval("explain", folders.out, folders.out).out
        == f"{folders.out} and {folders.out} measure the same.\n"
    )


def test_what_is_neither_is_an_error(segeval):
    answer = segeval("explain", "monay")
    assert answer.code == 2
    assert answer.err.startswith(
        "error: monay: neither a results folder nor a protocol; did you mean monai"
    )


def test_every_tool_has_a_row_of_its_own(segeval, folders):
    answer = folders.score(segeval, "--protocol", "all", "-m", "dice,hd95", "--no-plots", "-q")
    head, first, *_ = (line.split() for line in answer.out.splitlines())
    assert head[:3] == ["region", "protocol", "dice"]
    assert first[:2] == ["1", "segeval"]
    cases = pd.read_csv(folders.out / "cases.csv")
    assert {"segeval/hd95", "monai/hd95", "medpy/dice"} <= set(cases.columns)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ("--protocol", "nnunet", "-m", "hd95"),
            "error: protocol 'nnunet' does not define hd95; it defines dice, ",
        ),
        (("--protocol", "nosuch"), "error: unknown protocol 'nosuch'; choose one of segeval, "),
        (
            ("--boundary", "edges"),
            "error: unknown boundary rule 'edges'; choose one of voxel, surfel, ",
        ),
    ],
)
def test_wrong_options_are_told_in_one_line(segeval, folders, options, told):
    answer = folders.score(segeval, *options)
    assert answer.code == 2
    assert answer.err.startswith(told)
    assert answer.err.count("\n") == 1


def test_the_boundary_is_kept_in_the_record(segeval, folders):
    folders.score(segeval, "--boundary", "voxel:connectivity=2", "-m", "hd95")
    protocol = json.loads((folders.out / "run.json").read_text())["protocol"]
    assert protocol["boundary"] == protocol["metrics"]["hd95"]["boundary"] == "voxel:connectivity=2"
