from __future__ import annotations

import json

import pytest

from segeval.metrics import REGISTRY
from segeval.metrics.citations import CITATIONS


def test_the_list_has_a_line_for_every_metric(segeval):
    heading, *lines = segeval("metrics").out.splitlines()
    assert heading.split() == ["metric", "range", "best", "unit", "what", "it", "is"]
    assert len(lines) == len(REGISTRY)
    for line, spec in zip(lines, REGISTRY.values(), strict=True):
        assert line.startswith(f"{spec.usage} ")
        assert spec.title in line
        assert all(name in line for name in (spec.symbol, *spec.aliases))
    assert [line.split("  ")[0] for line in lines if "95" in line] == ["hd or hd95"]


@pytest.mark.parametrize("name", REGISTRY)
def test_every_metric_has_a_card(segeval, name):
    spec, answer = REGISTRY[name], segeval("metrics", name)
    text = " ".join(answer.out.split())
    assert answer.code == 0
    assert answer.out.startswith(f"{name}: {spec.title} ({spec.symbol})\n")
    for phrase in (
        spec.doc,
        spec.usage,
        CITATIONS[spec.cite],
        *spec.aliases,
        *(p.name for p in spec.parameters),
    ):
        assert " ".join(phrase.split()) in text
    assert max(map(len, answer.out.splitlines())) <= 100


def test_a_card_in_full(segeval):
    assert (
        segeval("metrics", "surface_dice").out
        == """\
nsd: Normalized surface distance (NSD)

Share of both boundaries that lies within the tolerance of the other one.

  NSD = (|D_pg ≤ τ| + |D_gp ≤ τ|) / (|D_pg| + |D_gp|)

written      nsd@TOLERANCE, such as nsd@0.5
parameters   tolerance: a number, at least 0; must be given
range        0 to 1, best 1, higher is better
unit         none
gives        one number per region
empty masks  both empty: undefined (NaN)
             prediction empty: 0
             ground truth empty: 0
also called  surface_dice
paper        Nikolov S, et al. Clinically applicable segmentation of head and
             neck anatomy for radiotherapy. Journal of Medical Internet
             Research 23(7), e26151 (2021). doi:10.2196/26151
"""
    )


def test_parameters_that_are_given_are_shown(segeval):
    assert (
        "percentile: a number, above 0 and at most 100; here 95\n" in segeval("metrics", "hd95").out
    )
    assert (
        "percentile: a number, above 0 and at most 100; 100 unless given\n"
        in segeval("metrics", "HD").out
    )
    assert "tolerance: a number, at least 0; here 2\n" in segeval("metrics", "nsd@2").out


def test_an_example_shows_how_parameters_are_written(segeval):
    assert "written      hd, such as hd95\n" in segeval("metrics", "hd").out
    assert "such as tversky:alpha=0.5,beta=0.5\n" in segeval("metrics", "tversky").out
    assert "such as generalized_dice@uniform\n" in segeval("metrics", "gds").out
    assert "written      dice\n" in segeval("metrics", "dice").out


def test_json_of_all_metrics_is_valid(segeval):
    text = segeval("metrics", "--json").out
    records = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert [record["name"] for record in records] == list(REGISTRY)


def test_json_of_one_metric(segeval):
    record = json.loads(segeval("metrics", "hd95", "--json").out)
    assert (record["name"], record["range"], record["best"], record["unit"]) == (
        "hd",
        [0, "inf"],
        0,
        "length",
    )
    assert record["empty"] == {"both": "nan", "pred": "inf", "gt": "inf"}
    assert record["parameters"] == [
        {"name": "percentile", "default": 100, "domain": "above 0 and at most 100"}
    ]
